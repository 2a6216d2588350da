# SPDX-License-Identifier: 0BSD
"""What the freestanding archives ask of the machine; usage:
freestanding.py --cc CC... [--flags=FLAGS] [--skip=REASON] --archives ARCHIVE...

An archive may ask only for ALLOWED and for what the archives before it define. It has no writable
globals, and the i386 ones no floating point, so that a kernel may call them from a page fault.
Samples that break each rule, compiled with CC and FLAGS, must be reported.
"""
import argparse
import os
import re
import subprocess
import tempfile

import tree

# The port's panic, and four functions that a compiler calls even in freestanding code. The last is
# the linker's own, where -fPIC is on.
ALLOWED = {'la_panic', 'memcpy', 'memset', 'memmove', 'memcmp', '_GLOBAL_OFFSET_TABLE_'}

WRITABLE = re.compile(r'\.(data|bss|tdata|tbss)(\.|$)(?!rel\.ro)')
FLOATING = re.compile(r'\t(f[a-z0-9]+|emms)\b|%(xmm|mm)[0-7]|%st\b')


def output_of(*command):
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return run.stdout


def symbols(archive, option):
    """Names that `nm OPTION` shows: the last word of each line with a type letter."""
    lines = output_of('nm', option, archive)
    return set(re.findall(r'^\S*\s+[A-Za-z] (\S+)$', lines, re.MULTILINE))


def undefined(archive, known):
    """Names the archive needs, does not define itself and must not ask for."""
    mine = symbols(archive, '--defined-only')
    return [f'asks for {name}' for name in sorted(symbols(archive, '-u') - mine - known - ALLOWED)]


def writable_globals(archive):
    """Sections with writable bytes, and common symbols."""
    found = []
    member = archive
    for line in output_of('objdump', '-h', archive).splitlines():
        named = re.match(r'(\S+):\s+file format', line)
        member = named.group(1) if named else member
        section = re.match(r'\s*\d+ (\S+)\s+([0-9a-f]+) ', line)
        if section and WRITABLE.match(section.group(1)) and int(section.group(2), 16):
            found.append(f'{member}: {int(section.group(2), 16)} bytes in {section.group(1)}')
    common = re.findall(r'^\S+ C (\S+)$', output_of('nm', archive), re.MULTILINE)
    return found + [f'{name} is a common symbol' for name in common]


def floating_point(archive):
    """Instructions that use the x87, MMX or SSE registers."""
    function, found = '?', []
    for line in output_of('objdump', '-d', '--no-show-raw-insn', archive).splitlines():
        label = re.match(r'[0-9a-f]+ <(.*)>:', line)
        function = label.group(1) if label else function
        if FLOATING.search(line):
            found.append(f'{function}: {" ".join(line.split()[1:])}')
    return found


def is_i386(archive):
    return 'elf32-i386' in output_of('objdump', '-h', archive)


SAMPLES = [
    ('a call of libc', undefined, 'int puts(const char *); int f(void) { return puts("x"); }'),
    ('a 64-bit division', undefined,
     'typedef unsigned long long u64; u64 f(u64 a, u64 b) { return a / b; }'),
    ('an initialised global', writable_globals, 'int x = 1;'),
    ('a zeroed global', writable_globals, 'int x[4];'),
    ('a static local', writable_globals, 'int f(void) { static int x; return ++x; }'),
    ('a table of pointers', writable_globals, 'char *x[] = { "a" };'),
    ('a double', floating_point, 'double f(double a, double b) { return a * b; }'),
    ('a float to an integer', floating_point, 'int f(float a) { return (int)a; }'),
]
GOOD_SAMPLE = ('void la_panic(const char *); static const char *const names[] = { "a", "b" };'
               'const char *f(unsigned i) { if (i > 1) la_panic("i"); return names[i]; }')


def self_test(tap, compiler, flags):
    """Each rule sees its bad samples, and all of them pass the good one. Two rules are for i386: a
    64-bit target divides by itself, and its compiler may copy structs through SSE registers.
    """
    def compiled(text):
        command = compiler + flags + ['-O2', '-ffreestanding', '-w', '-xc', '-c', '-o', sample, '-']
        subprocess.run(command, input=text, text=True, check=True)
        return sample

    with tempfile.TemporaryDirectory() as folder:
        sample = os.path.join(folder, 'sample.o')
        i386 = is_i386(compiled(GOOD_SAMPLE))
        for rule in (lambda path: undefined(path, set()), writable_globals, floating_point):
            tap.check('a good sample passes', rule(sample))
        for name, rule, text in SAMPLES:
            if not i386 and (rule == floating_point or 'division' in name):
                continue
            compiled(text)
            found = rule(sample, set()) if rule == undefined else rule(sample)
            tap.check(f'reported: {name}', [] if found else ['it was not reported'])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--cc', nargs='+', default=['cc'])
    parser.add_argument('--flags', default='')
    parser.add_argument('--skip', default='')
    parser.add_argument('--archives', nargs='+', required=True)
    arguments = parser.parse_args()
    if arguments.skip:
        tree.skip_all(arguments.skip)

    tap = tree.Tap()
    self_test(tap, arguments.cc, arguments.flags.split())
    known = set()
    for archive in arguments.archives:
        name = os.path.basename(archive)
        tap.check(f'{name} asks only for the agreed symbols', undefined(archive, known))
        mine = symbols(archive, '--defined-only')
        known |= mine
        tap.check(f'{name} has no writable globals', writable_globals(archive))
        tap.check(f'{name} has code', [] if mine else ['it defines nothing'])
        if is_i386(archive):
            tap.check(f'{name} has no floating point', floating_point(archive))
    tap.finish()


main()
