# SPDX-License-Identifier: 0BSD
"""Executions a second of targets, beside those of an empty target of the same engine, in one run.

Per second of CPU time, of engine and target together: on a busy machine, the other kind of second
says more about the machine. Each target begins with its committed corpus. Files lie in memory where
there is a place for that, so that no file system is measured. libFuzzer's targets of the core also
say how many operations were checked: an execution may be one or a thousand.
"""
import os
import re
import resource
import shutil
import subprocess
import tempfile

import corpus
import instance
import machine
import paths

ENGINES = (('libfuzzer', 'bare', '64'), ('libfuzzer', 'asan', '64'),
           ('libfuzzer', 'asan-ubsan', '64'), ('libfuzzer', 'bare', '32'), ('afl', 'bare', '64'),
           ('afl', 'asan', '64'), ('afl', 'bare', '32'), ('aflpp', 'bare', '64'))
TRIALS = 3  # the middle one counts
IN_MEMORY = '/dev/shm'
OPERATIONS = re.compile(rb'stat::checked_operations: (\d+)')


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def libfuzzer(program, target, seconds, settings):
    run = subprocess.run(
        [program.path, f'-max_total_time={seconds}', '-print_final_stats=1', '-seed=1',
         f'-max_len={paths.input_bytes_max(target.name)}', target.corpus, target.seeds],
        cwd=target.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, check=False,
        env={**os.environ, **settings, 'LOOKASIDE_FUZZ_TOTALS': '1'})
    found = instance.UNITS.search(run.stderr)
    operations = OPERATIONS.search(run.stderr)
    return (int(found.group(1)) if found and run.returncode == 0 else 0,
            int(operations.group(1)) if operations else 0)


def afl(program, target, seconds, settings):
    shutil.rmtree(target.afl, ignore_errors=True)
    subprocess.run(['afl-fuzz', '-i', target.seeds, '-o', target.afl, '-V', str(seconds), '-s', '1',
                    '-G', str(paths.input_bytes_max(target.name)), '--', program.path],
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False,
                   stderr=subprocess.DEVNULL,
                   env={**os.environ, **machine.AFL_SETTINGS, **settings})
    content = corpus.read(os.path.join(target.afl, 'default/fuzzer_stats')) or b''
    found = re.search(rb'execs_done\s*: (\d+)', content)
    return int(found.group(1)) if found else 0, 0


def measure(program, seconds, settings):
    """(executions, operations) a CPU-second; 0 if it failed, or where they are not counted."""
    rates = []
    for _ in range(TRIALS):
        memory = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
        with tempfile.TemporaryDirectory(dir=memory) as folder:
            target = paths.Target(folder, program.target)
            target.make()
            corpus.gather(target.seeds, paths.seeds_of(program.target))
            corpus.put(target.seeds, bytes(8))
            begun = cpu_seconds()
            run = libfuzzer if program.engine == 'libfuzzer' else afl
            runs, operations = run(program, target, seconds, settings)
            used = max(0.1, cpu_seconds() - begun)
            rates.append((runs / used, operations / used))
    return sorted(rates)[TRIALS // 2]


def cell(rate, operations, of_empty):
    if not rate:
        return '-'
    share = f' ({100 * rate / of_empty:.0f} %)' if of_empty else ''
    return f'{rate:,.0f}{share}' + (f', {operations / 1e6:.1f} M ops' if operations else '')


def table(programs, targets, seconds, settings_of, say):
    """Markdown: an engine a line, a target a column: executions, their share of the empty target's,
    operations.
    """
    names = ['empty'] + [target for target in targets if target != 'empty']
    yield '| engine | ' + ' | '.join(names) + ' |'
    yield '|---|' + '---:|' * len(names)
    for engine, kind, width in ENGINES:
        found = [programs.find(engine, name, kind, width) for name in names]
        if not any(found) or engine != 'libfuzzer' and not machine.have('afl-fuzz'):
            continue
        programs.build([program for program in found if program])
        rates = []
        for program in found:
            if program:
                say(f'measuring {program.name}')
            rates.append(measure(program, seconds, settings_of(program.target)) if program
                         else (0, 0))
        cells = [cell(*rate, rates[0][0] if at else 0) for at, rate in enumerate(rates)]
        yield f'| {engine} {kind} {width} | ' + ' | '.join(cells) + ' |'
