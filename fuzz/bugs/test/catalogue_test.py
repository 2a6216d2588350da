# SPDX-License-Identifier: 0BSD
"""The catalogue of seeded bugs: every edit still fits its file, compiles, and changes it.

usage: catalogue_test.py ROOT CC...
"""
import concurrent.futures
import os
import subprocess
import sys
import tempfile

ROOT = os.path.abspath(sys.argv[1])
sys.path[:0] = [os.path.join(ROOT, 'tests'), os.path.join(ROOT, 'fuzz/bugs')]
import catalogue  # noqa: E402
import mutants  # noqa: E402
import tree  # noqa: E402

BUGS_MIN = 50  # what the project promises
INCLUDES = ['core/include', 'core/src', 'traces/include', 'traces/format', 'ports/host/include',
            'ports/host']
SAMPLE = '''\
/* a < b in a comment */
static int half(int *at, int value)
{
    int limit = 8;
    LA_ASSERT(value < limit);
    if (value >= limit && *at != 0)
        return -1;
    *at = value / 2;
    value++;
    return !value;
}
'''
SAMPLE_MUTANTS = {'8 -> 9', '8 -> 7', '>= -> >', '&& -> ||', '!= -> ==', '0 -> 1', '1 -> 2',
                  '1 -> 0',
                  '(value >= limit && *at != 0) -> (0)', '(value >= limit && *at != 0) -> (1)',
                  '/ -> *', '2 -> 3', '2 -> 1', '++ -> --', '! -> nothing', 'value++; -> ;',
                  '*at = value / 2; -> ;'}


def compile_edit(bug, text):
    """None, or what the compiler says about the file with the bug in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, os.path.basename(bug.file))
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        command = [*sys.argv[2:], '-std=gnu11', '-fsyntax-only', '-w', '-x', 'c',
                   *(f'-I{os.path.join(ROOT, path)}' for path in INCLUDES), path]
        # A file of the same room finds its neighbours.
        command.insert(-1, '-I' + os.path.dirname(os.path.join(ROOT, bug.file)))
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if run.returncode == 0 else f'{bug.id}: {run.stderr.splitlines()[0]}'


def judge(bug):
    text = tree.text_of(ROOT, bug.file)
    try:
        edited = bug.apply(text)
    except catalogue.StaleBug as error:
        return str(error)
    return f'{bug.id}: changes nothing' if edited == text else compile_edit(bug, edited)


def refused(table):
    """Whether a catalogue entry that is wrong is refused."""
    try:
        catalogue.parse(table, 'sample')
    except ValueError:
        return True
    return False


def main():
    tap = tree.Tap()
    good = {'id': 'X1', 'class': 'shallow', 'defect': 'd', 'trigger': 't', 'file': 'core/f',
            'old': 'a', 'new': 'b'}
    wrong = [{**good, 'class': 'huge'}, {**good, 'colour': 'red'},
             {**good, 'file': 'nowhere/f'}, {**good, 'only': '7'},
             {key: value for key, value in good.items() if key != 'old'}]
    tap.check('a wrong entry is refused', [str(table) for table in wrong if not refused(table)])
    stale = catalogue.parse(good, 'sample')
    for text in ('no such text in here? No'.replace('a', ''), 'a and a'):
        try:
            stale.apply(text)
            tap.check('an edit that does not fit once is stale', [text])
        except catalogue.StaleBug:
            tap.check('an edit that does not fit once is stale', [])

    found = {f'{mutant.before} -> {mutant.after or "nothing"}'
             for mutant in mutants.mutants_of('sample', SAMPLE)}
    tap.check('a sample has exactly the mutants it should', [
        *(f'missing: {name}' for name in sorted(SAMPLE_MUTANTS - found)),
        *(f'unexpected: {name}' for name in sorted(found - SAMPLE_MUTANTS))])

    bugs = catalogue.load(os.path.join(ROOT, 'fuzz/bugs/catalogue'))
    real = [bug for bug in bugs.values() if not bug.is_control]
    tap.check(f'there are at least {BUGS_MIN} bugs, and controls',
              [] if BUGS_MIN <= len(real) < len(bugs) else [f'{len(real)} of {len(bugs)}'])
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        tap.check('every edit fits its file and compiles',
                  [said for said in pool.map(judge, bugs.values()) if said])
    tap.finish()


main()
