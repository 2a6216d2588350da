# SPDX-License-Identifier: 0BSD
"""The fuzz programs that Meson can make (fuzz/engines/meson.build), and building some of them."""
import dataclasses
import os
import re
import subprocess
import sys

from errors import BuildFailed, NothingSuch

GEOMETRIES = ('tiny', 'small', 'full')  # the same code with its limits near, nearer and far
MUTATED = ('vas', 'heap', 'stack', 'whole')  # their inputs are traces in the byte form
NEVER_MEANT = ('canary', 'empty', 'decode')  # only fuzzed when named


@dataclasses.dataclass(frozen=True)
class Program:
    engine: str  # libfuzzer, afl, aflpp, coverage
    target: str
    kind: str  # of sanitizer, or bare
    width: str  # '64' or '32'
    name: str
    path: str


def family_of(target):
    """Targets that differ by geometry alone are one family: to all, bytes mean the same."""
    base, _, last = target.rpartition('-')
    return base if last in GEOMETRIES else target


class Programs:
    def __init__(self, build):
        self.build_folder = build
        self.folder = os.path.join(build, 'fuzz/engines')
        listing = os.path.join(self.folder, 'programs.txt')
        if not os.path.exists(listing):
            raise NothingSuch('this build has no fuzz targets: clang with libFuzzer is missing '
                              '(on Debian: clang libclang-rt-dev)')
        self.all = {}
        with open(listing, encoding='ascii') as file:
            for line in file:
                words = line.split()
                if len(words) == 5 and words[0] != '#':
                    program = Program(*words, os.path.join(self.folder, words[4]))
                    self.all[words[0], words[1], words[2], words[3]] = program

    def find(self, engine, target, kind, width='64'):
        """A program; None if it is not made."""
        return self.all.get((engine, target, kind, width))

    def targets(self):
        return sorted({program.target for program in self.all.values()})

    def named(self, names):
        """The targets that are meant: a name, a family ("whole", "import"), or "all".

        Without names it is those of the core and the tuner, whose inputs are operations.
        """
        known = self.targets()
        if not names:
            return [target for target in known
                    if target not in NEVER_MEANT and not target.startswith('import-')]
        meant = []
        for name in names:
            some = [target for target in known if name in (target, family_of(target))
                    or name == 'import' and target.startswith('import-')
                    or name == 'all' and target not in NEVER_MEANT]
            if not some:
                raise NothingSuch(f"no target '{name}'; there are: " + ' '.join(
                    sorted({family_of(target) for target in known if '-' not in family_of(target)}
                           | {'import', 'all'})))
            meant += [target for target in some if target not in meant]
        return meant

    def build(self, programs, others=()):
        """Make them; progress on a terminal. `others` are further names that ninja knows."""
        names = ['fuzz/engines/' + program.name for program in programs] + list(others)
        if names:
            ninja(self.build_folder, names)


def ninja(folder, names):
    said = []
    with subprocess.Popen(['ninja', '-C', folder, *names], stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, errors='replace') as run:
        for line in run.stdout:
            said.append(line)
            step = re.match(r'\[(\d+)/(\d+)\]', line)
            if step and sys.stderr.isatty():
                print(f'\r\033[Kbuilding {step.group()}', end='', file=sys.stderr, flush=True)
            elif step and step.group(1) == '1':
                print(f'building, {step.group(2)} steps', file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print('\r\033[K', end='', file=sys.stderr, flush=True)
    if run.returncode != 0:
        raise BuildFailed(''.join(said[-40:]))
