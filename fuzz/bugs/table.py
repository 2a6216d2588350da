# SPDX-License-Identifier: 0BSD
"""The table of a hunt: its rows, the file that keeps them, what it says, and how far it is."""
import os
import statistics
import sys
import threading
import time

HEADER = 'bug\tclass\ttarget\thunter\tnoticed\ttrials\tmedian CPU s\tworst CPU s\tby'


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


def summary(rows):
    """The table by hunter, in Markdown: how many bugs it noticed in every trial, in some, in none.

    `rows` are lines of the table. Controls do not count; the time is the median of all medians.
    """
    found = {}
    for row in rows:
        _, kind, _, hunter, noticed, trials, median, *_ = row.split('\t')
        counts, medians = found.setdefault(hunter, ([0, 0, 0], []))
        if kind == 'control':
            continue
        counts[0 if noticed == trials else 1 if int(noticed) else 2] += 1
        if median != '-':
            medians.append(float(median))
    yield '| hunter | bugs | in every trial | in some | in none | median CPU s |'
    yield '|---|---:|---:|---:|---:|---:|'
    for hunter, (counts, medians) in found.items():
        median = f'{statistics.median(medians):.2f}' if medians else '-'
        words = [hunter, sum(counts), *counts, median]
        yield f'| {" | ".join(map(str, words))} |'


class Table:
    """Rows by bug and hunter. With a path, each is in the file as soon as it is known."""

    def __init__(self, path, hunters):
        self.path = path
        self.hunters = hunters
        self.rows = {}
        self.lock = threading.Lock()
        if path and os.path.exists(path):
            with open(path, encoding='utf-8') as file:
                for line in file.read().splitlines(keepends=True):
                    words = line.split('\t')
                    if line.endswith('\n') and len(words) == 9 and words[0] != 'bug':
                        self.rows[words[0], words[3]] = line[:-1]
        if path:
            self.write()

    def in_order(self):
        """All rows, in the order of bugs and hunters."""
        known = {name: at for at, name in enumerate(self.hunters)}
        return [self.rows[at] for at in
                sorted(self.rows, key=lambda at: (at[0], known.get(at[1], len(known))))]

    def write(self):
        with open(self.path + '.new', 'w', encoding='utf-8') as file:
            file.write('\n'.join([HEADER, *self.in_order(), '']))
        os.replace(self.path + '.new', self.path)

    def add(self, row):
        words = row.split('\t')
        with self.lock:
            self.rows[words[0], words[3]] = row
            if not self.path:
                return
            with open(self.path, 'a', encoding='utf-8') as file:
                file.write(row + '\n')

    def finish(self):
        """The file in order, and in a few words what it says; without a file, all of it."""
        if self.path:
            self.write()
        else:
            print('\n'.join([HEADER, *self.in_order()]))
        print('\n'.join(summary(self.in_order())))


class Progress:
    """How far a hunt is, on a terminal; nothing elsewhere."""

    def __init__(self, total):
        self.total = total
        self.done = 0
        self.begin = time.monotonic()
        self.shows = sys.stderr.isatty()

    def step(self, row):
        self.done += 1
        if self.shows:
            bug, _, _, hunter, noticed, trials, *_ = row.split('\t')
            minutes = (time.monotonic() - self.begin) / 60
            print(f'\r\033[K{self.done} of {self.total} rows in {minutes:.0f} minutes; {bug} by '
                  f'{hunter}: {noticed} of {trials}', end='', file=sys.stderr, flush=True)

    def end(self):
        if self.shows and self.done:
            print(file=sys.stderr)
