# SPDX-License-Identifier: 0BSD
"""A script at the monitor's console; usage: monitor_test.py ROOT KERNEL."""
import re
import shutil
import subprocess
import sys
import threading

PATIENCE_S = 100
SCRIPT = ['help', 'run grow', 'sleep 1500', 'ps', 'maps 1', 'picture 1', 'zoom 1 bc000000',
          'frames', 'faults', 'heap', 'run nothing', 'maps 77', 'frobnicate', 'run crash overflow',
          'sleep 100', 'kill 1', '', 'ps', 'quit']
# what, and a pattern that the answer to the command must hold
WANTED = [
    ('help', 'every command is listed', r'(?s)help .*watch .*quit'),
    ('run grow', 'a program starts', r'process 1\b'),
    ('ps', 'threads, pages and faults are counted', r'1 +0 +7 +\d+ +[1-9]\d* +[1-9]\d* +[1-9]\d*'),
    ('maps 1', 'the program has its addresses', r'00100000 \w{8} +\d+ +\d+ committed program'),
    ('maps 1', 'heaps have numbers', r'committed heap \d'),
    ('maps 1', 'a large stack is a megabyte', r'bff00000 bfffffff +1024 +\d+ stack +stack 1'),
    ('picture 1', 'heaps are at the bottom', r'00000000 H'),
    ('picture 1', 'stacks are at the top', r'(?m)b0000000 \.+S+$'),
    ('zoom 1 bc000000', 'stacks have grown in part', r'bfc00000 .*sS+'),
    ('frames', 'zones are told', r'(?s)strategy bitmap: .* promised.*DMA +\d+.*LOW +\d+.*HIGH'),
    ('faults', 'faults are counted', r'[1-9]\d* page faults, [1-9]\d* calls'),
    ('heap', 'buckets are shown', r'(?s)bucket segments +live +pages.*\d+ +\d+ +\d+ +\d+'),
    ('run nothing', 'a program that is none', r'no such program'),
    ('maps 77', 'a process that is none', r'no process has the number "77"'),
    ('frobnicate', 'a command that is none', r'no command is called "frobnicate"'),
    ('sleep 100', 'a crash is reported', r'process 2 \(crash\): stack overflow at bff0'),
    ('sleep 100', 'and its end is told', r'process 2 ended: stack overflow'),
    ('kill 1', 'a killed process is told', r'process 1 ended: killed'),
]


def converse(kernel):
    """Everything the guest said, and its exit status."""
    command = ['qemu-system-i386', '-nodefaults', '-no-reboot', '-display', 'none', '-serial',
               'stdio', '-device', 'isa-debug-exit,iobase=0xf4,iosize=4', '-m', '64M',
               '-kernel', kernel, '-append', 'monitor=1']
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as guest:
        timer = threading.Timer(PATIENCE_S, guest.kill)
        timer.start()
        said = b''
        try:
            for line in SCRIPT:
                while not said.endswith(b'> '): # it waits for a command
                    byte = guest.stdout.read(1)
                    if not byte:
                        break
                    said += byte
                said += b'\0'
                guest.stdin.write(line.encode() + b'\r')
                guest.stdin.flush()
            said += guest.stdout.read()
            return said.decode('ascii', 'replace'), guest.wait()
        finally:
            timer.cancel()
            guest.kill()


def main():
    root, kernel = sys.argv[1:]
    sys.path.insert(0, root + '/tests')
    import tree
    tap = tree.Tap()
    if shutil.which('qemu-system-i386') is None:
        tap.skip('the monitor', 'qemu-system-i386 is not installed')
        tap.finish()
        return
    said, status = converse(kernel)
    answers = said.replace('\r', '').split('\0')[1:]
    for command, what, pattern in WANTED:
        answer = next((text for line, text in zip(SCRIPT, answers) if line == command), '')
        tap.check(f'{what}: {command}',
                  [] if re.search(pattern, answer) else
                  [f'expected {pattern}', *answer.split('\n')])
    tap.check('quit leaves with "passed"', [] if status == 33 else [f'exit status {status}'])
    tap.finish()


main()
