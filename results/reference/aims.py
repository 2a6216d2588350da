# SPDX-License-Identifier: 0BSD
"""What this project aims at, against what the reference run shows.

usage: aims.py ROOT            print the table
       aims.py --check ROOT    whether README.md beside this file holds that table (TAP)
       aims.py --write ROOT    put it there

Times are net of the empty loop and of one run: what counts is the ratio. Where an aim is a mean it
is a geometric one over what both have.
"""
import json
import math
import os
import sys

PAGE = 4096
SEGMENT = 65536
MIB = 1 << 20
BEGIN, END = '<!-- aims.py -->\n', '<!-- /aims.py -->\n'


def mean(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values)) if values else math.nan


class Run:
    """The rows of a JSON file of `lookaside bench`: medians, or the one repetition there is."""

    def __init__(self, path):
        with open(path, encoding='utf-8') as file:
            data = json.load(file)
        self.space = data['space']
        self.rows = {}
        for row in data['benchmarks']:
            if row.get('aggregate_name') == 'median' or row['repetitions'] == 1:
                self.rows[row['run_name']] = row

    def figure(self, name, key):
        return self.rows.get(name, {}).get(key)

    def things(self, kind, abi, target, variant=''):
        """What was measured: {thing: row}."""
        end = f'/{abi}/{target}' + (f'/{variant}' if variant else '')
        return {name[len(kind) + 1:-len(end)]: row for name, row in self.rows.items()
                if name.startswith(kind + '/') and name.endswith(end)}

    def ratios(self, kind, abi, ours, theirs, key):
        """{thing: ours over theirs}, where both have more than nothing."""
        mine, other = self.things(kind, abi, ours), self.things(kind, abi, theirs)
        return {thing: mine[thing][key] / other[thing][key] for thing in mine.keys() & other.keys()
                if min(row.get(key, 0) for row in (mine[thing], other[thing])) > 0}


def of_folder(ratios, folder):
    return [ratio for thing, ratio in sorted(ratios.items()) if thing.startswith(folder)]


# -- Aims ------------------------------------------------------------------------------------------
# Each yields (aim, limit as words, figure as words, met).

def heap_times(run):
    for abi, limit in (('i386', 0.45), ('x86-64', 0.6)):
        ratios = run.ratios('heap', abi, 'lookaside', 'mimalloc', 'net_ns_per_op')
        programs, everything = mean(of_folder(ratios, 'user32/')), mean(ratios.values())
        yield (f"heap, {abi}: time over mimalloc's", f'{limit}',
               f'{programs:.2f} on 32-bit programs, {everything:.2f} on all {len(ratios)}',
               max(programs, everything) <= limit)


def heap_instructions(counted):
    values = [row['net_instructions_per_op']
              for thing, row in counted.things('heap', 'i386', 'lookaside').items()
              if thing.startswith('user32/')]
    yield ('heap, i386: instructions an operation', '18', f'{mean(values):.1f}',
           mean(values) <= 18)


def heap_space(tune):
    judged = [trace['judged'] for trace in tune['traces'] if trace['counts']]
    for key, limit in (('peak', 1.12), ('mean', 1.25)):
        value = mean(row[key + '_ppm'] / 1e6 for row in judged)
        yield (f'heap: {key} footprint over live, table tuned on others', f'{limit}',
               f'{value:.3f}', value <= limit)


def heap_left(run):
    heaps = {name.split('/', 1)[1].rsplit('/', 1)[0]: row for name, row in run.space.items()
             if name.startswith('heap/')}
    for key, when in (('pages_freed', ''), ('pages_empty', ', after a trim')):
        worst = max(heaps, key=lambda name: heaps[name][key])
        kib = heaps[worst][key] * PAGE // 1024
        few = sum(row[key] * PAGE <= 256 * 1024 for row in heaps.values())
        yield (f'heap: committed when all is freed{when}', '256 KiB',
               f'at most {kib} KiB ({worst}); {few} of {len(heaps)} within', few == len(heaps))

    def over(row):
        return (row['segments_peak'] * SEGMENT - MIB) / row['live_peak_bytes']
    large = {name: row for name, row in heaps.items() if row['live_peak_bytes'] >= MIB}
    worst = max(large, key=lambda name: over(large[name]))
    few = sum(over(row) <= 1.25 for row in heaps.values())
    yield ('heap: addresses over live, beside 1 MiB', '1.25',
           f'at most {over(large[worst]):.2f} ({worst}, of those over 1 MiB); '
           f'{few} of {len(heaps)} within', few == len(heaps))


def space_times(run):
    for rival, whose, limit in (('augmented', "Linux's tree", 10), ('radix', "Go's tree", 8)):
        ratios = run.ratios('vas', 'i386', rival, 'lookaside', 'net_ns_per_op')
        values = of_folder(ratios, 'kernel/')
        each = ', '.join(f'{ratios[name]:.1f}' for name in sorted(ratios)
                         if name.startswith('kernel/'))
        yield (f'addresses, i386, kernel work: time of {whose} over ours', f'at least {limit}',
               f'{mean(values):.1f} ({each} at 50, 90, 98 %)' if len(values) == 3
               else f'{mean(values):.1f} ({each})', mean(values) >= limit)


def space_refusals(run):
    for same, words in (('same/', 'everybody asked the same'), ('', 'held there')):
        parts, met = [], True
        for work in ('mix', 'kernel', 'expo', 'kernela'):
            ours = run.space[f'vas/{same}{work}/98/lookaside']
            first = run.space[f'vas/{same}{work}/98/free-list']
            part, limit = ours['failed'] / ours['reserves'], first['failed'] / first['reserves']
            parts.append(f'{work} {100 * part:.2f} of {100 * limit:.2f} %')
            met = met and part <= limit / 20
        yield (f"addresses: refused at 98 %, {words}, of lowest fit's", '1/20', ', '.join(parts),
               met)


def space_latency(run):
    for abi in ('i386', 'x86-64'):
        rows = {thing: row for thing, row in run.things('vas', abi, 'lookaside', 'latency').items()
                if thing.rsplit('/', 1)[1].isdigit()}
        for key, words, limit in (('p999_ns', '99.9 % of single operations', 100),
                                  ('max_ns', 'the longest', 300)):
            worst = max(rows, key=lambda thing: rows[thing][key])
            few = sum(row[key] <= limit for row in rows.values())
            yield (f'addresses, {abi}: {words}', f'{limit} ns',
                   f'at most {rows[worst][key]:.0f} ns ({worst}); {few} of {len(rows)} works '
                   'within', few == len(rows))


def space_memory(run):
    bytes_max = max(row['metadata_bytes'] for name, row in run.space.items()
                    if name.startswith('vas/') and name.endswith('/lookaside'))
    yield ('addresses: memory, all of it', '40 KiB', f'{bytes_max / 1024:.1f} KiB',
           bytes_max <= 40 * 1024)


def table(root):
    folder = os.path.join(root, 'results/reference')
    run = Run(os.path.join(folder, 'bench.json'))
    counted = Run(os.path.join(folder, 'instructions.json'))
    with open(os.path.join(root, 'results/default-table/tune.json'), encoding='utf-8') as file:
        tune = json.load(file)
    lines = ['| what | aim | reference run | |', '|---|---|---|---|']
    for group in (heap_times(run), heap_instructions(counted), heap_space(tune), heap_left(run),
                  space_times(run), space_refusals(run), space_latency(run), space_memory(run)):
        lines += [f'| {what} | {limit} | {figure} | {"met" if met else "**missed**"} |'
                  for what, limit, figure, met in group]
    return '\n'.join(lines) + '\n'


def main():
    arguments = sys.argv[1:]
    how = arguments.pop(0) if arguments[:1] in (['--check'], ['--write']) else ''
    if len(arguments) != 1:
        sys.exit(__doc__)
    text = table(arguments[0])
    readme = os.path.join(arguments[0], 'results/reference/README.md')
    with open(readme, encoding='utf-8') as file:
        before, begin, rest = file.read().partition(BEGIN)
    kept, end, after = rest.partition(END)
    if how == '--check':
        print('1..1')
        if not begin or not end or kept != text:
            print(f'# README.md holds\n# {kept!r}\n# and the run shows\n# {text!r}')
        print('ok 1' if begin and end and kept == text else 'not ok 1', '- the table of aims is so')
    elif how == '--write':
        with open(readme, 'w', encoding='utf-8') as file:
            file.write(before + BEGIN + text + END + after)
    else:
        print(text, end='')


main()
