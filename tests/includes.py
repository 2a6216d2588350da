# SPDX-License-Identifier: 0BSD
"""Who may include whom; usage: includes.py ROOT.

The rule, from docs/design.md: core <- traces; core, traces <- kernel <- ports/i386, ports/process;
core <- ports/host; core, traces, ports/host <- tune, bench, report, fuzz and the verbs in traces;
all <- cli and tests.
A room's own files may also use tests/check.h. The freestanding parts see three headers of the
compiler and no libc. Made-up trees that break the rule come first, each of which must be reported.
"""
import os
import re
import sys

import tree

HOST_ROOMS = ['core', 'traces', 'ports/host']
MAY_USE = {  # the first that fits a path is its room
    'core': [],
    'traces/verbs': HOST_ROOMS,  # parts of the program, beside what they are about
    'traces/replay_verb': HOST_ROOMS + ['traces/verbs'],
    'traces/plot': HOST_ROOMS,
    'traces': ['core'],
    'kernel': ['core', 'traces'],
    'ports/i386': ['core', 'traces', 'kernel'],
    'ports/process': ['core', 'traces', 'kernel'],
    'ports/host': ['core'],
    'tune': HOST_ROOMS + ['traces/plot'],  # which runs gnuplot
    'bench': HOST_ROOMS + ['kernel'],  # the frames
    'report': HOST_ROOMS + ['traces/plot'],  # of the others it reads files, not code
    'fuzz': HOST_ROOMS + ['tune', 'bench'],  # what it is a target for
}
MAY_USE['cli'] = list(MAY_USE)
MAY_USE['tests'] = list(MAY_USE) + ['cli']

FREESTANDING = ('core/include/', 'core/src/', 'traces/include/', 'traces/format/', 'traces/replay/',
                'kernel/frames/', 'kernel/process/', 'kernel/include/', 'kernel/src/')
FREESTANDING_HEADERS = ('stdint.h', 'stdbool.h', 'stddef.h', 'stdarg.h')
# Not libc: ports/host is without.
LIBRARIES = ('zstd.h', 'zstd_errors.h', 'zlib.h', 'lzma.h', 'jansson.h', 'benchmark/benchmark.h')
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")', re.MULTILINE)


def room_of(path):
    return next((room for room in MAY_USE if path.startswith(room + '/')), None)


def candidates(path, name, quoted, headers):
    """The files of the tree that this include can mean."""
    if quoted:
        beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
        if beside in headers:
            return [beside]
        return [header for header in headers if ('/' + header).endswith('/' + name)]
    return [header for header in headers if header.endswith('/include/' + name)]


def judge(path, name, quoted, headers):
    """None, or what is wrong with this include in this file."""
    room = room_of(path)
    is_test = '/test/' in path
    meant = candidates(path, name, quoted, headers)
    if meant == ['tests/check.h']:
        return None if is_test or room == 'tests' else 'check.h is for tests'
    if meant:
        rooms = [room_of(header) for header in meant]
        if room in rooms or set(rooms) & set(MAY_USE[room]):
            return None
        return f'{room} may not use {rooms[0]}'
    if quoted or name.startswith('lookaside/'):
        return 'no such header in the tree'
    if path.startswith(FREESTANDING) and not is_test and name not in FREESTANDING_HEADERS:
        return 'freestanding code sees only ' + ', '.join(FREESTANDING_HEADERS)
    if room == 'ports/host' and name in LIBRARIES:
        return 'ports/host is the core and libc'
    return None


def complaints(sources):
    """`sources` is a dictionary from path to text."""
    headers = [path for path in sources if path.endswith('.h')]
    for path in sorted(sources):
        if room_of(path) is None:
            yield f'{path}: in no room of the design'
            continue
        for angle, quote in INCLUDE.findall(sources[path]):
            wrong = judge(path, angle or quote, bool(quote), headers)
            if wrong:
                yield f'{path}: includes {angle or quote}: {wrong}'


HEADERS = {
    'core/include/lookaside/vas.h': '#include <stdint.h>\n',
    'core/src/vas_private.h': '#include <lookaside/vas.h>\n',
    'traces/include/lookaside/trace.h': '#include <lookaside/vas.h>\n',
    'ports/host/include/lookaside/host.h': '#include <lookaside/vas.h>\n',
    'tune/tune.h': '',
    'tests/check.h': '#include <stdio.h>\n',
}
GOOD = {
    'core/src/vas.c': '#include <lookaside/vas.h>\n#include "vas_private.h"\n',
    'core/test/vas_test.c': '#include "check.h"\n#include "../src/vas_private.h"\n',
    'traces/replay/replay.c': '#include <lookaside/trace.h>\n',
    'traces/recorders/heap.c': '#include <dlfcn.h>\n#include <zstd.h>\n',
    'ports/host/window.c': '#include <sys/mman.h>\n#include <lookaside/host.h>\n',
    'cli/main.c': '#include "tune.h"\n#include <lookaside/host.h>\n',
}
BAD = [
    ('core/src/a.c', '#include <lookaside/trace.h>\n'),
    ('core/src/a.c', '#include <string.h>\n'),
    ('core/src/a.c', '#  include "check.h"\n'),
    ('core/src/a.c', '#include <lookaside/nowhere.h>\n'),
    ('core/src/a.c', '#include "nowhere.h"\n'),
    ('core/test/a.c', '#include <lookaside/host.h>\n'),
    ('traces/replay/a.c', '#include <lookaside/host.h>\n'),
    ('traces/format/a.c', '#include <stdio.h>\n'),
    ('ports/host/a.c', '#include <lookaside/trace.h>\n'),
    ('ports/host/a.c', '#include <zstd.h>\n'),
    ('ports/host/a.c', '#include "../../tune/tune.h"\n'),
    ('nowhere/a.c', ''),
]


def main():
    root = sys.argv[1]
    tap = tree.Tap()
    tap.check('a tree that follows the rule passes', list(complaints({**HEADERS, **GOOD})))
    for path, text in BAD:
        found = list(complaints({**HEADERS, path: text}))
        tap.check(f'reported: {path}: {text.strip() or "outside every room"}'.replace('#', ''),
                  [] if len(found) == 1 else [f'{len(found)} complaints, expected one'])
    sources = {path: tree.text_of(root, path) for path in tree.files(root)
               if path.endswith(('.c', '.h', '.cc', '.cpp'))}
    tap.check('this tree follows the rule', list(complaints(sources)))
    tap.check('this tree has files', [] if sources else ['no C file found'])
    tap.finish()


main()
