# SPDX-License-Identifier: 0BSD
"""From what engines leave to findings: one folder for each defect, with the smallest input of it.

While a campaign runs, each new file is replayed once and filed under its signature. At its end each
finding's input is minimised. Nothing is thrown away but further inputs of a finding that has many.
"""
import glob
import json
import os

import corpus
import ddmin
import paths
import signature

INPUTS_MAX = 5  # of one finding that are kept; the smallest
# Best first: the one that says most about what is wrong, then those that see what it cannot.
WITNESSES = (('asan-ubsan', '64'), ('asan', '32'), ('msan', '64'), ('asan', '64'), ('ubsan', '64'),
             ('bare', '64'), ('bare', '32'))
FILES = ('artifacts/*/crash-*', 'artifacts/*/oom-*', 'artifacts/*/timeout-*', 'artifacts/*/leak-*',
         'afl/*/crashes*/id*', 'afl/*/hangs*/id*')


class Finding:
    """A defect, as a folder: input, report, what saw it; later the minimal input and its trace."""

    def __init__(self, folder):
        self.folder = folder
        with open(os.path.join(folder, 'finding.json'), encoding='utf-8') as file:
            self.about = json.load(file)

    @property
    def target(self):
        return self.about['target']

    @property
    def name(self):
        return os.path.basename(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def save(self):
        corpus.write(self.path('finding.json'),
                     (json.dumps(self.about, indent=2) + '\n').encode())

    @property
    def smallest(self):
        minimal = self.path('minimal')
        if os.path.exists(minimal):
            return minimal
        inputs = [self.path(os.path.join('inputs', name))
                  for name in os.listdir(self.path('inputs'))]
        return min(inputs, key=lambda path: (os.path.getsize(path), path))


def findings_of(target):
    """A target's findings, oldest first."""
    folders = glob.glob(os.path.join(target.crashes, '*', 'finding.json'))
    found = [Finding(os.path.dirname(path)) for path in folders]
    return sorted(found, key=lambda finding: (finding.about['seconds'], finding.name))


class Triage:
    """Of one target: who can replay its inputs, and what has been looked at."""

    def __init__(self, target, programs, settings, places):
        self.target = target
        self.settings = settings
        self.places = places
        self.witnesses = [(kind, width, program) for kind, width in WITNESSES
                          for program in [programs.find('afl', target.name, kind, width)]
                          if program]
        self.seen_path = os.path.join(target.crashes, 'seen')
        self.seen = set((corpus.read(self.seen_path) or b'').decode().split('\n')) - {''}

    def programs(self):
        return [program for _, _, program in self.witnesses]

    def waiting(self):
        """Files that no one has looked at."""
        found = [path for pattern in FILES
                 for path in glob.glob(os.path.join(self.target.folder, pattern))]
        return sorted(path for path in found if self.key(path) not in self.seen)

    def key(self, path):
        return os.path.relpath(path, self.target.folder)

    def mark(self, path):
        self.seen.add(self.key(path))
        with open(self.seen_path, 'a', encoding='utf-8') as file:
            file.write(self.key(path) + '\n')

    def witness(self, path):
        """The first build in which this file fails, and its signature; None, None if in none."""
        for kind, width, program in self.witnesses:
            if os.path.exists(program.path):
                found = signature.of_input(program.path, path, self.places, self.settings)
                if found:
                    return (kind, width, program), found
        return None, None

    def look_at(self, path, seconds):
        """Replay and file one. A new Finding, or None."""
        content = corpus.read(path)
        if content is None:
            return None
        witness, found = self.witness(path)
        name = found.slug() if found else 'not-reproduced'
        folder = os.path.join(self.target.crashes, name)
        is_new = not os.path.exists(os.path.join(folder, 'finding.json'))
        os.makedirs(os.path.join(folder, 'inputs'), exist_ok=True)
        corpus.put(os.path.join(folder, 'inputs'), content)
        self.forget_largest(folder)
        if is_new:
            self.describe(folder, path, witness, found, seconds)
        self.mark(path)
        return Finding(folder) if is_new else None

    def describe(self, folder, path, witness, found, seconds):
        about = {'target': self.target.name, 'seconds': round(seconds, 1),
                 'found_by': self.key(path).split(os.sep)[1], 'oracle': '', 'frames': [],
                 'words': 'no build fails with it again', 'kind': '', 'width': ''}
        if found:
            kind, width, program = witness
            about.update(oracle=found.oracle, frames=list(found.frames), words=found.words,
                         kind=kind, width=width)
            report = signature.run(program.path, path, {**self.settings,
                                                        'ASAN_OPTIONS': 'handle_abort=1',
                                                        'UBSAN_OPTIONS': 'print_stacktrace=1'})
            corpus.write(os.path.join(folder, 'report.txt'), (report or '').encode())
        corpus.write(os.path.join(folder, 'finding.json'),
                     (json.dumps(about, indent=2) + '\n').encode())

    @staticmethod
    def forget_largest(folder):
        inputs = [os.path.join(folder, 'inputs', name)
                  for name in os.listdir(os.path.join(folder, 'inputs'))]
        inputs.sort(key=lambda path: (os.path.getsize(path), path))
        for path in inputs[INPUTS_MAX:]:
            os.remove(path)

    def minimise(self, finding, trials=ddmin.TRIALS_MAX):
        """Make its input as small as it gets with the same signature."""
        program = next((program for kind, width, program in self.witnesses
                        if (kind, width) == (finding.about['kind'], finding.about['width'])), None)
        content = corpus.read(finding.smallest)
        if program is None or content is None or os.path.exists(finding.path('minimal')):
            return
        wanted = finding.about['oracle'], tuple(finding.about['frames'])
        trial = finding.path('trial')

        def fails(some):
            corpus.write(trial, some)
            found = signature.of_input(program.path, trial, self.places, self.settings)
            return found is not None and (found.oracle, found.frames) == wanted

        split = ddmin.lines_of if paths.format_of(self.target.name) else ddmin.records_of
        small = ddmin.minimise(content, fails, split, trials)
        if os.path.exists(trial):
            os.remove(trial)
        corpus.write(finding.path('minimal'), small)
        finding.about['bytes'] = len(small)
        finding.save()


def drop_from_corpus(target):
    """An input that kills an instance must not be what that instance begins with next time.

    libFuzzer names what it died of after its content, as the corpus does. The artifact stays.
    """
    for path in glob.glob(os.path.join(target.folder, 'artifacts/*/*-*')):
        name = os.path.basename(path).rpartition('-')[2]
        for folder in (target.corpus, target.seeds):
            if os.path.exists(os.path.join(folder, name)):
                os.remove(os.path.join(folder, name))
