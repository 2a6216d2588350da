# SPDX-License-Identifier: 0BSD
"""The table of a hunt: rows, what they come to, a hunt that goes on; and the recorded one.

usage: table_test.py ROOT
"""
import os
import re
import sys
import tempfile

ROOT = os.path.abspath(sys.argv[1])
sys.path[:0] = [os.path.join(ROOT, 'tests'), os.path.join(ROOT, 'fuzz/bugs')]
import catalogue  # noqa: E402
import hunt  # noqa: E402
import hunters  # noqa: E402
import table  # noqa: E402
import tree  # noqa: E402
import trial  # noqa: E402

RECORDED = os.path.join(ROOT, 'results/seeded-bugs')
# The two that are to notice every bug in every trial.
MAIN = ('swarm', 'libfuzzer+mutator')


def equal(tap, name, found, expected):
    tap.check(name, [] if found == expected else [f'{found}, expected {expected}'])


def row(bug, hunter, noticed, trials, median='-', kind='deep'):
    return '\t'.join([bug, kind, 'whole-tiny', hunter, str(noticed), str(trials), median, median,
                      '-'])


def check_rows(tap, bugs):
    outcomes = [trial.Outcome(True, 'I24', 3.0), trial.Outcome(False, '', 10.0),
                trial.Outcome(True, 'I06', 1.0)]
    known = hunters.all_hunters(None)
    equal(tap, 'a row has what was noticed, of how many, how soon and by whom',
              table.row_of(bugs['H01'], known['swarm'], outcomes).split('\t')[3:],
              ['swarm', '2', '3', '2.00', '3.00', 'I06 I24'])
    rows = [row('H01', 'swarm', 3, 3, '0.10'), row('H02', 'swarm', 1, 3, '0.30'),
            row('H03', 'swarm', 0, 3), row('N01', 'swarm', 0, 3, kind='control')]
    equal(tap, 'bugs in every trial, in some and in none are counted, controls are not',
              list(table.summary(rows))[2:], ['| swarm | 3 | 1 | 1 | 1 | 0.20 |'])
    equal(tap, 'a bug that nobody notices fails the hunt', list(table.judge(rows)),
              ['nobody noticed H03'])
    equal(tap, 'and so does a control that somebody notices',
              list(table.judge([row('N01', 'swarm', 1, 3, kind='control')])),
              ['N01 is no bug, and somebody noticed it'])


def check_file(tap):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'bugs.tsv')
        first = table.Table(path, ['seeds', 'swarm'])
        first.add(row('H02', 'swarm', 3, 3, '0.10'))
        first.add(row('H01', 'swarm', 3, 3, '0.10'))
        with open(path, 'a', encoding='utf-8') as file:
            file.write('H03\tdeep\twhole-ti')  # killed at this point
        again = table.Table(path, ['seeds', 'swarm'])
        equal(tap, 'a killed hunt goes on behind its last whole row', sorted(again.rows),
                  [('H01', 'swarm'), ('H02', 'swarm')])
        again.add(row('H01', 'seeds', 0, 1))
        again.write()
        with open(path, encoding='utf-8') as file:
            lines = [line.split('\t') for line in file.read().splitlines()[1:]]
        equal(tap, 'rows are in the order of bugs and hunters',
              [(words[0], words[3]) for words in lines],
              [('H01', 'seeds'), ('H01', 'swarm'), ('H02', 'swarm')])


def check_trials(tap):
    known = hunters.all_hunters(None)
    trials = hunt.trials_by_hunter(['swarm=30', '5'], known)
    equal(tap, 'a number of trials is for all, or for one hunter',
              [trials[name] for name in ('seeds', 'swarm', 'libfuzzer')], [1, 30, 5])
    refused = []
    for word in ('many', '0', 'nobody=3', 'swarm='):
        try:
            hunt.trials_by_hunter([word], known)
        except ValueError:
            refused.append(word)
    equal(tap, 'what is no number or no hunter is refused', refused,
              ['many', '0', 'nobody=3', 'swarm='])


def check_recorded(tap, bugs):
    """The words and figures of results/seeded-bugs are those of its table."""
    recorded = table.Table(os.path.join(RECORDED, 'bugs.tsv'), list(hunters.all_hunters(None)))
    rows = recorded.in_order()
    words = [line.split('\t') for line in rows]
    text = tree.text_of(ROOT, 'results/seeded-bugs/README.md')
    tap.check('the README has the table by hunter',
              [line for line in table.summary(rows) if line not in text.splitlines()])
    tap.check('a recorded bug is in the catalogue',
              sorted({line[0] for line in words} - set(bugs)))
    tap.check('no control was noticed',
              [line[0] for line in words if line[1] == 'control' and line[4] != '0'])
    missed = {line[0] for line in words
              if line[3] in MAIN and line[4] != line[5] and line[1] != 'control'}
    named = set(re.findall(r'\b[A-Z]\d\d\b', text))
    tap.check('each miss of the two main hunters is named', sorted(missed - named))


def main():
    tap = tree.Tap()
    bugs = catalogue.load(os.path.join(ROOT, 'fuzz/bugs/catalogue'))
    check_rows(tap, bugs)
    check_file(tap)
    check_trials(tap)
    check_recorded(tap, bugs)
    tap.finish()


main()
