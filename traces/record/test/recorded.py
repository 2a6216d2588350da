# SPDX-License-Identifier: 0BSD
"""What the tests of the recorder share: TAP, and a reader of traces in text form."""
import collections
import re
import sys

ALWAYS_THERE = ('alloc 5301', 'free 5301')  # by constructor and destructor of hazards_plain.c


class Tap:
    def __init__(self):
        self.count, self.failed = 0, 0

    def check(self, name, complaints, skip=''):
        self.count += 1
        self.failed += bool(complaints)
        for complaint in complaints:
            for line in str(complaint).splitlines():
                print(f'# {line[:2000]}')
        print(f'{"not ok" if complaints else "ok"} {self.count} - {name}'
              + (f' # SKIP {skip}' if skip else ''), flush=True)

    def finish(self):
        print(f'1..{self.count}')
        sys.exit(1 if self.failed else 0)


class Trace:
    """What a trace in text form says about the blocks that matter."""

    def __init__(self, path):
        self.events, self.text, self.threads = [], collections.defaultdict(list), [0]
        self.foreign_frees = 0  # blocks freed by another thread than the one that allocated them
        self.time_ns = {}  # between the allocation and the free of a size
        self.thread, self.now_ns, self.blocks = 0, 0, {}
        with open(path, encoding='utf-8', errors='replace') as file:
            for line in file:
                if line.startswith('# '):
                    key, _, value = line[2:].strip().partition(': ')
                    self.text[key].append(value)
                else:
                    self.op(*line.split())

    def op(self, kind, *fields):
        numbers = [int(field) for field in fields]
        if kind == 'thread':
            self.thread = numbers[0]
            if self.thread not in self.threads:
                self.threads.append(self.thread)
        elif kind == 'time':
            self.now_ns += numbers[0]
        elif kind == 'mark':
            self.events.append(f'mark {numbers[0]}')
        elif kind == 'free':
            size, thread, since = self.blocks.pop(numbers[0])
            self.event('free', size)
            self.foreign_frees += 5000 <= size <= 5999 and thread != self.thread
            self.time_ns[size] = self.now_ns - since
        elif kind == 'realloc':
            self.event('realloc', self.blocks[numbers[0]][0], numbers[1])
            self.blocks[numbers[0]] = (numbers[1], self.thread, self.now_ns)
        else:
            assert numbers[0] not in self.blocks, f'{kind} of a slot that is in use'
            self.event(kind, *numbers[1:])
            self.blocks[numbers[0]] = (numbers[1], self.thread, self.now_ns)

    def event(self, kind, *numbers):
        if any(5000 <= number <= 5999 or number == 8192 and (kind == 'free' or 4096 in numbers)
               for number in numbers):
            self.events.append(' '.join([kind, *map(str, numbers)]))

    def complaints(self, expected, holes_max=0):
        recording = ''.join(self.text['recording'])
        counts = re.search(r'(\d+) holes, (\d+) unknown frees', recording)
        if not counts or int(counts[1]) > holes_max or counts[2] != '0':
            yield f'recording: {recording}'
        yield from (f'implied: {line}' for line in self.text['implied'] if 'given out' in line)
        found = [event for event in self.events
                 if event not in ALWAYS_THERE or event in expected]
        wanted = [part.strip() for part in expected.split(',') if part.strip()]
        if not any(' x ' in part for part in wanted):
            if found != wanted:
                yield f'found    {", ".join(found)}'
                yield f'expected {", ".join(wanted)}'
            return
        counted = collections.Counter(found)
        for part in wanted:
            least, number, event = re.fullmatch(r'(at least )?(?:(\d+) x )?(.*)', part).groups()
            number = int(number or 1)
            if not (counted[event] >= number if least else counted[event] == number):
                yield f'found {counted[event]} x {event}, expected {part}'
