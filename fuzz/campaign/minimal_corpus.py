# SPDX-License-Identifier: 0BSD
"""The smallest set of inputs that reaches what all of them reach: libFuzzer's merge."""
import os
import shutil
import subprocess

import corpus
import paths

MERGE_SECONDS = 1800


def merge(program, into, sources, settings, target):
    """Copy into a folder what adds coverage to it. libFuzzer takes small inputs first, and goes on
    behind one that kills it. False if it did not end well.
    """
    os.makedirs(into, exist_ok=True)
    sources = [folder for folder in sources if os.path.isdir(folder) and os.listdir(folder)]
    if not sources:
        return True
    try:
        run = subprocess.run(
            [program.path, '-merge=1', f'-max_len={paths.input_bytes_max(target)}', '-timeout=10',
             '-rss_limit_mb=2048', '-malloc_limit_mb=192', into, *sources],
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
    good = merge(program, aside, [target.seeds, target.corpus], settings, target.name)
    if good:
        shutil.rmtree(target.minimised, ignore_errors=True)
        os.rename(aside, target.minimised)
    else:
        corpus.gather(target.minimised, [target.corpus])
    return len(os.listdir(target.minimised))
