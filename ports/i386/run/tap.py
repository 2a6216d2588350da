# SPDX-License-Identifier: 0BSD
"""The kernel's words on the serial line: noise before TAP 13 is dropped, the rest understood.

Fed a line at a time, so that a guest that dies half-way has said what it said.
"""
import dataclasses
import re

VERSION = 'TAP version 13'
RESULT = re.compile(r'(not )?ok (\d+)(?: - (.*?))?(?:\s*# SKIP\b\s*(.*))?$', re.IGNORECASE)
PLAN = re.compile(r'1\.\.(\d+)(?:\s*# SKIP\b\s*(.*))?$', re.IGNORECASE)
PAIRS = re.compile(r'# (trace|pack) (\S+)((?: \S+ \S+)+)$')
FIGURE = re.compile(r'# figure (\S+) (\d+)$')
INPUT = re.compile(r'# input (\d+) digest ([0-9a-f]{16})$')
CHECKPOINT = re.compile(r'# checkpoint (\S+)$')
TERMINAL_CODES = re.compile(r'\x1b\[[0-9;?]*[A-Za-z]|\x1bc')


@dataclasses.dataclass
class Result:
    number: int
    passed: bool
    name: str
    skipped: str  # the reason, or None
    notes: list  # the diagnostics printed before it


@dataclasses.dataclass
class Replay:
    """A `# trace` or `# pack` line."""
    kind: str
    name: str
    words: dict

    @property
    def digest(self):
        return self.words.get('digest', '')


def clean(raw):
    """Text of a line from a serial port: no line end, no codes for a terminal, any bytes."""
    text = raw.decode('utf-8', 'replace') if isinstance(raw, bytes) else raw
    return TERMINAL_CODES.sub('', text).rstrip('\r\n').lstrip('\r')


class Stream:
    """What was said so far."""

    def __init__(self):
        self.noise = []
        self.lines = []  # from the version line on
        self.results = []
        self.planned = None
        self.skipped_all = None
        self.bailed = None
        self.replays = []
        self.figures = {}
        self.checkpoints = []
        self.inputs = {}  # of a pack: number: digest
        self.wrong = []  # breaches of the protocol
        self._notes = []

    @property
    def begun(self):
        return bool(self.lines)

    @property
    def failed(self):
        return [result for result in self.results if not result.passed]

    @property
    def skipped(self):
        return [result for result in self.results if result.skipped is not None]

    @property
    def last_lines(self):
        return (self.lines or self.noise)[-8:]

    def feed(self, raw):
        """Take one line; answers it as text, or None if it is noise."""
        line = clean(raw)
        if not self.begun:
            # The firmware's last line may have no end.
            if not line.endswith(VERSION):
                self.noise.append(line)
                return None
            line = VERSION
        self.lines.append(line)
        self._understand(line)
        return line

    def _understand(self, line):
        if match := RESULT.match(line):
            self._result(*match.groups())
        elif match := PLAN.match(line):
            if self.planned is not None:
                self.wrong.append(f'a second plan: {line}')
            self.planned = int(match[1])
            self.skipped_all = match[2] if match[1] == '0' else None
        elif line.startswith('Bail out!'):
            self.bailed = line[len('Bail out!'):].strip() or 'without a reason'
        elif match := FIGURE.match(line):
            self.figures[match[1]] = int(match[2])
        elif match := CHECKPOINT.match(line):
            self.checkpoints.append(match[1])
        elif match := INPUT.match(line):
            self.inputs[int(match[1])] = match[2]
        elif match := PAIRS.match(line):
            words = match[3].split()
            self.replays.append(Replay(match[1], match[2], dict(zip(words[::2], words[1::2]))))
        elif line.startswith('#'):
            self._notes.append(line[1:].strip())
        elif line == VERSION and len(self.lines) > 1:
            self.wrong.append('it began a second time: the guest was reset')

    def _result(self, negated, number, name, skipped):
        if int(number) != len(self.results) + 1:
            self.wrong.append(f'test {number} came where test {len(self.results) + 1} was due')
        self.results.append(Result(int(number), not negated, name or '', skipped, self._notes))
        self._notes = []

    def complaints(self):
        """Why this is no complete, passed run; empty if it is one. Asked after the last line."""
        if not self.begun:
            return [f'the line "{VERSION}" never came']
        found = list(self.wrong)
        if self.bailed:
            found.append(f'the kernel bailed out: {self.bailed}')
        found += [f'test {result.number} failed: {result.name}' for result in self.failed]
        if self.planned is None:
            found.append(f'the plan (1..N) is missing; {len(self.results)} tests reported')
        elif self.planned != len(self.results):
            found.append(f'{self.planned} tests were planned, {len(self.results)} reported')
        elif self.planned == 0:
            found.append(f'there was no test: {self.skipped_all or "and no reason is given"}')
        return found
