# SPDX-License-Identifier: 0BSD
"""What the runner understands of a guest's words and of its end, case by case, without a guest."""
import os
import re
import tempfile

from common import ROOT, check, equal, refused, tap, tree

import digests
import emulate
import exceptions
import exits
import goldens
import guest
import iso
import modules
import options
import qemu
import suite
import tap as tap_
import verdict

GOOD = ('SeaBIOS noise\r\n\x1b[2JTAP version 13\r\nok 1 - a: one\r\n'
        'ok 2 - b: two # SKIP no disk\r\n1..2\r\n')


def stream(text):
    found = tap_.Stream()
    for line in text.encode().split(b'\n'):
        if line:
            found.feed(line)
    return found


# -- TAP -------------------------------------------------------------------------------------------

good = stream(GOOD)
check('noise before the version line is dropped',
      equal(good.noise, ['SeaBIOS noise']), equal(good.lines[0], 'TAP version 13'))
check('line ends and terminal codes are no part of a line', equal(good.lines[-1], '1..2'))
check('a complete stream has no complaints', equal(good.complaints(), []))
check('a skipped test is passed, and counted as skipped',
      equal([result.skipped for result in good.results], [None, 'no disk']))

BAD = [  # what is wrong, text, the complaint
    ('silence', '', 'never came'),
    ('noise only', 'SeaBIOS\nBooting from ROM..\n', 'never came'),
    ('no plan', 'TAP version 13\nok 1 - a\n', 'plan (1..N) is missing; 1 tests'),
    ('too few tests', 'TAP version 13\n1..3\nok 1 - a\n', '3 tests were planned, 1 reported'),
    ('too many tests', 'TAP version 13\n1..1\nok 1 - a\nok 2 - b\n', '1 tests were planned, 2'),
    ('a failed test', 'TAP version 13\nnot ok 1 - heap: x\n1..1\n', 'test 1 failed: heap: x'),
    ('a number twice', 'TAP version 13\nok 1 - a\nok 1 - b\n1..2\n', 'test 1 came where test 2'),
    ('bail out', 'TAP version 13\nok 1 - a\nBail out! no memory\n1..1\n', 'bailed out: no memory'),
    ('a second start', 'TAP version 13\nok 1 - a\nTAP version 13\n1..1\n', 'guest was reset'),
    ('no test', 'TAP version 13\n1..0 # SKIP nothing to do\n', 'there was no test: nothing to do'),
    ('two plans', 'TAP version 13\n1..1\nok 1 - a\n1..1\n', 'a second plan'),
]
for name, text, words in BAD:
    complaints = stream(text).complaints()
    check(f'{name} is no pass', (any(words in line for line in complaints), complaints))

notes = stream('TAP version 13\n# frame 7 lost\nnot ok 1 - a\n# of b\nok 2 - b\n1..2\n')
check('what a test said belongs to it',
      equal(notes.results[0].notes, ['frame 7 lost']), equal(notes.results[1].notes, ['of b']))
figures = stream('TAP version 13\n# figure faults.page 1120\n# checkpoint heap\n'
                 '# trace user/sort digest 0123456789abcdef ops 12 no-memory 0\n')
check('figures, checkpoints and digests are found',
      equal(figures.figures, {'faults.page': 1120}), equal(figures.checkpoints, ['heap']),
      equal(figures.replays[0].digest, '0123456789abcdef'),
      equal(figures.replays[0].words['ops'], '12'))
check('any byte can come over the line', equal(len(stream('\0\xff\x80').noise), 1))


# -- Verdicts --------------------------------------------------------------------------------------

def judged(status, text=GOOD, emulator='qemu', **more):
    kernel = guest.Guest('k.elf', emulator=emulator, timeout_s=7)
    return verdict.judge(emulate.Outcome(kernel, [], stream(text), status, **more))


FAILED = 'TAP version 13\n# 3 frames are lost\nnot ok 1 - frames: all_back\n1..1\n'
ENDS = [  # status, text, passed, words of the summary, words of the rest
    (33, GOOD, True, 'passed: 1 test, 1 skipped', ''),
    (0, GOOD, False, 'triple fault', 'ok 2 - b: two'),
    (0, '', False, 'triple fault', 'nothing came over the serial port'),
    (35, FAILED, False, '1 test of 1', '3 frames are lost'),
    (35, GOOD, False, 'the kernel says that a test failed', 'ok 1 - a: one'),
    (33, FAILED, False, '1 test of 1', 'not ok 1 - frames: all_back'),
    (33, 'TAP version 13\nok 1 - a\n', False, 'plan (1..N) is missing', 'ok 1 - a'),
    (37, GOOD, False, 'the kernel panicked', 'la_panic'),
    (39, GOOD, False, 'double fault', '--exceptions'),
    (1, '', False, 'could not start', ''),
    (-11, GOOD, False, 'killed by signal 11', ''),
    (99, GOOD, False, 'exit status 99, which the kernel never gives', ''),
]
for status, text, passed, summary, rest in ENDS:
    found = judged(status, text)
    said = '\n'.join(found.details + found.hints)
    check(f'exit status {status} after {len(text)} bytes is {"a pass" if passed else "none"}',
          equal(found.passed, passed), (summary in found.summary, found.summary),
          (rest in said, said))
check('only 33 is a pass',
      equal([status for status in range(-64, 256) if judged(status).passed], [33]))
check('every status the kernel gives has words of its own',
      equal([status for status in (0, 33, 35, 37, 39, 41)
             if 'exit status' in exits.meaning(status)], []))
late = judged(None, 'noise\n', timed_out=True, stuck_at='vas_reserve+0x12')
check('a deadline says how long, where, and what to try',
      equal(late.passed, False), ('after 7 s' in late.summary, late.summary),
      (any('vas_reserve+0x12' in line for line in late.details), late.details),
      (any('--timeout' in line for line in late.hints), late.hints))
check('a deadline after the last test is no pass',
      equal(judged(None, timed_out=True).passed, False))
check('the words of the emulator itself are shown',
      ('no such machine' in '\n'.join(judged(1, error_text='no such machine').details), 'none'))
check('Bochs always exits with 1: its words count alone',
      equal(judged(1, emulator='bochs').passed, True),
      equal(judged(0, FAILED, 'bochs').passed, False),
      equal(judged(1, 'TAP version 13\nok 1 - a\n', 'bochs').passed, False))


# -- Memory, names, packs, command lines -----------------------------------------------------------

for text, mib in [('64', 64), ('8M', 8), ('8m', 8), ('2G', 2048), ('3583M', 3583)]:
    check(f'--memory {text} is {mib} MiB', equal(guest.parse_memory(text), mib))
for text in ['', 'M', '-1', '64K', '1.5G', '0', '3', '3584', '4G', '64 M']:
    check(f'--memory "{text}" is refused',
          refused(lambda text=text: guest.parse_memory(text), ValueError, 'expected'))

NAMES = [
    (['a.lat.zst'], ['a']),
    (['x/a.lat', 'y/b.lat.zst'], ['a', 'b']),
    (['user/sort.lat.zst', 'vas/sort.lat.zst'], ['user/sort', 'vas/sort']),
    (['p/q/a.txt', 'r/q/a.txt', 'c'], ['p/q/a', 'r/q/a', 'c']),
    (['a.lat', 'a.lat'], ['a.1', 'a.2']),
    (['a b,c=d.lat'], ['a_b_c_d']),
]
for paths, expected in NAMES:
    check(f'names of {" ".join(paths)}', equal(modules.names(['/t/' + path for path in paths]),
                                               expected))

# Worked out by hand: FNV-1a of no byte, and of eight zero bytes.
check('the digest of a pack is FNV-1a over its inputs\' digests',
      equal(digests.of_pack([]), 'cbf29ce484222325'),
      equal(digests.of_pack(['0' * 16]), 'a8c7f832281a39c5'),
      (digests.of_pack(['01' + '0' * 14]) != digests.of_pack(['0' * 14 + '01']), 'order is lost'))
for first in (1, 2, 7, 64, 100):
    asked = []
    check(f'operation {first} of 100 is found by halving',
          equal(digests.first_difference(lambda n, first=first: asked.append(n) or n < first, 100),
                first), (len(asked) <= 7, f'{len(asked)} boots'))

def with_modules(*paths):
    found = [guest.Module(path, f'trace={i}') for i, path in enumerate(paths)]
    return guest.Guest('k.elf', modules=tuple(found))


check('QEMU runs where the modules are, and a comma in a name is written twice',
      equal(qemu.directory(with_modules('/t u,v/a,b', '/t u,v/c')), '/t u,v'),
      equal(qemu._initrd(with_modules('/t u,v/a,b', '/t u,v/c')), 'a,,b trace=0,c trace=1'))
check('grub.cfg quotes words and hands modules over',
      equal(iso.config(("a'b", 'only=x'), [guest.Module('/t/c', 'trace=c')]),
            "set timeout=0\nmultiboot /kernel.elf 'a'\\''b' 'only=x'\n"
            "module /module0 'trace=c'\nboot\n"))

# -- Golden costs ---------------------------------------------------------------------------------

for found, known, words in [(22, 22, None), (22, 23, 'golden.tsv has 23'), (None, 22, 'does not'),
                            (22, None, 'not in golden.tsv')]:
    said = goldens.difference(found, known)
    check(f'a cost of {found} where {known} is golden',
          (not said if words is None else any(words in line for line in said), said))
with tempfile.TemporaryDirectory() as folder:
    KNOWN = {('gcc', '12.2.0', '2'): {'heap-alloc': 22, 'a': 1}, ('clang', '1', '0'): {'b': 3}}
    goldens.write(KNOWN, os.path.join(folder, 'g'))
    check('golden costs are read as written', equal(goldens.read(os.path.join(folder, 'g')), KNOWN))
check('costs are the figures of that name',
      equal(goldens.costs(stream('TAP version 13\n# figure cost.a 1\n# figure faults.page 2\n')),
            {'a': 1}))

base = guest.Guest('k', words=('only=a', 'upto=5'))
check('a word takes the place of the one with its name',
      equal(base.with_words('upto=7', 'inputs=1').words, ('only=a', 'upto=7', 'inputs=1')))


# -- Tables --------------------------------------------------------------------------------------

named = set()
for path in sorted(os.listdir(os.path.join(ROOT, 'kernel/frames'))):
    if path.endswith('.c'):
        named |= set(re.findall(r'\.name = "(\w+)"', tree.text_of(ROOT, f'kernel/frames/{path}')))
check('--frames offers the strategies that there are', equal(sorted(guest.FRAMES), sorted(named)))

rows = suite.matrix()
asked = {}
for name, (what, words) in rows.items():
    asked[name] = options.parse(['--build=b', '--root=r', *suite.in_the_tree(ROOT, words)])
check('every line of the matrix is a command line of the verb', equal(len(asked), len(rows)))
for what, values, wanted in [
        ('memory from least to most', {row.memory for row in asked.values()}, {4, 8, 64, 3583}),
        ('every strategy', {row.frames for row in asked.values()}, set(guest.FRAMES)),
        ('every machine', {row.machine for row in asked.values()}, set(guest.MACHINES)),
        ('both compilers, with and without optimisation',
         {(row.compiler, row.optimization) for row in asked.values()},
         {('gcc', '0'), ('gcc', '2'), ('clang', '0'), ('clang', '2')}),
        ('both emulators', {row.emulator for row in asked.values()}, {'qemu', 'bochs'}),
        ('every check', {what for what, _ in rows.values()}, set(suite.CHECKS)),
        ('GRUB, traces, and a pack', {'iso' for row in asked.values() if row.iso} |
         {'trace' for row in asked.values() if len(row.trace) > 10} |
         {'pack' for row in asked.values() if row.pack}, {'iso', 'trace', 'pack'})]:
    check(f'the matrix has {what}', (wanted <= values, f'missing: {wanted - values}'))
check('a pattern without a file is an error in the matrix',
      refused(lambda: list(suite.in_the_tree(ROOT, ['traces/none/*'])), ValueError, 'no such file'))

LOG = b'''     0: v=20 e=0000 i=0 cpl=0 IP=0008:c0101000 pc=c0101000 SP=0010:c0109ff0 env->regs=0
     1: v=0e e=0002 i=0 cpl=3 IP=0008:c0101234 pc=c0101234 SP=0010:c0109ff0 CR2=00000004
     2: v=0e e=0000 i=0 cpl=0 IP=0008:c0101234 pc=c0101234 SP=0010:c0109ff0 CR2=00000008
EAX=v=0e e=0002
'''
for line, vector in zip(LOG.splitlines(), (0x20, 14, 14, None)):
    match = exceptions.ENTRY.match(line)
    check(f'an exception in QEMU\'s log: {vector}', equal(match and int(match[1], 16), vector))
tap.finish()
