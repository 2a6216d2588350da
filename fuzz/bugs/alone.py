# SPDX-License-Identifier: 0BSD
"""Which oracles see a seeded bug, and whether each of them is the only one to see some.

An oracle that others always stand in for would be decoration. So each bug is run with all oracles
off: the runs go on whatever is found, and each oracle notes what it alone would have stopped at
(fuzz/model/oracle.h). What was noted is the whole set of those that see the bug by themselves. A
crash, a panic and a hang are in the set too: nobody switches these off.

The runs are counted, not timed, so that a slow machine sees as much as a fast one; the deeper look
(LOOKASIDE_FUZZ_DEPTH=all) is taken on bugs that one oracle is to have for itself.
"""
import concurrent.futures
import os
import re
import shutil
import sys
import tempfile

import builds
import hunters
import trial

ROOMS = ('core/src', 'core/include', 'traces/format', 'ports/host', 'bench/rivals')
HEADER = 'bug\tonly\ttarget\tseen by'
ORACLES = [f'I{number:02}' for number in range(1, 29)]
RUNS = {'tiny': 20000, 'small': 4000, 'full': 400}
RUNS_OF_BYTES = 8000  # of targets that take bytes
RUNS_DEEP = 2000  # with everything compared after every call
CPU_SECONDS = 120  # of one trial: those that hang are told by the watchdog long before
NOTED = re.compile(r'^(?:noted|ORACLE) (I\d\d)', re.MULTILINE)

# An oracle counts as needed when a bug has it alone, or with these, which cannot but see what it
# sees. As few as can be: each with the reason why no bug can be its own.
IMPLIED = {
    'I03': (('I05',), 'a wrong state that lasts is counted by vas_stats() in the end'),
    'I06': (('I24',), 'the exact model knows the block that is large enough'),
    'I07': (('I24',), 'the exact model knows the bucket, and so the address'),
    'I08': (('I24',), 'where two lie, one is not where the exact model has it'),
    'I16': (('I24',), 'who finds a segment too early or too late answers another address'),
}


class Seen:
    """The row of one bug."""

    def __init__(self, bug, by, others):
        self.bug = bug
        self.by = by  # all that saw it, in the order of their names
        self.others = others  # of these, those beside the one that is to have it for itself

    def line(self):
        return '\t'.join([self.bug.id, self.bug.only or '-', self.bug.target,
                          ' '.join(self.by) or '-'])


def noted(outcome, said):
    """Everything that saw the bug in a run with all oracles off."""
    by = set(NOTED.findall(said))
    if outcome.noticed and outcome.by not in by:
        by.add(outcome.by)
    return by


class Matrix:
    def __init__(self, root, build, runs=None):
        self.root = root
        self.build = build
        self.runs = runs  # of each bug, instead of what its geometry bears
        self.programs = {}

    def prepare(self, bug):
        """Build what the bug is put into; not from two threads at once."""
        name = program_of(bug)
        if name not in self.programs:
            self.programs[name] = builds.Program(self.root, self.build, name, ROOMS)
        return self.programs[name]

    def run(self, bug, path, folder, deep):
        environment = {'LOOKASIDE_ORACLES_OFF': 'all'}
        if deep:
            environment['LOOKASIDE_FUZZ_DEPTH'] = 'all'
        runs = self.runs or (RUNS_DEEP if deep else
                             RUNS.get(bug.target.split('-')[-1], RUNS_OF_BYTES))
        outcome = trial.run([path, '--seed=1', f'--runs={runs}'], CPU_SECONDS, folder, environment,
                            bounds_itself=True)
        with open(os.path.join(folder, 'said'), encoding='utf-8', errors='replace') as file:
            return noted(outcome, file.read())

    def row(self, bug):
        with open(os.path.join(self.root, bug.file), encoding='utf-8') as file:
            text = bug.apply(file.read())
        folder = tempfile.mkdtemp(prefix='bug-')
        try:
            path = self.programs[program_of(bug)].changed(bug.file, text, folder)
            by = self.run(bug, path, folder, False)
            if bug.only and bug.target in hunters.CORE_TARGETS:
                by |= self.run(bug, path, folder, True)
        finally:
            shutil.rmtree(folder)
        return Seen(bug, sorted(by), others(bug.only, by))


def program_of(bug):
    return f'fuzz/bugs/fuzz-swarm-{bug.target}-bare'


def others(oracle, by):
    """Those of `by` that are neither the oracle nor implied by what it sees."""
    implied = IMPLIED[oracle][0] if oracle in IMPLIED else ()
    return sorted(by - {oracle} - set(implied))


def alone_in(rows):
    """Of each oracle the bugs that it has for itself, and those it has with what it implies."""
    really = {oracle: [] for oracle in ORACLES}
    implied = {oracle: [] for oracle in ORACLES}
    for row in rows:
        for oracle in set(row.by) & set(ORACLES):
            if row.by == [oracle]:
                really[oracle].append(row.bug.id)
            elif not others(oracle, set(row.by)):
                implied[oracle].append(row.bug.id)
    return really, implied


def problems(rows, complete):
    """What is wrong with the proof. `complete`: all bugs were run, so each oracle has its own."""
    really, implied = alone_in(rows)
    for row in rows:
        if row.bug.is_control and row.by:
            yield f'{row.bug.id} is no bug, and {" ".join(row.by)} saw it'
        if row.bug.only and row.bug.only not in row.by:
            yield f'{row.bug.id} is to be seen by {row.bug.only}, and was not'
        elif row.bug.only and row.others:
            yield (f'{row.bug.id} is to be seen by {row.bug.only} only, and was by '
                   f'{" ".join(row.others)} too')
    for oracle in ORACLES if complete else ():
        if not really[oracle] and not implied[oracle]:
            yield f'{oracle} is alone in nothing'
        if really[oracle] and oracle in IMPLIED:
            yield f'{oracle} is alone in {really[oracle][0]}: nothing needs to be implied'


def summary(rows):
    really, implied = alone_in(rows)
    for oracle in ORACLES:
        words = [' '.join(really[oracle]) or 'none']
        if not really[oracle] and implied[oracle]:
            words = [f'none; with {" ".join(IMPLIED[oracle][0])}: {" ".join(implied[oracle])}']
        yield f'# {oracle} alone: {words[0]}'


def tell(root, build, bugs, jobs, out, complete):
    """The table, in `out` too if there is one; 1 if an oracle is alone in nothing."""
    matrix = Matrix(root, build)
    for bug in bugs:
        matrix.prepare(bug)
    lines = [HEADER]
    print(HEADER, flush=True)
    rows = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for row in pool.map(matrix.row, bugs):
            rows.append(row)
            lines.append(row.line())
            print(row.line(), flush=True)
    lines += list(summary(rows))
    print('\n'.join(summary(rows)))
    if out:
        with open(out + '.new', 'w', encoding='utf-8') as file:
            file.write('\n'.join(lines) + '\n')
        os.replace(out + '.new', out)
    wrong = list(problems(rows, complete))
    for line in wrong:
        print(f'lookaside fuzz: {line}', file=sys.stderr)
    return 1 if wrong else 0
