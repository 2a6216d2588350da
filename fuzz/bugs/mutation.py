# SPDX-License-Identifier: 0BSD
"""Every first-order mutant of the core against the random swarm, and what that lets live against
the core's own tests: which ones does nobody notice?

A mutant that makes the same machine code is none. One that survives is either listed in
fuzz/bugs/equivalent.tsv with the reason why no test can tell it, or a hole in the oracle.
"""
import argparse
import collections
import concurrent.futures
import dataclasses
import os
import queue
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading

import builds
import mutants
import relink
import trial
import verdicts
from verdicts import KILLED, NO_C, SAME_CODE, SURVIVED, UNDECIDED

ROOMS = ('core/src', 'core/include')
# Checks judge the core and are judged by their own tests (so are functions called *_check); a table
# of sizes is data.
NOT_MUTATED = ('core/src/heap_check.c', 'core/src/vas_check.c', 'core/src/bucket_default.c')


@dataclasses.dataclass(frozen=True)
class Hunter:
    """What runs against a mutant: as many runs as it says, so that the verdict is the same on every
    machine. It hangs after ten times the CPU seconds that they need."""
    program: str
    arguments: tuple
    hang_seconds: int


def swarm(target, seed, runs, hang_seconds):
    return Hunter(f'swarm-{target}-bare', (f'--seed={seed}', f'--runs={runs}'), hang_seconds)


def core_tests(*names):
    """Tests of the core in core/test: for what no trace can say, as a table that is refused."""
    return tuple(Hunter(f'core-test-{name}', (), 20) for name in names)


FIRST = (swarm('whole-tiny', 1, 2000, 1),)  # enough for nearly all
FIRST_OF_VAS = FIRST + (swarm('vas-full', 1, 400, 2),)  # a bitmap of one word has no second level
OF_VAS = (swarm('vas-small', 1, 6000, 2), swarm('vas-full', 2, 1500, 5))
OF_STACK = (swarm('stack-tiny', 1, 6000, 2), swarm('stack-small', 1, 4000, 2))
OF_HEAP = (swarm('heap-small', 1, 2500, 4), swarm('heap-tiny', 1, 4000, 4))
LAST = (swarm('whole-small', 1, 2500, 4), swarm('whole-tiny', 2, 5000, 3),
        swarm('whole-full', 1, 500, 4))
# Quicker than the swarms, and they reach what these seldom do.
VAS_LIMITS = core_tests('vas_place')
HEAP_LIMITS = core_tests('heap_limits')
SMALL_SPACE = core_tests('small_space')
VAS_TESTS = core_tests('vas')
STACK_TESTS = core_tests('stack', 'fault')
HEAP_TESTS = core_tests('heap', 'heap_policy')
# How a file's name begins -> what tells its mutants at first and at second look, in this order; the
# last is for all other files.
HUNTERS = (('vas', FIRST_OF_VAS, VAS_LIMITS + SMALL_SPACE + OF_VAS + LAST + VAS_TESTS),
           ('stack', FIRST, SMALL_SPACE + OF_STACK + LAST + STACK_TESTS),
           ('fault', FIRST, SMALL_SPACE + OF_STACK + LAST + STACK_TESTS),
           ('heap', FIRST, HEAP_LIMITS + SMALL_SPACE + OF_HEAP + LAST + HEAP_TESTS),
           ('', FIRST, VAS_LIMITS + HEAP_LIMITS + SMALL_SPACE + OF_VAS + OF_HEAP + LAST
            + VAS_TESTS + STACK_TESTS + HEAP_TESTS))
EVERY_HUNTER = FIRST + OF_STACK + HUNTERS[-1][2]
# The geometries: what has the same machine code in each of them is no change.
GEOMETRIES = ('swarm-vas-full-bare', 'swarm-whole-small-bare', 'swarm-whole-tiny-bare')
EXIT = '''Exit codes: 0 all mutants are killed or listed, 1 one survives unlisted (or a listed one
is killed, or gone), 2 usage.'''


def run_hunter(command, hang_seconds, folder):
    """What noticed the mutant, or None: an exit that is not 0, or no end."""
    def in_child():
        resource.setrlimit(resource.RLIMIT_CPU, (hang_seconds, hang_seconds + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    result = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                            preexec_fn=in_child, check=False)
    if result.returncode == 0:
        return None
    if result.returncode in trial.OUT_OF_TIME:
        return 'hang'
    said = (result.stdout + result.stderr).decode(errors='replace')
    return trial.what_noticed(said, result.returncode)


def hunters_of(path):
    """Those of the first and of the second look at a file's mutants."""
    name = os.path.basename(path)
    return next(hunters for start, *hunters in HUNTERS if name.startswith(start))


class Judge:
    """Judges mutants, in as many threads as there are workers."""

    def __init__(self, root, build, folder, jobs):
        self.root = root
        self.programs = {name: relink.Relinked(
            root, build, f'fuzz/bugs/fuzz-{name}', ROOMS, folder)
            for name in dict.fromkeys(hunter.program for hunter in EVERY_HUNTER)}
        self.workers = queue.SimpleQueue()
        for number in range(jobs):
            at = os.path.join(folder, f'worker-{number}')
            self.workers.put(relink.Worker(root, at, ROOMS))
        self.originals = {}  # (program, file) -> hash of its code
        self.lock = threading.Lock()

    def hunted(self, path, worker, hunters):
        """What noticed the worker's file, or None."""
        made = {}
        for hunter in hunters:
            name = hunter.program
            if name not in made:
                made[name] = self.programs[name].changed(path, worker)
            by = made[name] and run_hunter([made[name], *hunter.arguments], hunter.hang_seconds,
                                           worker.folder)
            if by:
                return f'{name.removesuffix("-bare")}: {by}'
        return None

    def has_same_code(self, mutant, worker):
        """Whether optimised code is what it was: the compiler proves that it is equivalent."""
        return all(self.is_code_same(self.programs[name], mutant, worker) for name in GEOMETRIES)

    def is_code_same(self, program, mutant, worker):
        """Whether it is in one geometry."""
        key = program.name, mutant.file
        changed = program.code(mutant.file, worker)
        with self.lock:
            if key not in self.originals:
                with open(worker.path(mutant.file), encoding='utf-8') as file:
                    text = file.read()
                worker.restore(mutant.file)
                self.originals[key] = program.code(mutant.file, worker)
                worker.change(mutant.file, text)
            return changed == self.originals[key]

    def first_look(self, mutant, worker):
        """(verdict, by whom) of the swarm at short and of the compiler."""
        by = self.hunted(mutant.file, worker, hunters_of(mutant.file)[0])
        if by:
            return KILLED, by
        return SAME_CODE if self.has_same_code(mutant, worker) else UNDECIDED, ''

    def second_look(self, mutant, worker):
        """(verdict, by whom) of all other hunters."""
        by = self.hunted(mutant.file, worker, hunters_of(mutant.file)[1])
        return (KILLED, by) if by else (SURVIVED, '')

    def judge(self, look, mutant, text):
        """The Verdict of a look at a mutant of this text."""
        worker = self.workers.get()
        try:
            worker.change(mutant.file, mutant.apply(text))
            how, by = look(mutant, worker)
        except builds.DoesNotCompile:
            how, by = NO_C, ''
        finally:
            worker.restore(mutant.file)
            self.workers.put(worker)
        return verdicts.Verdict(verdicts.text_id(text), mutant.id, how, by)


def files_of(root, wanted):
    """The files to mutate, in order. ValueError names one that is none of them."""
    found = []
    for room in ROOMS:
        for folder, _, names in os.walk(os.path.join(root, room)):
            found += [os.path.relpath(os.path.join(folder, name), root) for name in names
                      if name.endswith(('.c', '.h'))]
    found = sorted(path for path in found if path not in NOT_MUTATED)
    lost = [path for path in wanted if path not in found]
    if lost:
        raise ValueError(f'--file {lost[0]}: expected one of {", ".join(found)}')
    return wanted or found


def mutants_in(path, text):
    """The mutants of a file that are judged."""
    return [mutant for mutant in mutants.mutants_of(path, text)
            if not mutant.function.endswith('_check')]


def add_options(parser):
    parser.add_argument('--file', action='append', default=[], metavar='FILE',
                        help='of the core, from the root; again for more (all)')
    parser.add_argument('--sample', type=int, metavar='N', help='only N mutants, drawn at random')
    parser.add_argument('--seed', type=int, default=1, help='of the sample (1)')
    parser.add_argument('--jobs', type=int, default=os.cpu_count(), metavar='N',
                        help='mutants at once (one a core)')
    parser.add_argument('--out', metavar='FILE', help='the table of verdicts: what it says of a '
                        'file as it is now is not judged again (mutants.tsv in the build folder)')
    parser.add_argument('--again', action='store_true', help='but judge survivors again')
    parser.add_argument('--summary', metavar='FILE', help='a table of counts, a line a file')


class Run:
    """A run over some files: what is to be judged, and what has been."""

    def __init__(self, root, given):
        self.root = root
        self.given = given
        self.reasons = verdicts.read_equivalents(os.path.join(root, 'fuzz/bugs/equivalent.tsv'))
        self.table = verdicts.Table(given.out)
        self.files = files_of(root, given.file)
        self.texts = {}
        self.todo = []
        for path in self.files:
            with open(os.path.join(root, path), encoding='utf-8') as file:
                self.texts[path] = file.read()
            self.todo += mutants_in(path, self.texts[path])
        if given.sample and given.sample < len(self.todo):
            self.todo = random.Random(given.seed).sample(self.todo, given.sample)
        self.by_file = {path: [] for path in self.files}

    def known(self, mutant):
        return self.table.get(verdicts.text_id(self.texts[mutant.file]), mutant.id,
                              self.given.again)

    def take(self, mutant, verdict):
        self.by_file[mutant.file].append(verdict)
        if verdict.how == SURVIVED and mutant.id not in self.reasons:
            print(f'survived: {mutant.file}:{mutant.line}: {mutant.id}', flush=True)

    def judge_all(self, build, folder):
        unknown = []
        undecided = []
        for mutant in self.todo:
            verdict = self.known(mutant)
            if verdict is None:
                unknown.append(mutant)
            elif verdict.how == UNDECIDED:
                undecided.append(mutant)
            else:
                self.take(mutant, verdict)
        if not unknown and not undecided:
            return
        self.table.begin()
        judge = Judge(self.root, build, folder, self.given.jobs)
        undecided += self.look(judge, judge.first_look, unknown)
        self.look(judge, judge.second_look, undecided)

    def look(self, judge, look, todo):
        """Take the verdict on each as it comes; returns those that are undecided."""
        undecided = []
        pool = concurrent.futures.ThreadPoolExecutor(self.given.jobs)
        try:
            coming = {pool.submit(judge.judge, look, mutant, self.texts[mutant.file]): mutant
                      for mutant in todo}
            for number, done in enumerate(concurrent.futures.as_completed(coming), 1):
                verdict = done.result()
                self.table.add(verdict)
                if verdict.how == UNDECIDED:
                    undecided.append(coming[done])
                else:
                    self.take(coming[done], verdict)
                if sys.stderr.isatty():
                    print(f'\r\033[K{number} of {len(todo)} mutants, {len(undecided)} for a second '
                          'look', end='\r', file=sys.stderr, flush=True)
        finally:
            pool.shutdown(cancel_futures=True)
        return undecided

    def lies(self):
        """What the list of equivalents says and is not so."""
        judged = [verdict for found in self.by_file.values() for verdict in found]
        lies = [f'listed, but {verdict.how}: {verdict.mutant}' for verdict in judged
                if verdict.how in (KILLED, NO_C) and verdict.mutant in self.reasons]
        if not self.given.sample:
            made = {mutant.id for mutant in self.todo}
            lies += [f'listed, but no mutant: {name}' for name in self.reasons
                     if name.split(' ')[0] in self.files and name not in made]
        return lies

    def finish(self):
        """Says and writes how it stands; the exit code."""
        made = collections.Counter(mutant.file for mutant in self.todo)
        lines = verdicts.summary({path: found for path, found in self.by_file.items()
                                  if made[path]}, made, self.reasons)
        lies = self.lies()
        for line in [*lies, *lines]:
            print(line)
        judged = [verdict for found in self.by_file.values() for verdict in found]
        survivors = [verdict.mutant for verdict in judged
                     if verdict.how == SURVIVED and verdict.mutant not in self.reasons]
        if self.given.summary:
            with open(self.given.summary + '.new', 'w', encoding='utf-8') as file:
                print('# ./lookaside fuzz --mutants --summary FILE; who survived is named below',
                      *lines, *(f'# survived: {name}' for name in sorted(survivors)), sep='\n',
                      file=file)
            os.replace(self.given.summary + '.new', self.given.summary)
        return 1 if survivors or lies or len(judged) < len(self.todo) else 0


def run(root, build, given):
    """The exit code of the whole; Ctrl-C ends it with what is known so far."""
    try:
        work = Run(os.path.abspath(root), given)
    except ValueError as error:
        print(f'mutation: {error}', file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix='mutation-') as folder:
        try:
            work.judge_all(os.path.abspath(build), folder)
        except KeyboardInterrupt:
            print('\nmutation: ended early', file=sys.stderr)
    return work.finish()


def main():
    parser = argparse.ArgumentParser(prog='./lookaside fuzz --mutants', description=__doc__,
                                     epilog=EXIT,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--root', required=True, help=argparse.SUPPRESS)
    parser.add_argument('--build', required=True, help=argparse.SUPPRESS)
    add_options(parser)
    given = parser.parse_args()
    given.out = given.out or os.path.join(given.build, 'mutants.tsv')
    return run(given.root, given.build, given)


if __name__ == '__main__':
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
