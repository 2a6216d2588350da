# SPDX-License-Identifier: 0BSD
"""Every public header compiles alone and twice; usage: headers.py ROOT CC... [--cxx CXX...].

As C11 with -pedantic, and as C++17. A C++ user needs to say two words of C differently, which is
what CXX_WORDS does, and to wrap the include in extern "C".
"""
import os
import re
import subprocess
import sys

import tree

ROOMS = ('core/include', 'traces/include', 'ports/host/include', 'kernel/include')
ALSO_FOUND = ('kernel/frames', 'kernel/process')  # by the headers of those rooms
WARNINGS = ['-fsyntax-only', '-Wall', '-Wextra', '-pedantic', '-Werror']
CXX_WORDS = ['-D_Static_assert=static_assert', '-D_Noreturn=[[noreturn]]']


def compile_text(command, root, text):
    """The compiler's complaints about a text, as lines; none if it accepts it."""
    includes = ['-I' + os.path.join(root, room) for room in ROOMS + ALSO_FOUND]
    run = subprocess.run(command + WARNINGS + includes + ['-'], input=text, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return run.stdout.splitlines() or ['no message'] if run.returncode else []


def main():
    root, arguments = sys.argv[1], sys.argv[2:]
    split = arguments.index('--cxx') if '--cxx' in arguments else len(arguments)
    as_c = arguments[:split] + ['-std=c11', '-x', 'c']
    cxx = arguments[split + 1:]
    as_cxx = cxx + ['-std=c++17', '-x', 'c++'] + CXX_WORDS
    headers = [path for path in tree.files(root)
               if re.match('(' + '|'.join(ROOMS) + r')/.*\.h$', path)]

    tap = tree.Tap()
    tap.check('a header that needs another one is reported as C', []
              if compile_text(as_c, root, 'struct x { uint32_t y; };\n') else ['it compiled'])
    if cxx:
        tap.check('C that is not C++ is reported as C++', []
                  if compile_text(as_cxx, root, 'int *f(void *p) { return p; }\n')
                  else ['it compiled'])
    for header in headers:
        include = f'#include <{header.split("/include/")[1]}>\n' * 2
        tap.check(f'{header} as C11', compile_text(as_c, root, include))
        if cxx:
            wrapped = 'extern "C" {\n' + include + '}\n'
            tap.check(f'{header} as C++17', compile_text(as_cxx, root, wrapped))
        else:
            tap.skip(f'{header} as C++17', 'no C++ compiler')
    tap.check('there are public headers', [] if headers else ['none found'])
    tap.finish()


main()
