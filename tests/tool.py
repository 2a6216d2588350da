# SPDX-License-Identifier: 0BSD
"""One outside checker over the files it is for; usage: tool.py TOOL ROOT, with a TOOL of the table.

Skipped, with the reason, where the tool is not installed. A bad sample comes first, and must be
reported, so that a tool that runs but checks nothing is found out.
"""
import collections
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

import tree

# Headers are checked through the sources that include them.
TIDY_ROOMS = ('core/src/', 'traces/format/', 'traces/replay/', 'kernel/process/', 'kernel/src/',
              'kernel/selftest/')
TIDY_FLAGS = ['-std=c11', '-ffreestanding', '-Icore/include', '-Itraces/include',
              '-Ikernel/include', '-Ikernel/frames', '-Ikernel/process', '-Ikernel/selftest']
NOT_PROSE = ('.zst', '.png', '.bin', '.rep', '.svg')


def is_c(path):
    return path.endswith(('.c', '.h'))


def is_tidied(path):
    return path.startswith(TIDY_ROOMS) and '/test/' not in path and path.endswith('.c')


def is_prose(path):
    return not path.endswith(NOT_PROSE) and not path.startswith('results/') and \
        '/data/' not in path and '/fixtures/' not in path


# Words of this project that codespell takes for mistakes.
OUR_WORDS = 'vas,readd,filp,upto,onl,nd,whats'

# tool: command before the files, words after them, which files, all in one go, a bad sample's name
# and text
TOOLS = {
    'clang-format': (['clang-format', '--dry-run', '-Werror', '--style=file:.clang-format'], [],
                     is_c, True, 'sample.c', 'int  f( void ){return 0;}\n'),
    'clang-tidy': (['clang-tidy', '--quiet', '--config-file=.clang-tidy'], ['--'] + TIDY_FLAGS,
                   is_tidied, False, 'sample.c', 'int f(int a)\n{\n    return a == a;\n}\n'),
    'codespell': (['codespell', '--ignore-words-list=' + OUR_WORDS], [],
                  is_prose, True, 'sample.md', 'wrong: ' + 'te' 'h cat\n'),
}


def complaints(root, command):
    """What the tool says, as lines; none if it is content."""
    run = subprocess.run(command, cwd=root, text=True, check=False, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if run.returncode == 0:
        return []
    if command[0] == 'clang-format':
        places = collections.Counter(re.findall(r'(?m)^(\S+?):\d+:\d+: error', run.stdout))
        return [f'{path}: {count} places; run: clang-format -i {path}'
                for path, count in places.items()]
    lines = [line for line in run.stdout.splitlines() if not line.endswith(' generated.')]
    return lines or [f'exit code {run.returncode} without a word']


def main():
    name, root = sys.argv[1:]
    before, after, applies, in_one_go, bad_name, bad = TOOLS[name]
    if not shutil.which(name):
        tree.skip_all(f'{name} is not installed')
    tap = tree.Tap()
    with tempfile.TemporaryDirectory() as folder:
        sample = os.path.join(folder, bad_name)
        with open(sample, 'w', encoding='utf-8') as file:
            file.write(bad)
        tap.check('a bad sample is reported',
                  [] if complaints(root, before + [sample] + after) else ['it was not reported'])

    paths = [path for path in tree.files(root) if applies(path)]
    groups = [paths] if in_one_go else [[path] for path in paths]
    commands = [before + group + after for group in groups]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda command: complaints(root, command), commands)
        for group, lines in zip(groups, results):
            tap.check(f'{len(group)} files' if in_one_go else group[0], lines)
    tap.check('there are files to check', [] if paths else ['none found'])
    tap.finish()


main()
