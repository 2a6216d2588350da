# SPDX-License-Identifier: 0BSD
"""A fuzz program with one file changed, thousands of times: all that stays is linked beforehand.

As builds.py, but what a change touches is compiled without optimisation, and linked with one object
that holds all the rest. A tenth of a second of CPU time for a source, a second for a header.
"""
import hashlib
import os
import shutil
import subprocess

import builds

# Of the command that makes the original: what costs time and changes no meaning.
DROPPED = ('-g', '-O2')
# What is undefined stops the program, as in the engines' builds with UBSan.
HUNTED = ('-O0', '-fsanitize=undefined', '-fsanitize-trap=undefined')


def source_flags(archive):
    """The compiler, and the flags without what costs time and what counts coverage."""
    return [word for word in archive.command
            if word not in DROPPED and not word.startswith('-fsanitize-coverage')]


class Worker:
    """A folder of one thread, with a copy of the code under test in which one file is changed."""

    def __init__(self, root, folder, rooms):
        self.root = root
        self.folder = folder
        self.tree = os.path.join(folder, 'tree')
        for room in rooms:
            shutil.copytree(os.path.join(root, room), os.path.join(self.tree, room))
        self.objects = {}  # (archive, source) -> object of what is changed now

    def path(self, path):
        return os.path.join(self.tree, path)

    def change(self, path, text):
        self.objects.clear()
        with open(self.path(path), 'w', encoding='utf-8') as file:
            file.write(text)

    def restore(self, path):
        shutil.copyfile(os.path.join(self.root, path), self.path(path))

    def object_of(self, archive, source):
        """The object of a source of the tree to hunt in; programs share their archives."""
        key = archive.output, source
        if key not in self.objects:
            output = os.path.join(self.folder, f'{len(self.objects)}.o')
            self.compile(archive, source, HUNTED, output)
            self.objects[key] = output
        return self.objects[key]

    def compile(self, archive, source, more, output):
        """Compile a source of the tree; DoesNotCompile if it is no C."""
        words = source_flags(archive)
        own = [word.replace(self.root + '/', self.tree + '/', 1) for word in words
               if word.startswith('-I' + self.root + '/core/')]
        builds.run([words[0], *own, *words[1:], *more, '-w', '-c',
                    os.path.join(self.tree, os.path.relpath(source, self.root)), '-o', output],
                   self.folder)


class Relinked:
    """A program of a build folder whose covered sources are objects of their own."""

    def __init__(self, root, build, target, rooms, folder):
        self.program = builds.Program(root, build, target, rooms)
        self.name = os.path.basename(target)
        self.folder = os.path.join(folder, self.name)
        self.rooms = tuple(os.path.join(self.program.root, room) + '/' for room in rooms)
        self.objects = {}  # source -> object
        self.of_source = {}  # source -> archive
        self.headers = {}  # source -> what it includes
        self.linker = ['-fuse-ld=lld'] if shutil.which('ld.lld') else []
        os.makedirs(self.folder)
        changeable = [archive for archive in self.program.archives
                      if all(source.startswith(self.rooms) for source in archive.sources)]
        for archive in changeable:
            self.take_apart(archive)
        self.link_rest([archive.output for archive in changeable])

    def take_apart(self, archive):
        at = os.path.join(self.folder, os.path.basename(archive.output))
        os.makedirs(at)
        builds.run(['ar', 'x', os.path.join(self.program.build, archive.output)], at)
        for number, source in enumerate(archive.sources, 1):  # as archive.sh names them
            stem = os.path.splitext(os.path.basename(source))[0]
            self.objects[source] = os.path.join(at, f'{number}-{stem}.o')
            self.of_source[source] = archive
        builds.run(['strip', '-g', *(self.objects[source] for source in archive.sources)], at)

    def link_rest(self, without):
        """One object of all that is not under test."""
        words = self.program.link_words(os.path.join(self.folder, 'rest.o'))
        archives = dict.fromkeys(word for word in words if word.endswith('.a'))
        kept = [word for word in archives if word not in without]
        builds.run([*(word for word in words if word not in archives), '-r', '-nostdlib',
                    '-Wl,-S', '-Wl,--whole-archive', *kept], self.program.build)

    def sources_of(self, path):
        """The sources that a change of a file of the rooms changes."""
        full = os.path.join(self.program.root, path)
        if full in self.objects:
            return [full]
        for source, archive in self.of_source.items():
            if source not in self.headers:
                words = subprocess.run([*source_flags(archive), '-MM', '-MG', source], text=True,
                                       capture_output=True, check=True, cwd=self.program.build)
                self.headers[source] = {os.path.normpath(os.path.join(self.program.build, word))
                                        for word in words.stdout.replace('\\\n', ' ').split()}
        return [source for source in self.objects if full in self.headers[source]]

    def changed(self, path, worker):
        """The program with the worker's file, or None if the file is no part of it."""
        sources = self.sources_of(path)
        if not sources:
            return None
        objects = dict(self.objects)
        for source in sources:
            objects[source] = worker.object_of(self.of_source[source], source)
        output = os.path.join(worker.folder, self.name)
        builds.run([self.program.link[0], *self.linker, *objects.values(),
                    os.path.join(self.folder, 'rest.o'), '-o', output], worker.folder)
        return output

    def code(self, path, worker):
        """A hash of the optimised code of what the worker's file is part of."""
        sum_of_all = hashlib.sha256()
        output = os.path.join(worker.folder, 'code.o')
        for source in self.sources_of(path):
            worker.compile(self.of_source[source], source,
                           ['-O2', f'-ffile-prefix-map={worker.folder}=.'], output)
            with open(output, 'rb') as file:
                sum_of_all.update(file.read())
        return sum_of_all.digest()
