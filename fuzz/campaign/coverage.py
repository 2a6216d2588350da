# SPDX-License-Identifier: 0BSD
"""What inputs reach of the sources, by llvm-cov: figures by file, HTML, and what is missing."""
import glob
import json
import os
import shutil
import subprocess

import corpus
from errors import SetUpMissing

MEASURES = ('lines', 'branches', 'mcdc')  # lines, sides of branches, conditions
BATCH = 200  # files a run of a program


def tool(name):
    """An LLVM tool of the version that fits the compiler (19 has MC/DC), or the system's own."""
    found = shutil.which(f'{name}-19') if shutil.which('clang-19') else shutil.which(name)
    if not found:
        raise SetUpMissing(f'no {name} (on Debian: llvm, or llvm-19 if clang-19 is there)')
    return found


class Coverage:
    """Programs of the engine "coverage", and the profile of what they were given."""

    def __init__(self, folder):
        self.folder = folder
        self.programs = []
        self.profile = os.path.join(folder, 'profile')
        os.makedirs(folder, exist_ok=True)
        for old in glob.glob(os.path.join(folder, '*.profraw')):
            os.remove(old)

    def run(self, program, files, settings):
        """Replay files; how many failed. One that does ends its batch, which is then run one by
        one.
        """
        failed = 0
        files = list(files)
        self.programs.append(program.path)
        for start in range(0, len(files), BATCH):
            batch = files[start:start + BATCH]
            if not self.replay(program, batch, f'{program.name}-{start}', settings):
                for at, path in enumerate(batch):
                    name = f'{program.name}-{start}-{at}'
                    failed += not self.replay(program, [path], name, settings)
        return failed

    def replay(self, program, files, name, settings):
        raw = os.path.join(self.folder, name + '.profraw')
        run = subprocess.run([program.path, *files], stdout=subprocess.DEVNULL, check=False,
                             stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                             env={**os.environ, **settings, 'LLVM_PROFILE_FILE': raw})
        return run.returncode == 0

    def llvm_cov(self, *words):
        objects = [word for path in self.programs[1:] for word in ('-object', path)]
        run = subprocess.run([tool('llvm-cov'), words[0], self.programs[0], *objects,
                              f'-instr-profile={self.profile}', *words[1:]], text=True, check=False,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if run.returncode != 0:
            raise SetUpMissing('llvm-cov: ' + run.stderr.strip()[-400:])
        return run.stdout

    def merge(self):
        raw = glob.glob(os.path.join(self.folder, '*.profraw'))
        listing = os.path.join(self.folder, 'raw.txt')
        corpus.write(listing, '\n'.join(raw).encode())
        run = subprocess.run([tool('llvm-profdata'), 'merge', '-sparse', f'-f={listing}',
                              '-o', self.profile], check=False, text=True, capture_output=True)
        if run.returncode != 0:
            raise SetUpMissing('llvm-profdata: ' + run.stderr.strip()[-400:])
        for path in raw:
            os.remove(path)

    def files(self, part):
        """Figures of each source below a folder: name -> measure -> (covered, count)."""
        return {name: figures(file) for name, file in self.exported(part)}

    def exported(self, part):
        """What llvm-cov knows of each source below a folder."""
        report = json.loads(self.llvm_cov('export'))
        for file in report['data'][0]['files']:
            if part in file['filename']:
                yield part.strip('/') + '/' + file['filename'].rpartition(part)[2], file

    def html(self, part):
        """Pages of the sources below a folder."""
        sources = [path for path in self.sources() if part in path]
        self.llvm_cov('show', '-format=html', f'-output-dir={os.path.join(self.folder, "html")}',
                      '-show-branches=count', *sources)

    def sources(self):
        report = json.loads(self.llvm_cov('export', '-summary-only'))
        return [file['filename'] for file in report['data'][0]['files']]

    def missing(self, part):
        """What was never reached: file:line and what it is, one line each."""
        return sorted({(name, *gap) for name, file in self.exported(part) for gap in gaps(file)})


# What is compiled several times, by geometry or because a header has it, is one piece of source: a
# line, a side or a condition counts once, and is reached if it was in any of them.

def line_counts(file):
    """Line -> how often it ran, for lines with code. As llvm-cov does it: the highest count of what
    begins on the line, or of what reaches into it.
    """
    starts = {}
    for segment in file['segments']:
        starts.setdefault(segment[0], []).append(segment)
    counts = {}
    before = None  # the segment that reaches into the line
    for line in range(min(starts, default=0), max(starts, default=-1) + 1):
        here = starts.get(line, [])
        # A segment: line, column, count, has_count, is_entry, is_gap.
        entries = [seg[2] for seg in here if seg[3] and seg[4] and not seg[5]]
        is_skipped = bool(here) and not here[0][3] and here[0][4]
        if not is_skipped and (entries or (before and before[3])):
            reaching = [before[2]] if before and before[3] else []
            counts[line] = max(entries + reaching)
        before = here[-1] if here else before
    return counts


def sides(file):
    """(line, column) of each branch -> how often it went either way: [true, false]."""
    found = {}
    for branch in file.get('branches', ()):
        line, column, _, _, true_count, false_count = branch[:6]
        known = found.setdefault((line, column), [0, 0])
        known[0] += true_count
        known[1] += false_count
    return found


def conditions(file):
    """(line, column) of each decision -> for each condition whether it once decided alone."""
    found = {}
    for record in file.get('mcdc_records', ()):
        alone = record[-1] if isinstance(record[-1], list) else []
        known = found.setdefault(tuple(record[:2]), [False] * len(alone))
        found[tuple(record[:2])] = [a or b for a, b in zip(known, alone)]
    return found


def figures(file):
    """(covered, count) of each measure; no MC/DC where the compiler has none."""
    lines = line_counts(file).values()
    branches = [count for pair in sides(file).values() for count in pair]
    alone = [covered for row in conditions(file).values() for covered in row]
    found = {'lines': (sum(count > 0 for count in lines), len(lines)),
             'branches': (sum(count > 0 for count in branches), len(branches))}
    if 'mcdc' in file['summary']:
        found['mcdc'] = (sum(alone), len(alone))
    return found


def gaps(file):
    """Line and words of each line, branch side and MC/DC condition that was not covered."""
    for line, count in line_counts(file).items():
        if count == 0:
            yield line, 'not reached'
    for (line, column), counts in sides(file).items():
        for count, side in zip(counts, ('true', 'false')):
            if count == 0:
                yield line, f'never {side} (column {column})'
    for (line, _), row in conditions(file).items():
        for number, covered in enumerate(row, 1):
            if not covered:
                yield line, f'condition {number} never decides alone'


def percent(covered, count):
    return 100.0 * covered / count if count else 100.0


def total(files, measure):
    pairs = [figures[measure] for figures in files.values() if measure in figures]
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)


def as_table(files):
    """Markdown: a file a line, and the sum."""
    measures = [measure for measure in MEASURES if any(measure in one for one in files.values())]
    lines = ['| file | ' + ' | '.join(measures) + ' |', '|---|' + '---|' * len(measures)]
    rows = [(name, [figures.get(measure, (0, 0)) for measure in measures])
            for name, figures in sorted(files.items())]
    rows.append(('all', [total(files, measure) for measure in measures]))
    for name, pairs in rows:
        cells = [f'{percent(*pair):.1f} % ({pair[0]}/{pair[1]})' for pair in pairs]
        lines.append(f'| {name} | ' + ' | '.join(cells) + ' |')
    return lines
