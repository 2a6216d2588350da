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

    def row(self, bug, hunter):
        """A line of the table: the bug's text, or why there is none, and all trials."""
        with open(os.path.join(self.root, bug.file), encoding='utf-8') as file:
            text = bug.apply(file.read())
        folder = tempfile.mkdtemp(prefix='bug-')
        outcomes = []
        try:
            path = self.program(hunter, bug.target).changed(bug.file, text, folder)
            for seed in range(1, self.trials + 1):
                place = os.path.join(folder, str(seed))
                os.mkdir(place)
                outcomes.append(hunter.run(hunter, path, seed, self.seconds, place))
                shutil.rmtree(place)
                if len(outcomes) == GIVE_UP and not any(o.noticed for o in outcomes):
                    break
                if hunter.run is hunters.run_exhaustive:
                    break  # the next one would be the same
        finally:
            shutil.rmtree(folder)
        times = [o.cpu_seconds for o in outcomes if o.noticed]
        tells = sorted({o.by for o in outcomes if o.noticed})
        return '\t'.join([bug.id, bug.kind, bug.target, hunter.name, str(len(times)),
                          str(len(outcomes)), f'{statistics.median(times):.2f}' if times else '-',
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
    parser.add_argument('--trials', type=int, default=3, help='of each bug (3)')
    parser.add_argument('--seconds', type=float, default=10.0, help='of CPU time a trial (10)')
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--out', help='the table, as tab-separated values')
    return parser.parse_args()


def main():
    given = parse()
    root = os.path.abspath(given.root)
    build = os.path.abspath(given.build)
    known = hunters.all_hunters(os.path.join(build, 'fuzz/mutator/libafl-mutator.so'))
    bugs = catalogue.load(os.path.join(root, 'fuzz/bugs/catalogue'))
    lost = [name for name in given.on if name not in known] + [
        name for name in given.bug if name not in bugs]
    if lost:
        print(f'lookaside fuzz: --bugs: no {lost[0]}; there are: {" ".join(known)} and '
              f'{" ".join(bugs)}', file=sys.stderr)
        return 2
    hunt = Hunt(root, build, given.trials, given.seconds)
    done = read_rows(given.out)
    todo = [(bugs[bug], known[on]) for bug in given.bug or bugs for on in given.on or known
            if not known[on].targets or bugs[bug].target in known[on].targets]
    rows = []
    out = open(given.out, 'a', encoding='utf-8') if given.out else None
    print(HEADER)
    if out and not done:
        print(HEADER, file=out, flush=True)
    for bug, hunter in todo:
        hunt.program(hunter, bug.target)  # one after the other: they share objects
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        waiting = [(key, pool.submit(hunt.row, *key)) if (key[0].id, key[1].name) not in done else
                   (key, None) for key in todo]
        for (bug, hunter), future in waiting:
            row = future.result() if future else done[bug.id, hunter.name]
            rows.append(row)
            print(row, flush=True)
            if future and out:
                print(row, file=out, flush=True)
    wrong = list(judge(rows))
    for line in wrong:
        print(f'lookaside fuzz: {line}', file=sys.stderr)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
