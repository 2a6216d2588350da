# SPDX-License-Identifier: 0BSD
"""The engines that hunt seeded bugs: how each runs one program, and when it has seen something.

None is given the corpus: it would tell how good the corpus is. Those that take inputs start as a
campaign does, from cuts of recorded traces and some traces by hand (fuzz/seeds).
"""
import dataclasses
import os
import shutil

import trial

INPUT_BYTES_MAX = 4096
SEEDS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'seeds')
NOTHING = bytes(8)  # a header without operations
# AFL++ wants no terminal, no bound processor and no word about core files and governors.
AFL_SETTINGS = {'AFL_NO_UI': '1', 'AFL_NO_AFFINITY': '1', 'AFL_SKIP_CPUFREQ': '1',
                'AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES': '1', 'AFL_FAST_CAL': '1',
                'AFL_BENCH_UNTIL_CRASH': '1', 'AFL_NO_STARTUP_CALIBRATION': '1'}
AFL_MUTATOR = 'fuzz/mutator/fuzz-mutator-afl.so'
# The wall runs ahead of the CPU on a busy machine.
WALL_PER_CPU_SECOND = 4


CORE_TARGETS = tuple(f'{part}-{geometry}' for part in ('vas', 'heap', 'stack', 'whole')
                     for geometry in ('full', 'small', 'tiny'))


@dataclasses.dataclass(frozen=True)
class Hunter:
    name: str
    program: str  # ninja's name of it, with {target}
    about: str
    run: object  # (hunter, path, seed, cap in CPU seconds, folder) -> trial.Outcome
    targets: tuple = ()  # the only ones it is made for; empty: all
    mutator: object = None  # AFL++: the library's path; libFuzzer: whether to use it
    trials_max: int = 0  # more would be the same; 0: as many as are wanted


def start_corpus(folder):
    path = os.path.join(folder, 'start')
    shutil.copytree(SEEDS, path, ignore=shutil.ignore_patterns('*.py', '*.md'))
    inputs = [os.path.join(at, name) for at, _, names in os.walk(path) for name in names]
    for number, name in enumerate(inputs):
        os.replace(name, os.path.join(path, f'seed-{number}'))
    with open(os.path.join(path, 'nothing'), 'wb') as file:
        file.write(NOTHING)
    return path


def run_swarm(_hunter, path, seed, cap, folder):
    return trial.run([path, f'--seed={seed}', f'--seconds={cap}'], cap, folder, bounds_itself=True)


def run_exhaustive(_hunter, path, _seed, cap, folder):
    """Every seed is the same search: the shapes of the world are taken one after the other."""
    used = 0.0
    for shape in range(4):
        outcome = trial.run([path, f'--seconds={cap / 4}', '--depth=16', f'--shape={shape}'], cap,
                            folder, bounds_itself=True)
        used += outcome.cpu_seconds
        if outcome.noticed:
            return dataclasses.replace(outcome, cpu_seconds=used)
    return trial.Outcome(False, '', used)


def run_libfuzzer(hunter, path, seed, cap, folder):
    environment = {} if hunter.mutator else {'LOOKASIDE_FUZZ_MUTATOR': '0'}
    return trial.run([path, f'-seed={seed}', f'-max_len={INPUT_BYTES_MAX}', '-timeout=5',
                      '-rss_limit_mb=4096', '-artifact_prefix=./', start_corpus(folder)], cap,
                     folder, environment)


def run_afl(hunter, path, seed, cap, folder):
    """Until the first crash. What that is says a run of the input that did it."""
    environment = dict(AFL_SETTINGS)
    if hunter.mutator:
        environment['AFL_CUSTOM_MUTATOR_LIBRARY'] = hunter.mutator
    start = start_corpus(folder)
    inputs = [os.path.join(start, name) for name in sorted(os.listdir(start))
              if not os.path.isdir(os.path.join(start, name))]
    # Where seeds crash, AFL++ only says that they do.
    outcome = trial.run([path, *inputs], cap, folder, bounds_itself=True)
    if outcome.noticed:
        return outcome
    wall = str(int(cap * WALL_PER_CPU_SECOND))
    outcome = trial.run(['afl-fuzz', '-i', start, '-o', 'out', '-s', str(seed), '-V',
                         wall, '-G', str(INPUT_BYTES_MAX), '-t', '1000', '--', path], cap * 2,
                        folder, environment)
    found = []
    for kind in ('crashes', 'hangs'):
        crashes = os.path.join(folder, 'out/default', kind)
        found += [os.path.join(crashes, name) for name in sorted(os.listdir(crashes))
                  if name.startswith('id:')] if os.path.isdir(crashes) else []
    if not found or outcome.cpu_seconds > cap:
        return trial.Outcome(False, '', outcome.cpu_seconds)
    again = trial.run([path, found[0]], 5, folder, bounds_itself=True)
    return trial.Outcome(True, again.by or 'unsteady', outcome.cpu_seconds)


def all_hunters(afl_mutator):
    """By name, in the order of the table. `afl_mutator` is the path of AFL++'s shared library."""
    engines = 'fuzz/engines/fuzz-{engine}-{{target}}-bare'
    hunters = [
        Hunter('swarm', 'fuzz/bugs/fuzz-swarm-{target}-bare', 'random operations, no coverage',
               run_swarm, targets=CORE_TARGETS),
        Hunter('exhaustive', 'fuzz/bugs/fuzz-exhaustive-bare', 'every sequence, shortest first',
               run_exhaustive, targets=('whole-tiny',), trials_max=1),
        Hunter('libfuzzer', engines.format(engine='libfuzzer'), 'with its own mutations only',
               run_libfuzzer),
        Hunter('libfuzzer+mutator', engines.format(engine='libfuzzer'), 'with our mutator',
               run_libfuzzer, mutator=True),
    ]
    if shutil.which('afl-fuzz'):
        hunters += [
            Hunter('afl', engines.format(engine='afl'), 'our runtime, its own mutations only',
                   run_afl),
            Hunter('afl+mutator', engines.format(engine='afl'), 'our runtime, with our mutator',
                   run_afl, mutator=afl_mutator),
        ]
    return {hunter.name: hunter for hunter in hunters}
