# SPDX-License-Identifier: 0BSD
"""The import verb as a user meets it; usage: verb_import_test.py VERBS-PROGRAM FIXTURES."""
import gzip
import lzma
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM, FIXTURES = (os.path.abspath(path) for path in sys.argv[1:3])
LOGALLOC = '1 1 malloc(42)=0x10\n1 1 free(0x10)\n1 1 free(0x20)\n'


def verb(*arguments, stdin=b''):
    """The exit code, stdout and stderr of an import."""
    done = subprocess.run([PROGRAM, 'import', *arguments], input=stdin, capture_output=True,
                          check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def on_terminal(*arguments, feed=None):
    """The exit code, and what is on the terminal that stderr is. `feed`: pieces for stdin."""
    terminal, other = pty.openpty()
    with subprocess.Popen([PROGRAM, 'import', *arguments], stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, stderr=other) as child:
        os.close(other)
        for piece in feed or ():
            child.stdin.write(piece)
            child.stdin.flush()
            time.sleep(0.25)  # longer than it takes until progress is shown anew
        child.stdin.close()
        seen = b''
        while select.select([terminal], [], [], 20)[0]:
            try:
                seen += os.read(terminal, 4096)
            except OSError:  # the other side is closed
                break
    os.close(terminal)
    return child.returncode, seen.decode()


def put(name, content):
    with open(name, 'wb') as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    return name


def get(name):
    with open(name, encoding='utf-8') as file:
        return file.read()


def equal(actual, expected):
    assert actual == expected, f'{actual!r}, expected {expected!r}'


def help_names_every_format():
    status, text, _ = verb('--help')
    equal(status, 0)
    listed = re.findall(r'^  ([a-z0-9-]+) +\S', text.split('Formats')[1], re.MULTILINE)
    equal(sorted(listed), sorted(set(listed)))
    for name in ('trace', 'android', 'babeltrace', 'bpftrace', 'ftrace', 'heaptrack', 'logalloc',
                 'ltrace', 'mtrace', 'rep', 'strace', 'valgrind', 'aggregate'):
        assert name in listed, f'{name} is not in the list'
    for name in listed:  # each is a word that --from takes
        equal(verb(put('empty', ''), '--from', name, '-o', 'x')[0] in (0, 1), True)


def packed_recordings_are_read():
    expected = None
    for name, pack in (('a.log', bytes), ('a.log.gz', gzip.compress), ('a.log.xz', lzma.compress)):
        equal(verb(put(name, pack(LOGALLOC.encode())), '-o', 'a.txt'), (0, '', ''))
        expected = expected or get('a.txt')
        equal(get('a.txt'), expected)
        equal(verb('-', '-o', '-', stdin=pack(LOGALLOC.encode())), (0, expected, ''))
    assert 'alloc 0 42\nfree 0\n' in expected


def cut_recordings_are_refused():
    packed = gzip.compress(LOGALLOC.encode())
    status, _, message = verb(put('cut.gz', packed[:-1]), '-o', 'cut.lat')
    equal((status, message), (1, f'import: cut.gz:3: packed offset {len(packed) - 1}: gzip: the '
                                 'stream is cut short (expected its end)\n'))
    status, _, message = verb(put('more.gz', packed + b'more'), '-o', 'cut.lat')
    equal((status, message), (1, f'import: more.gz:3: packed offset {len(packed)}: gzip: other '
                                 'bytes behind the stream (expected the end, or another stream)\n'))
    assert not os.path.exists('cut.lat')


def summary_is_for_terminals():
    put('a.log', LOGALLOC)
    equal(verb('a.log', '-o', 'a.lat'), (0, '', ''))
    equal(on_terminal('a.log', '-o', 'a.lat'),
          (0, 'a.log: 2 operations from logalloc -> a.lat\r\n'
              '  dropped: 1 frees of objects made before the recording\r\n'))


def progress_is_shown_and_wiped():
    line = b'1 1 malloc(42)=0x0\n'
    pieces = [line * (70000 // len(line))] * 4
    status, seen = on_terminal('-', '-o', 'p.lat', feed=pieces)
    equal(status, 0)
    assert re.match(r'(\rimporting: [0-9,]+ KiB)+\r\x1b\[Kstdin: 0 operations from ', seen), seen


def what_is_lost_or_guessed_is_always_said():
    put('lost', '1 1 1 malloc 1 0x1000\nLost 12 events\n')
    equal(verb('lost', '-o', 'x.lat'),
          (0, '', 'import: lost: lost: 12 events while it was recorded\n'))
    status, _, message = verb(os.path.join(FIXTURES, 'tiny.heaptrack'), '-o', 'x.lat')
    equal(status, 0)
    assert message.count('\n') == 1 and 'histogram-only: sizes are exact' in message, message


def usage_is_told():
    put('a.log', LOGALLOC)
    for arguments, message in (
            (['a.log'], 'no output (expected -o TRACE)'),
            (['a.log', '-o', 'a.lat.gz'], '.gz is not written (expected .lat, .lat.zst or text)'),
            (['a.log', '-o', 'a.lat', '--from', 'x'], '--from: there is no format x'),
            (['a.log', 'a.log', '-o', 'a.lat'], 'one RECORDING at a time, found 2')):
        status, _, text = verb(*arguments)
        equal(status, 2)
        assert message in text, text
    assert not os.path.exists('a.lat.gz')


def nothing_is_half_written():
    put('a.log', LOGALLOC + 'x\n')
    put('old.lat', 'precious')
    equal(verb('a.log', '-o', 'old.lat', '--from', 'logalloc')[0], 1)
    equal(get('old.lat'), 'precious')
    equal(verb('nowhere', '-o', 'x')[2], 'import: nowhere: No such file or directory\n')
    equal(verb('a.log', '-o', 'no/where')[2],
          'import: no/where: cannot write: No such file or directory\n')
    equal(sorted(os.listdir('.')), ['a.log', 'old.lat'])


def interrupting_leaves_nothing():
    with subprocess.Popen([PROGRAM, 'import', '-', '-o', 'x.lat'], stdin=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as child:
        child.stdin.write(LOGALLOC.encode() * 10000)
        child.stdin.flush()
        child.send_signal(signal.SIGINT)
        child.wait()
    equal(child.returncode, -signal.SIGINT)
    equal(os.listdir('.'), [])


def main():
    cases = [help_names_every_format, packed_recordings_are_read, cut_recordings_are_refused,
             summary_is_for_terminals, progress_is_shown_and_wiped,
             what_is_lost_or_guessed_is_always_said, usage_is_told, nothing_is_half_written,
             interrupting_leaves_nothing]
    failed = False
    print(f'1..{len(cases)}')
    for number, case in enumerate(cases, 1):
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                case()
                result = 'ok'
            except (AssertionError, OSError) as problem:
                print('# ' + str(problem).replace('\n', '\n# '))
                result = 'not ok'
                failed = True
            os.chdir('/')
        print(f'{result} {number} - {case.__name__}', flush=True)
    return 1 if failed else 0


sys.exit(main())
