# SPDX-License-Identifier: 0BSD
"""Who fuzzes a target: engines that differ in what they are good at, and feed each other.

Measured on a toy with 15 seeded bugs: with the record mutator libFuzzer needs 10 to 1,000 times
fewer executions; AFL++ is better with it on deep bugs and worse on two shallow ones, so one of it
has it and one has not. Sanitizers cost half of the speed, so few have them, and are fed by the
others.
"""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Role:
    name: str
    engine: str
    kind: str
    width: str
    share: int  # of the time, in proportion to the others
    about: str
    mutator: bool = True  # ours: of records
    words: tuple = ()  # on the engine's command line
    settings: tuple = ()  # of its environment


ROLES = (
    Role('libfuzzer', 'libfuzzer', 'bare', '64', 4, 'as fast as it gets, with the mutator'),
    Role('afl', 'afl', 'bare', '64', 3, 'the main AFL++, with the mutator'),
    Role('libfuzzer-san', 'libfuzzer', 'asan-ubsan', '64', 2, 'address and undefined'),
    Role('afl-plain', 'afl', 'bare', '64', 2, 'without the mutator, and exploring', mutator=False,
         words=('-p', 'explore'), settings=(('AFL_DISABLE_TRIM', '1'),)),
    Role('afl-m32', 'afl', 'bare', '32', 1, 'of 32 bits', words=('-p', 'rare')),
    Role('libfuzzer-m32', 'libfuzzer', 'asan', '32', 1, 'of 32 bits, address'),
    Role('afl-asan', 'afl', 'asan', '64', 1, 'address', settings=(('AFL_DISABLE_TRIM', '1'),)),
    Role('libfuzzer-msan', 'libfuzzer', 'msan', '64', 1, 'memory'),
)
MAIN_AFL = 'afl'


def engines_of(choice):
    return ('libfuzzer', 'afl') if choice == 'both' else (choice,)
