# SPDX-License-Identifier: 0BSD
"""What an emulator's exit status means: only 33 is a pass, and 0 is a triple fault."""

PASSED = 33
TRIPLE_FAULT = 0

MEANINGS = {
    0: 'triple fault: an exception came while the CPU could not even report a double fault, and it '
       'reset itself',
    33: 'the kernel says that all tests passed',
    35: 'the kernel says that a test failed',
    37: 'the kernel panicked',
    39: 'double fault: an exception came that could not be delivered, most often since a kernel '
        'stack ran into its guard page',
    41: 'the kernel ran past its own end',
}

HINTS = {
    0: ['the exceptions before it: the same command with --exceptions',
        'step up to it: the same command with --gdb'],
    37: ['the panic message is in the lines above; --gdb and "break la_panic" stop there'],
    39: ['the report of the double fault is in the lines above',
         'the exceptions before it: the same command with --exceptions'],
}


def meaning(status):
    """A clause that says what happened."""
    if status in MEANINGS:
        return MEANINGS[status]
    if status < 0:
        return f'the emulator was killed by signal {-status}'
    if status == 1:
        return 'the emulator could not start the guest, or stopped by itself'
    return f'exit status {status}, which the kernel never gives'


def hints(status):
    return HINTS.get(status, [])
