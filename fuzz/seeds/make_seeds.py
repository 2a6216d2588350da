#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""Seeds of the core's targets; usage: make_seeds.py LOOKASIDE [OUT | --check]

Two cuts of each recorded trace, from the beginning and from later on, scaled until slots and sizes
can be told in byte form; and the traces written by hand in hand/. Everything goes to OUT (traces/
beside this file) as NAME.lab. With --check, it is compared with what is there instead.
"""
import filecmp
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, '../../traces/data')
CUT_OPS = 100
LATER = 20000  # ops before the second cut, or half of what there is
PAGES_MAX = 2048  # of a region or stack: scaled down by a power of two until they fit
BYTES_MAX = 1 << 20

# Slots a trace in byte form has; creations, and what ends an object.
SLOTS = {'block': 256, 'region': 16, 'stack': 8, 'heap': 4}
KIND = {'alloc': 'block', 'alloc-zeroed': 'block', 'alloc-aligned': 'block', 'realloc': 'block',
        'free': 'block', 'reserve': 'region', 'commit': 'region', 'decommit': 'region',
        'resize': 'region', 'release': 'region', 'stack-create': 'stack', 'stack-touch': 'stack',
        'stack-destroy': 'stack', 'heap-create': 'heap', 'heap-use': 'heap',
        'heap-destroy': 'heap'}
CREATES = {'alloc', 'alloc-zeroed', 'alloc-aligned', 'reserve', 'stack-create', 'heap-create'}
ENDS = {'free', 'release', 'stack-destroy', 'heap-destroy'}


class Cut:
    """Ops with slots given out anew: those of a cut are few, whatever the trace's are."""

    def __init__(self):
        self.lines = []
        self.slots = {kind: {} for kind in SLOTS}
        self.slots['heap'][0] = 0

    def slot(self, word, number):
        kind = KIND[word]
        taken = self.slots[kind]
        if word in CREATES and number not in taken:
            free = set(range(SLOTS[kind])) - set(taken.values())
            if free:
                taken[number] = min(free)
        mine = taken.get(number)
        if word in ENDS and number != 0 or word in ENDS and kind != 'heap':
            taken.pop(number, None)
        return mine

    def take(self, line, shift):
        """An op; what is about an object from before the cut, or has no slot left, is left out."""
        words = line.split()
        if words[0] not in KIND:
            return
        slot = self.slot(words[0], int(words[1]))
        if slot is None:
            return
        numbers = [int(word) for word in words[2:] if word.isdigit()]
        if KIND[words[0]] in ('region', 'stack'):
            numbers = scaled(words[0], numbers, shift)
        elif numbers and numbers[0] > BYTES_MAX:
            numbers[0] = BYTES_MAX - 24
        if words[0] in ('alloc', 'alloc-zeroed'):
            numbers = numbers[:1]  # not what the recorded allocator took
        if words[0] == 'alloc-aligned':
            numbers = numbers[:2]
        if words[0] == 'reserve':
            numbers = numbers[:1]  # anywhere: where it was means nothing in a small space
        self.lines.append(' '.join([words[0], str(slot), *map(str, numbers)]))


def scaled(word, numbers, shift):
    if word == 'stack-create':
        return [max(3, numbers[0] >> shift), max(1, min(15, numbers[1] >> shift)),
                max(1, min(15, numbers[2] >> shift))]
    if word in ('commit', 'decommit'):
        return [numbers[0] >> shift, max(1, numbers[1] >> shift)]
    if word == 'stack-touch':
        return [numbers[0] >> shift]
    return [max(1, number >> shift) for number in numbers[:1]]


def ops_of(lookaside, path, count):
    """The first `count` ops of a trace as lines of text."""
    with subprocess.Popen([lookaside, 'dump', path], stdout=subprocess.PIPE, text=True) as run:
        lines = []
        for line in run.stdout:
            if not line.startswith('#'):
                lines.append(line.strip())
                if len(lines) == count:
                    break
        run.stdout.close()
    return lines


def cut(lines):
    pages = [int(line.split()[2]) for line in lines[:20 * CUT_OPS]
             if line.startswith(('reserve', 'resize', 'stack-create'))]
    shift = 0
    while pages and max(pages) >> shift > PAGES_MAX:
        shift += 1
    result = Cut()
    for line in lines:
        result.take(line, shift)
        if len(result.lines) == CUT_OPS:
            break
    return result.lines


def write(lookaside, out, name, lines):
    with tempfile.NamedTemporaryFile('w', suffix='.txt') as text:
        text.write('\n'.join(['# lookaside trace 1', *lines, '']))
        text.flush()
        target = os.path.join(out, name + '.lab')
        run = subprocess.run([lookaside, 'dump', text.name, '-o', target], text=True,
                             stderr=subprocess.PIPE, check=True)
        if run.stderr:
            print(name + ':', run.stderr.strip().replace(target, 'changed'))


def make_all(lookaside, out):
    os.makedirs(out, exist_ok=True)
    for folder, _, files in sorted(os.walk(DATA)):
        for file in sorted(files):
            if not file.endswith('.lat.zst') or 'regress' in folder:
                continue
            name = re.sub(r'[^a-z0-9]+', '-', os.path.basename(folder) + '-' + file[:-8])
            lines = ops_of(lookaside, os.path.join(folder, file), LATER + 50 * CUT_OPS)
            write(lookaside, out, name + '-begin', cut(lines))
            later = cut(lines[min(LATER, len(lines) // 2):])
            if later:
                write(lookaside, out, name + '-later', later)
    for file in sorted(os.listdir(os.path.join(HERE, 'hand'))):
        with open(os.path.join(HERE, 'hand', file), encoding='utf-8') as text:
            lines = text.read().splitlines()[1:]
        write(lookaside, out, 'hand-' + file[:-4], lines)


def check(lookaside, there):
    """0 if the files there are those that would be made."""
    with tempfile.TemporaryDirectory() as fresh:
        make_all(lookaside, fresh)
        names = sorted({*os.listdir(fresh), *os.listdir(there)})
        _, different, missing = filecmp.cmpfiles(fresh, there, names, shallow=False)
    for name in different + missing:
        print(f'{name}: not what make_seeds.py makes of the traces')
    return 1 if different or missing else 0


def main():
    lookaside = os.path.abspath(sys.argv[1])
    out = sys.argv[2] if len(sys.argv) > 2 else os.path.join(HERE, 'traces')
    if out == '--check':
        sys.exit(check(lookaside, os.path.join(HERE, 'traces')))
    make_all(lookaside, out)


if __name__ == '__main__':
    main()
