# SPDX-License-Identifier: 0BSD
"""The committed corpus has the same digests whatever the core is built with (I27).

usage: same_digest.py BUILD. Each input of each family in each geometry, line by line: 64 bits
beside 32, gcc beside clang, optimised beside not. A 32-bit process has room for 1 GiB only, so
the full geometry is compared within that (LOOKASIDE_FUZZ_NARROW).
"""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '../../tests'))
import tree  # noqa: E402

CORPUS = os.path.join(HERE, '../corpus')
SEEDS = os.path.join(HERE, '../seeds/traces')
FAMILIES = ('vas', 'heap', 'stack', 'whole')
GEOMETRIES = ('tiny', 'small', 'full')
# Of the family and the geometry: who is compared with fuzz/targets/fuzz-replay-FAMILY-GEOMETRY.
OTHERS = {'32 bits': 'fuzz/targets/fuzz-replay-{0}-{1}-i386',
          'without optimisation': 'fuzz/targets/fuzz-replay-{0}-{1}-O0',
          'the other compiler': 'fuzz/engines/fuzz-replay-{0}-{1}-bare',
          'the other compiler, 32 bits': 'fuzz/engines/fuzz-replay-{0}-{1}-bare-m32'}


def digests(program, folder):
    """Lines "digest file", in the order of names; None and what was said if it failed."""
    run = subprocess.run([program, '--digest', folder, SEEDS], capture_output=True, text=True,
                         check=False, timeout=240,
                         env={**os.environ, 'LOOKASIDE_FUZZ_NARROW': '1'})
    return (run.stdout.splitlines(), '') if run.returncode == 0 else (None, run.stderr[-400:])


def differences(here, there):
    """At most five of them, as lines."""
    lines = [f'{other.split()[0]} here, {line.split()[0]} there: {os.path.basename(line)}'
             for line, other in zip(there, here) if line != other]
    if len(here) != len(there):
        lines.append(f'{len(here)} lines here, {len(there)} there')
    return lines[:5] + ([f'... {len(lines)} in all'] if len(lines) > 5 else [])


def main():
    build = sys.argv[1]
    tap = tree.Tap()
    for geometry in GEOMETRIES:
        for family in FAMILIES:
            first = os.path.join(build, f'fuzz/targets/fuzz-replay-{family}-{geometry}')
            folder = os.path.join(CORPUS, family)
            here, said = digests(first, folder)
            tap.check(f'{family}-{geometry}: inputs have digests', [said] if here is None else
                      [] if len(here) > 1 else [f'no input in {folder}'])
            for what, name in OTHERS.items():
                other = os.path.join(build, name.format(family, geometry))
                if here is not None and os.path.exists(other):
                    there, said = digests(other, folder)
                    tap.check(f'{family}-{geometry}: the same with {what}',
                              [said] if there is None else differences(here, there))
    tap.finish()


main()
