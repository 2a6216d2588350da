# SPDX-License-Identifier: 0BSD
"""`lookaside boot` as a user meets it, with small scripts in the place of QEMU and of `lookaside`:
endings, deadlines, signals, closed pipes, missing tools, digests that differ.
"""
import contextlib
import os
import pty
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import time

from common import ROOT, RUN, check, equal, tap

FOLDER = tempfile.mkdtemp(prefix='lookaside boot, ')  # a path with blanks and a comma
BUILD = os.path.join(FOLDER, 'build')
GOOD = "printf 'BIOS\\r\\nTAP version 13\\r\\nok 1 - a: b\\r\\n1..1\\r\\n'\n"


def script(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write('#!/bin/sh\n' + text)
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
    return path


def prepare():
    """A build directory with an empty kernel, and a `lookaside` that knows one trace."""
    os.makedirs(os.path.join(BUILD, 'ports/i386/run'))
    with open(os.path.join(BUILD, 'ports/i386/run/compiler'), 'w', encoding='utf-8') as file:
        file.write('gcc\n')
    header = b'\x7fELF\x01\x01' + bytes(18) + struct.pack('<I', 0x10000c) + bytes(24)
    for name in ('lookaside.elf', 'lookaside-O0.elf', 'run/kvm-probe.elf'):
        with open(os.path.join(BUILD, 'ports/i386', name), 'wb') as file:
            file.write(header)
    # The host's digest of the first N of 20 ops is N; `replay` tells it for --upto=N too.
    script(os.path.join(BUILD, 'cli/lookaside'), '''
case $1 in
dump) if [ "$2" = -o ]; then
          grep -q '^# lookaside trace' "$4" || { echo "$4:1: no trace" >&2; exit 1; }
          printf '\\211LAT\\r\\n\\032\\n' >"$3"
      else seq 20 | sed 's/^/free /'; fi ;;
replay) n=20; comma=; for a; do case $a in --upto=*) n=${a#*=} ;; esac; done; shift 2; echo '['
    for a; do case $a in --*) ;; *) [ -s "$a" ] || exit 1
        printf '%s{"digest":"%016d","ops":%d,"no_memory":0,"footprint_pages_peak":3,' "$comma" $n $n
        printf '"stack_pages_peak":0,"live_blocks_peak":9}'; comma=, ;; esac; done; echo ']' ;;
esac
''')


def command(*arguments):
    return [sys.executable, '-B', os.path.join(RUN, 'boot.py'), '--build', BUILD, '--root', ROOT,
            *arguments]


def environment(emulator, **more):
    return dict(os.environ, LOOKASIDE_QEMU=emulator, TMPDIR=FOLDER, **more)


COUNT = [0]


def fake(text):
    COUNT[0] += 1
    return script(os.path.join(FOLDER, f'qemu{COUNT[0]}', 'qemu-system-i386'), text)


def boot(text, *arguments, **more):
    """Run the verb with an emulator made of `text`."""
    return subprocess.run(command(*arguments), env=environment(fake(text), **more), text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)


def said(run, status, words, stream='stdout'):
    """Facts: the exit code, words of the output, and no Python trace."""
    text = getattr(run, stream)
    return (equal(run.returncode, status),
            (words in text, f'no "{words}" in: {run.stdout} {run.stderr}'),
            ('Traceback' not in run.stderr, run.stderr))


def alive(mark):
    """Processes whose command line holds this mark."""
    found = []
    for name in filter(str.isdigit, os.listdir('/proc')):
        with contextlib.suppress(OSError):
            with open(f'/proc/{name}/cmdline', 'rb') as file:
                if mark.encode() in file.read():
                    found.append(int(name))
    return found


def gone(mark):
    """A fact: within two seconds no such process is left."""
    give_up = time.monotonic() + 2.0
    while alive(mark) and time.monotonic() < give_up:
        time.sleep(0.05)
    return not alive(mark), f'still there: {alive(mark)}'


def endings():
    good = boot(GOOD + 'exit 33')
    check('a passed run says so and is silent about noise', *said(good, 0, 'boot: passed: 1 test'),
          ('BIOS' not in good.stdout, good.stdout), equal(good.stderr, ''))
    check('--verbose shows noise and the command line',
          *said(boot(GOOD + 'exit 33', '--verbose'), 0, 'BIOS\n'),
          *said(boot(GOOD + 'exit 33', '--verbose'), 0, '-device isa-debug-exit'))
    for status, words in [(0, 'triple fault'), (35, 'a test failed'), (37, 'panicked'),
                          (39, 'double fault'), (1, 'could not start'), (7, 'exit status 7')]:
        check(f'exit status {status} fails in words',
              *said(boot(GOOD + f'exit {status}'), 1, words))
    check('a triple fault is booted again with a log of exceptions',
          *said(boot('case "$*" in *-D\\ *) eval "log=\\${$#}"\n' + '''
echo ' 9: v=0d e=0010 i=0 cpl=0 IP=0008:00001234 pc=00001234 SP=0010:00009000 X' >"$log"
echo 'Triple fault' >>"$log" ;; esac
exit 0'''.replace('"$log"', '"$(echo "$@" | sed "s/.*-D //; s/ *$//")"')), 1, 'general protection'))
    check('a failed test is named with what it said',
          *said(boot("printf 'TAP version 13\\n# lost: 3\\nnot ok 1 - a: b\\n1..1\\n'; exit 35"), 1,
                '  lost: 3'))
    check('a kernel that claims to have passed is not believed',
          *said(boot("printf 'TAP version 13\\nok 1 - a\\n'; exit 33"), 1,
                'plan (1..N) is missing'))
    check('what the emulator complains about is shown',
          *said(boot("echo 'unsupported machine type' >&2; exit 1"), 1, 'unsupported machine type'))


def limits():
    late = boot(GOOD + f'exec sleep 300.{os.getpid()}', '--timeout', '0.5')
    check('a guest that hangs is ended', *said(late, 1, 'no end after 0.5 s'),
          gone(f'300.{os.getpid()}'))
    late = boot(f'sleep 301.{os.getpid()} & sleep 302.{os.getpid()}', '--timeout', '0.5')
    check('so is every process below it', *said(late, 1, 'nothing came over the serial port'),
          gone(f'301.{os.getpid()}'), gone(f'302.{os.getpid()}'))
    late = boot("trap '' TERM; " + GOOD + f'while :; do sleep 0.303{os.getpid()}; done',
                '--timeout', '0.5')
    check('and one that does not listen', *said(late, 1, 'no end after'),
          gone(f'0.303{os.getpid()}'))
    chatter = boot('yes', '--timeout', '0.5')
    check('a guest that never stops talking is ended', *said(chatter, 1, 'no end after 0.5 s'))
    check('a closed output with a guest that goes on is ended too',
          *said(boot('exec >&- 2>&-; exec sleep 60', '--timeout', '60'), 1, 'no end after'))
    check('the guest\'s input is empty', *said(boot('cat; ' + GOOD + 'exit 33'), 0, 'passed'))


def interruptions():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        mark = f'{400 + number}.{os.getpid()}'
        signal.signal(number, signal.SIG_DFL)  # under nohup and in the background: ignored
        child = subprocess.Popen(command(), env=environment(fake(GOOD + f'exec sleep {mark}')),
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while '1..1' not in child.stdout.readline():
            pass
        child.send_signal(number)
        _, complaint = child.communicate(timeout=20)
        check(f'{number.name} ends the guest',
              equal(child.returncode, 128 + number), gone(mark),
              (number.name in complaint and 'Traceback' not in complaint, complaint))
    mark = f'450.{os.getpid()}'
    child = subprocess.Popen(command(), env=environment(fake(GOOD + f'exec sleep {mark}')),
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    while '1..1' not in child.stdout.readline():
        pass
    child.kill()
    child.communicate()
    check('a runner that is killed takes the guest along', gone(mark))
    left = [name for name in os.listdir(FOLDER) if name.startswith('lookaside-boot-')]
    check('only the killed one left its files', equal(len(left), 1))


def pipes():
    for status, expected in [(33, 0), (35, 1)]:
        reader, writer = os.pipe()
        os.close(reader)
        many = "printf 'TAP version 13\\n'; i=0; while [ $i -lt 2000 ]; do i=$((i+1)); " \
               "echo \"ok $i - a\"; done; echo 1..2000; exit "
        closed = subprocess.run(command(), env=environment(fake(many + str(status))), check=False,
                                stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE,
                                text=True, timeout=60)
        os.close(writer)
        check(f'a closed pipe does not change the verdict of {status}',
              equal(closed.returncode, expected), equal(closed.stderr, ''))
    none = subprocess.run(['sh', '-c', '"$@" >&- 2>&-', 'sh', *command()], check=False, timeout=60,
                          env=environment(fake(GOOD + 'exit 33')), stdin=subprocess.DEVNULL)
    check('nor does having no output at all', equal(none.returncode, 0))


def terminals():
    outer, inner = pty.openpty()
    before = termios.tcgetattr(inner)
    run = subprocess.Popen(command('--interactive'), stdin=inner, stdout=inner, stderr=inner,
                           env=environment(fake('stty raw -echo; read word; echo "<$word>"; '
                                                'exit 33')))
    os.write(outer, b'hello\n')
    status = run.wait(20)
    text = os.read(outer, 1 << 16).decode()
    check('--interactive gives the terminal to the guest, and takes it back as it was',
          equal(status, 0), ('Ctrl-A X leaves' in text and '<hello>' in text, text),
          equal(termios.tcgetattr(inner), before))


def missing():
    run = subprocess.run(command(), env=environment('no-such-qemu'), capture_output=True, text=True,
                         check=False, timeout=60)
    check('a missing QEMU is a set-up error with the way out',
          *said(run, 3, 'apt-get install qemu-system-x86', 'stderr'), equal(run.stdout, ''))
    run = boot(GOOD + 'exit 33', '--emulator', 'bochs', LOOKASIDE_BOCHS='no-such-bochs')
    check('so is a missing Bochs, or what makes its CD', equal(run.returncode, 3),
          ('apt-get install' in run.stderr, run.stderr))
    run = boot(GOOD + 'exit 33', '--compiler', 'clang', PATH='/nonexistent')
    check('so is a missing compiler', *said(run, 3, 'clang is not installed', 'stderr'))
    for output, status, words in [('printf A; sleep 1', 0, 'at loading CR3; exit status 0'),
                                  ('printf AB', 0, 'turning paging on'),
                                  ('printf ABC', 0, 'did not end well'),
                                  ("echo 'no /dev/kvm' >&2", 1, 'no /dev/kvm')]:
        run = boot(f'case "$*" in *kvm-probe*) {output}; exit {status} ;; esac\n{GOOD} exit 33',
                   '--accel', 'kvm')
        check(f'kvm is refused after: {output}, {status}', *said(run, 3, words, 'stderr'),
              ('--accel tcg' in run.stderr, run.stderr))
    run = boot('case "$*" in *kvm-probe*) echo ABC ;; *) ' + GOOD + ' ;; esac; exit 33',
               '--accel', 'kvm')
    check('kvm is used after ABC and 33', *said(run, 0, 'passed'))


def usage():
    for arguments, words in [(['--memory', '4G'], 'expected 4 to 3583 MiB'),
                             (['--memory', 'much'], 'expected MiB'),
                             (['--timeout', '0'], 'expected seconds'),
                             (['--timeout', 'nan'], 'expected seconds'),
                             (['--machine', 'vax'], 'invalid choice'),
                             (['--frames', 'none'], 'invalid choice'),
                             (['--icount', '--accel', 'kvm'], '--icount needs --accel tcg'),
                             (['--emulator', 'bochs', '--gdb'], '--gdb is for QEMU'),
                             (['--gdb', '--interactive'], 'exclude each other'),
                             (['--iso', '--machine', 'microvm'], 'no CD drive'),
                             (['--append', 'a\nb'], 'printable'), (['--upto', '0'], 'from 1'),
                             (['--append', 'upto=3'], 'say --upto'),
                             (['--frobnicate'], 'unrecognized'), (['a.lat'], 'unrecognized')]:
        run = boot(GOOD + 'exit 33', *arguments)
        check(f'usage error: {" ".join(arguments)!r}', *said(run, 2, words, 'stderr'))
    run = boot(GOOD + 'exit 33', '--help')
    check('it explains itself', *said(run, 0, 'usage: lookaside boot'))
    run = boot('echo "TAP version 13"; for a; do echo "# [$a]"; done; echo "ok 1 - a"; echo 1..1; '
               'exit 33', '--only', 'heap,vas', '--frames', 'buddy', '--append', 'one two',
               '--icount', '--memory', '8M', '--machine', 'isapc', '--cpu', '486')
    for word in ('[only=heap,vas frames=buddy costs=1 one two]', '[8M]', '[isapc]', '[486]',
                 '[shift=0,sleep=off]'):
        check(f'QEMU is told {word}', *said(run, 0, word))


# A kernel whose digest of the first N ops is the host's, N, until BAD, and another from there on.
REPLAYING = '''upto=20; bad=%d
for a; do case $a in *upto=*) upto=${a##*upto=}; upto=${upto%%%% *} ;; esac; done
digest=$upto; [ $upto -lt $bad ] || digest=$((upto + 1000))
printf 'TAP version 13\\n# trace t digest %%016d ops %%d no-memory 0\\n' $digest $upto
printf 'ok 1 - t\\n1..1\\n'
exit 33
'''


def replays():
    trace = os.path.join(FOLDER, 't.txt')
    with open(trace, 'w', encoding='utf-8') as file:
        file.write('# lookaside trace 1\nfree 1\n')
    check('equal digests pass', *said(boot(REPLAYING % 99, '--trace', trace), 0, ', 1 replay,'))
    for bad in (1, 13, 20):
        run = boot(REPLAYING % bad, '--trace', trace)
        check(f'the first operation that differs is found: {bad}',
              *said(run, 1, f'number {bad} of 20:\n    free {bad}\n'),
              ('digest 00000000000010' in run.stdout, run.stdout))
    run = boot(REPLAYING.replace('exit 33', """
digest=$upto; [ $upto -lt 5 ] || digest=$((upto + 1000))
printf '# trace t digest %%016d ops %%d no-memory 0 ring 3\\n' $digest $upto; exit 33
""") % 99, '--trace', trace)
    check('a difference in a program alone is found too',
          *said(run, 1, 'number 5 of 20:\n    free 5\n'), *said(run, 1, 't: in ring 3: digest '))
    run = boot(REPLAYING % 13, '--trace', trace, '--upto', '12')
    check('--upto is for both sides', *said(run, 0, 'passed'))
    run = boot(REPLAYING % 3, '--trace', trace, '--upto', '5')
    check('and a search goes no further', *said(run, 1, 'number 3 of 5:'))
    check('a trace that was not replayed is none that passed',
          *said(boot(GOOD + 'exit 33', '--trace', trace), 1, 'did not say a word'))
    wrong = os.path.join(FOLDER, 'wrong.txt')
    with open(wrong, 'w', encoding='utf-8') as file:
        file.write('no trace\n')
    check('a bad trace is told in the words of dump',
          *said(boot(GOOD + 'exit 33', '--trace', wrong), 1, 'wrong.txt:1: no trace', 'stderr'))
    check('a missing trace is told', equal(boot(GOOD, '--trace', FOLDER + '/none').returncode, 1))
    inputs = os.path.join(FOLDER, 'inputs')
    os.mkdir(inputs)
    for name in ('b', 'a'):
        with open(os.path.join(inputs, name), 'w', encoding='utf-8') as file:
            file.write(name * 3)
    for number, digest in [(0, 7), (1, 20)]:
        lines = (f'TAP version 13\\n# input 0 digest {digest:016d}\\n# pack inputs digest '
                 'b97164f3ab1dd4f7 inputs 2\\nok 1 - a\\n1..1\\n')
        run = boot(f"printf '{lines}'; exit 33", '--pack', inputs)
        check(f'a pack\'s first input that differs is named: {number}',
              *said(run, 1, f'number {number}: {inputs}/{"ab"[number]}\n'))
        expected = run.stdout.partition('the host has ')[2][:16]
    run = boot(f"printf 'TAP version 13\\n# pack inputs digest {expected} inputs 2\\nok 1 - a\\n"
               "1..1\\n'; exit 33", '--pack', inputs)
    check('a pack with the host\'s digest passes', *said(run, 0, '1 replay'))
    os.mkdir(os.path.join(FOLDER, 'empty'))
    check('an empty folder is no pack',
          *said(boot(GOOD, '--pack', os.path.join(FOLDER, 'empty')), 1, 'holds no file', 'stderr'))


def main():
    try:
        prepare()
        for part in (endings, limits, interruptions, pipes, terminals, missing, usage, replays):
            part()
    finally:
        subprocess.run(['rm', '-rf', FOLDER], check=False)
    tap.finish()


main()
