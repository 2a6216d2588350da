# SPDX-License-Identifier: 0BSD
"""Every first-order mutant of the core against the random swarm: which ones does nobody notice?

A mutant that makes the same object code is no mutant. One that survives is either listed in
equivalent.tsv with the reason why no test can tell it, or a hole in the model.

usage: mutation.py --root ROOT --build BUILD [--seconds S] [--jobs N] [--file F]... [--sample N]
"""
import argparse
import concurrent.futures
import dataclasses
import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading

import builds
import mutants
import trial

ROOMS = ('core/src', 'core/include')
# Checks judge the core and are judged by their own tests; a table of sizes is data.
NOT_MUTATED = ('core/src/heap_check.c', 'core/src/vas_check.c', 'core/src/bucket_default.c')
# What runs against a mutant, shortest first: target, share of the seconds.
HUNTERS = (('whole-tiny', 0.5), ('vas-small', 0.25), ('whole-small', 0.25), ('heap-tiny', 0.5),
           ('vas-full', 0.5), ('stack-tiny', 0.25), ('whole-full', 0.5))


@dataclasses.dataclass(frozen=True)
class Verdict:
    mutant: mutants.Mutant
    how: str  # killed, survived, same code, no C
    by: str
    cpu_seconds: float


def read_equivalents(path):
    """Mutant id -> reason."""
    known = {}
    if os.path.exists(path):
        with open(path, encoding='utf-8') as file:
            for line in file:
                words = line.rstrip('\n').split('\t')
                if len(words) == 2 and not line.startswith('#'):
                    known[words[0]] = words[1]
    return known


class Run:
    def __init__(self, root, build, seconds):
        self.root = root
        self.seconds = seconds
        self.programs = [(builds.Program(root, build, f'fuzz/bugs/fuzz-swarm-{target}-bare', ROOMS),
                          share) for target, share in HUNTERS]
        self.texts = {}
        self.lock = threading.Lock()
        self.originals = {}

    def text(self, path):
        if path not in self.texts:
            with open(os.path.join(self.root, path), encoding='utf-8') as file:
                self.texts[path] = file.read()
        return self.texts[path]

    def object_hash(self, path, text):
        """Of the object code of a source in the first program's flags; None for a header.

        Without debugging words, and from a folder of one name, so that only the code differs.
        """
        program = self.programs[0][0]
        full = os.path.join(self.root, path)
        archives = [archive for archive in program.touched(path) if full in archive.sources]
        if not archives:
            return None
        command = [flag for flag in archives[0].command if flag != '-g']
        # The line of a panic counts, the place of the file does not.
        result = subprocess.run(
            [*command, '-w', '-iquote', os.path.dirname(full), '-x', 'c', '-', '-c', '-o',
             '/dev/stdout'], input=text.encode(), capture_output=True, check=False,
            cwd=program.build)
        return hashlib.sha256(result.stdout).digest() if result.returncode == 0 else b''

    def judge(self, mutant):
        text = mutant.apply(self.text(mutant.file))
        with self.lock:
            if mutant.file not in self.originals:
                self.originals[mutant.file] = self.object_hash(mutant.file, self.text(mutant.file))
        made = self.object_hash(mutant.file, text)
        if made is not None and made in (b'', self.originals[mutant.file]):
            return Verdict(mutant, 'no C' if made == b'' else 'same code', '', 0.0)
        used = 0.0
        for program, share in self.programs:
            folder = tempfile.mkdtemp(prefix='mutant-')
            try:
                path = program.changed(mutant.file, text, folder)
                cap = self.seconds * share
                outcome = trial.run([path, '--seed=1', f'--seconds={cap}'], cap + 1, folder,
                                    bounds_itself=True)
            except builds.DoesNotCompile:
                return Verdict(mutant, 'no C', '', used)
            finally:
                shutil.rmtree(folder)
            used += outcome.cpu_seconds
            if outcome.noticed:
                return Verdict(mutant, 'killed', outcome.by, used)
        return Verdict(mutant, 'survived', '', used)


def all_mutants(run, files):
    found = []
    for room in ROOMS:
        for folder, _, names in os.walk(os.path.join(run.root, room)):
            for name in sorted(names):
                path = os.path.relpath(os.path.join(folder, name), run.root)
                if path not in NOT_MUTATED and (not files or path in files):
                    found += mutants.mutants_of(path, run.text(path))
    return found


def parse():
    parser = argparse.ArgumentParser(prog='mutation.py', description=__doc__)
    parser.add_argument('--root', required=True)
    parser.add_argument('--build', required=True)
    parser.add_argument('--seconds', type=float, default=4.0, help='of CPU a mutant and hunter')
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--file', action='append', default=[])
    parser.add_argument('--sample', type=int, help='only so many, drawn at random')
    parser.add_argument('--seed', type=int, default=1, help='of the sample')
    parser.add_argument('--out', help='a table of all verdicts')
    return parser.parse_args()


def main():
    given = parse()
    root = os.path.abspath(given.root)
    run = Run(root, os.path.abspath(given.build), given.seconds)
    known = read_equivalents(os.path.join(root, 'fuzz/bugs/equivalent.tsv'))
    todo = all_mutants(run, given.file)
    if given.sample and given.sample < len(todo):
        todo = random.Random(given.seed).sample(todo, given.sample)
    counts = {'killed': 0, 'survived': 0, 'same code': 0, 'no C': 0}
    survivors = []
    rows = []
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        for number, verdict in enumerate(pool.map(run.judge, todo), 1):
            counts[verdict.how] += 1
            rows.append(f'{verdict.mutant.id}\t{verdict.how}\t{verdict.by}\t'
                        f'{verdict.cpu_seconds:.2f}')
            if verdict.how == 'survived' and verdict.mutant.id not in known:
                survivors.append(verdict.mutant.id)
                print(f'survived: {verdict.mutant.id}', flush=True)
            if sys.stderr.isatty():
                print(f'\r\033[K{number} of {len(todo)}', end='', file=sys.stderr, flush=True)
    if given.out:
        with open(given.out + '.new', 'w', encoding='utf-8') as file:
            file.write('\n'.join(['mutant\tverdict\tby\tCPU seconds', *rows]) + '\n')
        os.replace(given.out + '.new', given.out)
    listed = counts['survived'] - len(survivors)
    print(f'{len(todo)} mutants: {counts["killed"]} killed, {listed} listed as equivalent, '
          f'{len(survivors)} survived, {counts["same code"]} with the same code, '
          f'{counts["no C"]} no C')
    return 1 if survivors else 0


if __name__ == '__main__':
    sys.exit(main())
