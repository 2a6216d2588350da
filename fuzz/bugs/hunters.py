# SPDX-License-Identifier: 0BSD
"""The engines that hunt seeded bugs: how each runs one program, and when it has seen something.

None is given the corpus: it would tell how good the corpus is. Those that take inputs start from
the seeds of a campaign that do not show the bug themselves (start.py).
"""
import dataclasses
import os
import shutil

import trial

INPUT_BYTES_MAX = 4096
HANG_SECONDS = 2  # inputs take milliseconds
# AFL++ wants no terminal, no bound processor and no word about core files and governors.
AFL_SETTINGS = {'AFL_NO_UI': '1', 'AFL_NO_AFFINITY': '1', 'AFL_SKIP_CPUFREQ': '1',
                'AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES': '1', 'AFL_FAST_CAL': '1',
                'AFL_BENCH_UNTIL_CRASH': '1', 'AFL_NO_STARTUP_CALIBRATION': '1'}
AFL_MUTATOR = 'fuzz/mutator/fuzz-mutator-afl.so'


# Our runtime around a target: it replays files as well.
REPLAY = 'fuzz/engines/fuzz-afl-{target}-bare'
CORE_TARGETS = tuple(f'{part}-{geometry}' for part in ('vas', 'heap', 'stack', 'whole')
                     for geometry in ('full', 'small', 'tiny'))


@dataclasses.dataclass(frozen=True)
class Task:
    """One trial: a changed program, and what it may take."""

    path: str
    target: str
    seed: int
    cap: float  # CPU seconds
    folder: str  # its own, empty
    start: object  # start.Start, or None for who takes no inputs


@dataclasses.dataclass(frozen=True)
class Hunter:
    name: str
    program: str  # ninja's name of it, with {target}
    about: str
    run: object  # (hunter, task) -> trial.Outcome
    targets: tuple = ()  # the only ones it is made for; empty: all
    mutator: object = None  # AFL++: the library's path; libFuzzer: whether to use it
    trials_max: int = 0  # more would be the same; 0: as many as are wanted
    starts: bool = False  # from inputs


def run_seeds(_hunter, task):
    return task.start.outcome


def run_swarm(_hunter, task):
    return trial.run([task.path, f'--seed={task.seed}', f'--seconds={task.cap}'], task.cap,
                     task.folder, bounds_itself=True)


def run_exhaustive(_hunter, task):
    """Every seed is the same search: the shapes of the world are taken one after the other."""
    used = 0.0
    for shape in range(4):
        outcome = trial.run([task.path, f'--seconds={task.cap / 4}', '--depth=16',
                             f'--shape={shape}'], task.cap, task.folder, bounds_itself=True)
        used += outcome.cpu_seconds
        if outcome.noticed:
            return dataclasses.replace(outcome, cpu_seconds=used)
    return trial.Outcome(False, '', used)


def run_libfuzzer(hunter, task):
    """Without a corpus folder: files of what is kept would cost as much as the search."""
    environment = {} if hunter.mutator else {'LOOKASIDE_FUZZ_MUTATOR': '0'}
    inputs = os.path.join(task.folder, 'inputs')
    with open(inputs, 'w', encoding='utf-8') as file:
        file.write(','.join(task.start.kept))
    return trial.run([task.path, f'-seed={task.seed}', f'-max_len={INPUT_BYTES_MAX}',
                      f'-timeout={HANG_SECONDS}', '-rss_limit_mb=4096', '-artifact_prefix=./',
                      *([f'-seed_inputs=@{inputs}'] if task.start.kept else [])], task.cap,
                     task.folder, environment)


def run_afl(hunter, task):
    """Until the first crash. What that is says a run of the input that did it."""
    environment = dict(AFL_SETTINGS)
    if hunter.mutator:
        environment['AFL_CUSTOM_MUTATOR_LIBRARY'] = hunter.mutator
        environment['LOOKASIDE_FUZZ_PART'] = task.target[0]
    if not task.start.kept:
        return task.start.outcome  # there is no input that does not show it
    inputs = os.path.join(task.folder, 'start')
    os.mkdir(inputs)
    for path in task.start.kept:
        shutil.copy(path, inputs)
    outcome = trial.run_watched(['afl-fuzz', '-i', inputs, '-o', 'out', '-s', str(task.seed),
                                 '-G', str(INPUT_BYTES_MAX), '-t', str(1000 * HANG_SECONDS), '--',
                                 task.path], task.cap, task.folder, environment)
    found = []
    for kind in ('crashes', 'hangs'):
        crashes = os.path.join(task.folder, 'out/default', kind)
        found += [os.path.join(crashes, name) for name in sorted(os.listdir(crashes))
                  if name.startswith('id:')] if os.path.isdir(crashes) else []
    if not found or outcome.cpu_seconds > task.cap:
        return trial.Outcome(False, '', outcome.cpu_seconds)
    again = trial.run([task.path, found[0]], HANG_SECONDS, task.folder, bounds_itself=True)
    return trial.Outcome(True, again.by or 'unsteady', outcome.cpu_seconds)


def all_hunters(afl_mutator):
    """By name, in the order of the table. `afl_mutator` is the path of AFL++'s shared library."""
    engines = 'fuzz/engines/fuzz-{engine}-{{target}}-bare'
    hunters = [
        Hunter('seeds', REPLAY, 'the seeds as they are, before any engine', run_seeds,
               trials_max=1, starts=True),
        Hunter('swarm', 'fuzz/bugs/fuzz-swarm-{target}-bare', 'random operations, no coverage',
               run_swarm),
        Hunter('exhaustive', 'fuzz/bugs/fuzz-exhaustive-bare', 'every sequence, shortest first',
               run_exhaustive, targets=('whole-tiny',), trials_max=1),
        Hunter('libfuzzer', engines.format(engine='libfuzzer'), 'with its own mutations only',
               run_libfuzzer, starts=True),
        Hunter('libfuzzer+mutator', engines.format(engine='libfuzzer'), 'with our mutator',
               run_libfuzzer, mutator=True, starts=True),
    ]
    if shutil.which('afl-fuzz'):
        hunters += [
            Hunter('afl', engines.format(engine='afl'), 'our runtime, its own mutations only',
                   run_afl, starts=True),
            Hunter('afl+mutator', engines.format(engine='afl'), 'our runtime, with our mutator',
                   run_afl, mutator=afl_mutator, starts=True),
        ]
    return {hunter.name: hunter for hunter in hunters}
