# SPDX-License-Identifier: 0BSD
"""A guest for gdb: stopped before its first instruction, with the command that attaches to it."""
import shlex

import elf


def options(path):
    """QEMU waits, stopped, with its gdb stub at the socket `path`."""
    return '-S', '-gdb', f'unix:{path},server=on,wait=off'


def instructions(kernel, path):
    """What to type in another terminal: it goes on to the kernel's first instruction, with symbols.

    The breakpoint is a hardware one: QEMU loads the kernel after gdb has attached.
    """
    entry = elf.Elf(kernel).entry
    attach = shlex.quote(f'target remote {path}')
    return ['The machine is stopped before its first instruction. In another terminal:',
            '',
            f"  gdb {shlex.quote(kernel)} -ex {attach} -ex 'thbreak *{entry:#x}' -ex continue",
            '',
            'It stops at the entry of the kernel. "break la_panic" or "break FUNCTION" go on from '
            'there. Ctrl-C here ends it.']
