# SPDX-License-Identifier: 0BSD
"""What the tests of the source tree share: which files are ours, and TAP on standard output."""
import os
import subprocess
import sys

COMPLAINTS_MAX = 100  # of one check
ROOMS = ('core/', 'traces/', 'ports/', 'kernel/', 'tune/', 'bench/', 'report/', 'fuzz/', 'cli/',
         'tests/', 'docs/', '.ci/')

def is_scratch(folder, name):
    """A build directory, a version control's own, or what `tune` and `plot` leave."""
    path = os.path.join(folder, name)
    return (name.startswith('.') and name != '.ci' or name == 'build' or name.startswith('build-')
            or name == '__pycache__' or os.path.exists(os.path.join(path, 'meson-private'))
            or os.path.basename(folder) == 'results' and name.startswith(('plot', 'tune')))


def walk(root):
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not is_scratch(folder, name)]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), root)


def git_files(root, *options):
    listing = subprocess.run(['git', '-C', root, 'ls-files', '-z', *options], capture_output=True,
                             check=True)
    return set(listing.stdout.decode().split('\0'))


def files(root):
    """Paths, relative to the root, of what is tracked, and of what is new in a room; sorted.

    New files at the top are somebody's traces and reports, not ours.
    """
    try:
        found = git_files(root, '--cached')
        new = git_files(root, '--others', '--exclude-standard')
        found |= {path for path in new if path.startswith(ROOMS)} if found != {''} else new
    except (OSError, subprocess.CalledProcessError):
        found = walk(root)  # no git, or an unpacked archive
    return sorted(path for path in found if os.path.isfile(os.path.join(root, path)))


def text_of(root, path):
    with open(os.path.join(root, path), encoding='utf-8', newline='') as file:
        return file.read()


def skip_all(reason):
    """Leave, so that Meson counts the test as skipped: with TAP that is the plan's word, not 77."""
    print(f'1..0 # SKIP {reason}')
    sys.exit(0)


class Tap:
    """TAP 13, a line a check: Meson reads it, and so can a person."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def check(self, name, complaints):
        """Passed if there is no complaint; each is one line of text, and enough is enough."""
        for complaint in complaints[:COMPLAINTS_MAX]:
            print('# ' + complaint)
        if len(complaints) > COMPLAINTS_MAX:
            print(f'# ... and {len(complaints) - COMPLAINTS_MAX} more')
        self.count += 1
        self.failed += bool(complaints)
        print(f'{"not ok" if complaints else "ok"} {self.count} - {name}', flush=True)

    def skip(self, name, reason):
        self.count += 1
        print(f'ok {self.count} - {name} # SKIP {reason}', flush=True)

    def finish(self):
        print(f'1..{self.count}')
        sys.exit(1 if self.failed or not self.count else 0)
