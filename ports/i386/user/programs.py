# SPDX-License-Identifier: 0BSD
"""Programs as part of the kernel's image; usage: programs.py OUTPUT.S PROGRAM.elf...

Writes the table built_in_programs[] (kernel/process/programs.h) as assembly that has the files in
it.
"""
import os
import sys


def main():
    output, *paths = sys.argv[1:]
    names = [os.path.basename(path).removesuffix('.elf') for path in paths]
    lines = ['/* SPDX-License-Identifier: 0BSD */', '/* Made by programs.py. */',
             '        .section .rodata', '        .align 4', '        .globl built_in_programs',
             'built_in_programs:']
    for name in names:
        lines.append(f'        .long name_{name}, image_{name}, end_{name}')
    lines.append('        .long 0, 0, 0')
    for name, path in zip(names, paths):
        lines += [f'name_{name}: .asciz "{name}"', '        .align 4', f'image_{name}:',
                  f'        .incbin "{os.path.abspath(path)}"', f'end_{name}:']
    lines.append('        .section .note.GNU-stack, "", @progbits')
    with open(output, 'w', encoding='ascii') as file:
        file.write('\n'.join(lines) + '\n')


main()
