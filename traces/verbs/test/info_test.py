# SPDX-License-Identifier: 0BSD
"""What `info` prints and answers; usage: info_test.py VERBS-PROGRAM SOURCE-ROOT.

Figures are worked out by hand here, or come from info_oracle.py, which shares nothing with the
program but the text of a trace.
"""
import difflib
import fcntl
import json
import os
import pty
import random
import re
import struct
import subprocess
import sys
import tempfile
import termios

sys.dont_write_bytecode = True
from info_answer import answer  # noqa: E402
from info_oracle import Oracle  # noqa: E402

PROGRAM, ROOT = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
FIRST = '# lookaside trace 1\n'
ABOUT_THE_FILE = ('file', 'form', 'file_bytes', 'damages')
SHIPPED = ('kernel-kmalloc/k1a', 'user/pigz', 'user/java', 'vas/node', 'vas/shell',
           'vas32/chromium', 'kernel-vas/k5', 'stack/s1')


def run(*words, status=0, stdin=b'', **environment):
    """The verb's stdout and stderr; its exit code must be `status`."""
    plain = {key: value for key, value in os.environ.items() if key not in ('COLUMNS', 'LC_ALL')}
    done = subprocess.run([PROGRAM, *words], input=stdin, capture_output=True, timeout=60,
                          env={**plain, **environment})
    errors = done.stderr.decode()
    assert done.returncode == status, f'exit code {done.returncode}, expected {status}: {errors}'
    return done.stdout.decode(), errors


def write(text, name='a.txt'):
    with open(name, 'w', encoding='utf-8') as file:
        file.write(text if text.startswith(FIRST) else FIRST + text)
    return name


def figures(text, *options):
    """The one object for a trace given as text."""
    return json.loads(run('info', '--json', *options, write(text))[0])[0]


def differences(wanted, got, path=''):
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key in sorted({*wanted, *got}):
            yield from differences(wanted.get(key), got.get(key), f'{path}.{key}')
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for i, pair in enumerate(zip(wanted, got)):
            yield from differences(*pair, f'{path}[{i}]')
    elif wanted != got:
        yield f'{path}: {got}, expected {wanted}'


def buckets():
    with open(f'{ROOT}/core/src/bucket_default.c', encoding='utf-8') as file:
        table = re.search(r'bucket_default_bytes\[\] = \{(.*?)\};', file.read(), re.DOTALL)
    return [int(number) for number in re.findall(r'\d+', table.group(1))]


def agrees(text, got, steps=1):
    wanted = answer(Oracle(text, buckets(), steps))
    got = {key: value for key, value in got.items() if key not in ABOUT_THE_FILE}
    wrong = list(differences(wanted, got))
    assert not wrong, '\n'.join(wrong[:5])


def expect(got, **wanted):
    for key, value in wanted.items():
        assert got[key] == value, f'{key}: {got[key]}, expected {value}'


# -- Beside the oracle ----------------------------------------------------------------------------

def shipped_traces_agree_with_the_oracle():
    for name in SHIPPED:
        path = f'{ROOT}/traces/data/{name}.lat.zst'
        got = json.loads(run('info', '--json', path)[0])[0]
        expect(got, file=path, form='binary in zstd', file_bytes=os.stat(path).st_size, damages=0)
        agrees(run('dump', path)[0], got)


def random_op(chance):
    """Any op on few slots, so that many do not fit."""
    size = chance.choice((0, 1, 7, 8, 9, 24, 33, 64, 100, 300, 4096, 40000, 65536, 65537, 90000,
                          2 ** 31, 2 ** 32 - 1))
    slot, pages = chance.randrange(8), chance.choice((0, 1, 2, 15, 16, 17, 40, 300, 2 ** 20))
    recorded = chance.choice(('', '', f' recorded {min(size + 5, 2 ** 32 - 1)}'))
    placement = chance.choice(('', ' lowest', ' highest', f' fixed {chance.randrange(64)}'))
    align = chance.choice(('', ' align 2', ' align 64'))
    return chance.choice((
        f'alloc {slot} {size}{recorded}', f'alloc-zeroed {slot} {size}{recorded}',
        f'alloc-aligned {slot} {size} {2 ** chance.randrange(14)}{recorded}',
        f'realloc {slot} {size}', f'realloc {slot} {size // 2}', f'free {slot}', f'free {slot}',
        f'heap-create {slot % 3}', f'heap-use {slot % 3}', f'heap-destroy {slot % 3}', 'heap-trim',
        f'reserve {slot % 4} {pages}{align}{placement}', f'resize {slot % 4} {pages}',
        f'release {slot % 4}', f'commit {slot % 4} {chance.randrange(40)} {pages}',
        f'decommit {slot % 4} {chance.randrange(40)} {pages}',
        f'stack-create {slot % 3} {pages} {chance.randrange(4)} {chance.randrange(4)}',
        f'stack-touch {slot % 3} {chance.choice((0, 1, 2, 3, 5, 9, 20, 60))}',
        f'stack-destroy {slot % 3}', f'thread {slot % 3}', f'cpu {slot % 2}', f'time {size}',
        f'mark {slot}', f'label {slot % 5}'))


def random_traces_agree_with_the_oracle():
    for seed in range(24):
        chance = random.Random(seed)
        steps = chance.choice((1, 2, 4, 8, 16))
        text = FIRST + '# label: 1 a site\n# dropped: 3 frees of x\n' + '\n'.join(
            random_op(chance) for _ in range(chance.choice((1, 20, 400, 1500)))) + '\n'
        agrees(text, figures(text, f'--sizes={steps}'), steps)


# -- By hand --------------------------------------------------------------------------------------

def lifetimes_are_bytes_allocated_meanwhile():
    # 0 is born at 10 and dies at 10 + 100 + 20: 120 bytes later, 3 ops later. 1 grows by 50 itself.
    got = figures('alloc 0 10\nalloc 1 100\nalloc 2 20\nfree 0\nrealloc 1 150\nfree 1\n')
    expect(got['lifetimes'], freed=2, freed_bytes=160, never_freed=1, never_freed_bytes=20,
           freed_with_heap=0)
    expect(got['lifetimes']['lifetime_bytes'], sum=190, p10=70, p50=70, p75=120, max=120)
    expect(got['lifetimes']['lifetime_ops'], sum=7, p50=3, max=4)
    expect(got['lifetimes'], histogram=[{'lifetime_bytes_max': 128, 'blocks': 2, 'bytes': 160}])


def a_heap_takes_its_blocks_along():
    got = figures('heap-create 1\nheap-use 1\nalloc 0 8\nalloc 1 8\nfree 0\nheap-destroy 1\n'
                  'alloc 0 8\nfree 1\n')
    expect(got['lifetimes'], freed=2, freed_with_heap=1, never_freed=1)
    expect(got, skipped=1)


def live_is_averaged_over_ops_of_its_kind():
    # after the ops: 100, 100, 130, 30 bytes; the thread and the region's ops are no ticks
    got = figures('alloc 0 100\nthread 1\nreserve 0 16\nheap-trim\nalloc 1 30\nfree 0\n')
    expect(got['live']['block_bytes'], peak=130, peak_op=5, mean=90, end=30)
    expect(got['live']['blocks'], peak=2, peak_op=5, mean=1, end=1)
    expect(got['live']['region_pages'], peak=16, peak_op=3, mean=16, end=16)


def sizes_by_requests_and_by_live_bytes():
    # 64 bytes are live for 3 ticks (192), 33 for 1: 192 and 33 of 225
    got = figures('alloc 0 64\nalloc 1 33\nfree 1\nfree 0\n')['sizes']
    expect(got, requests=2, different=2, request_bytes=97, histogram=[
        {'bytes_max': 64, 'requests': 2, 'live_ppm': 1000000}])
    expect(got['most_frequent'][0], bytes=33, requests=1, live_ppm=146666)
    got = figures('alloc 0 64\nalloc 1 33\nfree 1\nfree 0\n', '--sizes', '4')['sizes']
    expect(got, histogram=[{'bytes_max': 40, 'requests': 1, 'live_ppm': 146666},
                           {'bytes_max': 64, 'requests': 1, 'live_ppm': 853333}])


def reallocs_grow_shrink_and_chain():
    got = figures('realloc 0 16\nrealloc 0 24\nrealloc 0 48\nrealloc 0 12\nrealloc 0 12\n'
                  'free 0\nalloc 1 8\n')['reallocs']
    expect(got, allocated=1, grew=2, shrank=1, same=1, grown_bytes=32, shrunk_bytes=36,
           kept_bytes=16 + 24 + 12 + 12)
    expect(got['growth_percent'], count=2, p10=150, p99=200)
    expect(got['times_of_one_block'], count=1, max=4)


def others_free_what_they_did_not_allocate():
    got = figures('alloc 0 8\nalloc 1 8\nalloc 2 8\nthread 7\ncpu 1\nrealloc 0 9\nfree 0\n'
                  'thread 0\nfree 1\ncpu 0\nfree 2\n')
    expect(got['threads'], count=2, far_frees=1, far_reallocs=1,
           busiest=[{'number': 0, 'ops': 5}, {'number': 7, 'ops': 2}])
    expect(got['cpus'], count=2, far_frees=2, far_reallocs=1)


def recorded_waste_at_three_weights():
    # live asked/taken after the ops: 100/128, 150/192, 50/64 and, realloc'd, nothing
    got = figures('alloc 0 100 recorded 128\nalloc 1 50 recorded 64\nfree 0\nrealloc 1 40\n'
                  'alloc 2 10\n')['recorded']
    expect(got, requests=2, request_bytes=150, recorded_bytes=192, sum_ppm=1280000,
           mean_ppm=(128 + 192 + 64) * 1000000 // 300, peak_ppm=1280000)


def regions_in_segments():
    got = figures('reserve 0 10\nreserve 1 20 align 32 highest\nreserve 2 16 fixed 24\n'
                  'commit 1 0 20\ncommit 1 0 16\ndecommit 1 4 16\ndecommit 1 16 4\nresize 1 40\n'
                  'release 0\n')['regions']
    expect(got, best_fit=1, highest=1, fixed=1, lowest=0, fixed_off_segment=1,
           aligned_above_page=1, aligned_above_segment=1, below_segment=1, off_segment=2,
           segments_peak=1 + 3 + 2, segment_sum_ppm=(1 + 2 + 2) * 16 * 1000000 // 46,
           segment_peak_ppm=6 * 16 * 1000000 // 66, grew=1, shrank=0)
    expect(got['commits'], count=2, pages=36, whole=1, off_segment=0)
    expect(got['decommits'], count=2, pages=20, whole=0, off_segment=1)
    got = figures('reserve 0 1\nreserve 1 1\nrelease 0\nrelease 1\nreserve 0 16\n')['regions']
    expect(got, segments_peak=2, segment_peak_ppm=1000000)


def stacks_and_what_precommit_means():
    # one stack is touched at pages 0, 1, 5 and 0, one at page 0, one never
    got = figures('stack-create 0 32 2 1\nstack-touch 0 0\nstack-touch 0 1\nstack-touch 0 5\n'
                  'stack-touch 0 0\nstack-create 1 32 2 1\nstack-touch 1 0\nstack-destroy 1\n'
                  'stack-create 1 16 2 1\n')['stacks']
    expect(got, touches=5, first_touches=2, grew_1_page=1, grew_3_to_8_pages=1)
    expect(got['touched_pages'], count=3, sum=7, p50=1, max=6)
    rows = {row['pages']: row for row in got['precommit']}
    expect(rows[1], never_fault=2, faults=2, unused_pages=1)
    expect(rows[2], never_fault=2, faults=1, unused_pages=1 + 2)
    expect(rows[6], never_fault=3, faults=0, unused_pages=5 + 6)


def labels_by_number_and_by_peak():
    text = ('# label: 3 vfs_open+0x1\n# label: 9 kmem: small\n'
            'label 3\nalloc 0 8\nlabel 3\nalloc 1 8\nfree 0\nlabel 9\nthread 2\nalloc 0 100\n'
            'realloc 0 300\nalloc 2 7\nlabel 4\nfree 2\n')
    got = figures(text)['labels']
    expect(got, count=3)
    expect(got['by_objects'][0], number=3, text='vfs_open+0x1', objects=2, bytes=16, peak_bytes=16,
           peak_op=4, end_bytes=8)
    expect(got['by_peak_bytes'][0], number=9, text='kmem: small', objects=1, bytes=100,
           peak_bytes=300, end_bytes=300)
    out, _ = run('info', write(text))
    assert '3           2              16              16  vfs_open+0x1' in out, out


def losses_are_gathered():
    text = ('# dropped: 1 frees of older objects\n# implied: 2 frees seen late\n'
            '# truncated: at midnight\n# changed: 7 reallocs\nalloc 0 1\nfree 0\nfree 0\n')
    expect(figures(text), unknown=[
        {'key': 'dropped', 'count': 1, 'text': '1 frees of older objects'},
        {'key': 'implied', 'count': 2, 'text': '2 frees seen late'},
        {'key': 'truncated', 'text': 'at midnight'},
        {'key': 'changed', 'count': 7, 'text': '7 reallocs'}], skipped=1)
    out, _ = run('info', write(text))
    tail = out[out.index('unknown or lost'):]
    for line in ('1 frees of older objects (33.3 % of frees)',
                 '2 frees seen late (66.7 % of frees)', 'truncated       at midnight',
                 'skipped         1 ops', 'are rough'):
        assert line in tail, f'no {line!r} in {tail}'
    assert 'at midnight' not in out[:out.index('unknown or lost')], out


# -- Odd traces -----------------------------------------------------------------------------------

def empty_and_partial_traces():
    out, _ = run('info', write(''))
    assert out.endswith('ops                             0\nthreads                         0\n\n'
                        'unknown or lost\n  nothing that the trace tells of\n'), out
    expect(figures(''), ops=0, kinds={})
    for text, section in (('reserve 0 1\n', 'regions, pages'), ('alloc 0 0\n', 'sizes'),
                          ('stack-create 0 8 1 1\n', 'stacks, pages'),
                          ('mark 5\ntime 1000\n', 'marks')):
        out, _ = run('info', write(text))
        sections = re.findall(r'^(sizes|regions, pages|stacks, pages|marks)', out, re.MULTILINE)
        assert sections == [section], f'{sections}, expected {section}'


def one_high_slot_costs_little():
    slots = (0, 2 ** 24 - 1, 2 ** 23)
    out = figures(''.join(f'alloc {slot} 8\nreserve {slot} 1\n' for slot in slots))
    expect(out['live']['blocks'], peak=3)
    expect(out['slots'], blocks=2 ** 24, regions=2 ** 24)


def damage_is_an_error_or_counted():
    lines = ''.join(f'alloc {i % 100} 8\nfree {i % 100}\n' for i in range(30000))
    run('dump', write(lines), '-o', 'whole.lat')
    with open('whole.lat', 'rb') as file:
        whole = file.read()
    broken = bytearray(whole)
    broken[70000] ^= 0xff
    for name, data, what in (('bad.lat', bytes(broken), 'checksum'),
                             ('cut.lat', whole[:-20000], 'cut short'), ('none.lat', b'', 'empty'),
                             ('odd.lat', b'hello\n' * 30, 'not a trace')):
        with open(name, 'wb') as file:
            file.write(data)
        out, errors = run('info', name, status=1)
        assert out == '' and what in errors and errors.startswith(f'info: {name}: '), errors
    for name, least in (('bad.lat', 1), ('cut.lat', 1)):
        out, errors = run('info', '--salvage', '--json', name)
        got = json.loads(out)[0]
        assert got['damages'] >= least and 0 < got['ops'] < 60000, got
        out, _ = run('info', '--salvage', name)
        assert 'damaged         1 places' in out, out
    run('info', '--salvage', 'odd.lat', status=1)


def one_bad_trace_does_not_hide_the_others():
    write('alloc 0 1\n', 'good.txt')
    write('alloc\n', 'bad.txt')
    out, errors = run('info', '--json', 'good.txt', 'bad.txt', 'nowhere', 'good.txt', status=1)
    assert [one['file'] for one in json.loads(out)] == ['good.txt'] * 2, out
    assert 'bad.txt:2: ' in errors and 'nowhere: ' in errors, errors
    out, _ = run('info', 'bad.txt', 'good.txt', 'good.txt', status=1)
    assert out.startswith('good.txt\n') and '\n\ngood.txt\n' in out, out


def stdin_has_no_file_bytes():
    out, _ = run('info', '--json', '-', stdin=(FIRST + 'alloc 0 1\n').encode())
    expect(json.loads(out)[0], file='-', form='text', file_bytes=None, ops=1)


def odd_names_stay_printable():
    name = b'odd\x1b[31m\xff.txt'
    with open(name, 'wb') as file:
        file.write((FIRST + '# title: \u00fc\n').encode() + b'# why: \xff\n')
    done = subprocess.run([PROGRAM, b'info', b'--json', name], capture_output=True, check=True)
    got = json.loads(done.stdout)[0]
    expect(got, file='odd\x1b[31m?.txt', text=[['title', '\u00fc'], ['why', '?']])
    done = subprocess.run([PROGRAM, b'info', name], capture_output=True, check=True)
    assert b'\x1b' not in done.stdout, done.stdout


def brief_is_a_line_a_trace():
    write('thread 1\nalloc 0 24\nalloc 1 24\nthread 2\nfree 0\nrealloc 1 8\n', 'b.txt')
    out, _ = run('info', '--brief', 'b.txt', write('reserve 0 16\n'))
    lines = [line.split() for line in out.splitlines()]
    assert len(lines) == 3 and lines[0][-1] == 'trace', out
    assert lines[1] == ('6 2 2 48 26 25.0 % 100.0 % 0.0 % 24 66.7 % b.txt'.split()), lines[1]
    assert lines[2] == '1 1 1 65,536 65,536 - - - - - a.txt'.split(), lines[2]


def wrong_usage_is_2():
    for words in (['info'], ['info', '--brief', '--json', 'x'], ['info', '--sizes', '3', 'x'],
                  ['info', '--sizes', '32', 'x'], ['info', '--sizes', '', 'x'], ['info', '-x']):
        run(*words, status=2)
    run('info', '--help')


def a_full_device_is_an_error():
    if os.path.exists('/dev/full'):
        for way in ('--json', '--brief'):
            with open('/dev/full', 'w', encoding='utf-8') as full:
                done = subprocess.run([PROGRAM, 'info', way, write('alloc 0 1\n')], stdout=full,
                                      stderr=subprocess.PIPE, check=False)
            assert done.returncode == 1 and b'cannot write' in done.stderr, done


# -- The page -------------------------------------------------------------------------------------

GOLDEN_TRACE = '''# title: by hand
# why: shows the page
# dropped: 2 frees of objects made before the recording
# label: 1 a_site+0x10
cpu 1
label 1
alloc 0 100 recorded 128
alloc-zeroed 1 20
time 2000000000
alloc-aligned 2 5000 64
realloc 1 50
thread 3
free 0
mark 1
cpu 0
realloc 1 60
free 2
free 9
reserve 0 20 align 32
commit 0 0 4
decommit 0 2 2
stack-create 0 32 2 1
stack-touch 0 0
stack-touch 0 4
'''
GOLDEN = f'{ROOT}/traces/verbs/test/info_page.txt'


def the_page_is_as_it_was():
    out, _ = run('info', write(GOLDEN_TRACE))
    with open(GOLDEN, encoding='utf-8') as file:
        wanted = file.read()
    if out != wanted:
        raise AssertionError(''.join(difflib.unified_diff(
            wanted.splitlines(True), out.splitlines(True), 'wanted', 'got')))
    assert max(map(len, out.splitlines())) <= 80, 'a line of more than 80 columns'


def on_a_terminal(**environment):
    """What a terminal of 100 columns gets."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack('4H', 25, 100, 0, 0))
    plain = {key: value for key, value in os.environ.items() if key != 'COLUMNS'}
    with subprocess.Popen([PROGRAM, 'info', write(GOLDEN_TRACE)], stdout=theirs,
                          env={**plain, **environment}) as process:
        os.close(theirs)
        data = b''
        try:
            while more := os.read(ours, 65536):
                data += more
        except OSError:  # how Linux says that the other side is closed
            pass
        os.close(ours)
        assert process.wait() == 0
    return data.decode().replace('\r\n', '\n')


def bars_fit_the_terminal():
    bar = re.compile(r'^  <= 8,192 .*?% +([#\u2588-\u258f]+)', re.MULTILINE)
    utf8, plain = on_a_terminal(LC_ALL='C.UTF-8'), on_a_terminal(LC_ALL='C')
    piped, _ = run('info', write(GOLDEN_TRACE), LC_ALL='C.UTF-8')
    wide, _ = run('info', write(GOLDEN_TRACE), COLUMNS='120')
    odd, _ = run('info', write(GOLDEN_TRACE), COLUMNS='-7x')
    assert '\u2588' in bar.search(utf8).group(1) and '#' not in bar.search(utf8).group(1), utf8
    for text, columns in ((utf8, 100), (plain, 100), (piped, 80), (wide, 120), (odd, 160)):
        most = max(len(line) for line in text.splitlines() if '<=' in line)
        assert columns - 3 <= most <= columns, f'{most} columns of {columns}:\n{text}'
    for text in (plain, piped, wide):
        assert re.fullmatch('#+', bar.search(text).group(1)), text
        assert not any(line.endswith(' ') for line in text.splitlines()), text


TESTS = (
    shipped_traces_agree_with_the_oracle, random_traces_agree_with_the_oracle,
    lifetimes_are_bytes_allocated_meanwhile, a_heap_takes_its_blocks_along,
    live_is_averaged_over_ops_of_its_kind, sizes_by_requests_and_by_live_bytes,
    reallocs_grow_shrink_and_chain, others_free_what_they_did_not_allocate,
    recorded_waste_at_three_weights, regions_in_segments, stacks_and_what_precommit_means,
    labels_by_number_and_by_peak, losses_are_gathered, empty_and_partial_traces,
    one_high_slot_costs_little, damage_is_an_error_or_counted,
    one_bad_trace_does_not_hide_the_others, stdin_has_no_file_bytes, odd_names_stay_printable,
    brief_is_a_line_a_trace, wrong_usage_is_2, a_full_device_is_an_error, the_page_is_as_it_was,
    bars_fit_the_terminal,
)


def main():
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        print(f'1..{len(TESTS)}')
        for number, test in enumerate(TESTS, 1):
            try:
                test()
                print(f'ok {number} - {test.__name__}')
            except Exception as error:  # any: a test that cannot run has failed
                print('# ' + f'{type(error).__name__}: {error}'.replace('\n', '\n# '))
                print(f'not ok {number} - {test.__name__}', flush=True)
        os.chdir('/')


main()
