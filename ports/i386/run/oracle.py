# SPDX-License-Identifier: 0BSD
"""The outside oracle: the guest's page tables, read from outside, beside the kernel's own books.

Three views of one address space must be one: a walk of the guest's memory from CR3, QEMU's own
(`info tlb`), and the books that the kernel keeps (README.md, Checkpoints). The guest's memory is a
file that both QEMU and this process have mapped, so nothing is copied and the kernel is not asked.
"""
import mmap
import os
import re
import struct

import elf

PAGE = 4096
PRESENT, WRITE, USER = 1, 2, 4  # of an entry
LARGE = 0x80
FLAG_BITS = {'X': 0, 'G': 0x100, 'P': LARGE, 'D': 0x40, 'A': 0x20, 'C': 0x10, 'T': 0x08,
             'U': USER, 'W': WRITE}  # as `info tlb` prints them, in order
FLAG_MASK = 0x1fe  # what `info tlb` tells of an entry
TLB_LINE = re.compile(r'([0-9a-f]{16}): ([0-9a-f]{16}) ([-XGPDACTUW]{9})$')
KERNEL_BASE = 0xc0000000
TABLES_FIRST = 0xffc00000  # the recursive window: the tables themselves, and its own concern
BOOK_WRITE, BOOK_USER, BOOK_PARTIAL = 1, 2, 4
ANY_FRAME = 0xffffffff
COMPLAINTS_MAX = 8


class Memory:
    """Physical memory of a running guest: the file behind it, mapped here too."""

    def __init__(self, path):
        with open(path, 'rb') as file:
            self.map = mmap.mmap(file.fileno(), os.path.getsize(path), access=mmap.ACCESS_READ)

    def words(self, physical, count):
        """`count` little-endian 32-bit words; zeros beyond the end of memory."""
        data = self.map[physical:physical + 4 * count]
        return struct.unpack(f'<{count}I', data.ljust(4 * count, b'\0'))

    def close(self):
        self.map.close()


def walk(memory, cr3):
    """Every present page below the window of the tables: {address: (entry, directory entry)}."""
    pages = {}
    for high, directory_entry in enumerate(memory.words(cr3 & ~(PAGE - 1), 1024)):
        base = high << 22
        if not directory_entry & PRESENT or base >= TABLES_FIRST:
            continue
        if directory_entry & LARGE:
            raise ValueError(f'{base:#010x}: a page of 4 MiB, where the kernel has none')
        for low, entry in enumerate(memory.words(directory_entry & ~(PAGE - 1), 1024)):
            if entry & PRESENT:
                pages[base + (low << 12)] = (entry, directory_entry)
    return pages


def parse_tlb(text):
    """{page address: entry without its present bit} from `info tlb`."""
    pages = {}
    for line in text.splitlines():
        match = TLB_LINE.match(line.strip())
        if not match:
            raise ValueError(f'info tlb: what is this? {line!r}')
        flags = sum(FLAG_BITS[mark] for mark in match[3] if mark != '-')
        if int(match[1], 16) < TABLES_FIRST:
            pages[int(match[1], 16)] = int(match[2], 16) | flags
    return pages


def compare_tlb(pages, tlb):
    """Where QEMU's view is not that of the walk."""
    wrong = []
    for va in sorted(pages.keys() | tlb.keys()):
        walked = pages[va][0] & (~(PAGE - 1) | FLAG_MASK) if va in pages else None
        if walked != tlb.get(va):
            wrong.append(f'{va:#010x}: {_entry(walked)} in memory, {_entry(tlb.get(va))} in QEMU')
    return wrong


def _entry(entry):
    return 'nothing' if entry is None else f'{entry:#010x}'


def rules(pages, text_first, text_end):
    """What must hold in every space of this kernel, whatever is mapped. A user bit that one level
    sets and the other takes back is harmless, until somebody changes the other: it is told too.
    """
    wrong = []
    for va, (entry, directory_entry) in pages.items():
        both = entry & directory_entry
        if va == 0:
            wrong.append('page 0 is mapped')
        if va >= KERNEL_BASE and (entry | directory_entry) & USER:
            wrong.append(f'{va:#010x}: a user bit in the kernel half')
        if text_first <= va < text_end and both & WRITE:
            wrong.append(f'{va:#010x}: code or constants that can be written')
    return wrong


def read_books(memory, kernel):
    """The kernel's extents [(first va, pages, first pa, flags)], and how many pages are mapped in
    its own partial ones and in those of user mode. ValueError if the kernel keeps none.
    """
    symbols = elf.Elf(kernel).address_of
    try:
        at, count_at, partial_at = (symbols[name] - KERNEL_BASE for name in (
            'book_extents', 'book_extent_count', 'book_partial_pages'))
    except KeyError as missing:
        raise ValueError(f'{kernel}: no symbol {missing}') from None
    count, = memory.words(count_at, 1)
    partial = memory.words(partial_at, 2)
    words = memory.words(at, 4 * count)
    return [words[i:i + 4] for i in range(0, 4 * count, 4)], partial


def compare_books(pages, books, partial_pages):
    """Where the page tables are not what the kernel's books say.

    An extent is mapped to its last page, with its flags and no others; a partial one where it
    pleases, but all of them together have so many pages. Nothing else is mapped. Frames of extents
    that do not name them are used once.
    """
    wrong, left, owners, partial_seen = [], dict(pages), {}, [0, 0]
    for first_va, count, first_pa, flags in books:
        for i in range(count):
            va = first_va + i * PAGE
            if va not in left:
                if va in pages:
                    wrong.append(f'{va:#010x}: in two extents of the books')
                elif not flags & BOOK_PARTIAL:
                    wrong.append(f'{va:#010x}: in the books, not mapped')
                continue
            entry, directory_entry = left.pop(va)
            partial_seen[bool(flags & BOOK_USER)] += bool(flags & BOOK_PARTIAL)
            both = entry & directory_entry
            wanted = (WRITE if flags & BOOK_WRITE else 0) | (USER if flags & BOOK_USER else 0)
            if both & (WRITE | USER) != wanted:
                wrong.append(f'{va:#010x}: entry {both:#010x}, the books say '
                             f'{"writable" if wanted & WRITE else "read-only"}'
                             f'{", user" if wanted & USER else ""}')
            pa = entry & ~(PAGE - 1)
            if first_pa != ANY_FRAME and pa != first_pa + i * PAGE:
                wrong.append(f'{va:#010x}: frame {pa:#010x}, the books say '
                             f'{first_pa + i * PAGE:#010x}')
            elif first_pa == ANY_FRAME and owners.setdefault(pa, va) != va:
                wrong.append(f'{va:#010x}: frame {pa:#010x} is at {owners[pa]:#010x} too')
    wrong += [f'{va:#010x}: mapped ({entry:#010x}), not in the books'
              for va, (entry, _) in sorted(left.items())]
    for whose, seen, said in zip(('of the kernel', 'of user mode'), partial_seen, partial_pages):
        if seen != said:
            wrong.append(f'{seen} pages in partly mapped extents {whose}, the books say {said}')
    return wrong


class Oracle:
    """A callback for emulate.run(): compares at every checkpoint."""

    def __init__(self, kernel, ram):
        self.kernel = kernel
        self.ram = ram
        self.seen = []  # (checkpoint, pages compared)
        self.complaints = []

    def __call__(self, name, monitor):
        monitor.execute('stop')
        memory = Memory(self.ram)
        try:
            pages = walk(memory, monitor.register('CR3'))
            symbols = elf.Elf(self.kernel).address_of
            wrong = compare_tlb(pages, parse_tlb(monitor.human('info tlb')))
            wrong += rules(pages, symbols['image_text'], symbols['image_data'])
            wrong += compare_books(pages, *read_books(memory, self.kernel))
            self.seen.append((name, len(pages)))
        except (ValueError, KeyError) as error:
            wrong = [str(error)]
        finally:
            memory.close()
            monitor.execute('cont')
        self.complaints += [f'{name}: {text}' for text in wrong[:COMPLAINTS_MAX]]
        if len(wrong) > COMPLAINTS_MAX:
            self.complaints.append(f'{name}: and {len(wrong) - COMPLAINTS_MAX} more')
