# SPDX-License-Identifier: 0BSD
"""The outside oracle on page tables made by hand: it accepts what is right and sees every fault."""
import os
import struct
import tempfile

from common import check, equal, refused, tap

import oracle

P, W, U, A, D, PS = 1, 2, 4, 0x20, 0x40, 0x80
DIRECTORY, TABLE, HIGH_TABLE = 0x1000, 0x2000, 0x3000
TEXT, DATA, STACK = 0xc0100000, 0xc0101000, 0xf0000000


def memory(changes=()):
    """A guest of 64 KiB: text and data of the kernel in one table, a stack's pages in another."""
    image = bytearray(0x10000)
    words = {DIRECTORY + 4 * 768: TABLE | P | W | A, DIRECTORY + 4 * 960: HIGH_TABLE | P | W | A,
             DIRECTORY + 4 * 1023: DIRECTORY | P | W,
             TABLE + 4 * 0x100: 0x100000 | P | A, TABLE + 4 * 0x101: 0x101000 | P | W | A | D,
             HIGH_TABLE: 0x5000 | P | W, HIGH_TABLE + 4: 0x6000 | P | W | D | A}
    words.update(changes)
    for at, word in words.items():
        struct.pack_into('<I', image, at, word)
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(image)
    try:
        return oracle.Memory(file.name)
    finally:
        os.unlink(file.name)


def walked(*changes):
    return oracle.walk(memory(changes), DIRECTORY)


ANY = oracle.ANY_FRAME
BOOKS = [(TEXT, 1, 0x100000, 0), (DATA, 1, 0x101000, 1), (STACK, 2, ANY, 1)]
PARTLY = [(TEXT, 1, 0x100000, 0), (DATA, 1, 0x101000, 1), (STACK, 16, ANY, 1 | 4)]
TLB = ('00000000c0100000: 0000000000100000 ----A----\n'
       '00000000c0101000: 0000000000101000 ---DA---W\n'
       '00000000f0000000: 0000000000005000 --------W\n'
       '00000000f0001000: 0000000000006000 ---DA---W\n'
       '00000000fffff000: 0000000000001000 ---DA---W\n')

pages = walked()
check('a walk finds every page, and leaves the window of the tables out',
      equal(sorted(pages), [TEXT, DATA, STACK, STACK + 0x1000]))
check('right books are accepted',
      equal(oracle.compare_books(pages, BOOKS, (0, 0)), []),
      equal(oracle.compare_books(pages, PARTLY, (2, 0)), []))
check('QEMU\'s view of the same is accepted',
      equal(oracle.compare_tlb(pages, oracle.parse_tlb(TLB)), []))
check('the rules hold', equal(oracle.rules(pages, TEXT, DATA), []))
check('a page of 4 MiB is refused',
      refused(lambda: walked((DIRECTORY + 4 * 5, P | W | PS)), ValueError, '4 MiB'))
check('words beyond the end of memory read as nothing',
      equal(memory().words(0xfffc, 3), (0, 0, 0)))
check('what info tlb never prints is refused',
      refused(lambda: oracle.parse_tlb('PG disabled'), ValueError, 'PG disabled'))

# What is changed in memory, and what the comparison with the books must say.
FAULTS = [
    ('a page too many', [(HIGH_TABLE + 8, 0x7000 | P | W)], '0xf0002000: mapped'),
    ('a page in the user half', [(DIRECTORY, TABLE | P | W | U)], '0x00100000: mapped'),
    ('a page too few', [(HIGH_TABLE + 4, 0)], '0xf0001000: in the books, not mapped'),
    ('a table too few', [(DIRECTORY + 4 * 960, 0)], '0xf0000000: in the books, not mapped'),
    ('another frame', [(TABLE + 4 * 0x101, 0x102000 | P | W)], 'frame 0x00102000, the books say'),
    ('a frame twice', [(HIGH_TABLE + 4, 0x5000 | P | W)], 'frame 0x00005000 is at 0xf0000000 too'),
    ('text that can be written', [(TABLE + 4 * 0x100, 0x100000 | P | W)], 'say read-only'),
    ('data that cannot', [(TABLE + 4 * 0x101, 0x101000 | P)], 'the books say writable'),
    ('data that cannot by its table', [(DIRECTORY + 4 * 768, TABLE | P)], 'the books say writable'),
    ('a page for user mode', [(HIGH_TABLE, 0x5000 | P | W | U),
                              (DIRECTORY + 4 * 960, HIGH_TABLE | P | W | U)], 'books say'),
]
for name, changes, words in FAULTS:
    said = oracle.compare_books(walked(*changes), BOOKS, (0, 0))
    check(f'the books show {name}', (any(words in line for line in said), said))
check('the books show a wrong count of partly mapped pages',
      equal(len(oracle.compare_books(pages, PARTLY, (1, 1))), 2))
twice = oracle.compare_books(pages, BOOKS + BOOKS[:1], (0, 0))
check('the books show an extent that is there twice',
      (any('two extents' in line for line in twice), twice))

for name, changes, words in [
        ('a page at 0', [(DIRECTORY, TABLE | P), (TABLE, 0x7000 | P)], 'page 0'),
        ('a user page in the kernel', [(DIRECTORY + 4 * 960, HIGH_TABLE | P | W | U),
                                       (HIGH_TABLE, 0x5000 | P | U)], 'a user bit in the kernel'),
        ('a user bit that the directory takes back', [(HIGH_TABLE, 0x5000 | P | U)], 'a user bit'),
        ('writable text', [(TABLE + 4 * 0x100, 0x100000 | P | W)], 'can be written')]:
    said = oracle.rules(walked(*changes), TEXT, DATA)
    check(f'the rules show {name}', (any(words in line for line in said), said))

for name, old, new in [('a page too few', '00000000f0000000: 0000000000005000 --------W\n', ''),
                       ('a page too many', '', '0000000000001000: 0000000000005000 --------W\n'),
                       ('another frame', '0000000000005000', '0000000000008000'),
                       ('another flag', '---DA---W', '---DA--UW')]:
    changed = TLB.replace(old, new, 1) if old else new + TLB
    said = oracle.compare_tlb(pages, oracle.parse_tlb(changed))
    check(f'QEMU\'s view shows {name}', (bool(said), 'not seen'))
tap.finish()
