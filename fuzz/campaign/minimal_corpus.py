# SPDX-License-Identifier: 0BSD
"""The smallest set of inputs that reaches what all of them reach: libFuzzer's merge."""
import os
import re
import shutil
import subprocess

import corpus
import paths
from errors import CampaignError

MERGE_SECONDS = 1800


def merge(program, into, sources, settings, words=()):
    """Copy into a folder what adds coverage to it. libFuzzer takes small inputs first, and goes on
    behind one that kills it. False if it did not end well.
    """
    target = program.target
    os.makedirs(into, exist_ok=True)
    sources = [folder for folder in sources if os.path.isdir(folder) and os.listdir(folder)]
    if not sources:
        return True
    try:
        run = subprocess.run(
            [program.path, '-merge=1', f'-max_len={paths.input_bytes_max(target)}', '-timeout=10',
             '-rss_limit_mb=2048', '-malloc_limit_mb=192', *words, into, *sources],
            env={**os.environ, 'ASAN_OPTIONS': 'detect_leaks=0', **settings}, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            timeout=MERGE_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return run.returncode == 0


def minimise(program, target, settings):
    """A target's seeds and finds, minimised into its folder; how many are left."""
    aside = target.minimised + '.new'
    shutil.rmtree(aside, ignore_errors=True)
    good = merge(program, aside, [target.seeds, target.corpus], settings)
    if good:
        shutil.rmtree(target.minimised, ignore_errors=True)
        os.rename(aside, target.minimised)
    else:
        corpus.gather(target.minimised, [target.corpus])
    return len(os.listdir(target.minimised))


def commit(programs, family, sources, settings):
    """The committed corpus of a family, with what the sources add to it and without what nobody
    needs: each edge of each geometry is reached by some input, how often does not count. Files with
    a name of their own, made by hand, stay. How many there were, and are.
    """
    folder = os.path.join(paths.FUZZ, 'corpus', family)
    os.makedirs(folder, exist_ok=True)
    before = len(os.listdir(folder))
    aside = folder + '.new'
    shutil.rmtree(aside, ignore_errors=True)
    for target in programs.named([family]):
        program = programs.find('libfuzzer', target, 'bare')
        programs.build([program])
        if not merge(program, aside, [folder, *sources], settings, ('-use_counters=0',)):
            raise CampaignError(f'merging with {program.name} failed')
    for name in os.listdir(folder):
        if not re.fullmatch('[0-9a-f]{40}', name):
            os.rename(os.path.join(folder, name), os.path.join(aside, name))
    shutil.rmtree(folder)
    os.rename(aside, folder)
    return before, len(os.listdir(folder))
