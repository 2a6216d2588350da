# SPDX-License-Identifier: 0BSD
"""A sample of the mutants of the core: all are killed, and what changes nothing is not.

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
# The sample is those whose names hash lowest with this: it hardly moves when the core does. No salt
# had to be looked for, as a whole run leaves none unlisted; another one is another sample.
SALT = 'lookaside'
TABLE = f'text\tmutant\tverdict\tby\n{"0" * 12}\tcore/f.c f: a => b\tkilled\twhole-tiny: I24\n'
TORN = f'{"1" * 12}\tcore/f.c f: a => c\tkil'


def verdict_on(judge, mutant, text_of):
    """How a whole run would end for a mutant."""
    verdict = judge.judge(judge.first_look, mutant, text_of[mutant.file])
    if verdict.how == verdicts.UNDECIDED:
        verdict = judge.judge(judge.second_look, mutant, text_of[mutant.file])
    return verdict.how


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
        judge = mutation.Judge(ROOT, os.path.abspath(sys.argv[2]), folder, 1)
        # Headers are left to the whole run: one changes nearly all objects.
        sources = [mutant for mutant in every
                   if mutant.file.endswith('.c') and mutant.id not in reasons]
        sample = sorted(sources, key=salted)[:SAMPLE]
        tap.check(f'{SAMPLE} mutants drawn at random are killed',
                  [f'survived: {mutant.id}' for mutant in sample
                   if verdict_on(judge, mutant, text_of) == verdicts.SURVIVED])
        # The test can fail: what changes nothing is not noticed.
        path = 'core/src/vas.c'
        same = mutants.Mutant(path, 1, 'none', '', '', 0, 0, '', 'nothing')
        listed = next(mutant for mutant in every
                      if mutant.file.endswith('.c') and mutant.id in reasons)
        for what, mutant, expected in (
                ('the same text is the same code', same, verdicts.SAME_CODE),
                ('a mutant with a reason to live survives', listed, verdicts.SURVIVED)):
            found = verdict_on(judge, mutant, text_of)
            tap.check(what, [f'{found}, expected {expected}'] if found != expected else [])
    tap.finish()


main()
