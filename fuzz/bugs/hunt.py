# SPDX-License-Identifier: 0BSD
"""Seeded bugs against engines: who notices which, how soon, and what tells it.

Each trial is a program with one bug, a seed, and at most S seconds of CPU time. When the first
three trials of a bug by a hunter have all failed, the others are left out. With --out rows are
written as they are done, and a killed hunt goes on where it was; without it they are printed.
"""
import argparse
import concurrent.futures
import os
import signal
import sys
import tempfile

import alone
import builds
import catalogue
import hunters
import start
import table

GIVE_UP = 3  # trials of a bug that all failed say enough


class Hunt:
    def __init__(self, root, build, known, trials, seconds):
        self.root = root
        self.build = build
        self.known = known
        self.trials = trials
        self.seconds = seconds
        self.programs = {}
        self.stopped = False

    def program(self, hunter, target):
        name = hunter.program.format(target=target)
        if name not in self.programs:
            self.programs[name] = builds.Program(self.root, self.build, name, alone.ROOMS)
        return self.programs[name]

    def trials_of(self, hunter, bug, path, begin):
        outcomes = []
        for seed in range(1, self.trials[hunter.name] + 1):
            with tempfile.TemporaryDirectory(prefix='trial-') as place:
                task = hunters.Task(path, bug.target, seed, self.seconds, place, begin)
                outcomes.append(hunter.run(hunter, task))
            noticed = any(outcome.noticed for outcome in outcomes)
            if self.stopped or len(outcomes) == GIVE_UP and not noticed:
                break
        return outcomes

    def rows(self, bug, wanted):
        """The bug against each of the hunters: lines of the table. Compiled once for all."""
        with open(os.path.join(self.root, bug.file), encoding='utf-8') as file:
            text = bug.apply(file.read())
        with tempfile.TemporaryDirectory(prefix='bug-') as folder:
            made = {}

            def changed(hunter):
                program = self.program(hunter, bug.target)
                touched = tuple(archive.output for archive in program.touched(bug.file))
                if touched not in made:
                    place = os.path.join(folder, str(len(made)))
                    os.mkdir(place)
                    made[touched] = program.objects(bug.file, text, place)
                return program.link_with(made[touched], folder, f'program-{hunter.name}')

            begin = None
            if any(hunter.starts for hunter in wanted):
                begin = start.Start(changed(self.known['seeds']), folder)
            for hunter in wanted:
                path = changed(hunter)
                outcomes = self.trials_of(hunter, bug, path, begin)
                if self.stopped:
                    return
                yield table.row_of(bug, hunter, outcomes)
                os.remove(path)


def parse():
    about = '\n'.join(f'  {hunter.name:19}{hunter.about}'
                      for hunter in hunters.all_hunters(None).values())
    parser = argparse.ArgumentParser(prog='./lookaside fuzz --bugs', description=__doc__,
                                     epilog=f'hunters:\n{about}',
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--root', required=True, help=argparse.SUPPRESS)
    parser.add_argument('--build', required=True, help=argparse.SUPPRESS)
    parser.add_argument('--bug', action='append', default=[], metavar='ID', help='all of them')
    parser.add_argument('--on', action='append', default=[], metavar='HUNTER', help='all of them')
    parser.add_argument('--alone', action='store_true',
                        help='instead: which oracles see each bug, and whether each is needed')
    parser.add_argument('--trials', action='append', default=[], metavar='[HUNTER=]N',
                        help='of each bug by each hunter (3), or by one of them')
    parser.add_argument('--seconds', type=float, default=10.0, help='of CPU time a trial (10)')
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--out', help='the table, as tab-separated values')
    return parser.parse_args()


def trials_by_hunter(words, known):
    """The number of trials of each hunter: N is for all, HUNTER=N for one. ValueError tells."""
    wanted = {name: 3 for name in known}
    for word in sorted(words, key=lambda word: '=' in word):
        name, _, number = word.rpartition('=')
        if name and name not in known:
            raise ValueError(f'no {name}; there are: {" ".join(known)}')
        if not number.isdecimal() or int(number) == 0:
            raise ValueError(f'--trials {word}: expected a number of at least 1')
        wanted.update({name: int(number)} if name else dict.fromkeys(known, int(number)))
    return {name: min(count, known[name].trials_max or count) for name, count in wanted.items()}


def plan(hunt, bugs, names, done):
    """What is left to do: bugs, each with its hunters. Their programs are built."""
    todo = []
    for bug in bugs:
        hunting = [hunt.known[name] for name in names
                   if not hunt.known[name].targets or bug.target in hunt.known[name].targets]
        left = [hunter for hunter in hunting if (bug.id, hunter.name) not in done]
        if not left:
            continue
        todo.append((bug, left))
        for hunter in [hunt.known['seeds'], *left]:
            hunt.program(hunter, bug.target)  # one after the other: they share objects
    return todo


def run_all(hunt, todo, written, jobs):
    """Hunt all of them down, some bugs at the same time; rows go to `written` as they come."""
    progress = table.Progress(sum(len(hunting) for _, hunting in todo))

    def hunt_down(work):
        for row in hunt.rows(*work):
            written.add(row)
            progress.step(row)

    pool = concurrent.futures.ThreadPoolExecutor(jobs)
    try:
        list(pool.map(hunt_down, todo))
    finally:
        hunt.stopped = True
        pool.shutdown(cancel_futures=True)
        progress.end()


def main():
    given = parse()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # or engines would outlive the hunt
    root = os.path.abspath(given.root)
    build = os.path.abspath(given.build)
    known = hunters.all_hunters(os.path.join(build, hunters.AFL_MUTATOR))
    bugs = catalogue.load(os.path.join(root, 'fuzz/bugs/catalogue'))
    lost = [name for name in given.on if name not in known] + [
        name for name in given.bug if name not in bugs]
    try:
        if lost:
            raise ValueError(f'no {lost[0]}; there are: {" ".join(known)} and {" ".join(bugs)}')
        trials = trials_by_hunter(given.trials, known)
    except ValueError as error:
        print(f'lookaside fuzz: --bugs: {error}', file=sys.stderr)
        return 2
    hunt = Hunt(root, build, known, trials, given.seconds)
    if given.alone:
        return alone.tell(root, build, [bugs[name] for name in given.bug or bugs], given.jobs,
                          given.out, complete=not given.bug)
    written = table.Table(given.out, list(known))
    todo = plan(hunt, [bugs[name] for name in given.bug or bugs], given.on or known, written.rows)
    try:
        run_all(hunt, todo, written, given.jobs)
    except KeyboardInterrupt:
        print('lookaside fuzz: stopped; the same command goes on where it was', file=sys.stderr)
        return 1
    except (builds.DoesNotCompile, catalogue.StaleBug) as error:
        print(f'lookaside fuzz: --bugs: {error}', file=sys.stderr)
        return 1
    written.finish()
    wrong = list(table.judge(written.rows.values()))
    for line in wrong:
        print(f'lookaside fuzz: {line}', file=sys.stderr)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
