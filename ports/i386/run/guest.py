# SPDX-License-Identifier: 0BSD
"""What is to be booted, and how: one record that every emulator is started from."""
import dataclasses
import re

FRAMES = ('bitmap', 'stack', 'sorted', 'buddy', 'coloured')
MACHINES = ('pc', 'q35', 'microvm', 'isapc')
MEMORY_MIB_DEFAULT = 64
MEMORY_MIB_MIN = 4
# A pc splits its memory at 3 GiB from 3584 MiB on, and what is above 4 GiB is out of reach.
MEMORY_MIB_MAX = 3583


class Problem(Exception):
    """Something the user has to know; `status` is the verb's exit code."""

    def __init__(self, message, status=1):
        super().__init__(message)
        self.status = status


@dataclasses.dataclass(frozen=True)
class Module:
    """A file handed to the kernel, and the last word of its multiboot string (README.md).

    Its name has no blank. All modules of a guest are in one folder, which may have what it likes.
    """
    path: str
    word: str


@dataclasses.dataclass(frozen=True)
class Guest:
    """Everything that makes one boot differ from another. Sizes in MiB, times in seconds."""
    kernel: str
    emulator: str = 'qemu'
    machine: str = 'pc'
    cpu: str = ''  # '': the machine's default
    memory_mib: int = MEMORY_MIB_DEFAULT
    accel: str = 'tcg'
    iso: bool = False
    icount: bool = False
    words: tuple = ()  # of the kernel's command line
    modules: tuple = ()
    timeout_s: float = 60.0

    def with_words(self, *words):
        """The same guest with more words "name=value", in the place of those with their names."""
        names = tuple(word.partition('=')[0] + '=' for word in words)
        kept = tuple(word for word in self.words if not word.startswith(names))
        return dataclasses.replace(self, words=kept + words)


def parse_memory(text):
    """MiB from "64", "64M" or "2G"; ValueError says what was expected."""
    match = re.fullmatch(r'(\d+)([MmGg]?)', text)
    if not match:
        raise ValueError(f'{text}: expected MiB, or a number with M or G')
    mib = int(match[1]) * (1024 if match[2] in ('G', 'g') else 1)
    if not MEMORY_MIB_MIN <= mib <= MEMORY_MIB_MAX:
        raise ValueError(f'{text}: expected {MEMORY_MIB_MIN} to {MEMORY_MIB_MAX} MiB')
    return mib
