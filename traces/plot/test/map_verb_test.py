# SPDX-License-Identifier: 0BSD
"""The map as users get it, as text, as figures and as a picture, which is read back cell by cell.
usage: map_verb_test.py PLOT_PROGRAM SOURCE_ROOT
"""
import os
import re
import tempfile
import xml.etree.ElementTree

from program import (FIXED_PEAK, SVG, check, lines_of, plot, read, save_traces, tap, texts_of)

# What FIXED must look like; the heaps' table takes the first 8 segments there are.
FIXED_MAP = [(0, 1, 'outside', 0), (1, 8, 'metadata', 0), (9, 247, 'free', 0),
             (256, 1, 'reserved', 0), (257, 2, 'committed', 0), (259, 1, 'reserved', 0),
             (260, 764, 'free', 0), (1024, 64, 'reserved', 0), (1088, 960, 'free', 0),
             (2048, 256, 'reserved', 0), (2304, 63216, 'free', 0), (65520, 1, 'guard', 0),
             (65521, 14, 'stack', 0), (65535, 1, 'stack', 2)]
FIXED_TEXT = f"""by <hand> & 'quoted' {{/:Bold_x}}, {FIXED_PEAK}
a character is 1 segment of 64 KiB, a row 4 MiB

00000000  -{'m' * 8}{'.' * 55}
          12 MiB free
01000000  rccr{'.' * 60}
          44 MiB free
04000000  {'r' * 64}
          60 MiB free
          16 MiB reserved
          3.86 GiB free
ffc00000  {'.' * 48}g{'s' * 15}

. free  0-9 heap, tenths of its blocks live  # heap, full  m metadata
r reserved  c committed  s stack  g guard  - outside

metadata 8, reserved 322, committed 2, stack 15, guard 1 segments
348 of 65,535 segments used (0.5 %)
largest free run 63,216 segments (3.86 GiB), 4 free runs
external fragmentation 3.0 % (free segments outside the largest free run)
3 regions, 1 stack with 8 KiB of memory
"""

# Of the picture.
BLUES = ['#dce9f5', '#abd0e6', '#6baed6', '#3787c0', '#105ba4', '#08306b']
COLOURS = {'outside': '#d0d0d0', 'metadata': '#cc79a7', 'reserved': '#f5ec92',
           'committed': '#e69f00', 'guard': '#d55e00'}


def permille_of(state, pages, rest):
    """How full a heap's segment is; a large block as far as its pages reach."""
    if state != 'heap' or rest[1] == '-':
        return 0
    return int(pages) * 1000 // 16 if rest[1] == '0' else int(rest[2]) * 1000 // int(rest[3])


def lives(rest):
    return rest[1] == '0' or int(rest[2]) > 0


def colour_by_fill(state, pages, rest):
    if state == 'heap':
        return BLUES[1 + permille_of(state, pages, rest) // 250 if lives(rest) else 0]
    if state == 'stack':
        return '#009e73' if int(pages) else '#a8dfcd'
    return COLOURS.get(state)


def map_of_data(folder):
    """Segment to colour, free ones left out."""
    cells = {}
    for line in lines_of(folder, 'map.dat'):
        first, count, state, pages, *rest = line.split()
        for segment in range(int(first), int(first) + int(count)):
            cells[segment] = colour_by_fill(state, pages, rest)
    return {segment: colour for segment, colour in cells.items() if colour}, len(cells)


def map_of_picture(path):
    cells = {}
    root = xml.etree.ElementTree.fromstring(read(path))
    group = next(group for group in root.iter(SVG + 'g')
                 if 'scale' in group.get('transform', ''))
    for stroke in group.iter(SVG + 'path'):
        x = y = 0
        for dx, dy, width in re.findall(r'm(-?\d+) (\d+)h(\d+)', stroke.get('d')):
            x, y = x + int(dx), y + int(dy)
            for _ in range(int(width)):
                if y * 256 + x in cells:
                    cells['twice'] = y * 256 + x
                cells[y * 256 + x] = stroke.get('stroke')
                x += 1
    return cells


def segments_of_data(folder):
    """Of each segment: state, backed pages, how full, and whether a block lives there."""
    segments = []
    for line in lines_of(folder, 'map.dat'):
        _, count, state, pages, *rest = line.split()
        segments += [(state, int(pages), permille_of(state, pages, rest),
                      bool(rest) and lives(rest))] * int(count)
    return segments


def text_against_data(folder):
    """Facts about each character of the text map, which must be a segment each."""
    letters = {'free': '.', 'outside': '-', 'metadata': 'm', 'reserved': 'r', 'committed': 'c',
               'stack': 's', 'guard': 'g'}
    segments = segments_of_data(folder)
    shown = 0
    for line in plot(folder + '.txt', '--text').stdout.split('\n'):
        row = re.fullmatch(r'([0-9a-f]{8})  (.{64})', line)
        for i, letter in enumerate(row.group(2) if row else ''):
            segment = int(row.group(1), 16) // 65536 + i
            state, _, permille, _ = segments[segment]
            wanted = letters.get(state) or ('#' if permille == 1000 else str(permille // 100))
            yield letter == wanted, f'segment {segment} is {letter}, expected {wanted}'
            shown += 1
    yield shown > 640, f'{shown} characters'


def larger_against_data(folder):
    """Facts about the cells of the rows in use: live blocks, and the boxes of the other states."""
    root = xml.etree.ElementTree.fromstring(read(folder, 'map.svg'))
    addresses = {int(text.get('y')) - 10: int(text.text, 16) // 65536
                 for text in root.findall(SVG + 'text') if text.get('font-family') == 'monospace'}
    segments = segments_of_data(folder)
    boxes, bars = {}, {}
    for path in root.findall(SVG + 'path'):
        for x, y, width, up, height in re.findall(r'M(\d+) (\d+)h(\d+)v(-?)([\d.]+)h',
                                                  path.get('d')):
            top = int(y) - (12 if up else 0)
            if top in addresses and (up or path.get('fill') in COLOURS.values()):
                segment = addresses[top] + (int(x) - 92) // 8
                (bars if up else boxes)[segment, path.get('fill')] = float(height), int(width)
    for (segment, colour), _ in boxes.items():
        wanted = COLOURS.get(segments[segment][0])
        yield colour == wanted, f'segment {segment} has a box of {colour}, expected {wanted}'
    for first in addresses.values():
        for segment in range(first, first + 64):
            state, pages, permille, live = segments[segment]
            height = bars.get((segment, '#105ba4'), (0, 0))[0]
            wanted = max(1, permille * 120 // 1000 / 10) if live else 0
            yield height == wanted, f'segment {segment} lives to {height}, expected {wanted}'
            height = bars.get((segment, '#a5cbe4' if state == 'heap' else '#009e73'), (0, 0))[0]
            wanted = max(1, pages * 1000 // 16 * 120 // 1000 / 10) if pages else 0
            if state in ('heap', 'stack'):
                yield height == wanted, f'segment {segment} is backed to {height}, not {wanted}'
            if state in COLOURS:
                yield (segment, COLOURS[state]) in boxes, f'segment {segment} has no box'


def check_map():
    wanted = ['%d %d %s %d' % run for run in FIXED_MAP]
    run = plot('fixed.txt', '--what', 'map', '-o', 'fixed')
    check('a folder takes the map and its figures', (run.returncode == 0, run.stderr),
          (sorted(os.listdir('fixed')) == ['map.dat', 'map.svg'], os.listdir('fixed')),
          (run.stdout == 'fixed/map.svg\n', run.stdout))
    check('fixed places are where they must be',
          (lines_of('fixed', 'map.dat') == wanted, lines_of('fixed', 'map.dat')))
    check('the text map is exact',
          (plot('--text', 'fixed.txt').stdout == FIXED_TEXT, plot('--text', 'fixed.txt').stdout))
    texts = texts_of('fixed/map.svg')
    check('the picture has title, moment, legend and figures',
          *[(text in texts, f'{text!r} is not in {texts}') for text in [
              "by <hand> & 'quoted' {/:Bold_x}", 'fixed places',
              FIXED_PEAK, 'free: 65,187',
              'region, reserved: 322', 'region, committed: 2', 'stack, no memory yet: 14',
              'stack with memory: 1', "stack's guard: 1", 'heaps\' metadata: 8',
              'external fragmentation 3.0 % (free segments outside the largest free run)',
              '3.86 GiB free', '16 MiB reserved']])

    run = plot('mixed.txt', '--what', 'map', '-o', 'mixed')
    cells, count = map_of_data('mixed')
    drawn = map_of_picture('mixed/map.svg')
    check('the figures name every segment once', (count == 65536, count), (len(cells) > 200, 0))
    check('the picture shows what the figures say', (drawn == cells, {
        key: (drawn.get(key), cells.get(key)) for key in set(drawn) | set(cells)
        if drawn.get(key) != cells.get(key)}))
    check('all shades of a heap are in it', (set(BLUES[1:]) <= set(cells.values()),
                                             set(cells.values())))
    check('the text shows what the figures say', *text_against_data('mixed'))
    check('so does the larger picture of what is in use', *larger_against_data('mixed'))
    plot('mixed.txt', '--what', 'map', '-o', 'heaps.svg', '--by', 'heap')
    plot('mixed.txt', '--what', 'map', '-o', 'buckets.svg', '--by', 'bucket')
    check('heaps can be told apart',
          *[(any(text.startswith(name) for text in texts_of('heaps.svg')), texts_of('heaps.svg'))
            for name in ('heap 0: ', 'heap 4: ', 'other heaps: ')])
    check('block sizes can be told apart',
          *[(any(text.startswith(name) for text in texts_of('buckets.svg')), name)
            for name in ('blocks up to 64 bytes: ', 'large blocks: ')])


def check_moments():
    def at(moment):
        run = plot('--text', 'fixed.txt', '--at', moment)
        return run.stdout.split('\n')[0].partition(', ')[2], 'committed' in run.stdout.split(
            '\n\n')[-1]

    for moment, words in [('0', 'after operation 0 of 6, at 0 ns'),
                          ('6', 'after operation 6 of 6, at 1 ms'),
                          ('50%', 'after operation 3 of 6, at 0 ns'),
                          ('99%', 'after operation 5 of 6, at 0 ns'),
                          ('100%', 'after operation 6 of 6, at 1 ms'),
                          ('peak', FIXED_PEAK)]:
        check(f'the moment {moment}', (at(moment)[0] == words, at(moment)[0]))
    check('a commit is in the map after it and not before',
          (not at('1')[1], 'before'), (at('2')[1], 'after'))
    run = plot('--text', 'heap.txt')
    check('with a heap the moment is the peak of the footprint',
          ("after operation 2 of 3: the footprint's peak" in run.stdout, run.stdout))


def check_range():
    run = plot('--text', 'fixed.txt', '--range-mib', '2048', '--at', '1')
    check('what is not managed is outside', ('          2 GiB outside\n' in run.stdout, run.stdout),
          ('of 32,767 segments' in run.stdout, run.stdout))


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        save_traces()
        check_map()
        check_moments()
        check_range()
        with open('fixed.txt', 'rb') as trace:
            check('a trace can come from standard input',
                  (plot('-', '--text', stdin=trace).stdout == FIXED_TEXT, 'other text'))
        os.chdir('/')
    tap.finish()


main()
