# SPDX-License-Identifier: 0BSD
"""Write golden.tsv anew for the compilers of this machine, after a wanted change of costs.

usage: python3 ports/i386/run/costs.py build . -- figures of other versions of the compilers stay.
"""
import os
import shutil
import sys
import tempfile

import emulate
import goldens
import kernels
import verdict
from guest import Guest, Problem

COMBINATIONS = (('gcc', '2'), ('clang', '2'))


def measure(build, root, compiler, optimization, folder):
    kernel = kernels.find(build, root, compiler, optimization)
    where = os.path.join(folder, f'{compiler}{optimization}')
    os.mkdir(where)
    outcome = emulate.run(Guest(kernel, icount=True, words=('only=cost,user-cost', 'costs=1'),
                           timeout_s=180.0), where)
    found = verdict.judge(outcome)
    if not found.passed:
        raise Problem(f'{compiler} -O{optimization}: {found.summary}')
    return goldens.costs(outcome.stream)


def main():
    build, root = map(os.path.abspath, sys.argv[1:])
    known = goldens.read() if os.path.exists(goldens.PATH) else {}
    folder = tempfile.mkdtemp(prefix='lookaside-costs-')
    try:
        for compiler, optimization in COMBINATIONS:
            key = compiler, kernels.version_of(compiler), optimization
            known[key] = measure(build, root, compiler, optimization, folder)
            print(*key, f'{len(known[key])} costs')
    except Problem as problem:
        print(f'costs.py: {problem}', file=sys.stderr)
        return problem.status
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    goldens.write(known)
    return 0


sys.exit(main())
