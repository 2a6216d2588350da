# SPDX-License-Identifier: 0BSD
"""Seeded bugs against engines: who notices which, how soon, and what tells it.

Each trial is a program with one bug, a seed, and at most S seconds of CPU time. Rows are written as
they are done; with --out a killed hunt goes on where it was.
"""
import argparse
import concurrent.futures
import os
import shutil
import statistics
import sys
import tempfile
import threading

import alone
import builds
import catalogue
import hunters

ROOMS = ('core/src', 'core/include', 'traces/format', 'ports/host')
HEADER = 'bug\tclass\ttarget\thunter\tnoticed\ttrials\tmedian CPU s\tworst CPU s\tby'
GIVE_UP = 3  # trials of a bug that all failed say enough


class Hunt:
    def __init__(self, root, build, trials, seconds):
        self.root = root
        self.build = build
        self.trials = trials
        self.seconds = seconds
        self.programs = {}

    def program(self, hunter, target):
        name = hunter.program.format(target=target)
        if name not in self.programs:
            self.programs[name] = builds.Program(self.root, self.build, name, ROOMS)
        return self.programs[name]

    def trials_of(self, hunter, path, folder):
        outcomes = []
        for seed in range(1, (hunter.trials_max or self.trials) + 1):
            place = os.path.join(folder, f'{hunter.name}-{seed}')
            os.mkdir(place)
            outcomes.append(hunter.run(hunter, path, seed, self.seconds, place))
            shutil.rmtree(place)
            if len(outcomes) == GIVE_UP and not any(outcome.noticed for outcome in outcomes):
                break
        return outcomes

    def rows(self, bug, wanted):
        """The bug against each of the hunters: lines of the table. Compiled once for all."""
        with open(os.path.join(self.root, bug.file), encoding='utf-8') as file:
            text = bug.apply(file.read())
        folder = tempfile.mkdtemp(prefix='bug-')
        made = {}
        try:
            for hunter in wanted:
                program = self.program(hunter, bug.target)
                touched = tuple(archive.output for archive in program.touched(bug.file))
                if touched not in made:
                    place = os.path.join(folder, str(len(made)))
                    os.mkdir(place)
                    made[touched] = program.objects(bug.file, text, place)
                path = program.link_with(made[touched], folder, f'program-{hunter.name}')
                yield row_of(bug, hunter, self.trials_of(hunter, path, folder))
                os.remove(path)
        finally:
            shutil.rmtree(folder)


def row_of(bug, hunter, outcomes):
    times = [outcome.cpu_seconds for outcome in outcomes if outcome.noticed]
    tells = sorted({outcome.by for outcome in outcomes if outcome.noticed})
    return '\t'.join([bug.id, bug.kind, bug.target, hunter.name, str(len(times)),
                      str(len(outcomes)),
                      f'{statistics.median(times):.2f}' if times else '-',
                      f'{max(times):.2f}' if times else '-', ' '.join(tells) or '-'])


def judge(rows):
    """What is wrong with the proof: bugs that nobody notices, controls that somebody does."""
    noticed = {}
    for row in rows:
        words = row.split('\t')
        noticed.setdefault((words[0], words[1]), []).append(int(words[4]))
    for (bug, kind), counts in sorted(noticed.items()):
        if kind == 'control' and any(counts):
            yield f'{bug} is no bug, and somebody noticed it'
        if kind != 'control' and not any(counts):
            yield f'nobody noticed {bug}'


def read_rows(path):
    """The rows of an earlier part of the hunt, by bug and hunter."""
    if not path or not os.path.exists(path):
        return {}
    with open(path, encoding='utf-8') as file:
        lines = [line.rstrip('\n') for line in file if not line.startswith('bug\t')]
    return {(line.split('\t')[0], line.split('\t')[3]): line for line in lines}


def parse():
    parser = argparse.ArgumentParser(prog='./lookaside fuzz --bugs', description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--root', required=True, help=argparse.SUPPRESS)
    parser.add_argument('--build', required=True, help=argparse.SUPPRESS)
    parser.add_argument('--bug', action='append', default=[], metavar='ID', help='all of them')
    parser.add_argument('--on', action='append', default=[], metavar='HUNTER', help='all of them')
    parser.add_argument('--alone', action='store_true',
                        help='instead: which oracles see each bug, and whether each is needed')
    parser.add_argument('--trials', type=int, default=3, help='of each bug (3)')
    parser.add_argument('--seconds', type=float, default=10.0, help='of CPU time a trial (10)')
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--out', help='the table, as tab-separated values')
    return parser.parse_args()


def main():
    given = parse()
    root = os.path.abspath(given.root)
    build = os.path.abspath(given.build)
    known = hunters.all_hunters(os.path.join(build, hunters.AFL_MUTATOR))
    bugs = catalogue.load(os.path.join(root, 'fuzz/bugs/catalogue'))
    lost = [name for name in given.on if name not in known] + [
        name for name in given.bug if name not in bugs]
    if lost:
        print(f'lookaside fuzz: --bugs: no {lost[0]}; there are: {" ".join(known)} and '
              f'{" ".join(bugs)}', file=sys.stderr)
        return 2
    hunt = Hunt(root, build, given.trials, given.seconds)
    if given.alone:
        return alone.tell(root, build, [bugs[name] for name in given.bug or bugs], given.jobs,
                          given.out, complete=not given.bug)
    done = read_rows(given.out)
    out = open(given.out, 'a', encoding='utf-8') if given.out else None
    rows = [HEADER]
    if out and not done:
        print(HEADER, file=out, flush=True)
    todo = []
    for bug in (bugs[name] for name in given.bug or bugs):
        wanted = [known[on] for on in given.on or known
                  if not known[on].targets or bug.target in known[on].targets]
        rows += [done[bug.id, hunter.name] for hunter in wanted if (bug.id, hunter.name) in done]
        todo.append((bug, [hunter for hunter in wanted if (bug.id, hunter.name) not in done]))
        for hunter in todo[-1][1]:
            hunt.program(hunter, bug.target)  # one after the other: they share objects
    print('\n'.join(rows), flush=True)
    lock = threading.Lock()

    def hunt_down(work):
        for row in hunt.rows(*work):
            with lock:
                rows.append(row)
                print(row, flush=True)
                if out:
                    print(row, file=out, flush=True)

    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        list(pool.map(hunt_down, todo))
    rows = rows[1:]
    wrong = list(judge(rows))
    for line in wrong:
        print(f'lookaside fuzz: {line}', file=sys.stderr)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
