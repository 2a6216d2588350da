# SPDX-License-Identifier: 0BSD
"""Every way the kernel ends itself: the number it leaves with, and that its report says enough.

usage: endings_test.py ROOT KERNEL
"""
import os
import sys
import tempfile

ROOT, KERNEL = sys.argv[1:]
sys.path[:0] = [os.path.join(ROOT, 'ports/i386/run'), os.path.join(ROOT, 'tests')]

import emulate  # noqa: E402
import qemu  # noqa: E402
import tree  # noqa: E402
from guest import Guest, Problem  # noqa: E402

# kind, exit status, words that must be in the report
ENDINGS = [
    ('early', 37, ['asked to die before anything has started']),
    ('promise', 37, ['panic: memory_all_frames() == 0', 'endings.c:']),
    ('wild-write', 37, ['nothing is there: write of ffaff000 in kernel mode', 'die_of_a_wild_write',
                        'called from', 'kernel_main']),
    ('hunger', 37, ['out of memory: write of f', 'die_of_hunger']),
    ('instruction', 37, ['invalid instruction', 'port_break_instruction', 'kernel_main']),
    ('recursion', 39, ['kernel stack overflow', 'stack of boot', 'recurse']),
    ('double-free', 37, ['heap_free(']),
    ('nested', 37, ['fault at 00000000 while one at', 'commit_badly', 'die_of_a_fault_in_a_fault']),
    ('of-boredom', 35, ['no such kind']),
]


def complaints(kind, status, words):
    with tempfile.TemporaryDirectory(prefix='lookaside-ending-') as folder:
        outcome = emulate.run(Guest(KERNEL, words=(f'die={kind}',), memory_mib=16), folder)
    text = '\n'.join(outcome.stream.noise + outcome.stream.lines)
    if outcome.status != status:
        yield f'it left with {outcome.status}, expected {status}'
    for word in words:
        if word not in text:
            yield f'nothing in its report says "{word}"'


def out_of_memory_at_boot(memory_mib):
    """Too little memory to start with is told, not suffered."""
    with tempfile.TemporaryDirectory(prefix='lookaside-ending-') as folder:
        outcome = emulate.run(Guest(KERNEL, memory_mib=memory_mib, timeout_s=10.0), folder)
    text = '\n'.join(outcome.stream.lines)
    if outcome.status == 35 and 'out of memory at boot' in text:
        return []
    return [f'status {outcome.status}, and it said: {text[:200]}']


def main():
    try:
        qemu.find()
    except Problem as problem:
        tree.skip_all(str(problem))
    tap = tree.Tap()
    for memory_mib in (2, 3):
        tap.check(f'{memory_mib} MiB of memory are told to be too few',
                  out_of_memory_at_boot(memory_mib))
    for kind, status, words in ENDINGS:
        tap.check(f'die={kind}: {status}, and the report says why',
                  list(complaints(kind, status, words)))
    tap.finish()


main()
