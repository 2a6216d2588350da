# SPDX-License-Identifier: 0BSD
"""The export verb: what it writes, what it says is lost, and that it can be read again; usage:
export_test.py VERBS-PROGRAM FIXTURES.

Two readers that know nothing of ours judge the files: one takes a .rep as strictly as a malloc lab
driver does, the other keeps memory_replay's rules about pointers.
"""
import os
import random
import re
import subprocess
import sys
import tempfile

PROGRAM, FIXTURES = (os.path.abspath(path) for path in sys.argv[1:3])
CORPUS = os.path.join(FIXTURES, '../../data/user')
FIRST = '# lookaside trace 1\n'
HEAPS = ('alloc', 'alloc-zeroed', 'alloc-aligned', 'realloc', 'free')

MIXED = FIRST + '''# title: everything
alloc 0 10
alloc 0 5
free 3
alloc-zeroed 1 20 recorded 32
alloc-aligned 2 30 64
realloc 0 50
time 100
thread 2
realloc 5 7
heap-create 1
heap-use 1
alloc 6 8
alloc 7 9
heap-use 4
heap-destroy 1
heap-destroy 1
alloc 7 3
reserve 0 16
commit 0 0 1
free 0
alloc 0 4294967295
mark 3
'''


def verb(*arguments, stdin=b''):
    done = subprocess.run([PROGRAM, *arguments], input=stdin, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def put(name, content):
    with open(name, 'w', encoding='utf-8') as file:
        file.write(content)
    return name


def get(name):
    with open(name, encoding='utf-8') as file:
        return file.read()


def equal(actual, expected):
    assert actual == expected, f'{actual!r}, expected {expected!r}'


def exported(form, name, output):
    code, _, errors = verb('export', '--to', form, name, '-o', output)
    equal((code, errors if code else ''), (0, ''))
    return get(output)


def ops_of(name):
    """The ops of a trace as the text twin has them, without the header text."""
    code, text, errors = verb('dump', name)
    equal((code, errors), (0, ''))
    return [line for line in text.splitlines() if not line.startswith('#')]


def imported(form, name):
    code, _, errors = verb('import', '--from', form, name, '-o', 'again.txt')
    equal((code, errors), (0, ''))
    assert 'dropped' not in get('again.txt'), get('again.txt')[:400]
    return ops_of('again.txt')


def check_rep(text):
    """As strict as a malloc lab driver: the header's counts are exact, an id lives once."""
    lines = text.splitlines()
    weight, ids, ops, most = (int(line) for line in lines[:4])
    born, live, now, peak = 0, {}, 0, 0
    for line in lines[4:]:
        letter, number, *size = line.split()
        number = int(number)
        if letter == 'a':
            equal(number, born)
            born += 1
        else:
            now -= live.pop(number)
        if letter != 'f':
            live[number] = int(size[0])
            now += int(size[0])
            peak = max(peak, now)
    equal((weight, ids, ops, most), (1, born, len(lines) - 4, peak))


ANDROID = re.compile(r'(?P<tid>[1-9]\d*): (?:malloc (?P<m>0x[0-9a-f]+) \d+'
                     r'|calloc (?P<c>0x[0-9a-f]+) \d+ \d+|memalign (?P<a>0x[0-9a-f]+) \d+ \d+'
                     r'|realloc (?P<to>0x[0-9a-f]+) (?P<of>0x[0-9a-f]+) \d+'
                     r'|free (?P<f>0x[0-9a-f]+))(?: (?P<begin>\d+) (?P<end>\d+))?')


def check_android(text):
    """memory_replay's rules: no pointer twice, none freed that is not there, short lines."""
    live = set()
    for line in text.splitlines():
        found = ANDROID.fullmatch(line)
        assert found and len(line) < 256, line
        gone = found['of'] or found['f']
        made = found['m'] or found['c'] or found['a'] or found['to']
        if gone:
            live.remove(gone)
        if made:
            assert made not in live and int(made, 16) % 16 == 0, line
            live.add(made)


def plain(lines):
    """Ops as .rep can tell them: no threads, all allocations alike."""
    lines = [line.split(' recorded')[0].split() for line in lines]
    return [' '.join(['alloc'] + words[1:3] if words[0].startswith('alloc') else words)
            for words in lines if words[0] in HEAPS]


# -- What is written and said ----------------------------------------------------------------------

def rep_by_hand():
    put('mixed.txt', MIXED)
    code, text, errors = verb('export', '--to', 'rep', 'mixed.txt', '-o', '-')
    equal(code, 0)
    equal(text, '1\n8\n12\n4294967355\na 0 10\na 1 20\na 2 30\nr 0 50\na 3 7\na 4 8\na 5 9\n'
                'f 4\nf 5\na 6 3\nf 0\na 7 4294967295\n')
    check_rep(text)
    equal(errors, 'export: mixed.txt: left out: heap-create 1, heap-destroy 2, heap-use 2, '
                  'reserve 1, commit 1, thread 1, time 1, mark 1\n'
                  'export: mixed.txt: told as plain allocations: alloc-zeroed 1, alloc-aligned 1\n'
                  'export: mixed.txt: 1 recorded sizes left out\n'
                  'export: mixed.txt: 2 ops left out that do not fit their slots\n'
                  'export: mixed.txt: 1 reallocs of empty slots told as allocations\n'
                  'export: mixed.txt: 2 frees added for what heap-destroy ends\n')


def android_by_hand():
    put('mixed.txt', MIXED)
    code, text, errors = verb('export', '--to', 'android', 'mixed.txt', '-o', '-')
    equal(code, 0)
    equal(text, '1: malloc 0x10000000 10 1 1\n1: calloc 0x10000010 1 20 1 1\n'
                '1: memalign 0x10000020 64 30 1 1\n1: realloc 0x10000000 0x10000000 50 1 1\n'
                '3: malloc 0x10000050 7 101 101\n3: malloc 0x10000060 8 101 101\n'
                '3: malloc 0x10000070 9 101 101\n3: free 0x10000060 101 101\n'
                '3: free 0x10000070 101 101\n3: malloc 0x10000070 3 101 101\n'
                '3: free 0x10000000 101 101\n3: malloc 0x10000000 4294967295 101 101\n')
    check_android(text)
    assert 'left out: heap-create 1, heap-destroy 2, heap-use 2, reserve 1, commit 1, mark 1\n' \
        in errors, errors
    assert 'plain' not in errors, errors


def android_without_times_has_none():
    put('short.txt', FIRST + 'alloc 0 1\nthread 4294967295\nfree 0\n')
    equal(verb('export', '--to', 'android', 'short.txt', '-o', '-'),
          (0, '1: malloc 0x10000000 1\n4294967296: free 0x10000000\n', ''))


def text_tells_everything():
    put('mixed.txt', MIXED)
    equal(verb('export', '--to', 'text', 'mixed.txt', '-o', '-'), (0, MIXED, ''))
    equal(verb('export', '--to', 'text', '-', '-o', '-', stdin=MIXED.encode()), (0, MIXED, ''))


def what_tells_everything_loses_nothing():
    put('heap.txt', FIRST + 'alloc 0 1\nrealloc 0 2\nfree 0\n')
    for form in ('rep', 'android', 'text'):
        equal(verb('export', '--to', form, 'heap.txt', '-o', 'out')[2], '')


# -- Reading it again ------------------------------------------------------------------------------

def small_traces_come_back():
    put('heap.txt', FIRST + 'alloc 0 1\nalloc-zeroed 1 0\nalloc-aligned 2 7 1\nfree 1\n'
                            'alloc-aligned 1 8 2147483648\nrealloc 0 4294967295\nrealloc 2 0\n'
                            'free 2\nalloc 2 3\nfree 0\n')
    ops = ops_of('heap.txt')
    check_android(exported('android', 'heap.txt', 'out.android'))
    equal(imported('android', 'out.android'), ops)
    check_rep(exported('rep', 'heap.txt', 'out.rep'))
    equal(imported('rep', 'out.rep'), plain(ops))


def times_come_back():
    text = 'alloc 0 1\ntime 5\nthread 1\nfree 0\ntime 4294967295\ntime 7\nthread 0\nalloc 0 2\n'
    put('timed.txt', FIRST + text)
    exported('android', 'timed.txt', 'out.android')
    equal(verb('import', '-t', 'out.android', '-o', 'again.txt')[0], 0)
    equal(ops_of('again.txt'), text.splitlines())


def recorded_programs_come_back():
    for name in ('java', 'python', 'sort'):  # 18 threads, calloc and realloc, few ops
        path = os.path.join(CORPUS, name + '.lat.zst')
        ops = ops_of(path)
        assert len(ops) > 400, len(ops)
        check_android(exported('android', path, 'out.android'))
        equal(imported('android', 'out.android') == ops, True)
        check_rep(exported('rep', path, 'out.rep'))
        equal(imported('rep', 'out.rep') == plain(ops), True)


def tiny_program_as_android_is_that_of_its_recording():
    equal(verb('import', os.path.join(FIXTURES, 'tiny.ntr'), '-o', 'tiny.txt')[0], 0)
    check_android(exported('android', 'tiny.txt', 'out.android'))
    equal(imported('android', 'out.android'), ops_of('tiny.txt'))


def model(ops):
    """A .rep's body for these ops: what the specification says about slots and heaps, in short."""
    blocks, heaps, heap, births, body = {}, {0}, 0, 0, []
    for kind, *numbers in ops:
        slot = numbers[0] if numbers else 0
        if kind == 'free' and slot in blocks:
            body.append(f'f {blocks.pop(slot)[0]}')
        elif kind == 'realloc' and slot in blocks:
            body.append(f'r {blocks[slot][0]} {numbers[1]}')
        elif kind.startswith(('alloc', 'realloc')) and slot not in blocks:
            body.append(f'a {births} {numbers[1]}')
            blocks[slot] = births, heap
            births += 1
        elif kind == 'heap-create':
            heaps.add(slot)
        elif kind == 'heap-use' and slot in heaps:
            heap = slot
        elif kind == 'heap-destroy' and slot in heaps and slot != 0:
            heaps.remove(slot)
            heap = 0 if heap == slot else heap
            for gone in sorted(other for other in blocks if blocks[other][1] == slot):
                body.append(f'f {blocks.pop(gone)[0]}')
    return body


def random_traces_are_told_as_the_model_does():
    kinds = {'alloc': 2, 'alloc-zeroed': 2, 'alloc-aligned': 3, 'realloc': 2, 'free': 1,
             'heap-create': 1, 'heap-use': 1, 'heap-destroy': 1, 'heap-trim': 0, 'thread': 1}
    dice = random.Random(23)
    for _ in range(20):
        ops = [(kind, *[dice.randrange(4) if kind.startswith('heap') else dice.randrange(12),
                        dice.randrange(5000), 2 ** dice.randrange(32)][:kinds[kind]])
               for kind in dice.choices(list(kinds), k=300)]
        put('random.txt', FIRST + ''.join(' '.join(map(str, op)) + '\n' for op in ops))
        text = exported('rep', 'random.txt', 'out.rep')
        check_rep(text)
        equal(text.splitlines()[4:], model(ops))
        check_android(exported('android', 'random.txt', 'out.android'))
        equal(plain(imported('android', 'out.android')), imported('rep', 'out.rep'))


# -- Failing ---------------------------------------------------------------------------------------

def nothing_left_is_an_error():
    put('vas.txt', FIRST + 'reserve 0 1\nfree 0\n')
    for form in ('rep', 'android'):
        equal(verb('export', '--to', form, 'vas.txt', '-o', 'out.nothing'),
              (1, '', f'export: vas.txt: nothing that {form} can tell (expected heap ops)\n'))
    assert not os.path.exists('out.nothing')
    equal(verb('export', '--to', 'text', 'vas.txt', '-o', 'out.nothing')[0], 0)


def failures_leave_what_was_there():
    put('good.txt', FIRST + 'alloc 0 1\n')
    put('bad.txt', FIRST + 'alloc 0 1\nalloc\n')
    put('out.kept', 'before\n')
    equal(verb('export', '--to', 'rep', 'bad.txt', '-o', 'out.kept'),
          (1, '', 'export: bad.txt:3: the line ends early, expected a block slot (0 to '
                  '16777215)\n'))
    equal(get('out.kept'), 'before\n')
    equal(verb('export', '--to', 'rep', 'good.txt', '-o', 'no/such/folder'),
          (1, '', 'export: no/such/folder: No such file or directory\n'))
    equal(verb('export', '--to', 'rep', 'no.txt', '-o', 'out.kept'),
          (1, '', 'export: no.txt: No such file or directory\n'))
    if os.path.exists('/dev/full'):
        equal(verb('export', '--to', 'rep', 'good.txt', '-o', '/dev/full'),
              (1, '', 'export: /dev/full: No space left on device\n'))
    equal(sorted(name for name in os.listdir() if name.startswith('out.kept')), ['out.kept'])
    exported('rep', 'good.txt', 'out.kept')
    equal(get('out.kept'), '1\n1\n1\n1\na 0 1\n')


def wrong_usage_is_2():
    put('good.txt', FIRST + 'alloc 0 1\n')
    for arguments, words in (
            ([], 'Usage:'),
            (['good.txt', '-o', 'x'], 'expected --to FORMAT'),
            (['good.txt', '--to', 'rep'], 'expected -o FILE'),
            (['good.txt', '--to', 'csv', '-o', 'x'], 'there is no format csv'),
            (['good.txt', 'good.txt', '--to', 'rep', '-o', 'x'], "found 'good.txt' too"),
            (['good.txt', '--to', 'rep', '-o', 'x.lat'], 'plain text'),
            (['good.txt', '--to', 'rep', '-o', 'x.rep.zst'], 'plain text')):
        code, _, errors = verb('export', *arguments)
        assert code == 2 and words in errors, (arguments, code, errors)
    code, text, _ = verb('export', '--help')
    assert code == 0 and 'android' in text, text


TESTS = (rep_by_hand, android_by_hand, android_without_times_has_none, text_tells_everything,
         what_tells_everything_loses_nothing, small_traces_come_back, times_come_back,
         recorded_programs_come_back, tiny_program_as_android_is_that_of_its_recording,
         random_traces_are_told_as_the_model_does,
         nothing_left_is_an_error, failures_leave_what_was_there, wrong_usage_is_2)


def main():
    failed = 0
    print(f'1..{len(TESTS)}')
    for number, test in enumerate(TESTS, 1):
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                test()
                print(f'ok {number} - {test.__name__}', flush=True)
            except Exception as problem:  # an error in a test is a failure of that test
                failed += 1
                print(f'# {type(problem).__name__}: {problem}'.replace('\n', '\n# '))
                print(f'not ok {number} - {test.__name__}', flush=True)
            os.chdir('/')
    sys.exit(1 if failed else 0)


main()
