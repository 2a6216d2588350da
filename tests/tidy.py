# SPDX-License-Identifier: 0BSD
"""Layout rules that no compiler checks, over every source file; usage: tidy.py ROOT.

Each rule is first given a bad sample, and fails if it does not complain about it.
"""
import os
import re
import sys

import tree

LINE_COLUMNS_MAX = 100
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70  # one screen

C_SUFFIXES = ('.c', '.h', '.cc', '.cpp', '.hpp', '.S')
CODE_SUFFIXES = C_SUFFIXES + ('.sh', '.py', '.gp')
CODE_NAMES = ('lookaside', 'run', 'meson.build', 'meson_options.txt', '.clang-format',
              '.clang-tidy', '.editorconfig', '.gitattributes', '.gitignore')
LEFTOVERS = re.compile(r'\b(' + '|'.join(('FIX' 'ME', 'TO' 'DO', 'X' 'XX')) + r')\b')


def is_c(path):
    return path.endswith(C_SUFFIXES)


def is_code(path):
    return path.endswith(CODE_SUFFIXES) or os.path.basename(path) in CODE_NAMES


def is_text(path):
    return is_code(path) or path.endswith('.md')


def long_lines(lines):
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_COLUMNS_MAX:
            yield number, f'{len(line)} columns, at most {LINE_COLUMNS_MAX}'


def tabs(lines):
    for number, line in enumerate(lines, 1):
        if '\t' in line:
            yield number, 'a tab; indent with spaces'


def trailing_blanks(lines):
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            yield number, 'a blank or carriage return at the end of the line'


def final_newline(lines):
    if lines[-1] != '' or lines[-2:] == ['', '']:
        yield len(lines), 'the last line must end in one newline'


def long_files(lines):
    if len(lines) - 1 > FILE_LINES_MAX:
        yield 1, f'{len(lines) - 1} lines, at most {FILE_LINES_MAX}: split it'


def spdx(lines):
    if not any('SPDX-License-Identifier: 0BSD' in line for line in lines[:2]):
        yield 1, 'no "SPDX-License-Identifier: 0BSD" in the first two lines'


def leftovers(lines):
    for number, line in enumerate(lines, 1):
        found = LEFTOVERS.search(line)
        if found:
            yield number, f'"{found.group()}": do it, or open an issue'


def commented_code(lines):
    for number, line in enumerate(lines, 1):
        if re.search(r'^\s*//.*[;{}]\s*$|^\s*/\*.*[;{}]\s*\*/\s*$|^\s*#\s*if\s+0\b', line):
            yield number, 'looks like commented-out code; version control remembers it'


def long_functions(lines):
    """House layout: the signature starts at column 0, and both braces stand alone there."""
    start = 0
    for number, line in enumerate(lines, 1):
        if line == '{':
            start = number
            while start > 1 and re.match(r'[A-Za-z_ ].*[^;]$', lines[start - 2]):
                start -= 1
        elif line.startswith('}') and start:
            length = number - start + 1
            if length > FUNCTION_LINES_MAX:
                yield start, f'a function of {length} lines, at most {FUNCTION_LINES_MAX}'
            start = 0


# name, which files, rule, and a sample that it must complain about
RULES = [
    ('lines are at most 100 columns', is_code, long_lines, '/* ' + 'x' * 100 + ' */\n'),
    ('no tabs', is_text, tabs, 'int x;\n\tint y;\n'),
    ('no trailing blanks', is_text, trailing_blanks, 'int x; \n'),
    ('lines end in LF only', is_text, trailing_blanks, 'int x;\r\n'),
    ('a newline ends the file', is_text, final_newline, 'int x;'),
    ('no empty line ends the file', is_text, final_newline, 'int x;\n\n'),
    ('files are at most 500 lines', is_code, long_files, 'int x;\n' * 501),
    ('functions are at most 70 lines', is_code, long_functions,
     'int\nmain(void)\n{\n' + '    x++;\n' * 68 + '}\n'),
    ('the licence is named', is_code, spdx, '/* A file. */\nint x;\n'),
    ('no leftovers', is_text, leftovers, '/* ' + 'TO' 'DO: more */\n'),
    ('no code in // comments', is_c, commented_code, '    // free(x);\n'),
    ('no code in /* comments */', is_c, commented_code, '    /* free(x); */\n'),
    ('no code behind #if 0', is_c, commented_code, '#if 0\n'),
]
GOOD_SAMPLE = '/* SPDX-License-Identifier: 0BSD */\n/* A comment; and more. */\nint f(void)\n{\n}\n'


def main():
    root = sys.argv[1]
    paths = tree.files(root)
    tap = tree.Tap()
    for name, applies, rule, bad in RULES:
        tap.check(f'rule can fail: {name}',
                  [] if list(rule(bad.split('\n'))) else ['it did not see the bad sample'])
        tap.check(f'rule can pass: {name}',
                  [text for _, text in rule(GOOD_SAMPLE.split('\n'))])
        tap.check(name, [f'{path}:{number}: {text}' for path in paths if applies(path)
                         for number, text in rule(tree.text_of(root, path).split('\n'))])
    tap.check('there are files to check', [] if any(map(is_c, paths)) else ['no C file found'])
    tap.finish()


main()
