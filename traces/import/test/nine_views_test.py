# SPDX-License-Identifier: 0BSD
"""Nine views of one program agree; usage: nine_views_test.py VERBS-PROGRAM FIXTURES.

fixtures/tiny.c.txt was run once under each of nine recorders. Six list every call, one is the same
as another in binary form, two have sums only. Here stands what each does not see or sees more, and
with that taken away they must tell the same calls on the same blocks in the same order:

  ntr          everything: 104 allocations, 3 reallocs, 71 frees, two threads
  mtrace       no threads; zeroed and aligned allocations look like any other
  ltrace       not the calloc() of the thread's own storage, which libc makes and never frees
  valgrind     no threads; that storage is smaller, and freed at the end
  babeltrace   (LTTng) not aligned_alloc(); that storage is larger; four callocs of LTTng itself
  bpftrace     malloc() and free() only, so what happens to a block after a realloc is not known
  CTF          what babeltrace's text was made of
  DHAT         totals, and what lives at the peak and at the end; as valgrind, malloc(0) is a byte
  massif       how many bytes lived at some moments; as valgrind
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM, FIXTURES = (os.path.abspath(path) for path in sys.argv[1:3])
STORAGE = {'ntr': 288, 'valgrind-trace-malloc': 272, 'babeltrace.txt': 336}  # of the thread
LTTNG_OWN = [100, 48, 116, 48]


class Event:
    """A call on a block; blocks are numbered by birth."""

    def __init__(self, kind, block, size=0, align=1, thread=0):
        self.kind, self.block, self.size, self.align = kind, block, size, align
        self.thread = thread

    def but(self, **changes):
        return Event(**{**vars(self), **changes})


def fixture(name):
    return os.path.join(FIXTURES, 'tiny.' + name)


def imported(path):
    """The exit code and the message, or the events."""
    done = subprocess.run([PROGRAM, 'import', path, '-o', '-'], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        return done.returncode, done.stderr
    events, slots, births, thread = [], {}, 0, 0
    for line in done.stdout.splitlines():
        if line.startswith('#'):
            continue
        kind, *numbers = line.split()
        numbers = [int(number) for number in numbers]
        if kind == 'thread':
            thread = numbers[0]
            continue
        if kind.startswith('alloc'):
            slots[numbers[0]] = births
            births += 1
        events.append(Event(kind, slots[numbers[0]], *numbers[1:], thread=thread))
    return 0, events


def view(name):
    code, events = imported(fixture(name))
    assert code == 0, events
    return events


def told(events, threads=True):
    """For comparing: blocks numbered anew, a line an event."""
    numbers = {}
    lines = []
    for event in events:
        number = numbers.setdefault(event.block, len(numbers))
        lines.append(f'{event.kind} {number} {event.size} {event.align}'
                     + (f' by {event.thread}' if threads else ''))
    return lines


def agree(actual, expected, threads=True):
    actual, expected = told(actual, threads), told(expected, threads)
    for number, (one, other) in enumerate(zip(actual, expected)):
        assert one == other, f'event {number} is {one}, expected {other}'
    assert len(actual) == len(expected), f'{len(actual)} events, expected {len(expected)}'


def block_of(events, kind, size):
    """The one block that was made so."""
    found = [event.block for event in events if event.kind == kind and event.size == size]
    assert len(found) == 1, f'{len(found)} blocks by {kind} of {size} bytes, expected one'
    return found[0]


def without(events, *blocks):
    return [event for event in events if event.block not in blocks]


def resized(events, block, size):
    """The same with another size of a block from its birth."""
    return [event.but(size=size) if event.block == block and event.kind != 'free' else event
            for event in events]


def count(events, kind):
    return sum(event.kind.startswith(kind) for event in events)


def levels(events):
    """How many bytes live, at the beginning and after each event."""
    sizes, now, answer = {}, 0, [0]
    for event in events:
        now -= sizes.get(event.block, 0)
        sizes[event.block] = event.size
        now += event.size
        answer.append(now)
    return answer


def program():
    """What tiny.c.txt does, call by call, with the storage of its thread."""
    events, births = [], iter(range(1000))

    def make(size, kind='alloc', align=1, thread=0):
        events.append(Event(kind, next(births), size, align, thread))
        return events[-1].block

    def on(block, kind, size=0, thread=0):
        events.append(Event(kind, block, size, 1, thread))

    slots = [make(8 << i % 12) for i in range(64)]
    others = [make(7 * 33, 'alloc-zeroed'), make(1000, 'alloc-aligned', 256),
              make(640, 'alloc-aligned', 64), make(5000, 'alloc-aligned', 4096), make(50)]
    on(others[-1], 'realloc', 5000)
    on(others[-1], 'realloc', 20)
    make(STORAGE['ntr'], 'alloc-zeroed')
    for i in range(32):
        on(slots[i], 'free', thread=1)
        slots[i] = make(100 + i, thread=1)
    for block in slots[::2] + others:
        on(block, 'free')
    on(make(0), 'free')
    big = make(300000)
    on(big, 'realloc', 600000)
    on(big, 'free')
    return events


# -- The views -------------------------------------------------------------------------------------

def ntr_is_the_program():
    events = view('ntr')
    agree(events, program())
    assert [count(events, kind) for kind in ('alloc', 'realloc', 'free')] == [104, 3, 71]


def mtrace_without_threads_and_kinds():
    events = view('mtrace')
    agree(events, [event.but(kind='alloc' if event.kind.startswith('alloc') else event.kind,
                             align=1) for event in view('ntr')], threads=False)
    assert count(events, 'free') == 71


def ltrace_without_the_thread_storage():
    events = view('ltrace')
    full = view('ntr')
    agree(events, without(full, block_of(full, 'alloc-zeroed', STORAGE['ntr'])))
    assert count(events, 'free') == 71


def as_valgrind_sees_it():
    full = view('ntr')
    storage = block_of(full, 'alloc-zeroed', STORAGE['ntr'])
    return (resized(full, storage, STORAGE['valgrind-trace-malloc'])
            + [Event('free', storage)])


def valgrind_with_a_smaller_storage_that_is_freed():
    events = view('valgrind-trace-malloc')
    agree(events, as_valgrind_sees_it(), threads=False)


def valgrind_counts_the_same():
    """Its own summary takes a realloc for a malloc and a free."""
    events = view('valgrind-trace-malloc')
    with open(fixture('valgrind-trace-malloc'), encoding='utf-8') as file:
        numbers = re.search(r'in use at exit: ([\d,]+) bytes in ([\d,]+) blocks\n.*?'
                            r'([\d,]+) allocs, ([\d,]+) frees, ([\d,]+) bytes', file.read(),
                            re.DOTALL)
    said = [int(number.replace(',', '')) for number in numbers.groups()]
    reallocs = count(events, 'realloc')
    assert said == [levels(events)[-1], count(events, 'alloc') - count(events, 'free'),
                    count(events, 'alloc') + reallocs, count(events, 'free') + reallocs,
                    sum(event.size for event in events)], said


def babeltrace_with_lttng_in_it():
    events = view('babeltrace.txt')
    own = [event.block for event in events[:4]]
    assert [event.size for event in events[:4]] == LTTNG_OWN, 'other callocs of LTTng'
    full = view('ntr')
    storage = block_of(full, 'alloc-zeroed', STORAGE['ntr'])
    unseen = block_of(full, 'alloc-aligned', 640)
    agree(without(events, *own),
          resized(without(full, unseen), storage, STORAGE['babeltrace.txt']))


def ctf_is_babeltrace():
    if not shutil.which('babeltrace2'):
        return 'babeltrace2 is not installed'
    with tempfile.NamedTemporaryFile(suffix='.txt') as text:
        subprocess.run(['babeltrace2', fixture('ctf')], stdout=text, check=True)
        code, events = imported(text.name)
    assert code == 0, events
    agree(events, view('babeltrace.txt'))
    return None


def bpftrace_of_malloc_and_free():
    full = view('ntr')
    made = {event.block for event in full if event.kind == 'alloc'}
    lost = set()
    expected = []
    for event in full:
        lost |= {event.block} if event.kind == 'realloc' else set()
        if event.block in made and event.block not in lost:
            expected.append(event)
    agree(view('bpftrace'), expected)


# -- Sums ------------------------------------------------------------------------------------------

def refused(name, what):
    code, message = imported(fixture(name))
    assert code == 1 and what in message and 'cannot be replayed' in message, (code, message)


def dhat_is_refused_and_its_totals_are_those():
    refused('dhat.json', "DHAT's output has sums and no order of events")
    events = as_valgrind_sees_it()
    requests = [event for event in events if event.kind != 'free']
    nothing = sum(event.size == 0 for event in requests)
    with open(fixture('dhat.json'), encoding='utf-8') as file:
        places = json.load(file)['pps']
    sums = {key: sum(place[key] for place in places) for key in ('tb', 'tbk', 'gb', 'eb', 'ebk')}
    assert sums == {'tb': sum(event.size for event in requests) + nothing, 'tbk': len(requests),
                    'gb': max(levels(events)), 'eb': levels(events)[-1],
                    'ebk': count(events, 'alloc') - count(events, 'free')}, sums


def massif_is_refused_and_its_moments_were_there():
    refused('massif', "massif's output has sums and no order of events")
    with open(fixture('massif'), encoding='utf-8') as file:
        text = file.read()
    seen = [int(number) for number in re.findall(r'^mem_heap_B=(\d+)$', text, re.MULTILINE)]
    peak = re.search(r'^mem_heap_B=(\d+)\n.*\n.*\nheap_tree=peak$', text, re.MULTILINE)
    were = levels(as_valgrind_sees_it())
    at = 0
    for number, level in enumerate(seen):
        while at < len(were) and were[at] != level:
            at += 1
        assert at < len(were), f'snapshot {number}: {level} bytes were never there in this order'
    assert (len(seen) > 50 and int(peak[1]) == max(were) and seen[-1] == were[-1]), (peak, seen)


TESTS = (ntr_is_the_program, mtrace_without_threads_and_kinds, ltrace_without_the_thread_storage,
         valgrind_with_a_smaller_storage_that_is_freed, valgrind_counts_the_same,
         babeltrace_with_lttng_in_it, ctf_is_babeltrace, bpftrace_of_malloc_and_free,
         dhat_is_refused_and_its_totals_are_those, massif_is_refused_and_its_moments_were_there)


def main():
    failed = 0
    print(f'1..{len(TESTS)}')
    for number, test in enumerate(TESTS, 1):
        try:
            skipped = test()
            print(f'ok {number} - {test.__name__}' + (f' # SKIP {skipped}' if skipped else ''),
                  flush=True)
        except Exception as problem:  # an error in a test is a failure of that test
            failed += 1
            print(f'# {type(problem).__name__}: {problem}'.replace('\n', '\n# '))
            print(f'not ok {number} - {test.__name__}', flush=True)
    sys.exit(1 if failed else 0)


main()
