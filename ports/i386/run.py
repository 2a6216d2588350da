# SPDX-License-Identifier: 0BSD
"""Boot a kernel in QEMU and hand on what it says; usage: run.py KERNEL [--memory M] [WORD...]

Everything before "TAP version 13" is the firmware's and is dropped. The exit code is the verdict:
0 passed, 1 anything else. QEMU's own 0 is a triple fault and 33 is a pass.
"""
import argparse
import subprocess
import sys

VERDICTS = {33: 'passed', 35: 'a test failed', 37: 'the kernel panicked',
            39: 'a double fault', 41: 'kernel_main() returned',
            0: 'a triple fault, or the machine was turned off'}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('kernel')
    parser.add_argument('--memory', default='64M')
    parser.add_argument('--timeout', type=float, default=60)
    parser.add_argument('--icount', action='store_true')
    parser.add_argument('words', nargs='*')
    arguments = parser.parse_args()
    command = ['qemu-system-i386', '-nodefaults', '-no-reboot', '-display', 'none',
               '-serial', 'stdio', '-device', 'isa-debug-exit,iobase=0xf4,iosize=4',
               '-accel', 'tcg', '-m', arguments.memory, '-kernel', arguments.kernel,
               '-append', ' '.join(arguments.words)]
    if arguments.icount:
        command += ['-icount', 'shift=0,sleep=off']
    try:
        run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             timeout=arguments.timeout, check=False)
        output, status = run.stdout, run.returncode
    except subprocess.TimeoutExpired as late:
        output, status = late.stdout or b'', -1
    except FileNotFoundError:
        print('1..0 # SKIP no qemu-system-i386')
        return 0
    text = output.decode('utf-8', 'replace').replace('\r', '')
    start = text.find('TAP version 13')
    sys.stdout.write(text[start:] if start >= 0 else text)
    if status != 33:
        why = VERDICTS.get(status, 'no answer in time' if status == -1 else 'an error of QEMU')
        print(f'Bail out! {why} (status {status})')
    return 0 if status == 33 else 1


sys.exit(main())
