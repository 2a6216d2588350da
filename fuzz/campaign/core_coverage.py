# SPDX-License-Identifier: 0BSD
"""What the committed corpus alone reaches of the core: figures, and whether each gap has a reason.

All geometries are replayed: they are one source, and a gap is what none of them reaches. Reasons
are in justified.txt, by the text of a line, because numbers of lines move. An assertion that fails
is no gap: it is a promise that a caller would have to break.
"""
import os
import re
import shutil
import sys

import corpus
import coverage
import paths
from programs import GEOMETRIES

CORE = '/core/src/'
FAMILIES = ('vas', 'heap', 'stack', 'whole')
EVERYTHING = {'LOOKASIDE_FUZZ_DEPTH': 'all'}  # the core's own checks too
GOALS = {'lines': 100.0, 'branches': 99.0, 'mcdc': 98.0}  # percent reached or justified
ALONE = {'lines': 99.5, 'branches': 95.0, 'mcdc': 95.0}  # percent reached by the corpus alone
REASONS = os.path.join(paths.FUZZ, 'campaign/justified.txt')
ASSERTION = re.compile(r'^\s*LA_ASSERT\(')


class Reasons:
    """justified.txt: file, a part of the line's text or a function, reason; each must be of use."""

    def __init__(self, path=REASONS):
        self.rows = []
        self.malformed = []
        self.used = set()
        for line in (corpus.read(path) or b'').decode().splitlines():
            if line.startswith('#'):
                continue
            parts = [part.strip() for part in line.split('|')]
            if len(parts) == 3:
                self.rows.append(tuple(parts))
            elif line.strip():
                self.malformed.append(line)

    def of(self, name, lines, number):
        """Why this line of a file is a gap; None if nobody says."""
        for row in self.rows:
            where = row[1]
            if row[0] == name and (where == '*' or where in lines[number - 1] or
                                   where == function_at(lines, number) + '()'):
                self.used.add(row)
                return row[2]
        return None

    def stale(self):
        return [row for row in self.rows if row not in self.used]


def source_lines(name):
    return (corpus.read(os.path.join(paths.ROOT, name)) or b'').decode().splitlines()


def function_at(lines, number):
    """The function that a line is in; the house has its braces alone, at the left edge."""
    start = number - 1
    while start > 0 and lines[start] != '{':
        if lines[start] == '}' and start < number - 1:
            return ''
        start -= 1
    head = ''
    while start > 0 and lines[start - 1].strip() not in ('', '}') and '*/' not in lines[start - 1]:
        start -= 1
        head = lines[start] + head
    found = re.search(r'(\w+)\(', head)
    return found.group(1) if found else ''


def is_assertion(lines, number):
    """Whether a line is part of an LA_ASSERT, which may be several lines long."""
    for at in range(number - 1, max(-1, number - 5), -1):
        if ASSERTION.match(lines[at]):
            return True
        if at < number - 1 and lines[at].rstrip().endswith((';', '{', '}')):
            return False
    return False


def committed(family):
    """The inputs that are in the tree for a family."""
    return list(corpus.files_below(os.path.join(paths.FUZZ, 'corpus', family)))


class CoreCoverage:
    def __init__(self, programs, folder, say):
        self.programs = programs
        self.folder = folder
        self.say = say
        self.files = {}
        self.reasoned = []  # (file, line, what, reason)
        self.open = []  # (file, line, what)
        self.failed = 0
        self.inputs = 0

    def measure(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        measured = coverage.Coverage(self.folder)
        programs = [(family, self.programs.find('coverage', f'{family}-{geometry}', 'bare'))
                    for family in FAMILIES for geometry in GEOMETRIES]
        self.programs.build([program for _, program in programs if program])
        for family, program in programs:
            if program:
                self.say(f'replaying the corpus of {family} through {program.target}')
                files = committed(family)
                self.inputs += len(files)
                self.failed += measured.run(program, files, EVERYTHING)
        measured.merge()
        self.files = measured.files(CORE)
        self.reasons = Reasons()
        self.sort_gaps(measured.missing(CORE))
        measured.html(CORE)

    def sort_gaps(self, gaps):
        sources = {}
        for name, line, what in gaps:
            lines = sources.setdefault(name, source_lines(name))
            if is_assertion(lines, line):
                continue
            reason = self.reasons.of(name, lines, line)
            if reason:
                self.reasoned.append((name, line, what, reason))
            else:
                self.open.append((name, line, what))

    def share(self, kind):
        """Percent of lines, branch sides or conditions that are reached or have a reason."""
        words = {'lines': 'not reached', 'branches': 'never', 'mcdc': 'condition'}[kind]
        _, count = coverage.total(self.files, kind)
        return coverage.percent(
            count - sum(what.startswith(words) for _, _, what in self.open), count)

    def alone(self, kind):
        """Percent that are reached."""
        return coverage.percent(*coverage.total(self.files, kind))

    def shares(self):
        return ', '.join(f'{words} {self.share(kind):.1f} %' for kind, words in
                         (('lines', 'lines'), ('branches', 'branches'), ('mcdc', 'conditions')))

    def complaints(self):
        """Why this is not good enough, as lines."""
        found = [f'{kind}: {self.share(kind):.2f} % reached or justified, expected {goal} %'
                 for kind, goal in GOALS.items() if self.share(kind) < goal]
        found += [f'{kind}: {self.alone(kind):.2f} % reached, expected {goal} %'
                  for kind, goal in ALONE.items() if self.alone(kind) < goal]
        found += [f'{self.failed} inputs of the corpus fail'] if self.failed else []
        found += [f'justified.txt: no gap fits: {" | ".join(row)}' for row in self.reasons.stale()]
        found += [f'justified.txt: no file | where | reason: {line}'
                  for line in self.reasons.malformed]
        return found

    def page(self):
        """Markdown, with every gap."""
        lines = ['# Coverage of the core by the committed corpus', '',
                 'Made by `./lookaside fuzz --coverage`. Lines, sides of branches, and conditions '
                 'that once decided alone (MC/DC, with clang 19), of what llvm-cov counts. What is '
                 'compiled several times is one piece of source, reached if it was in any of them.',
                 '',
                 *coverage.as_table(self.files), '',
                 f'{self.inputs} replays. With the reasons below: {self.shares()}.', '',
                 '## Without a reason', '']
        lines += [f'- {name}:{line} {what}' for name, line, what in self.open] or ['Nothing.']
        lines += ['', '## With a reason', '']
        by_reason = {}
        for name, line, what, reason in self.reasoned:
            by_reason.setdefault(reason, []).append(f'{name}:{line} {what}')
        for reason, some in by_reason.items():
            lines += [f'- {reason}', *[f'    - {one}' for one in some]]
        return lines


def run(programs, folder, say=lambda text: print(text, file=sys.stderr)):
    """Measure, write a page, and print it in short. 1 if it is not what it should be."""
    measured = CoreCoverage(programs, folder, say)
    measured.measure()
    corpus.write(os.path.join(folder, 'coverage.md'),
                 ('\n'.join(measured.page()) + '\n').encode())
    print('\n'.join(coverage.as_table(measured.files)))
    for name, line, what in measured.open:
        print(f'{name}:{line}: {what}')
    complaints = measured.complaints()
    for complaint in complaints:
        print(complaint)
    print(f'{measured.shares()} reached or justified; {os.path.join(folder, "coverage.md")}')
    return 1 if complaints else 0
