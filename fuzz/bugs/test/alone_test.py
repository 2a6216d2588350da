# SPDX-License-Identifier: 0BSD
"""Each oracle has a bug for itself: all are declared, some are run, and what is wrong is told.

usage: alone_test.py ROOT BUILD
"""
import dataclasses
import os
import sys

ROOT = os.path.abspath(sys.argv[1])
sys.path[:0] = [os.path.join(ROOT, 'tests'), os.path.join(ROOT, 'fuzz/bugs')]
import alone  # noqa: E402
import catalogue  # noqa: E402
import tree  # noqa: E402

RUNS = 3000  # enough for those that are run here, and a second each
# One that a call shows, one that the end of a run shows, one that the exact model sees too.
REALLY_RUN = ('H44', 'V28', 'H54')
NOT_ALONE = ('H10', 'I16')  # I23 sees it as well


def row(bug, *by):
    return alone.Seen(bug, sorted(by), alone.others(bug.only, set(by)))


def judge(bugs, complete, *rows):
    return list(alone.problems([row(bugs[name], *by) for name, *by in rows], complete))


def check_verdicts(tap, bugs):
    """On a table that is made up."""
    good = judge(bugs, False, ('H44', 'I04'), ('H54', 'I06', 'I24'), ('N01',))
    tap.check('what is as declared is right', good)
    for name, rows in (('seen by another oracle too', [('H44', 'I04', 'I13')]),
                       ('implied for one oracle only', [('H44', 'I04', 'I24')]),
                       ('seen by a panic too', [('H54', 'I06', 'I24', 'panic')]),
                       ('not seen', [('H44',)]),
                       ('a control that is seen', [('N01', 'I04')])):
        tap.check(f'{name}: told', [] if len(judge(bugs, False, *rows)) == 1 else [str(rows)])
    said = judge(bugs, True, ('H44', 'I04'), ('H16', 'I06'))
    lost = [oracle for oracle in alone.ORACLES if f'{oracle} is alone in nothing' not in said]
    tap.check('an oracle without a bug of its own is named', [
        *(f'{oracle} is not' for oracle in sorted(set(lost) - {'I04', 'I06'})),
        *([] if any('nothing needs to be implied' in line for line in said)
          else ['I06 needs nothing implied']),
        *([] if len(lost) == 2 else [f'not named: {lost}'])])


def check_runs(tap, bugs):
    matrix = alone.Matrix(ROOT, os.path.abspath(sys.argv[2]), RUNS)
    rows = []
    for name in REALLY_RUN:
        matrix.prepare(bugs[name])
        rows.append(matrix.row(bugs[name]))
    tap.check('declared bugs are seen by their oracle only', list(alone.problems(rows, False)))
    bug, oracle = NOT_ALONE
    wrong = matrix.row(dataclasses.replace(bugs[bug], only=oracle))
    tap.check('one that is declared wrongly is told',
              [] if wrong.others else [f'{bug}: seen by {" ".join(wrong.by)}'])


def main():
    tap = tree.Tap()
    bugs = catalogue.load(os.path.join(ROOT, 'fuzz/bugs/catalogue'))
    declared = {bug.only for bug in bugs.values()}
    tap.check('every oracle has a bug that is to be its own',
              [oracle for oracle in alone.ORACLES if oracle not in declared])
    tap.check('nothing else is an oracle', sorted(declared - {'', *alone.ORACLES}))
    tap.check('what is implied is of few', [
        oracle for oracle, (by, why) in alone.IMPLIED.items() if len(by) > 1 or not why])
    check_verdicts(tap, bugs)
    check_runs(tap, bugs)
    tap.finish()


main()
