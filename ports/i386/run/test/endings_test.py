# SPDX-License-Identifier: 0BSD
"""Real emulators and guests of a few dozen bytes: every way a boot can end is told from the others.

usage: endings_test.py FOLDER, where the guests are.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from common import check, equal, tap, tree

import attach
import elf
import emulate
import exceptions
import qemu
import verdict
from guest import Guest, Problem

GUESTS = sys.argv[1]
FOLDER = tempfile.mkdtemp(prefix='lookaside-endings-')


def path_of(ending):
    return os.path.join(GUESTS, f'guest-{ending}.elf')


def run(ending, name='', **options):
    """Boot the guest that ends so, and what the runner makes of it."""
    timeout = options.pop('timeout_s', 60.0)
    checkpoint, extra = options.pop('checkpoint', None), options.pop('extra', ())
    folder = os.path.join(FOLDER, name or ending)
    os.mkdir(folder)
    outcome = emulate.run(Guest(path_of(ending), timeout_s=timeout, **options), folder,
                          checkpoint=checkpoint, extra=extra)
    return outcome, verdict.judge(outcome)


def qemu_endings():
    for ending, status, words in [('passed', 33, 'passed: 1 test'), ('failed', 35, '1 test of 1'),
                                  ('lied', 33, '1 test of 1'), ('panicked', 37, 'panicked'),
                                  ('double-fault', 39, 'double fault'),
                                  ('silent', 33, 'plan (1..N) is missing'),
                                  ('triple-fault', 0, 'triple fault')]:
        outcome, found = run(ending)
        check(f'a guest that ends so: {ending}', equal(outcome.status, status),
              equal(found.passed, ending == 'passed'), (words in found.summary, found.summary))
    outcome, found = run('hang', timeout_s=1.0)
    check('a hanging guest is found where it hangs', equal(outcome.timed_out, True),
          ('stuck_here' in outcome.stuck_at, outcome.stuck_at), equal(found.passed, False))
    log = os.path.join(FOLDER, 'exceptions.log')
    run('triple-fault', 'logged', extra=exceptions.options(log))
    lines = exceptions.last(log, path_of('triple-fault'))
    check('the exceptions before a triple fault are named with their place',
          (any('fatal_breakpoint' in line for line in lines), lines),
          ('triple fault' in lines[-1:][0], lines))
    outcome, _ = run('failed', 'noise')
    check('noise is told from words',
          ('noise before' in outcome.stream.noise, outcome.stream.noise))


def machines():
    for machine, cpu in [('q35', ''), ('microvm', ''), ('isapc', '486'), ('pc', 'pentium')]:
        outcome, found = run('passed', f'{machine}-{cpu}', machine=machine, cpu=cpu)
        check(f'{machine} {cpu or "with its own CPU"} boots',
              (found.passed, found.summary + outcome.error_text))
    _, found = run('passed', 'icount', icount=True)
    check('instructions can be counted', (found.passed, found.summary))
    outcome, found = run('passed', 'wrong', cpu='z80')
    check('what QEMU refuses is told in its words', equal(found.passed, False),
          (any('z80' in line for line in found.details), found.details))


def checkpoints():
    seen = []

    def at(name, monitor):
        seen.append((name, monitor.register('EIP') >> 20))
        monitor.execute('stop')
        monitor.execute('cont')

    outcome, found = run('echo', checkpoint=at)
    check('a checkpoint can be looked at, and the guest goes on',
          equal(seen, [('here', 1)]), (found.passed, found.summary))
    outcome, _ = run('echo', 'unanswered', timeout_s=1.0)
    check('without anybody to look it would wait', equal(outcome.timed_out, True))


def others():
    for name, options in [('GRUB', {'iso': True}), ('Bochs', {'iso': True, 'emulator': 'bochs'})]:
        for ending in ('passed', 'failed'):
            try:
                _, found = run(ending, f'{name}-{ending}', **options)
            except Problem as problem:
                if problem.status != 3:
                    raise
                tap.skip(f'{name}: {ending}', str(problem))
                continue
            check(f'{name}: {ending}', equal(found.passed, ending == 'passed'))


def gdb():
    if not shutil.which('gdb'):
        tap.skip('gdb stops at the entry', 'gdb is not installed')
        return
    socket = os.path.join(FOLDER, 'gdb.sock')
    result = []
    thread = threading.Thread(target=lambda: result.append(
        run('passed', 'gdb', extra=attach.options(socket), timeout_s=30.0)))
    thread.start()
    line = next(line for line in attach.instructions(path_of('passed'), socket)
                if line.lstrip().startswith('gdb '))
    while not os.path.exists(socket) and thread.is_alive():
        time.sleep(0.01)
    command = line.strip() + " -batch -nx -ex 'info symbol $pc' -ex 'kill'"
    said = subprocess.run(['sh', '-c', command], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False, timeout=60)
    thread.join()
    check('gdb stops at the entry', ('_start in section' in said.stdout, said.stdout + said.stderr))


def main():
    try:
        qemu.find()
    except Problem as problem:
        tree.skip_all(str(problem))
    try:
        for part in (qemu_endings, machines, checkpoints, others, gdb):
            part()
        check('symbols of an ELF file are found both ways',
              equal(elf.Elf(path_of('hang')).name_of(
                  elf.Elf(path_of('hang')).address_of['stuck_here'])[:10], 'stuck_here'))
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)
    tap.finish()


main()
