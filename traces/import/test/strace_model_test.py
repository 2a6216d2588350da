# SPDX-License-Identifier: 0BSD
"""Made-up recordings of strace, each by a little kernel that knows every page; usage:
strace_model_test.py VERBS FIXTURES.

The kernel here runs random processes and threads, prints their calls as strace does, in pieces
where tasks overlap, and knows which pages each address space has committed. The trace that the
importer makes is run over sets of pages: it must have as many pages committed in the end, must
never name a slot that is empty, or make one that is not, and must be empty after the last exit.
"""
import os
import random
import subprocess
import sys
import tempfile

RUNS = 40
STEPS = 120
PROT = {True: 'PROT_READ|PROT_WRITE', False: 'PROT_NONE'}
ANON = 'MAP_PRIVATE|MAP_ANONYMOUS'
BRK = 0x500


class Space:
    """Pages by number: True if committed. `foreign` ones were the parent's, `plain` ones came with
    a mapping that was committed as a whole.
    """
    def __init__(self, foreign=(), brk=BRK):
        self.pages = {}
        self.foreign = set(foreign)
        self.plain = set()
        self.brk = brk
        self.brk_low = brk
        self.brk_asked = brk != BRK

    def add(self, first, count, access):
        for page in range(first, first + count):
            if page not in self.pages:
                self.plain.discard(page)
                self.plain |= {page} if access else set()
            self.pages[page] = access

    def free_run(self, count):
        first = 0x1000
        while any(page in self.pages or page in self.foreign
                  for page in range(first, first + count)):
            first += 1
        return first


class Task:
    def __init__(self, number, space, process):
        self.number = number
        self.space = space
        self.process = process
        self.finish = None  # what is left of a call: a function that answers the rest of its line
        self.bears = None   # the task that call makes


class Kernel:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines = []
        self.next_number = 100
        self.tasks = []
        self.add(Space(), None)

    def add(self, space, process):
        number = self.next_number
        self.next_number += 1
        task = Task(number, space, process or number)
        self.tasks.append(task)
        return task

    def say(self, task, text):
        self.lines.append(f'{task.number} {text}')

    def some_range(self, space):
        pages = sorted(space.pages)
        first = self.random.choice(pages) if pages else 0x2000
        return first, self.random.randint(1, 6)

    def call(self, task, name, begun, finish, child=None):
        """Print a call at once, or its beginning only; finish() does the work and answers."""
        others = [other for other in self.tasks if other is not task and other.finish is None]
        if others and self.random.random() < 0.4:
            self.say(task, f'{name}({begun} <unfinished ...>')
            task.bears = child
            task.finish = lambda: f'<... {name} resumed>{finish()}'
        else:
            self.say(task, f'{name}({begun}{finish()}')

    def mmap(self, task):
        space, count, access = task.space, self.random.randint(1, 8), self.random.random() < 0.6

        def finish():
            first = space.free_run(count)
            space.add(first, count, access)
            return f') = {first << 12:#x}'
        self.call(task, 'mmap', f'NULL, {count << 12}, {PROT[access]}, {ANON}, -1, 0', finish)

    def mmap_fixed(self, task):
        space, access = task.space, self.random.random() < 0.5
        first, count = self.some_range(space)
        space.add(first, count, access)
        self.say(task, f'mmap({first << 12:#x}, {count << 12}, {PROT[access]}, '
                       f'{ANON}|MAP_FIXED, -1, 0) = {first << 12:#x}')

    def munmap(self, task):
        first, count = self.some_range(task.space)
        for page in range(first, first + count):
            task.space.pages.pop(page, None)
            task.space.foreign.discard(page)
        self.call(task, 'munmap', f'{first << 12:#x}, {count << 12}', lambda: ') = 0')

    def mprotect(self, task):
        access = self.random.random() < 0.5
        first, count = self.some_range(task.space)
        for page in range(first, first + count):
            if page in task.space.pages:
                task.space.pages[page] = access
        self.say(task, f'mprotect({first << 12:#x}, {count << 12}, {PROT[access]}) = 0')

    def mremap(self, task):
        """Only of what is committed, and was from the start: all of it is so afterwards."""
        space, new = task.space, self.random.randint(1, 8)
        first, count = self.some_range(space)
        if not all(space.pages.get(page) and page in space.plain
                   for page in range(first, first + count)):
            return
        for page in range(first, first + count):
            del space.pages[page]

        def finish():
            to = space.free_run(new)
            space.add(to, new, True)
            return f') = {to << 12:#x}'
        self.call(task, 'mremap', f'{first << 12:#x}, {count << 12}, {new << 12}, MREMAP_MAYMOVE',
                  finish)

    def brk(self, task):
        """Not while a fork is under way: nobody can tell which of the two came first."""
        space = task.space
        if any(other.finish for other in self.tasks if other.space is space):
            return
        if not space.brk_asked:
            self.say(task, f'brk(NULL) = {space.brk << 12:#x}')
            space.brk_asked = True
        space.brk = space.brk_low + self.random.randint(0, 9)
        self.say(task, f'brk({space.brk << 12:#x}) = {space.brk << 12:#x}')

    def thread(self, task):
        child = self.add(task.space, task.process)
        self.call(task, 'clone', 'child_stack=0x7f, flags=CLONE_VM|CLONE_THREAD',
                  lambda: f', parent_tid=[{child.number}]) = {child.number}', child)

    def fork(self, task):
        space = Space(task.space.pages.keys() | task.space.foreign, task.space.brk)
        child = self.add(space, None)
        self.call(task, 'clone', 'child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD',
                  lambda: f', child_tidptr=0x7f) = {child.number}', child)

    def execve(self, task):
        if sum(other.process == task.process for other in self.tasks) > 1:
            return
        task.space = Space()
        self.say(task, 'execve("/bin/a", ["a"], 0x7f /* 9 vars */) = 0')

    def exit(self, task):
        if len(self.tasks) > 1:
            self.tasks.remove(task)
            self.say(task, 'exit(0) = ?')
            self.say(task, '+++ exited with 0 +++')

    def run(self):
        calls = ([self.mmap] * 8 + [self.mmap_fixed] * 4 + [self.munmap] * 6 + [self.mprotect] * 5 +
                 [self.mremap] * 4 + [self.brk] * 2 +
                 [self.thread, self.fork, self.execve, self.exit])
        for _ in range(STEPS):
            task = self.random.choice(self.tasks)
            if task.finish:
                self.resume(task)
            elif not self.is_doubtful(task):
                self.random.choice(calls)(task)
        for task in self.tasks:
            self.resume(task)

    def is_doubtful(self, task):
        """A thread whose lines would be held back while others change its address space."""
        births = [other.bears for other in self.tasks if other.bears]
        return task in births and len(births) > 1 and task.process != task.number

    def resume(self, task):
        if task.finish:
            self.say(task, task.finish())
            task.finish = task.bears = None

    def committed(self):
        spaces = {id(task.space): task.space for task in self.tasks}
        return sum(sum(space.pages.values()) + space.brk - space.brk_low
                   for space in spaces.values())

    def end(self):
        return [f'{task.number} exit_group(0) = ?' for task in self.tasks]


class Wrong(Exception):
    pass


def replay(ops):
    """The committed pages of each live region in the end."""
    regions = {}
    sizes = {}
    for op in ops:
        word, *numbers = op.split()
        numbers = [int(number) for number in numbers]
        if word == 'thread':
            continue
        slot = numbers[0]
        if (word == 'reserve') == (slot in regions):
            raise Wrong(f'slot {slot} is full or empty: {op}')
        if word == 'reserve':
            regions[slot], sizes[slot] = set(), numbers[1]
        elif word == 'resize':
            sizes[slot] = numbers[1]
            regions[slot] = {page for page in regions[slot] if page < numbers[1]}
        elif word == 'release':
            del regions[slot]
        else:
            pages = set(range(numbers[1], numbers[1] + numbers[2]))
            if max(pages) >= sizes[slot]:
                raise Wrong(f'behind the end of a region of {sizes[slot]} pages: {op}')
            regions[slot] = regions[slot] | pages if word == 'commit' else regions[slot] - pages
    return regions


def convert(program, folder, lines):
    path = os.path.join(folder, 'in')
    with open(path, 'w', encoding='utf-8') as file:
        file.write('\n'.join(lines) + '\n')
    done = subprocess.run([program, 'import', '--from', 'strace', path, '-o', '-'], check=True,
                          stdout=subprocess.PIPE, universal_newlines=True)
    text = [line for line in done.stdout.split('\n') if line]
    if any('implied' in line or 'not whole' in line for line in text if line.startswith('#')):
        raise Wrong('a line was not understood: ' + ' '.join(text[:9]))
    return [line for line in text if not line.startswith('#')]


def check(program, folder, seed):
    kernel = Kernel(seed)
    kernel.run()
    found = sum(map(len, replay(convert(program, folder, kernel.lines)).values()))
    if found != kernel.committed():
        raise Wrong(f'{found} pages are committed in the end, expected {kernel.committed()}')
    left = replay(convert(program, folder, kernel.lines + kernel.end()))
    if left:
        raise Wrong(f'{len(left)} regions are left after the last exit')


def main():
    program = sys.argv[1]
    print('1..1')
    for seed in range(RUNS):
        try:
            with tempfile.TemporaryDirectory() as folder:
                check(program, folder, seed)
        except Wrong as wrong:
            print(f'# seed {seed}: {wrong}')
            print('not ok 1 - pages_committed_are_those_of_the_kernel')
            return 1
    print('ok 1 - pages_committed_are_those_of_the_kernel')
    return 0


sys.exit(main())
