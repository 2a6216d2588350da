# SPDX-License-Identifier: 0BSD
"""Parts of the campaign driver, each by itself, on made-up reports and machines."""
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '../../../tests'), os.path.join(HERE, '..')]
import corpus  # noqa: E402
import coverage  # noqa: E402
import ddmin  # noqa: E402
import machine  # noqa: E402
import programs  # noqa: E402
import signature  # noqa: E402
import status  # noqa: E402
import tree  # noqa: E402


class NoPlaces:
    """Functions by address, without a program."""

    def __init__(self, known):
        self.known = known

    def of_report(self, text):
        for found in signature.FRAME.finditer(text):
            yield from self.known.get(found['offset'], [])


def equal(found, expected):
    return [] if found == expected else [f'{found!r}, expected {expected!r}']


def minimal_inputs(tap):
    for name, content, fails, split, expected in (
            ('two records of ten', b'hhhhhhhh' + b''.join(b'%c...' % c for c in b'abcdefghij'),
             lambda some: b'c' in some and b'h' in some[8:], ddmin.records_of,
             b'\0' * 8 + b'c\0\0\0h\0\0\0'),
            ('order matters', b'hhhhhhhh' + b'a...b...a...b...a...',
             lambda some: some.find(b'b', 8) > some.find(b'a', 8) > 0, ddmin.records_of,
             b'\0' * 8 + b'a\0\0\0b\0\0\0'),
            ('one line of three', b'one\ntwo\nthree\n', lambda some: b'w' in some, ddmin.lines_of,
             b'w'),
            ('nothing at all', b'hhhhhhhhabcd', lambda some: True, ddmin.records_of, b'\0' * 8)):
        tap.check(f'made minimal: {name}',
                  equal(ddmin.minimise(content, fails, split), expected))
    trials = []
    ddmin.minimise(bytes(range(256)) * 4, lambda some: bool(trials.append(some)), trials=50)
    tap.check('trials are bounded', equal(len(trials) <= 50, True))


STACK = '''
    #0 0x7f00 (/lib/x86_64-linux-gnu/libc.so.6+0x8aeec)
    #1 0x55d0 (/tmp/build/fuzz-afl-whole-asan+0x10) (BuildId: 20bc)
    #2 0x55d0 (/tmp/build/fuzz-afl-whole-asan+0x20) (BuildId: 20bc)
    #3 0x55d0 (/tmp/build/fuzz-afl-whole-asan+0x30) (BuildId: 20bc)

freed by thread T0 here:
    #0 0x55d0 (/tmp/build/fuzz-afl-whole-asan+0x40) (BuildId: 20bc)
'''
PLACES = {'0x10': [('memcmp_like', '/tree/fuzz/model.c'), ('heap_free', '/tree/core/src/heap.c')],
          '0x20': [('apply', '/tree/fuzz/apply.c')],
          '0x30': [(signature.ENTRY, '/tree/fuzz/target.c'), ('main', '/tree/core/src/no.c')],
          '0x40': [('heap_trim', '/tree/core/src/heap_trim.c')]}


def signatures(tap):
    for name, text, oracle, frames in (
            ('an oracle with a number', 'oracle: I9: block 12 changed at 0x1234' + STACK, 'I9',
             ('heap_free',)),
            ('an oracle without one', 'oracle: the slot is empty: free 7' + STACK,
             'the slot is empty', ('heap_free',)),
            ('AddressSanitizer', '==1==ERROR: AddressSanitizer: heap-use-after-free on 0x1' + STACK,
             'AddressSanitizer: heap-use-after-free', ('heap_free',)),
            ('undefined behaviour', 'core/src/vas.c:12:3: runtime error: shift exponent 32 is too '
             'large' + STACK, 'shift exponent N is too large', ('heap_free',)),
            ('a timeout', 'ERROR: libFuzzer: timeout\n', 'libFuzzer: timeout', ())):
        found = signature.of_report(text, NoPlaces(PLACES))
        tap.check(f'signature: {name}', equal((found.oracle, found.frames), (oracle, frames)))
    outside = {'0x10': [('check_all', '/tree/fuzz/model.c')]}
    one = signature.of_report('oracle: I3: segment 5 is free' + STACK, NoPlaces(outside))
    two = signature.of_report('oracle: I3: segment 77 is free' + STACK, NoPlaces(outside))
    tap.check('without a frame of the core, the oracle is the place',
              equal(one.frames, ('check_all',)))
    tap.check('numbers in the words make no other finding', equal(one.slug(), two.slug()))


def machines(tap):
    with tempfile.TemporaryDirectory() as folder:
        def file(name, text):
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            corpus.write(path, text.encode())
            return path

        piped = file('piped', '|/usr/lib/systemd/systemd-coredump %P\n')
        plain = file('plain', 'core\n')
        file('slow/cpu0/cpufreq/scaling_governor', 'powersave\n')
        file('fast/cpu0/cpufreq/scaling_governor', 'performance\n')
        bits = file('bits', '28\n')
        for name, pattern, clocks, random, words in (
                ('nothing to say', plain, 'fast', bits, []),
                ('core dumps go to a program', piped, 'none', bits, ['core_pattern']),
                ('clocks are slow', plain, 'slow', bits, ['powersave']),
                ('addresses are very random', plain, 'none', file('many', '32\n'),
                 ['mmap_rnd_bits']),
                ('nothing is readable', folder + '/no', 'no', folder + '/no', [])):
            said = machine.quirks(pattern, os.path.join(folder, clocks), random)
            tap.check(f'machine: {name}', equal(
                [any(word in line for line in said) for word in words] + [len(said)],
                [True for _ in words] + [len(words)]))


def exchanges(tap):
    with tempfile.TemporaryDirectory() as folder:
        queue = os.path.join(folder, 'afl/main/queue')
        into = os.path.join(folder, 'corpus')
        os.makedirs(queue)
        os.makedirs(into)
        corpus.write(os.path.join(queue, 'id:000000,orig'), b'one')
        corpus.write(os.path.join(queue, '.state'), b'not an input')
        exchange = corpus.Exchange(os.path.join(folder, 'afl'), into)
        first = exchange.step(), exchange.step()
        corpus.write(os.path.join(queue, 'id:000001,src'), b'two')
        corpus.write(os.path.join(queue, 'id:000002,src'), b'one')
        tap.check('what AFL++ finds is in the corpus once', equal(
            (*first, exchange.step(), sorted(os.listdir(into))),
            (1, 0, 1, sorted([corpus.name_of(b'one'), corpus.name_of(b'two')]))))


def words(tap):
    tap.check('geometries are one family', equal(
        [programs.family_of(name) for name in ('whole-tiny', 'vas-full', 'import-ntr-vas')],
        ['whole', 'vas', 'import-ntr-vas']))
    tap.check('figures are short', equal(
        [status.short(3), status.short(12345), status.short(7.1e9), status.duration(3725)],
        ['3', '12.3 k', '7.1 G', '1:02:05']))
    pace = status.Pace()
    tap.check('the rate is that of the last minute, however seldom engines tell', equal(
        [pace.rate(*mark) for mark in ((0, 0), (10, 1000), (40, 1000), (60, 1200), (100, 5200))],
        [0.0, 100.0, 25.0, 20.0, 70.0]))
    # if (7 times, never false)
    #     return;    <- reached
    #                <- a blank line of the other side
    # other side, with a condition of two parts of which one never decides alone
    file = {'segments': [[1, 1, 7, True, True, False], [3, 12, 7, True, True, True],
                         [4, 9, 7, True, True, False], [4, 16, 0, True, True, True],
                         [6, 5, 0, True, True, False], [7, 2, 0, False, False, False]],
            'branches': [[3, 9, 3, 12, 4, 0, 0, 0, 4], [3, 9, 3, 12, 3, 0, 0, 0, 4],
                         [6, 9, 6, 12, 0, 0, 0, 0, 4]],
            'mcdc_records': [[6, 9, 6, 20, 0, 0, 6, [True, False]],
                             [6, 9, 6, 20, 0, 0, 6, [False, False]]],
            'summary': {'mcdc': {}}}
    tap.check('gaps are named by line', equal(list(coverage.gaps(file)), [
        (5, 'not reached'), (6, 'not reached'), (7, 'not reached'),
        (3, 'never false (column 9)'), (6, 'never true (column 9)'), (6, 'never false (column 9)'),
        (6, 'condition 2 never decides alone')]))
    tap.check('what is compiled twice counts once', equal(coverage.figures(file), {
        'lines': (4, 7), 'branches': (1, 4), 'mcdc': (1, 2)}))


def main():
    tap = tree.Tap()
    for part in (minimal_inputs, signatures, machines, exchanges, words):
        part(tap)
    tap.finish()


main()
