# SPDX-License-Identifier: 0BSD
"""Traces replayed by the kernel as a process, where SIGSEGV is the page fault, have golden digests.

usage: digest_test.py KERNEL UNPACK DATA GOLDEN TRACE...
"""
import os
import re
import subprocess
import sys
import tempfile

KERNEL, UNPACK, DATA, GOLDEN = sys.argv[1:5]
sys.path.insert(0, os.path.join(os.path.dirname(GOLDEN), '..'))

import tree  # noqa: E402


def replayed(trace, folder):
    """What the kernel prints about a trace: (digest, page faults), or what it said instead."""
    raw = os.path.join(folder, 'raw')
    with open(raw, 'wb') as file:
        subprocess.run([UNPACK, os.path.join(DATA, trace)], stdout=file, check=True)
    run = subprocess.run([KERNEL, 'only=trace', f'trace=t:{raw}'], capture_output=True, text=True,
                         timeout=60, check=False)
    found = re.search(r'^# trace t digest (\w+) .* zero-faults (\d+)', run.stdout, re.MULTILINE)
    if run.returncode or not found:
        return run.stdout + run.stderr, 0
    return found[1], int(found[2])


def main():
    with open(GOLDEN, encoding='ascii') as file:
        golden = dict(line.split('\t')[:2] for line in file)
    tap = tree.Tap()
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        for trace in sys.argv[5:]:
            digest, some = replayed(trace, folder)
            faults += some
            tap.check(trace, [] if digest == golden[trace]
                      else [f'{digest}, expected {golden[trace]}'])
    tap.check('pages came by faults', [] if faults else ['there was none'])
    tap.finish()


main()
