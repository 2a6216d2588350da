# SPDX-License-Identifier: 0BSD
"""The seeded bugs: each is one edit of a file, and is made in a copy of that file only.

The shipped sources hold no trace of them, so no build of ours has a branch that hints at one. An
edit names the text it replaces; when the source has moved on, the edit is stale and says so.
"""
import dataclasses
import os
import re
import tomllib

ORACLE = re.compile(r'I\d\d')
CLASSES = ('shallow', 'medium', 'deep', 'control')
# The target that sees what is wrong in a folder, unless a bug names another: limits are near in the
# tiny geometry, and everything is on one space in `whole`.
TARGETS = (('core/', 'whole-tiny'), ('traces/format/', 'trace'), ('ports/host/', 'window'))


class StaleBug(Exception):
    """The text that an edit replaces is not there exactly once."""


@dataclasses.dataclass(frozen=True)
class Bug:
    id: str
    kind: str  # of CLASSES: how much it takes to see it; a control is no bug at all
    defect: str
    trigger: str
    file: str
    old: str
    new: str
    target: str  # the fuzz target that is to see it
    hole: str  # why an engine cannot find it; empty for nearly all
    only: str  # the oracle that has it for itself (alone.py); empty: none

    @property
    def is_control(self):
        return self.kind == 'control'

    def apply(self, text):
        """The file's text with the bug in it."""
        count = text.count(self.old)
        if count != 1:
            raise StaleBug(f'{self.id}: {self.file}: the text to replace is there {count} times, '
                           'expected once')
        return text.replace(self.old, self.new)


def parse(table, source):
    """One [[bug]] of a catalogue file; ValueError names what is wrong with it."""
    wanted = ('id', 'class', 'defect', 'trigger', 'file', 'old', 'new')
    missing = [key for key in wanted if not isinstance(table.get(key), str)]
    unknown = set(table) - set(wanted) - {'target', 'hole', 'only'}
    name = f'{source}: {table.get("id", "a bug without id")}'
    if missing:
        raise ValueError(f'{name}: expected {", ".join(missing)}')
    if unknown:
        raise ValueError(f'{name}: unknown {", ".join(sorted(unknown))}')
    if table['class'] not in CLASSES:
        raise ValueError(f'{name}: class {table["class"]}, expected one of {", ".join(CLASSES)}')
    if not ORACLE.fullmatch(table.get('only', 'I01')):
        raise ValueError(f'{name}: only {table["only"]}, expected an oracle, like I07')
    target = table.get('target') or next(
        (name for folder, name in TARGETS if table['file'].startswith(folder)), None)
    if target is None:
        raise ValueError(f'{name}: no target sees {table["file"]}')
    # A text of several lines begins and ends at a line's limits.
    return Bug(table['id'], table['class'], table['defect'], table['trigger'], table['file'],
               table['old'].strip('\n'), table['new'].strip('\n'), target,
               table.get('hole', ''), table.get('only', ''))


def load(folder):
    """All bugs of the *.toml files of a folder, by id."""
    bugs = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith('.toml'):
            continue
        with open(os.path.join(folder, name), 'rb') as file:
            try:
                tables = tomllib.load(file).get('bug', [])
            except tomllib.TOMLDecodeError as error:
                raise ValueError(f'{name}: {error}') from error
        for table in tables:
            bug = parse(table, name)
            if bug.id in bugs:
                raise ValueError(f'{name}: {bug.id} is there twice')
            bugs[bug.id] = bug
    return dict(sorted(bugs.items()))
