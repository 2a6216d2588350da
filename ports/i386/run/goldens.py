# SPDX-License-Identifier: 0BSD
"""Golden costs: guest instructions an operation takes, exact, by compiler and optimisation.

A compiler of another version makes other code, so it has figures of its own or none.
"""
import os

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'golden.tsv')
HEAD = ('# SPDX-License-Identifier: 0BSD\n'
        '# Guest instructions an operation takes under -icount, compared with ==. Written by\n'
        '# ports/i386/run/costs.py; a wanted change shows in the diff.\n'
        '# compiler\tversion\toptimization\tcost\tinstructions\n')
PREFIX = 'cost.'


def costs(stream):
    """{name: instructions} of what a kernel said."""
    return {name[len(PREFIX):]: value for name, value in stream.figures.items()
            if name.startswith(PREFIX)}


def read(path=PATH):
    """{(compiler, version, optimization): {name: instructions}}."""
    known = {}
    with open(path, encoding='utf-8') as file:
        for line in file:
            if not line.startswith('#'):
                compiler, version, optimization, name, value = line.rstrip('\n').split('\t')
                known.setdefault((compiler, version, optimization), {})[name] = int(value)
    return known


def write(known, path=PATH):
    """The whole file, aside and then in place."""
    with open(path + '.new', 'w', encoding='utf-8') as file:
        file.write(HEAD)
        for key in sorted(known):
            for name, value in sorted(known[key].items()):
                file.write('\t'.join((*key, name, str(value))) + '\n')
    os.replace(path + '.new', path)


def difference(found, known):
    """Complaints about one cost."""
    if found == known:
        return []
    if known is None:
        return ['not in golden.tsv']
    if found is None:
        return [f'golden.tsv has {known}, the kernel does not tell it']
    return [f'golden.tsv has {known}; wanted? then run: python3 ports/i386/run/costs.py build .']
