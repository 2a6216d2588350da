# SPDX-License-Identifier: 0BSD
"""build.sh as OSS-Fuzz would run it, without its image; usage: build_test.py [--all] TARGET...

Two of its environments (libFuzzer with AddressSanitizer, AFL++), or with --all each that there is.
What comes out must run on its seed corpus.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '../../../tests'))
import tree  # noqa: E402

BUILD_SH = os.path.join(HERE, '../build.sh')
UNDEFINED = '-fsanitize=undefined -fno-sanitize-recover=undefined'
AFL_DRIVER = '/usr/lib/afl/libAFLDriver.a'


def clang(flags):
    flags = '-O1 -gline-tables-only -fsanitize=fuzzer-no-link ' + flags
    return {'CC': 'clang', 'CXX': 'clang++', 'CFLAGS': flags, 'CXXFLAGS': flags,
            'LIB_FUZZING_ENGINE': '-fsanitize=fuzzer'}


AFL = {'CC': 'afl-clang-fast', 'CXX': 'afl-clang-fast++', 'CFLAGS': '-O1', 'CXXFLAGS': '-O1',
       'LIB_FUZZING_ENGINE': AFL_DRIVER, 'AFL_QUIET': '1'}
COVERAGE = '-O1 -fprofile-instr-generate -fcoverage-mapping'
ENVIRONMENTS = {  # name -> variables, and whether it is one of the two that are always tested
    'libfuzzer address': (clang('-fsanitize=address'), True),
    'afl': (AFL, True),
    'libfuzzer undefined': (clang(UNDEFINED), False),
    'libfuzzer memory': (clang('-fsanitize=memory'), False),
    'libfuzzer address i386': (clang('-m32 -fsanitize=address'), False),
    'coverage': ({**clang(''), 'CFLAGS': COVERAGE, 'CXXFLAGS': COVERAGE}, False),
}


def missing(name, variables):
    """Why this environment is not here; empty if it is."""
    if not shutil.which(variables['CC']) or not shutil.which(variables['CXX']):
        return f'no {variables["CXX"]}'
    if name == 'afl' and not os.path.exists(AFL_DRIVER):
        return f'no {AFL_DRIVER} (on Debian: afl++)'
    probe = subprocess.run(
        [variables['CXX'], *variables['CXXFLAGS'].split(), '-x', 'c++', '-', '-o', '/dev/null'],
        input=b'#include <vector>\nint main() { return 0; }', capture_output=True, check=False)
    return '' if probe.returncode == 0 else 'cannot compile and link with ' + variables['CXXFLAGS']


def run_on_seeds(binary, folder):
    """Complaints about a target that does not take its own seeds."""
    archive = binary + '_seed_corpus.zip'
    if not os.path.exists(archive):
        return [f'no {os.path.basename(archive)}']
    seeds = os.path.join(folder, 'seeds-' + os.path.basename(binary))
    with zipfile.ZipFile(archive) as file:
        file.extractall(seeds)
    paths = [os.path.join(where, name) for where, _, names in os.walk(seeds) for name in names]
    run = subprocess.run([binary, *paths], capture_output=True, check=False, timeout=120,
                         env={**os.environ, 'LLVM_PROFILE_FILE': '/dev/null'})
    complaints = [] if paths else ['its seed corpus is empty']
    if run.returncode != 0:
        complaints += [f'exit code {run.returncode} on its own seeds',
                       *run.stderr.decode(errors='replace').splitlines()[-5:]]
    return complaints


def build(name, variables, targets):
    """Complaints about one environment."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, 'out')
        os.mkdir(out)
        run = subprocess.run([BUILD_SH, *targets], check=False, capture_output=True, timeout=900,
                             env={**os.environ, **variables, 'SRC': folder, 'WORK': folder,
                                  'OUT': out})
        if run.returncode != 0:
            return [f'build.sh ended with {run.returncode}',
                    *(run.stdout + run.stderr).decode(errors='replace').splitlines()[-20:]]
        built = [file for file in os.listdir(out) if '.' not in file and '_seed' not in file]
        complaints = [f'{name}: nothing was built'] if not built else []
        for target in targets or built:
            complaints += run_on_seeds(os.path.join(out, target), folder)
            if not os.path.exists(os.path.join(out, target + '.options')):
                complaints.append(f'no {target}.options')
        return complaints


def main():
    words = sys.argv[1:]
    everything = '--all' in words
    targets = [word for word in words if word != '--all']
    tap = tree.Tap()
    for name, (variables, always) in ENVIRONMENTS.items():
        if not always and not everything:
            continue
        why = missing(name, variables)
        if why:
            tap.skip(f'build.sh: {name}', why)
        else:
            some = [target for target in targets
                    if not target.startswith('import-') or 'memory' not in name and
                    'i386' not in name]
            tap.check(f'build.sh: {name}', build(name, variables, some))
    tap.finish()


main()
