# SPDX-License-Identifier: 0BSD
"""Made-up kernel recordings, each by a little kernel that knows every object and every page; usage:
ftrace_model_test.py VERBS FIXTURES.

The kernel here hands out objects and blocks of pages, frees them whole, in pieces or unseen, and
prints what its tracepoints would. The trace that the importer makes must never name a slot that is
empty, or fill one that is not, and must have the same objects alive in the end.
"""
import collections
import os
import random
import subprocess
import sys
import tempfile

RUNS = 60
STEPS = 400
FRAMES = 64
ADDRESSES = 40


class Wrong(Exception):
    pass


class Slab:
    """Objects by address. A free may have no event: then nobody knows until the next allocation."""
    what = 'slab'

    def __init__(self, rng):
        self.rng = rng
        self.seen = {}    # address -> bytes, as far as events tell
        self.really = {}  # address -> bytes

    def step(self):
        address = self.rng.randrange(1, ADDRESSES) * 32
        cache = self.rng.random() < 0.5
        if address not in self.really:
            size = self.rng.randrange(1, 5000)
            self.really[address] = self.seen[address] = size
            return (f'{"kmem_cache_alloc" if cache else "kmalloc"}: call_site=here+0x1/0x2 '
                    f'ptr={address:#x} bytes_req={size} bytes_alloc={size + 8}')
        del self.really[address]
        if self.rng.random() < 0.1:
            return None
        self.seen.pop(address, None)
        return f'{"kmem_cache_free" if cache else "kfree"}: ptr={address:#x}'

    def alive(self):
        return collections.Counter(self.seen.values())


class Pages:
    """Frames, and the block that each was handed out with; a block lives to its last frame."""
    what = 'pages'

    def __init__(self, rng):
        self.rng = rng
        self.block_of = {}  # frame -> block, as far as events tell
        self.used = set()   # really
        self.bytes_of = {}  # block -> bytes

    def step(self):
        order = self.rng.choice((0, 0, 0, 1, 2, 3))
        first = (self.rng.randrange(16, FRAMES) >> order) << order
        frames = range(first, first + (1 << order))
        if not self.used & set(frames):
            block = len(self.bytes_of)
            self.bytes_of[block] = 4096 << order
            self.block_of.update({frame: block for frame in frames})
            self.used |= set(frames)
            return f'mm_page_alloc: page=1 pfn={first:#x} order={order} migratetype=1'
        if self.used >= set(frames):
            self.used -= set(frames)
            if self.rng.random() < 0.1:
                return None
            for frame in frames:
                self.block_of.pop(frame, None)
            return f'mm_page_free: page=1 pfn={first:#x} order={order}'
        return None

    def alive(self):
        return collections.Counter(self.bytes_of[block] for block in set(self.block_of.values()))


def recording(kernel):
    lines = []
    for step in range(STEPS):
        event = kernel.step()
        if event:
            cpu = kernel.rng.randrange(2)
            lines.append(f'task-{7 + cpu}  [{cpu:03}] ..... 1.{step:06}: {event}')
    return '\n'.join(lines) + '\n'


def replay(lines):
    """Bytes by slot at the end."""
    slots = {}
    for line in lines:
        words = line.split()
        if words[0].startswith('alloc'):
            if words[1] in slots:
                raise Wrong(f'"{line}" in a slot that is not empty')
            slots[words[1]] = int(words[2])
        elif words[0] == 'free' and slots.pop(words[1], None) is None:
            raise Wrong(f'"{line}" of an empty slot')
    return collections.Counter(slots.values())


def check(program, folder, kernel):
    path = os.path.join(folder, 'in')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(recording(kernel))
    done = subprocess.run([program, 'import', '--kernel', kernel.what, path, '-o', '-'], check=True,
                          stdout=subprocess.PIPE, universal_newlines=True)
    found = replay(line for line in done.stdout.split('\n') if line and not line.startswith('#'))
    if found != kernel.alive():
        raise Wrong(f'alive in the end: {found}, expected {kernel.alive()}')


def main():
    program = sys.argv[1]
    failed = False
    print('1..2')
    for number, kind in enumerate((Slab, Pages), 1):
        name = f'{kind.what}_alive_in_the_end_are_those_of_the_kernel'
        try:
            for seed in range(RUNS):
                with tempfile.TemporaryDirectory() as folder:
                    check(program, folder, kind(random.Random(seed)))
        except Wrong as wrong:
            print(f'# seed {seed}: {wrong}')
            print('not ', end='')
            failed = True
        print(f'ok {number} - {name}')
    return failed


sys.exit(main())
