# SPDX-License-Identifier: 0BSD
"""What `info --json` must say about a trace, from its text alone: slow, plain, and written without
a look at traces/stats. Every level is a list with one entry a tick, every object a record of its
whole life, every quantile comes from a sorted list.
"""
import re

PAGE = 4096
SEGMENT = 16  # pages
COMMITS = (1, 2, 3, 4, 6, 8, 10, 16, 32)
NOTES = ('thread', 'time', 'mark', 'cpu', 'label')
LOSSES = ('dropped', 'implied', 'changed', 'lost', 'salvaged', 'truncated', 'labels-lost',
          'histogram-only')


def ppm(part, whole):
    return part * 1000000 // whole if whole else 0


def at(values, permille):
    """The quantile of a sorted list: the smallest value that so many do not exceed."""
    return values[max(0, -(-len(values) * permille // 1000) - 1)] if values else 0


def rounded(value):
    """Up to 8 binary digits, as docs say of figures above 256."""
    step = 1 << max(0, value.bit_length() - 8)
    return -(-value // step) * step


def spread(values):
    values = sorted(values)
    last = values[-1] if values else 0
    names = dict(p10=100, p25=250, p50=500, p75=750, p90=900, p95=950, p99=990)
    return {'count': len(values), 'sum': sum(values), 'max': last,
            **{name: min(rounded(at(values, p)), last) for name, p in names.items()}}


class Level:
    """An amount over time: `ticks` after each op on such objects, `ops` after each op at all."""

    def __init__(self):
        self.now, self.ticks, self.peak, self.peak_op = 0, [], 0, 0

    def add(self, amount, op):
        self.now += amount
        if self.now > self.peak:
            self.peak, self.peak_op = self.now, op

    def answer(self):
        mean = sum(self.ticks) // len(self.ticks) if self.ticks else 0
        return {'peak': self.peak, 'peak_op': self.peak_op, 'mean': mean, 'end': self.now}


class Thing:
    """A block, region or stack: where it is from, and what became of it."""

    def __init__(self, **fields):
        self.__dict__.update(fields)


class Oracle:
    def __init__(self, text, buckets, steps=1):
        self.buckets, self.steps = buckets, steps
        self.header = re.findall(r'^# ([a-z0-9-]+): (.+)$', text.split('\n', 1)[1], re.MULTILINE)
        lines = [line.split('#')[0].split() for line in text.split('\n')]
        self.ops = [(words[0], *words[1:]) for words in lines if words]
        self.live = {'block': {}, 'region': {}, 'stack': {}}
        self.things = {'block': [], 'region': [], 'stack': []}
        self.levels = {name: Level() for name in (
            'blocks', 'block_bytes', 'regions', 'region_pages', 'stacks', 'stack_pages', 'heaps')}
        self.segments = Level()
        self.requests, self.sizes_lived, self.resizes = [], [], []
        self.recorded_ticks, self.recorded_at_peak, self.segments_at_peak = [], (0, 0), 0
        self.commits = {'commit': [], 'decommit': []}
        self.actors = {'thread': {}, 'cpu': {}}
        self.now = {'thread': 0, 'cpu': 0}
        self.far = {(who, what): 0 for who in ('thread', 'cpu') for what in ('free', 'realloc')}
        self.labels, self.label = {}, None
        self.heaps, self.heap, self.with_heap = {0}, 0, 0
        self.kinds, self.slots = {}, {'blocks': 0, 'regions': 0, 'stacks': 0, 'heaps': 1}
        self.marks, self.time, self.skipped, self.acts, self.clock = [], 0, 0, 0, 0
        self.block_ticks = 0
        for self.number, op in enumerate(self.ops, 1):
            self.step(*op)
        for kind in self.live:
            for thing in list(self.live[kind].values()):
                if kind == 'block':
                    self.sizes_lived.append((thing.size, thing.since, self.block_ticks))

    # -- Ops -------------------------------------------------------------------------------------

    def step(self, word, *fields):
        self.kinds[word] = self.kinds.get(word, 0) + 1
        if word in NOTES:
            return self.note(word, int(fields[0]))
        self.acts += 1
        for who, number in self.now.items():
            self.actors[who][number] = self.actors[who].get(number, 0) + 1
        label, self.label = self.label, None
        if word.startswith(('alloc', 'realloc', 'free', 'heap')):
            getattr(self, 'heap_op' if word.startswith('heap') else 'block_op')(word, fields, label)
            self.block_ticks += 1
            known = [b for b in self.live['block'].values() if b.recorded]
            self.recorded_ticks.append((sum(b.size for b in known), sum(b.recorded for b in known)))
            self.tick('blocks', 'block_bytes', 'heaps')
        elif word.startswith('stack'):
            self.stack_op(word, [int(field) for field in fields], label)
            self.tick('stacks', 'stack_pages')
        else:
            self.region_op(word, fields, label)
            self.tick('regions', 'region_pages')
            self.segments.ticks.append(self.segments.now)

    def tick(self, *names):
        for name in names:
            self.levels[name].ticks.append(self.levels[name].now)

    def note(self, word, number):
        if word == 'time':
            self.time += number
        elif word == 'mark':
            self.marks.append({'mark': number, 'op': self.number, 'time_ns': self.time})
        elif word == 'label':
            self.label = number
            self.labels.setdefault(number, [0, 0, Level()])
        else:
            self.now[word] = number

    def fits(self, kind, slot, creates):
        """Whether the op fits its slot; a slot is known once it is named."""
        self.slots[kind + 's'] = max(self.slots[kind + 's'], slot + 1)
        if (slot in self.live[kind]) == creates:
            self.skipped += 1
            return False
        return True

    def make(self, kind, slot, size, unit, label, **fields):
        self.levels[kind + 's'].add(1, self.number)
        self.levels[kind + ('_bytes' if unit == 1 else '_pages')].add(size, self.number)
        if label is not None:
            self.labels[label][0] += 1
            self.labels[label][1] += size * unit
            self.labels[label][2].add(size * unit, self.number)
        thing = Thing(size=size, label=label, **fields)
        self.live[kind][slot] = thing
        self.things[kind].append(thing)
        return thing

    def change(self, kind, thing, size, unit):
        level = self.levels[kind + ('_bytes' if unit == 1 else '_pages')]
        level.add(-thing.size, self.number)
        level.add(size, self.number)
        if thing.label is not None:
            self.labels[thing.label][2].add(-thing.size * unit, self.number)
            self.labels[thing.label][2].add(size * unit, self.number)
        thing.size = size

    def drop(self, kind, slot, unit):
        self.change(kind, self.live[kind][slot], 0, unit)
        self.levels[kind + 's'].add(-1, self.number)
        return self.live[kind].pop(slot)

    # -- Heaps -----------------------------------------------------------------------------------

    def block_op(self, word, fields, label):
        slot = int(fields[0])
        there = slot in self.live['block']
        if word == 'free':
            if self.fits('block', slot, False):
                self.count_far('free', self.live['block'][slot])
                self.end_block(slot)
            return
        if not self.fits('block', slot, word != 'realloc' or not there):
            return
        size = int(fields[1])
        self.requests.append(size)
        if word == 'realloc' and there:
            self.resize(self.live['block'][slot], size)
            return
        recorded = int(fields[fields.index('recorded') + 1]) if 'recorded' in fields else 0
        align = int(fields[2]) if word == 'alloc-aligned' else 0
        self.clock += size
        peak = self.levels['block_bytes'].peak
        self.make('block', slot, size, 1, label, recorded=recorded, first=(size, recorded),
                  word=word, align=align, born=(self.block_ticks, self.clock), died=None,
                  since=self.block_ticks, heap=self.heap, by=dict(self.now), reallocs=0)
        self.look_at_peak(peak)

    def look_at_peak(self, peak_before):
        if self.levels['block_bytes'].peak > peak_before:
            known = [block for block in self.live['block'].values() if block.recorded]
            self.recorded_at_peak = (sum(b.size for b in known), sum(b.recorded for b in known))

    def count_far(self, what, block):
        for who, number in self.now.items():
            self.far[who, what] += block.by[who] != number

    def resize(self, block, size):
        self.count_far('realloc', block)
        self.resizes.append((block.size, size))
        self.clock += max(0, size - block.size)
        self.sizes_lived.append((block.size, block.since, self.block_ticks))
        block.since, block.recorded = self.block_ticks, 0
        block.reallocs += 1
        peak = self.levels['block_bytes'].peak
        self.change('block', block, size, 1)
        self.look_at_peak(peak)

    def end_block(self, slot):
        block = self.live['block'][slot]
        self.sizes_lived.append((block.size, block.since, self.block_ticks))
        block.died = (self.block_ticks - block.born[0], self.clock - block.born[1], block.size)
        self.drop('block', slot, 1)

    def heap_op(self, word, fields, _label):
        if word == 'heap-trim':
            return
        heap = int(fields[0])
        self.slots['heaps'] = max(self.slots['heaps'], heap + 1)
        if (heap in self.heaps) == (word == 'heap-create') or (word, heap) == ('heap-destroy', 0):
            self.skipped += 1
        elif word == 'heap-create':
            self.heaps.add(heap)
            self.levels['heaps'].add(1, self.number)
        elif word == 'heap-use':
            self.heap = heap
        else:
            for slot in [s for s, block in self.live['block'].items() if block.heap == heap]:
                self.end_block(slot)
                self.with_heap += 1
            self.heaps.remove(heap)
            self.levels['heaps'].add(-1, self.number)
            self.heap = 0 if self.heap == heap else self.heap

    # -- Regions and stacks ----------------------------------------------------------------------

    def region_op(self, word, fields, label):
        slot, numbers = int(fields[0]), [int(f) for f in fields[1:] if f.isdigit()]
        if not self.fits('region', slot, word == 'reserve'):
            return
        peak = self.levels['region_pages'].peak
        if word == 'reserve':
            rest = dict(zip(fields[2:], fields[3:]))
            where = [w for w in ('lowest', 'highest', 'fixed') if w in fields] or ['best_fit']
            region = self.make('region', slot, numbers[0], PAGE, label, pages=numbers[0],
                               align=int(rest.get('align', 1)), where=where[0], resizes=[],
                               inside=int(rest.get('fixed', 0)) % SEGMENT)
            region.first_segments = self.touched(region)
            self.segments.add(self.touched(region), self.number)
        region = self.live['region'][slot]
        if word in ('resize', 'release'):
            self.segments.add(-self.touched(region), self.number)
            if word == 'resize':
                region.resizes.append((region.size, numbers[0]))
                self.change('region', region, numbers[0], PAGE)
                self.segments.add(self.touched(region), self.number)
            else:
                self.drop('region', slot, PAGE)
        elif word in self.commits:
            self.commits[word].append((region.inside, region.size, *numbers))
        if self.levels['region_pages'].peak > peak:
            self.segments_at_peak = self.segments.now

    @staticmethod
    def touched(region):
        pages = range(region.inside, region.inside + region.size)
        return pages[-1] // SEGMENT + 1 if pages else 0

    def stack_op(self, word, numbers, label):
        slot = numbers[0]
        if not self.fits('stack', slot, word == 'stack-create'):
            return
        if word == 'stack-create':
            self.make('stack', slot, numbers[1], PAGE, label, pages=numbers[1:], touches=[])
        elif word == 'stack-touch':
            self.live['stack'][slot].touches.append(numbers[1])
        else:
            self.drop('stack', slot, PAGE)
