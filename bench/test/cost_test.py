# SPDX-License-Identifier: 0BSD
"""The measuring process as a program: what it answers to commands, and whom it finds out.

usage: cost_test.py PROGRAM TESTS [FAKE...]
TESTS is the folder of the tree's shared Python; FAKE are the libraries of fake_peer.c. No time is
judged.
"""
import os
import re
import struct
import subprocess
import sys
import tempfile

program, tests, *fakes = sys.argv[1:]
sys.path.insert(0, tests)

import tree  # noqa: E402

FREE, ALLOC, ZEROED, REALLOC = range(4)


def write_ops(path, ops, kind=0, magic=b'laops 1\0', count=None):
    """A file as `lookaside bench` writes it (cost/ops.h)."""
    slots = 1 + max((slot for _, slot, _ in ops), default=0)
    longest = max((number for _, _, number in ops), default=0)
    head = struct.pack('<8sIIIIQQ', magic, kind, len(ops) if count is None else count, slots,
                       longest, longest, 0)
    with open(path, 'wb') as file:
        file.write(head)
        for code, slot, number in ops:
            file.write(struct.pack('<II', slot | code << 24, number))


def heap_ops():
    ops = []
    for i in range(400):
        ops += [(ALLOC, i, 8 + i * 3), (REALLOC, i, 500), (ZEROED, 400, 70000), (FREE, 400, 0)]
        if i % 3 == 0:
            ops.append((FREE, i, 0))
    return ops


def run(*arguments, commands=''):
    result = subprocess.run([program, *arguments], input=commands, capture_output=True, text=True,
                            timeout=60, check=False)
    return result.returncode, result.stdout.splitlines(), result.stderr


class Tests:
    def __init__(self, folder):
        self.ops = os.path.join(folder, 'heap.ops')
        self.folder = folder
        write_ops(self.ops, heap_ops())

    def heap(self, target, *commands, options=()):
        return run('--heap', self.ops, '--target', target, *options, *commands)

    def expect(self, answer, status, *lines):
        if answer[0] != status:
            yield f'status {answer[0]}, expected {status}: {answer[1:]}'
        if len(answer[1]) != len(lines):
            yield f'{len(answer[1])} lines, expected {len(lines)}: {answer[1]}'
        for found, wanted in zip(answer[1], lines):
            if not re.fullmatch(wanted, found):
                yield f'answered {found!r}, expected {wanted!r}'

    # -- The protocol ------------------------------------------------------------------------------

    def each_command_is_answered_by_a_line(self):
        yield from self.expect(
            self.heap('lookaside', 'prove', 'pass', 'latency', 'count'), 0, 'ok', r'ok ops=1734',
            r'ok ops=1734 ns=\d+\.\d+ passes=\d+ failed=0',
            r'ok ops=1734 ns=\S+ p50_ns=\S+ p99_ns=\S+ p999_ns=\S+ max_ns=\S+',
            r'ok ops=1734 failed=0')

    def commands_come_from_standard_input_too(self):
        yield from self.expect(
            run('--heap', self.ops, '--target', 'floor-libc',
                commands='prove\npass\nquit\npass\n'),
            0, 'ok', 'ok ops=1734', r'ok .*failed=0')
        yield from self.expect(run('--fault', '--target', 'floor', commands=''), 0, 'ok')

    def what_is_no_command_is_a_problem(self):
        yield from self.expect(self.heap('lookaside', 'dance', 'count'), 1, 'ok',
                               'problem there is no such command', 'ok .*')

    def only_the_first_pass_is_the_first(self):
        yield from self.expect(self.heap('glibc', 'first', 'first'), 1, 'ok',
                               r'ok ops=1734 ns=\S+ passes=1 failed=0', 'problem not the first .*')

    def exact_figures_are_exact(self):
        first = self.heap('lookaside', 'space')
        again = self.heap('lookaside', 'space')
        strip = [re.sub(r' ns=\S+', '', line) for line in first[1]]
        if strip != [re.sub(r' ns=\S+', '', line) for line in again[1]]:
            yield f'{first} and {again}'
        if not re.search(r'failed=0 live_peak_bytes=\d+ live_mean_bytes=\d+ '
                         r'usable_mean_bytes=\d+ .*pages_peak=\d+ .*'
                         r'digest=0x[0-9a-f]{16} pages_freed=\d+ pages_empty=\d+$', strip[-1]):
            yield f'answered {strip}'
        yield from self.expect(self.heap('glibc', 'space'), 1, 'ok', 'problem exact figures .*')

    def memory_is_told_as_it_grows_and_shrinks(self):
        status, lines, _ = self.heap('lookaside', 'memory', options=['--as-shipped'])
        figures = dict(pair.split('=') for pair in lines[-1].split()[1:])
        figures = {key: float(value) for key, value in figures.items()}
        if status != 0 or not figures['live_peak_bytes'] <= figures['peak_bytes'] < 1 << 22:
            yield f'peak: {lines}'
        if max(figures[f'over_{i:02}_kib'] for i in range(44)) != figures['peak_bytes'] // 1024:
            yield f'over time: {lines}'
        if not (1 <= figures['usable_mean_bytes'] / figures['live_mean_bytes'] < 1.2):
            yield f'waste: {lines}'
        if not figures['empty_bytes'] <= figures['trimmed_bytes'] <= figures['peak_bytes']:
            yield f'after trims: {lines}'

    def every_subject_can_be_asked(self):
        for arguments in (['--vas', 'stack/50'], ['--stack', 'churn/small'], ['--heaps', 'use/8'],
                          ['--fault']):
            for target in ('lookaside', 'floor'):
                if arguments[0] == '--heaps' and target == 'floor':
                    target = 'floor-lookaside'
                yield from self.expect(run(*arguments, '--target', target, 'pass', 'count'), 0,
                                       'ok', r'ok .*ns=.*', r'ok ops=\d+.*')

    def recorded_regions_and_stacks_are_files_too(self):
        regions = os.path.join(self.folder, 'vas.ops')
        stacks = os.path.join(self.folder, 'stack.ops')
        write_ops(regions, [(2, 0, 20), (2, 1, 3), (1, 0, 40), (0, 1, 0), (2, 1, 7), (0, 0, 0)], 1)
        write_ops(stacks, [(2, 0, 256)] + [(1, 0, page) for page in range(9)] + [(0, 0, 0)], 2)
        for target in ('lookaside', 'free-list', 'augmented', 'tags'):
            yield from self.expect(
                run('--vas-ops', regions, '--target', target, 'prove', 'space'), 0, 'ok',
                'ok ops=6', r'ok ns=\S+ ops=6 reserves=4 failed=0 .*')
        yield from self.expect(
            run('--stack-ops', stacks, '--target', 'lookaside', 'pass'), 0, 'ok',
            r'ok ops=11 .*grown=7 stopped=0')

    # -- Wrong input -------------------------------------------------------------------------------

    def wrong_files_are_refused(self):
        wrong = os.path.join(self.folder, 'wrong.ops')
        for ops in ({'magic': b'laops 2\0'}, {'count': 3}, {'kind': 1}):
            write_ops(wrong, [(ALLOC, 0, 8)], **ops)
            yield from self.expect(run('--heap', wrong, '--target', 'glibc', 'pass'), 1,
                                   'problem is no such file of ops .*')
        write_ops(wrong, [])
        yield from self.expect(run('--heap', wrong, '--target', 'glibc'), 1, 'problem no ops .*')
        with open(wrong, 'wb') as file:
            file.write(b'short')
        yield from self.expect(run('--heap', wrong, '--target', 'glibc'), 1, 'problem cannot .*')
        yield from self.expect(run('--heap', self.folder + '/none', '--target', 'glibc'), 1,
                               'problem No such file or directory')

    def wrong_names_are_told(self):
        yield from self.expect(self.heap('nobody'), 1, 'problem no peer is called nobody')
        yield from self.expect(self.heap('rival-nobody'), 1, 'problem there is no such rival')
        for arguments in (['--vas', 'mix/1'], ['--stack', 'churn'], ['--heaps', 'x']):
            yield from self.expect(run(*arguments, '--target', 'lookaside'), 1,
                                   'problem there is no such work')
        yield from self.expect(run('--vas', 'mix/50', '--target', 'nobody'), 1,
                               'problem there is no such target')

    def wrong_options_are_usage_errors(self):
        for arguments in ([], ['--heap', self.ops], ['--target', 'glibc'],
                          ['--heap', self.ops, '--target', 'glibc', '--ops', '0'],
                          ['--heap', self.ops, '--target', 'glibc', '--buckets', '9,8'],
                          ['--heap', self.ops, '--fault', '--target', 'x'], ['--fast']):
            status, lines, error = run(*arguments)
            if status != 2 or lines or not error:
                yield f'{arguments}: {status} {lines} {error}'
        status, lines, error = run('--help')
        if status != 0 or 'usage' not in lines[0] or error:
            yield f'--help: {status} {lines[:1]} {error}'

    def what_there_is_is_listed(self):
        status, lines, _ = run('--list')
        for wanted in (r'(peer glibc|missing glibc) .*', 'heap-rival bump .*',
                       'vas-target lookaside .*', 'vas-work mix/98', 'stack-work churn/small'):
            if status != 0 or not any(re.fullmatch(wanted, line) for line in lines):
                yield f'nothing of {wanted} in {lines}'

    # -- Peers -------------------------------------------------------------------------------------

    def fake(self, name):
        return next((path for path in fakes if f'fake-{name}' in os.path.basename(path)), None)

    def ask_fake(self, name, *commands):
        return self.heap('fake', *commands, options=['--library', self.fake(name)])

    def any_shared_library_is_a_peer(self):
        yield from self.expect(self.ask_fake('bump', 'prove', 'pass', 'memory'), 1, 'ok',
                               'ok ops=1734', r'ok .*failed=0', 'problem not the first .*')
        yield from self.expect(
            run('--list', '--target', 'mine', '--library', self.fake('bump')), 0,
            r'peer mine libfake-bump.*')

    def somebody_who_hands_on_is_found_out(self):
        yield from self.expect(self.ask_fake('forward', 'prove'), 1, 'ok',
                               'problem fake: op [0-9]+: glibc served blocks of it')

    def overlapping_blocks_are_found_out(self):
        yield from self.expect(self.ask_fake('overlap', 'prove'), 1, 'ok',
                               'problem fake: op [0-9]+: a live block was changed')

    def short_blocks_are_found_out(self):
        yield from self.expect(self.ask_fake('short', 'pass'), 1, 'ok',
                               'problem fake: op 0: the library says that its block is too small')

    def a_library_without_an_allocator_is_refused(self):
        yield from self.expect(self.ask_fake('none', 'prove'), 1, 'problem .*of its own')
        yield from self.expect(
            self.heap('fake', options=['--library', self.ops]), 1, 'problem .*')


def main():
    tap = tree.Tap()
    with tempfile.TemporaryDirectory() as folder:
        for name, function in vars(Tests).items():
            if name.startswith('_') or name in ('heap', 'expect', 'fake', 'ask_fake'):
                continue
            about = 'fake' in function.__code__.co_names or 'ask_fake' in function.__code__.co_names
            if about and not fakes:
                continue
            tap.check(name.replace('_', ' '), list(function(Tests(folder))))
    tap.finish()


main()
