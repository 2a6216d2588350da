# SPDX-License-Identifier: 0BSD
"""What is known of mutants: the verdicts of runs, and which survivors no test can tell apart."""
import collections
import dataclasses
import hashlib
import os

HEAD = 'text\tmutant\tverdict\tby\n'
KILLED, SURVIVED, SAME_CODE, NO_C = 'killed', 'survived', 'same code', 'no C'
UNDECIDED = 'undecided'  # after the first look
VERDICTS = (KILLED, SURVIVED, SAME_CODE, NO_C, UNDECIDED)


@dataclasses.dataclass(frozen=True)
class Verdict:
    text: str  # text_id() of the file it was a mutant of
    mutant: str  # its id
    how: str  # of VERDICTS
    by: str  # program, and what noticed it; empty unless killed


def text_id(text):
    """What tells a file's text from another."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


class Table:
    """Verdicts in a file, each written as it comes: what a killed run has judged is kept."""

    def __init__(self, path):
        self.path = path
        self.known = {}
        if path and os.path.exists(path):
            with open(path, encoding='utf-8') as file:
                for line in file:
                    words = line.rstrip('\n').split('\t')
                    if line.endswith('\n') and len(words) == 4 and words[2] in VERDICTS:
                        self.known[words[0], words[1]] = Verdict(*words)

    def get(self, text, mutant, again):
        """The verdict that is known, which may be UNDECIDED; with `again`, a survivor has none."""
        verdict = self.known.get((text, mutant))
        return None if verdict and again and verdict.how == SURVIVED else verdict

    def begin(self):
        """Write anew what was read: a torn line goes."""
        if self.path:
            self.write(self.known.values())

    def write(self, verdicts):
        with open(self.path + '.new', 'w', encoding='utf-8') as file:
            file.write(HEAD)
            for verdict in verdicts:
                file.write('\t'.join(dataclasses.astuple(verdict)) + '\n')
        os.replace(self.path + '.new', self.path)

    def add(self, verdict):
        self.known[verdict.text, verdict.mutant] = verdict
        if self.path:
            with open(self.path, 'a', encoding='utf-8') as file:
                file.write('\t'.join(dataclasses.astuple(verdict)) + '\n')


def read_equivalents(path):
    """Mutant id -> why no test can tell it. ValueError names a wrong line."""
    reasons = {}
    if not os.path.exists(path):
        return reasons
    with open(path, encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            words = line.rstrip('\n').split('\t')
            if line.startswith('#') or line == '\n':
                continue
            if len(words) != 2 or not words[1] or words[0] in reasons:
                raise ValueError(f'{path}:{number}: expected a mutant not named before, a tab, '
                                 'a reason')
            reasons[words[0]] = words[1]
    return reasons


def counts(verdicts, reasons):
    """A Counter of the verdicts, in which a survivor with a reason is `listed`."""
    return collections.Counter('listed' if verdict.how == SURVIVED and verdict.mutant in reasons
                               else verdict.how for verdict in verdicts)


def summary(by_file, made, reasons):
    """Lines of a table: of each file, and of all. The score is of what is not equivalent.

    `made` counts the mutants of a file, of which some may not be judged.
    """
    lines = ['file\tmutants\tkilled\tsurvived\tlisted\tsame code\tno C\tnot judged\tscore']
    rows = [*sorted(by_file.items()),
            ('all', [verdict for verdicts in by_file.values() for verdict in verdicts])]
    for name, verdicts in rows:
        found = counts(verdicts, reasons)
        real = found[KILLED] + found[SURVIVED]
        score = f'{100 * found[KILLED] / real:.1f} %' if real else '-'
        count = made[name] if name in made else sum(made.values())
        lines.append('\t'.join([name, str(count), *(str(found[how]) for how in (
            KILLED, SURVIVED, 'listed', SAME_CODE, NO_C)), str(count - len(verdicts)), score]))
    return lines
