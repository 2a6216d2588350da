# SPDX-License-Identifier: 0BSD
"""Where things are: in a campaign's folder, and in the source tree what each target begins with."""
import os
import time

from programs import MUTATED, family_of

# Others that read operations, or any bytes as operations: what is one in a trace is one there.
READERS = ('trace', 'decode', 'tuner', 'rivals', 'window')
# Fixtures that are not called after their format.
CALLED = {'aggregate': ('.massif', '.dhat', '.ctf'), 'ftrace': ('ftrace-',)}

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FIXTURES = os.path.join(ROOT, 'traces/import/fixtures')
FUZZ = os.path.join(ROOT, 'fuzz')
RESULTS = os.path.join(ROOT, 'results/fuzz')


class Target:
    """The folder of one target in a campaign's."""

    def __init__(self, campaign, name):
        self.name = name
        self.folder = os.path.join(campaign, name)
        self.seeds = os.path.join(self.folder, 'seeds')
        self.corpus = os.path.join(self.folder, 'corpus')  # of all libFuzzers
        self.afl = os.path.join(self.folder, 'afl')
        self.artifacts = os.path.join(self.folder, 'artifacts')  # what libFuzzer died of
        self.logs = os.path.join(self.folder, 'logs')
        self.minimised = os.path.join(self.folder, 'minimised')
        self.crashes = os.path.join(self.folder, 'crashes')  # one folder each, after triage

    def make(self):
        for folder in (self.seeds, self.corpus, self.afl, self.artifacts, self.logs, self.crashes):
            os.makedirs(folder, exist_ok=True)


def format_of(target):
    """The format that an import target reads; None for the others."""
    return target[len('import-'):] if target.startswith('import-') else None


def seeds_of(target):
    """Files and folders of the source tree that this target begins with."""
    family = family_of(target)
    found = [os.path.join(FUZZ, kind, name) for kind in ('corpus', 'seeds', 'import/seeds')
             for name in {family, target, format_of(target) or family}]
    if family in MUTATED + READERS:
        found.append(os.path.join(FUZZ, 'seeds/traces'))
    form = format_of(target)
    if form:
        found += [os.path.join(FIXTURES, name) for name in sorted(os.listdir(FIXTURES))
                  if form == 'content' or
                  any(word in name for word in (f'.{form}', *CALLED.get(form, ())))]
    return [path for path in found if os.path.exists(path)]


def dictionary_of(target):
    """A file of words for the engine; None if there is none."""
    for name in (target, family_of(target), format_of(target)):
        for room in ('dictionaries', 'import/dictionaries'):
            path = os.path.join(FUZZ, room, f'{name}.dict')
            if os.path.exists(path):
                return path
    return None


def input_bytes_max(target):
    """Of an engine's inputs. Operations: what an execution can do is bounded anyway."""
    return 8192 if format_of(target) or family_of(target) == 'tuner' else 4096


def new_folder():
    return os.path.join(RESULTS, time.strftime('%Y-%m-%d-%H%M%S'))


def last_folder():
    """Of the campaign that was begun last; None if there was none."""
    names = sorted(os.listdir(RESULTS)) if os.path.isdir(RESULTS) else []
    names = [name for name in names if os.path.exists(os.path.join(RESULTS, name, 'campaign.json'))]
    return os.path.join(RESULTS, names[-1]) if names else None
