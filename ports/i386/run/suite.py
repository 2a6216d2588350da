# SPDX-License-Identifier: 0BSD
"""One line of the boot test matrix as a TAP test; usage: suite.py BUILD ROOT NAME

What the kernel reports is reported on, and what only the outside can know is checked beside it. A
line whose tool is missing is skipped with the reason.
"""
import contextlib
import glob
import os
import shutil
import sys
import tempfile

import child
import emulate
import exceptions
import goldens
import kernels
import options as options_
import oracle
import prepare
import replays
import verdict
from guest import Problem

HERE = os.path.dirname(os.path.abspath(__file__))
MATRIX = os.path.join(HERE, 'matrix.tsv')
CHECKS = ('-', 'oracle', 'exceptions', 'twice', 'costs')
CHECKPOINTS_MIN = 3


def matrix():
    """{name: (check, options)}. ValueError names a line that is none."""
    rows = {}
    with open(MATRIX, encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            if line.startswith('#') or not line.strip():
                continue
            columns = line.rstrip('\n').split('\t')
            if len(columns) != 3 or columns[0] in rows or columns[1] not in CHECKS:
                raise ValueError(f'{MATRIX}:{number}: expected a new name, a check, options')
            rows[columns[0]] = (columns[1], columns[2].split())
    return rows


def in_the_tree(root, words):
    """The words with patterns of files (with a slash, from the root of the tree) spelt out."""
    for word in words:
        found = sorted(glob.glob(os.path.join(root, word))) if '/' in word else [word]
        if not found:
            raise ValueError(f'{MATRIX}: {word}: there is no such file')
        yield from found


class Row:
    """A line of the matrix, booted and judged."""

    def __init__(self, build, root, name, tap, folder):
        self.build, self.root, self.tap, self.folder = build, root, tap, folder
        self.check, words = matrix()[name]
        self.options = options_.parse([f'--build={build}', f'--root={root}',
                                       *in_the_tree(root, words)])
        self.replays = replays.Replays(os.path.join(build, 'cli/lookaside'), self.options.upto)
        self.guest = prepare.guest(self.options, self.replays, folder)
        self.boots = 0

    def boot(self, **how):
        self.boots += 1
        folder = os.path.join(self.folder, f'boot{self.boots}')
        os.mkdir(folder)
        guest = self.guest.with_words('checkpoints=1') if 'checkpoint' in how else self.guest
        return emulate.run(guest, folder, **how)

    def report(self, outcome):
        """The kernel's own tests, and that the machine agrees with what it says."""
        for result in outcome.stream.results:
            if result.skipped is not None:
                self.tap.skip(result.name, result.skipped)
            else:
                self.tap.check(result.name, [] if result.passed else result.notes or ['it failed'])
        found = verdict.judge(outcome)
        self.tap.check('the kernel leaves with "passed", and said so',
                       [] if found.passed else [found.summary, *found.details])
        for problem in self.replays.compare(outcome.stream):
            self.tap.check(f'digest of {problem.name} is that of the host', [problem.text])
        for name in [*self.replays.traces, *self.replays.packs]:
            if all(problem.name != name for problem in self.replays.compare(outcome.stream)):
                self.tap.check(f'digest of {name} is that of the host', [])

    def run(self):
        {'oracle': self.run_oracle, 'exceptions': self.run_exceptions, 'twice': self.run_twice,
         'costs': self.run_costs, '-': lambda: self.report(self.boot())}[self.check]()

    def run_oracle(self):
        """Page tables from outside are the kernel's books, at every checkpoint."""
        with shared_memory(self.guest.memory_mib) as ram:
            view = oracle.Oracle(self.guest.kernel, ram)
            self.report(self.boot(checkpoint=view, ram=ram))
        for name, pages in view.seen:
            self.tap.check(f'{name}: {pages} pages mapped, as the books say',
                           [text for text in view.complaints if text.startswith(f'{name}: ')])
        few = [f'{len(view.seen)} checkpoints were compared, expected {CHECKPOINTS_MIN} or more']
        self.tap.check('the oracle looked often enough',
                       few + view.complaints if len(view.seen) < CHECKPOINTS_MIN else [])

    def run_exceptions(self):
        """QEMU counts as many page faults and double faults as the kernel."""
        log = os.path.join(self.folder, 'exceptions.log')
        outcome = self.boot(extra=exceptions.options(log))
        self.report(outcome)
        counted = exceptions.counts(log)
        doubles = counted.get(8, 0)
        # Of a page fault that could not be delivered the kernel sees the double fault only.
        for figure, seen in [('faults.page', counted.get(14, 0) - doubles),
                             ('faults.double', doubles)]:
            said = outcome.stream.figures.get(figure)
            self.tap.check(f'{figure}: the kernel counted {said}, QEMU {seen}',
                           [] if said == seen and seen > 0 else ['expected the same, and some'])

    def run_twice(self):
        """Under icount a second run says the same to the last byte, timer interrupts and all."""
        outcome = self.boot()
        self.report(outcome)
        first, second = outcome.stream.lines, self.boot().stream.lines
        different = [f'{one!r}, then {two!r}' for one, two in zip(first, second) if one != two]
        if len(first) != len(second):
            different.append(f'{len(first)} lines, then {len(second)}')
        self.tap.check(f'a second run says the same {len(first)} lines', different)

    def run_costs(self):
        """Instructions an operation takes are the golden ones, exactly."""
        outcome = self.boot()
        self.report(outcome)
        compiler = self.options.compiler or kernels.compiler_of(self.build)
        found = goldens.costs(outcome.stream)
        self.tap.check('the kernel tells costs', [] if found else ['no line "# figure cost...."'])
        key = compiler, kernels.version_of(compiler), self.options.optimization
        known = goldens.read().get(key)
        if known is None:
            self.tap.skip('costs are the golden ones', f'none are known for {" ".join(key)}')
            return
        for name in sorted(known.keys() | found.keys()):
            self.tap.check(f'{name}: {found.get(name)} instructions', goldens.difference(
                found.get(name), known.get(name)))


@contextlib.contextmanager
def shared_memory(mib):
    """A file in memory that becomes a guest's."""
    where = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
    with tempfile.NamedTemporaryFile(prefix='lookaside-ram-', dir=where) as file:
        file.truncate(mib << 20)
        yield file.name


def main():
    build, root, name = sys.argv[1:]
    sys.path.insert(0, os.path.join(root, 'tests'))
    import tree
    child.raise_on_signals()
    tap = tree.Tap()
    folder = tempfile.mkdtemp(prefix='lookaside-suite-')
    try:
        Row(build, root, name, tap, folder).run()
    except Problem as problem:
        if problem.status == 3 and not tap.count:
            tree.skip_all(str(problem).splitlines()[0])
        tap.check('it can be booted', str(problem).splitlines())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tap.finish()


if __name__ == '__main__':
    main()
