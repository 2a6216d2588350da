# SPDX-License-Identifier: 0BSD
"""QEMU's log of exceptions (-d int): how many of each, and the last of them in words."""
import os
import re

import elf

# "     7: v=0e e=0002 i=0 cpl=0 IP=0008:c0101234 pc=c0101234 SP=0010:c0109ff0 CR2=00000004"
ENTRY = re.compile(rb'^\s*\d+: v=([0-9a-f]{2}) e=([0-9a-f]{4}) i=(\d) cpl=(\d) '
                   rb'IP=[0-9a-f]{4}:([0-9a-f]+) pc=[0-9a-f]+ '
                   rb'SP=[0-9a-f]{4}:([0-9a-f]+)(?: CR2=([0-9a-f]+))?')
NAMES = {0: 'divide error', 1: 'debug', 2: 'NMI', 3: 'breakpoint', 6: 'invalid opcode',
         7: 'no coprocessor', 8: 'double fault', 10: 'invalid TSS', 11: 'segment not present',
         12: 'stack fault', 13: 'general protection', 14: 'page fault'}
LAST = 6  # that many are shown


def options(log):
    """What QEMU has to be told so that it writes the file `log`."""
    return '-d', 'int,cpu_reset', '-D', log


def counts(log):
    """How often each vector was taken, interrupts and int instructions included. O(file)."""
    found = {}
    with open(log, 'rb') as file:
        for line in file:
            if match := ENTRY.match(line):
                vector = int(match[1], 16)
                found[vector] = found.get(vector, 0) + 1
    return found


def _words(match, symbols):
    vector, error = int(match[1], 16), int(match[2], 16)
    text = NAMES.get(vector, f'vector {vector}')
    if vector == 14:
        text += (f' at {int(match[7] or b"0", 16):#010x}, {"write" if error & 2 else "read"}, '
                 f'{"protected" if error & 1 else "not present"}')
    elif error and match[3] == b'0':
        text += f', error code {error:#x}'
    return f'{text}, in {symbols.name_of(int(match[5], 16))}, ring {int(match[4])}'


def last(log, kernel):
    """Lines about the last exceptions (not interrupts) before the end, oldest first."""
    found, triple = [], False
    if not os.path.exists(log):
        return []
    with open(log, 'rb') as file:
        for line in file:
            match = ENTRY.match(line)
            if match and int(match[1], 16) < 32:
                found = found[1 - LAST:] + [match]
            triple = triple or line.startswith(b'Triple fault')
    symbols = elf.Elf(kernel)
    return [_words(match, symbols) for match in found] + \
        (['triple fault: the CPU reset itself'] if triple else [])
