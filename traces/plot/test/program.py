# SPDX-License-Identifier: 0BSD
"""What the tests of `lookaside plot` as a program share: running it, its files, traces to draw.
Their command line: TEST PLOT_PROGRAM SOURCE_ROOT.
"""
import os
import random
import subprocess
import sys
import xml.etree.ElementTree

PROGRAM = os.path.abspath(sys.argv[1])
sys.path.insert(0, os.path.join(sys.argv[2], 'tests'))
import tree  # noqa: E402

SVG = '{http://www.w3.org/2000/svg}'
tap = tree.Tap()

# Regions at fixed places and a stack.
FIXED = """# lookaside trace 1
# title: by <hand> & 'quoted' {/:Bold_x}
# why: fixed places
reserve 0 64 fixed 4096
commit 0 16 32
reserve 1 1024 fixed 16384
reserve 2 4096 fixed 32768
stack-create 0 256 2 16
time 1000000
"""
FIXED_PEAK = 'after operation 5 of 6, at 0 ns: the most segments in use'


def plot(*arguments, path=None, **options):
    environment = dict(os.environ, **({'PATH': path} if path else {}))
    return subprocess.run([PROGRAM, *arguments], env=environment, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def check(name, *facts):
    """Each fact: whether it holds, and what to say if not."""
    tap.check(name, [str(text) for holds, text in facts if not holds])


def check_run(name, status, words, *arguments, **options):
    run = plot(*arguments, **options)
    check(name, (run.returncode == status, f'exit {run.returncode}, expected {status}'),
          (words in run.stderr, f'standard error: {run.stderr!r}, expected {words!r}'))
    return run


def save(name, text):
    with open(name, 'w', encoding='utf-8') as file:
        file.write(text)


def read(*name):
    with open(os.path.join(*name), 'rb') as file:
        return file.read()


def lines_of(*name):
    return [line for line in read(*name).decode().splitlines() if not line.startswith('#')]


def mixed():
    """Heaps, regions and stacks, a few thousand operations."""
    numbers = random.Random(5)
    lines = ['# lookaside trace 1']
    lines += [f'heap-create {heap}' for heap in range(1, 8)]
    lines += [f'stack-create {slot} {numbers.choice([16, 64, 256])} 1 {numbers.choice([1, 16])}'
              for slot in range(9)]
    lines += [f'reserve {slot} {numbers.randrange(1, 900)}\ncommit {slot} 0 {slot * 40}'
              for slot in range(12)]
    for slot in range(4000):
        if slot % 100 == 0:
            lines.append(f'heap-use {numbers.randrange(8)}')
        lines.append(f'alloc {slot} {int(2 ** numbers.uniform(3, 18 if slot % 50 == 0 else 12))}')
        if slot % 3 == 0:
            lines.append(f'free {numbers.randrange(slot + 1)}')
    lines += [f'stack-touch {slot} {slot * 3}' for slot in range(9)]
    return '\n'.join(lines) + '\n'


def texts_of(path):
    root = xml.etree.ElementTree.fromstring(read(path))
    return [''.join(text.itertext()) for text in root.iter(SVG + 'text')]


def save_traces():
    save('fixed.txt', FIXED)
    save('mixed.txt', mixed())
    save('heap.txt', '# lookaside trace 1\nalloc 0 9\nalloc 1 90000\nfree 1\n')
    save('notes.txt', '# lookaside trace 1\ntime 1000\nthread 1\n')
