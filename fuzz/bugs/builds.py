# SPDX-License-Identifier: 0BSD
"""A fuzz program with one file changed: what that file touches is compiled anew, all else reused.

How a program is made is asked of ninja, so this knows no flag of its own. Only archives that an
engine covers are compiled anew (the code under test): the model must not see a changed header.
"""
import dataclasses
import os
import shlex
import shutil
import subprocess

ARCHIVE_SH = 'archive.sh'


class DoesNotCompile(Exception):
    """The change is no C any more, or an assertion of the build saw it."""


@dataclasses.dataclass(frozen=True)
class Archive:
    output: str
    command: tuple  # the compiler and its flags
    sources: tuple
    headers: frozenset  # whole paths of what the sources include


def run(command, folder):
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise DoesNotCompile(result.stderr[-2000:])


def parse_archive(words, build):
    """An Archive of the words of a call of archive.sh; it has been made before."""
    behind = words.index('--')
    listing = subprocess.run(['ninja', '-C', build, '-t', 'deps', words[1]], text=True, check=True,
                             capture_output=True).stdout
    headers = {os.path.normpath(os.path.join(build, line.strip()))
               for line in listing.splitlines() if line.startswith('    ')}
    sources = tuple(os.path.normpath(os.path.join(build, word)) for word in words[behind + 1:])
    return Archive(words[1], tuple(words[3:behind]), sources, frozenset(headers))


class Program:
    """One program of a build folder, and its relatives with a changed file.

    `rooms` are the folders of the code under test, relative to the root.
    """

    def __init__(self, root, build, target, rooms):
        self.root = os.path.abspath(root)
        self.build = os.path.abspath(build)
        self.path = os.path.join(self.build, target)
        self.rooms = rooms
        subprocess.run(['ninja', '-C', self.build, target], check=True, stdout=subprocess.DEVNULL)
        listing = subprocess.run(['ninja', '-C', self.build, '-t', 'commands', target], text=True,
                                 check=True, capture_output=True).stdout
        steps = [shlex.split(line) for line in listing.splitlines() if line]
        self.archives = [parse_archive(words, self.build) for words in steps
                         if os.path.basename(words[0]) == ARCHIVE_SH]
        self.link = steps[-1]

    def is_under_test(self, archive):
        """Whether it is of the rooms, and no part of the net that is to see the change."""
        rooms = tuple(os.path.join(self.root, room) + '/' for room in self.rooms)
        own = os.path.join(self.root, 'fuzz') + '/'
        return (any(source.startswith(rooms) for source in archive.sources)
                and not any(source.startswith(own) for source in archive.sources))

    def touched(self, path):
        """The archives under test that a file, relative to the root, takes part in."""
        full = os.path.join(self.root, path)
        return [archive for archive in self.archives
                if (full in archive.sources or full in archive.headers)
                and self.is_under_test(archive)]

    def overlay(self, path, text, folder):
        """Copies of the files beside `path`, with the changed one among them."""
        beside = os.path.dirname(os.path.join(self.root, path))
        copy = os.path.join(folder, 'tree', os.path.dirname(path))
        shutil.copytree(beside, copy, ignore=lambda at, names: [
            name for name in names if os.path.isdir(os.path.join(at, name))])
        with open(os.path.join(folder, 'tree', path), 'w', encoding='utf-8') as file:
            file.write(text)

    def compile(self, archive, source, folder, number):
        """The object of one source as the overlay has it."""
        tree = os.path.join(folder, 'tree')
        relative = os.path.relpath(source, self.root)
        copy = os.path.join(tree, relative)
        command = list(archive.command)
        # A header of the overlay is found before the one it changes.
        own = [flag.replace(self.root + '/', tree + '/', 1) for flag in command
               if flag.startswith('-I' + self.root + '/')]
        if not os.path.exists(copy):
            copy = source
        else:  # and what the copy includes by a path of its own
            own.append('-I' + os.path.dirname(source))
        output = os.path.join(folder, f'{number}.o')
        run([command[0], *own, *command[1:], '-w', '-c', copy, '-o', output], self.build)
        return output

    def link_words(self, output):
        """The command that links, into another file."""
        words = list(self.link)
        words[words.index('-o') + 1] = output
        for flag in ('-MD', '-MT', '-MF'):  # what a link depends on is known
            at = words.index(flag)
            del words[at:at + (1 if flag == '-MD' else 2)]
        return words

    def link_with(self, objects, folder, name='program'):
        """The program with these objects before all archives, whose members they replace.

        Programs with the same archives may share the objects.
        """
        output = os.path.join(folder, name)
        words = self.link_words(output)
        first = next(at for at, word in enumerate(words) if word.endswith('.a'))
        run([*words[:first], *objects, *words[first:]], self.build)
        return output

    def objects(self, path, text, folder):
        """The objects that `path` saying `text` makes anew, in an empty folder.

        DoesNotCompile if it does not. ValueError if the file is no part of what is under test.
        """
        archives = self.touched(path)
        if not archives:
            raise ValueError(f'{path} is no part of {os.path.basename(self.path)}')
        self.overlay(path, text, folder)
        objects = []
        for archive in archives:
            full = os.path.join(self.root, path)
            sources = [full] if full in archive.sources else archive.sources
            for source in sources:
                objects.append(self.compile(archive, source, folder, len(objects)))
        return objects

    def changed(self, path, text, folder):
        """The path of the program with `path` saying `text`."""
        return self.link_with(self.objects(path, text, folder), folder)
