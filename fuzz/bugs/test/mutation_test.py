# SPDX-License-Identifier: 0BSD
"""A sample of the mutants of the core: all are killed, at once, and what changes nothing is not.

usage: mutation_test.py ROOT BUILD
"""
import hashlib
import os
import sys
import tempfile

ROOT = os.path.abspath(sys.argv[1])
sys.path[:0] = [os.path.join(ROOT, 'tests'), os.path.join(ROOT, 'fuzz/bugs')]
import mutants  # noqa: E402
import mutation  # noqa: E402
import tree  # noqa: E402
import verdicts  # noqa: E402

SAMPLE = 20
# The sample is those whose names hash lowest with this: it hardly moves when the core does. One in
# five mutants takes more than a first look, so a sample without them had to be looked for.
SALT = '155'
TABLE = f'text\tmutant\tverdict\tby\n{"0" * 12}\tcore/f.c f: a => b\tkilled\twhole-tiny: I24\n'
TORN = f'{"1" * 12}\tcore/f.c f: a => c\tkil'


def survivors(judge, sample, text_of):
    """Complaints about what the swarm does not kill at first look."""
    said = []
    for mutant in sample:
        verdict = judge.judge(judge.first_look, mutant, text_of[mutant.file])
        if verdict.how == verdicts.UNDECIDED:
            said.append(f'survived: {mutant.id}')
    return said


def salted(mutant):
    return hashlib.sha256(f'{SALT} {mutant.id}'.encode()).digest()


def check_table(tap, folder):
    """What a killed run has written is read again, without the line it was writing."""
    path = os.path.join(folder, 'table.tsv')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(TABLE + TORN)
    table = verdicts.Table(path)
    table.begin()
    table.add(verdicts.Verdict('1' * 12, 'core/f.c f: a => c', verdicts.SURVIVED, ''))
    found = verdicts.Table(path)
    tap.check('a killed run is resumed', [
        *(['the first verdict is lost'] if not found.get('0' * 12, 'core/f.c f: a => b', False)
          else []),
        *(['a survivor is judged again unasked'] if not found.get('1' * 12, 'core/f.c f: a => c',
                                                                 False) else []),
        *(['a survivor is not judged again'] if found.get('1' * 12, 'core/f.c f: a => c', True)
          else []),
        *([f'{len(found.known)} verdicts, expected 2'] if len(found.known) != 2 else [])])


def main():
    tap = tree.Tap()
    reasons = verdicts.read_equivalents(os.path.join(ROOT, 'fuzz/bugs/equivalent.tsv'))
    text_of = {path: tree.text_of(ROOT, path) for path in mutation.files_of(ROOT, [])}
    every = [mutant for path, text in text_of.items()
             for mutant in mutation.mutants_in(path, text)]
    named = {mutant.id for mutant in every}
    tap.check('each mutant listed as equivalent is there',
              [name for name in reasons if name not in named])
    with tempfile.TemporaryDirectory(prefix='mutation-') as folder:
        check_table(tap, folder)
        judge = mutation.Judge(ROOT, os.path.abspath(sys.argv[2]), folder, 1, mutation.FIRST)
        # Headers are left to the whole run: one changes nearly all objects.
        sources = [mutant for mutant in every
                   if mutant.file.endswith('.c') and mutant.id not in reasons]
        sample = sorted(sources, key=salted)[:SAMPLE]
        tap.check(f'{SAMPLE} mutants drawn at random are killed',
                  survivors(judge, sample, text_of))
        # The test can fail: what is the same is not noticed.
        path = 'core/src/vas.c'
        same = mutants.Mutant(path, 1, 'none', '', '', 0, 0, '', 'nothing')
        listed = next(mutant for mutant in every if mutant.id in reasons)
        tap.check('what changes nothing survives',
                  [] if len(survivors(judge, [same, listed], text_of)) == 2 else ['was killed'])
    tap.finish()


main()
