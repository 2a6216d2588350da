# SPDX-License-Identifier: 0BSD
"""Symbols of a 32-bit ELF file: addresses by name, and names by address."""
import bisect
import struct

from guest import Problem

SHT_SYMTAB = 2
STT_NOTYPE, STT_OBJECT, STT_FUNC = 0, 1, 2
SHN_UNDEF, SHN_ABS = 0, 0xfff1


class Elf:
    """The symbol table of the file at `path`. Problem if it is no 32-bit little-endian ELF file."""

    def __init__(self, path):
        self.path = path
        try:
            with open(path, 'rb') as file:
                self.data = file.read()
        except OSError as error:
            raise Problem(f'{path}: {error.strerror}') from None
        try:
            self._read()
        except (struct.error, IndexError):
            raise Problem(f'{path}: the ELF file is cut short') from None

    def _read(self):
        if self.data[:6] != b'\x7fELF\x01\x01':
            raise Problem(f'{self.path}: not a 32-bit little-endian ELF file')
        self.entry, = struct.unpack_from('<I', self.data, 24)
        sections_at, = struct.unpack_from('<I', self.data, 32)
        size, count = struct.unpack_from('<HH', self.data, 46)
        sections = [struct.unpack_from('<10I', self.data, sections_at + i * size)
                    for i in range(count)]
        self.address_of = {}
        places = {}
        for section in sections:
            if section[1] != SHT_SYMTAB:
                continue
            names_at = sections[section[6]][4]
            for at in range(section[4], section[4] + section[5], 16):
                name_at, value, _, info, _, index = struct.unpack_from('<IIIBBH', self.data, at)
                if index == SHN_UNDEF or info & 15 not in (STT_NOTYPE, STT_OBJECT, STT_FUNC):
                    continue
                end = self.data.index(b'\0', names_at + name_at)
                name = self.data[names_at + name_at:end].decode('utf-8', 'replace')
                if name:
                    self.address_of[name] = value
                    if info & 15 != STT_OBJECT and index != SHN_ABS:
                        places[value] = name
        self.places = sorted(places.items())

    def name_of(self, address):
        """"function+0x12", or the bare address where no code is known."""
        i = bisect.bisect_right(self.places, (address, '\xff'))
        if i == 0 or address - self.places[i - 1][0] > 0xffff:
            return f'{address:#010x}'
        start, name = self.places[i - 1]
        return f'{name}+{address - start:#x} ({address:#010x})'
