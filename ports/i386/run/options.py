# SPDX-License-Identifier: 0BSD
"""The command line of `./lookaside boot`, and a guest made from it."""
import argparse
import re

import guest
import kernels

TIMEOUT_S = {'qemu': 60.0, 'bochs': 300.0}
ICOUNT_TIMES = 3.0  # and counting instructions is that much slower

DESCRIPTION = '''\
Boot the i386 kernel in an emulator, run its tests, and say how it went. Traces are replayed in the
kernel with real page faults, and their digests compared with those of this host.
'''
EPILOG = '''\
Exit codes: 0 passed, 1 a test failed, a digest differs, or the kernel crashed or hung, 2 usage,
3 something is not installed. docs/booting.md explains what is printed and how to find a fault.
'''


def _memory(text):
    try:
        return guest.parse_memory(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _seconds(text):
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= 86400.0:
        raise argparse.ArgumentTypeError(f'{text}: expected seconds, more than 0')
    return seconds


def _count(text):
    if not re.fullmatch(r'[1-9][0-9]{0,8}', text):
        raise argparse.ArgumentTypeError(f'{text}: expected a number from 1 to 999999999')
    return int(text)


def _words(text):
    if not text.isprintable():
        raise argparse.ArgumentTypeError(f'{text!r}: expected printable text')
    return text.split()


def parser():
    shape = argparse.ArgumentParser(
        prog='lookaside boot', description=DESCRIPTION, epilog=EPILOG, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = shape.add_argument_group('what runs').add_argument
    add('--trace', nargs='+', action='extend', default=[], metavar='FILE',
        help='replay these traces, in any form the other verbs read')
    add('--pack', nargs='+', action='extend', default=[], metavar='DIR|FILE',
        help='replay these fuzz inputs (traces in byte form), all in one boot')
    add('--upto', type=_count, metavar='N', help='only the first N operations of each trace')
    add('--only', metavar='TESTS', default='',
        help='only these groups or tests, separated by commas: --only paging,trace')
    add('--frames', choices=guest.FRAMES, help='strategy for page frames (the kernel\'s default)')
    add('--append', metavar='TEXT', type=_words, default=[],
        help='more words for the kernel\'s command line')
    add('--compiler', choices=kernels.COMPILERS, help='of the kernel (the build directory\'s)')
    add('--optimization', choices=kernels.OPTIMIZATIONS, default='2', help='of the kernel (2)')

    add = shape.add_argument_group('on what').add_argument
    add('--memory', type=_memory, metavar='M',
        help=f'MiB, or with M or G; up to {guest.MEMORY_MIB_MAX}M '
             f'({guest.MEMORY_MIB_DEFAULT}M, more where traces need it)')
    add('--machine', choices=guest.MACHINES, default='pc', help='(pc)')
    add('--cpu', default='', metavar='C',
        help='486, pentium, qemu32 ...: see qemu-system-i386 -cpu help')
    add('--emulator', choices=('qemu', 'bochs'), default='qemu',
        help='(qemu); bochs boots from a CD, as --iso does')
    add('--iso', action='store_true', help='boot a CD with GRUB instead of QEMU\'s own loader')
    add('--accel', choices=('tcg', 'kvm'), default='tcg',
        help='(tcg); kvm only where a probe shows that it runs 32-bit paging')
    add('--icount', action='store_true',
        help='time is counted in instructions: the same in every run, printed as costs')

    add = shape.add_argument_group('how it is watched').add_argument
    add('--timeout', type=_seconds, metavar='S', help='seconds until it is ended (60; Bochs 300)')
    add('--verbose', action='store_true', help='show noise and the emulator\'s command line too')
    add('--exceptions', action='store_true', help='show the last exceptions the CPU took (qemu)')
    add('--gdb', action='store_true', help='stop at the first instruction and wait for gdb')
    add('--interactive', action='store_true',
        help='the serial line is this terminal; leave with Ctrl-A X')
    add('--build', help=argparse.SUPPRESS)  # the front door's
    add('--root', help=argparse.SUPPRESS)
    return shape


def parse(arguments):
    """The options; exits with 2 and a message if they make no sense."""
    shape = parser()
    options = shape.parse_args(arguments)
    bochs = options.emulator == 'bochs'
    for wrong, text in [
            (not options.build or not options.root, 'call it through ./lookaside boot'),
            (bochs and options.accel == 'kvm', '--accel kvm is for QEMU'),
            (bochs and options.icount, '--icount is for QEMU; Bochs always counts instructions'),
            (bochs and options.gdb, '--gdb is for QEMU'),
            (bochs and options.interactive, '--interactive is for QEMU'),
            (bochs and options.exceptions, '--exceptions is for QEMU'),
            (bochs and options.machine != 'pc', '--machine is for QEMU'),
            (bochs and options.cpu, '--cpu is for QEMU'),
            (any(word.startswith('upto=') for word in options.append), 'say --upto N'),
            (options.icount and options.accel == 'kvm', '--icount needs --accel tcg'),
            (options.gdb and options.interactive, '--gdb and --interactive exclude each other'),
            (options.iso and options.machine == 'microvm', 'a microvm has no CD drive')]:
        if wrong:
            shape.error(text)
    options.iso = options.iso or bochs
    return options


def make_guest(options, kernel, modules, memory_mib):
    """The guest that the options describe."""
    words = []
    if options.only:
        words.append(f'only={options.only}')
    if options.upto:
        words.append(f'upto={options.upto}')
    if options.frames:
        words.append(f'frames={options.frames}')
    if options.icount:
        words.append('costs=1')
    if options.interactive:
        words.append('monitor=1')
    timeout = options.timeout
    if timeout is None:
        timeout = TIMEOUT_S[options.emulator] * (ICOUNT_TIMES if options.icount else 1.0)
        if options.gdb:
            timeout = 86400.0
    return guest.Guest(kernel, options.emulator, options.machine, options.cpu, memory_mib,
                       options.accel, options.iso, options.icount, tuple(words + options.append),
                       tuple(modules), timeout)
