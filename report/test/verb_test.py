# SPDX-License-Identifier: 0BSD
"""`lookaside report` as users run it: the page's figures against figures computed here from the
same inputs, what it is made of, exit codes and messages.
usage: verb_test.py REPORT_PROGRAM SOURCE_ROOT
"""
import copy
import json
import math
import os
import re
import shutil
import tempfile

from program import (CLASSES, FOOTPRINT, FRONT, HEAPS, HEAP_LIVE, HOSTILE, LATENCY, RESERVES,
                     RESIDENT, SPACES, TIMES, WINDOWS, WINDOW_LIVE, Page, bench, check, rank, read,
                     report, save, save_inputs, table_of, tap, tune)

MARK = '\u25bc'
SHOWN = ''.join(c if ' ' <= c != '\x7f' else '?' for c in HOSTILE)


def mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def near(text, number):
    """Whether a figure on the page is this number, to its own digits."""
    digits = len(text.partition('.')[2])
    return abs(float(text.replace(',', '')) - number) <= 0.5000001 * 10.0 ** -digits


def check_cells(name, table, wanted, rows=None):
    """`wanted`: {row: {column: (value, beats ours, ratio or None)}}"""
    facts = [(set(rows or wanted) <= set(table), f'rows {sorted(table)}')]
    for row, columns in wanted.items():
        for column, (value, beats, ratio) in columns.items():
            cell = table.get(row, {}).get(column, '?').split('|')
            facts.append((cell[0] not in '?-' and near(cell[0], value),
                          f'{row}, {column}: {cell}, expected {value}'))
            facts.append(((MARK in cell) == beats, f'{row}, {column}: {cell}, marked: {beats}'))
            if ratio is not None:
                facts.append((near(cell[-1], ratio), f'{row}, {column}: {cell}, ratio {ratio}'))
    check(name, *facts)


def beside(figures, ours, ratios=True):
    """What a table of {row: {column: value}} must hold."""
    return {row: {column: (value, value < cells[ours],
                           cells[ours] / value if ratios and column != ours else None)
                  for column, value in cells.items()} for row, cells in figures.items()}


# -- Figures ---------------------------------------------------------------------------------------

def ratio_to(figures, theirs, ours='lookaside'):
    rows = [row for row in figures.values() if ours in row and theirs in row]
    return mean([row[ours] / row[theirs] for row in rows]), sum(
        row[ours] < row[theirs] for row in rows), len(rows)


def check_time(page):
    section = page.sections['time-1']
    ratio, faster, rows = ratio_to(TIMES['i386'], 'mimalloc')
    wanted = (f"i386, heap operations: {ratio:.2f} of mimalloc's time over {rows} workloads, "
              f'faster on {faster}')
    check('the heading names the strongest peer', (section['h2'] == wanted, section['h2']))
    table = table_of(section, 0)
    check_cells('times are net medians, who is faster is marked', table,
                beside(TIMES['i386'], 'lookaside'))
    last = table['ours / theirs, mean']
    check('means are geometric, over what both have',
          *[(near(last[peer].split('|')[0], ratio_to(TIMES['i386'], peer)[0]), f'{peer}: {last}')
            for peer in ('glibc', 'mimalloc', 'rival-brk')],
          (MARK in last['rival-brk'] or ratio_to(TIMES['i386'], 'rival-brk')[0] < 1, last),
          (table['ours less, of how many']['mimalloc'] == f'{faster} of {rows}', table))
    check('what was not measured says why', (table['user32/cc132']['tcmalloc'] == '-', table),
          (f'tcmalloc on user32/cc132 ({SHOWN})' in section['text'], section['text']),
          ('tcmalloc on user32/py32 (it died)' in section['text'], section['text']))
    check_cells('each ABI has its own figures', table_of(page.sections['time-2'], 0),
                {(SHOWN if row == HOSTILE else row): cells
                 for row, cells in beside(TIMES['x86-64'], 'lookaside').items()})


def check_dots(page):
    """Dots lie where the logarithms of the ratios are."""
    figures = TIMES['i386']
    table = page.sections['time-1']['tables'][0][0]
    places = {}
    for sign, transform in page.sections['time-1']['dots'][0]:
        places.setdefault(sign, []).append([float(n) for n in re.findall(r'[\d.]+', transform)[:2]])
    peers = [column for column in table[2:] if column != 'tcmalloc']
    points, same_count = [], True
    for peer, dots in zip(peers, places.values()):
        ratios = [row['lookaside'] / row[peer] for row in figures.values() if peer in row]
        dots = dots[:-1]  # the last is the key's
        same_count = same_count and len(dots) == len(ratios)
        points += list(zip(map(math.log, ratios), (dot[0] for dot in dots)))
    low, high = min(points), max(points)
    slope = (high[1] - low[1]) / (high[0] - low[0])
    check('dots are where the ratios are', (same_count and len(points) == 8, points),
          *[(abs(low[1] + slope * (x - low[0]) - at) < 1.5, (x, at, points)) for x, at in points])


def check_more_bench(page):
    latency = page.sections['latency-1']
    check('latency is told by its 99.9 %',
          (f'take {LATENCY["lookaside"][2]} ns or less; glibc\'s {LATENCY["glibc"][2]} ns'
           in latency['h2'], latency['h2']), (latency['pictures'] == 1, 'no curves'))
    for number, which in enumerate((0, 2, 3)):
        figures = {'user/xz': {target: values[which] for target, values in LATENCY.items()}}
        check_cells(f'latency table {number + 1}', table_of(latency, number),
                    beside(figures, 'lookaside'))
    figures = {'user/xz': {target: peak / 1e6 for target, peak in RESIDENT.items()}}
    check_cells('memory is over live bytes', table_of(page.sections['resident-1'], 0),
                beside(figures, 'lookaside'))
    moments = page.sections['moments-1']
    ratio = RESIDENT['lookaside'] / RESIDENT['glibc']
    check('memory over time is a picture, and its means a table',
          (f"memory over time, on the mean {ratio:.3g} of glibc's over 1 workload, less on 1"
           in moments['h2'], moments['h2']), (moments['pictures'] == 1, moments['pictures']),
          ('user/xz, i386: resident memory through the trace' in moments['text'], moments['text']))
    check_cells('means are over live bytes', table_of(moments, 0),
                beside({'user/xz': {target: peak // 3 / 500000 for target, peak in
                                    RESIDENT.items()}}, 'lookaside'))
    full = page.sections['full-1']
    refused = {work: {target: 100 * row[0] / RESERVES for target, row in rows.items()}
               for work, rows in SPACES.items()}
    pieces = {work: {target: 100 * (1 - row[2] / row[1]) for target, row in rows.items()}
              for work, rows in SPACES.items()}
    check_cells('refusals are of reservations', table_of(full, 0),
                beside(refused, 'lookaside', False))
    check_cells('fragmentation is free space outside of the largest run', table_of(full, 1),
                beside(pieces, 'lookaside', False))
    machine = page.sections['machine']['text']
    check('the machine is told, without its paths',
          *[(word in machine, machine) for word in ('2026-01-02', 'abc1234', SHOWN, '0.50, 1.25',
                                                    'num_cpus12')],
          ('/secret' not in page.text, 'the executable is told'))


def check_tune(page):
    waste = page.sections['waste']
    best = min(CLASSES, key=lambda name: CLASSES[name][1])
    judged = f'{FRONT[1][0]} buckets waste {FRONT[1][1] / 1e4:.1f} %'
    check('waste is told beside the best list of others', (judged in waste['h2'], waste['h2']),
          (best == HOSTILE and f'{SHOWN}, {CLASSES[best][1] / 1e4:.1f} % with 40' in waste['h2'],
           waste['h2']))
    front = [row[:3] for row in waste['tables'][0][1:]]
    check('the front is whole', (len(front) == len(FRONT), front),
          *[(row[0].endswith(str(k)) and near(row[1], a / 1e4) and near(row[2], b / 1e4), row)
            for row, (k, a, b) in zip(front, FRONT)],
          ([row[0] for row in front if row[0].startswith('\u2192')] == ['\u2192 32'], front))
    ours = 'recommended, judged'
    check_cells('waste of a trace', table_of(waste, 2),
                beside({'user/xz': {ours: 3.0, 'Linux kmalloc': 20.0, SHOWN: 1.0}}, ours, False))
    footprints = {'user/xz': {ours: 1.25, 'Linux kmalloc': 1.5, SHOWN: 1.0}}
    check_cells('footprint of a trace', table_of(waste, 3), beside(footprints, ours))
    check('traces that do not count are left out',
          ('user/short' not in table_of(waste, 3), waste['tables'][3]))
    rows = [[float(number) for number in line.split()] for line in FOOTPRINT.splitlines()[1:]]
    live, judged, kmalloc = (max(column) for column in list(zip(*rows))[1:])
    heading = page.sections['footprint']['h2']
    check('the footprint is told by its peaks',
          (f'{judged:.2f} MiB at the peak for {live:.2f} MiB live' in heading, heading),
          (heading.endswith(f'take {kmalloc:.2f}') and 'user/xz' in heading, heading))


def check_rank(page):
    heaps = {trace: {rival: pages * 4096 / HEAP_LIVE for rival, pages in rivals.items() if pages}
             for trace, rivals in HEAPS.items()}
    section = page.sections['rivals']
    ratio, _, _ = ratio_to(heaps, 'brk')
    check('the strongest rival is named',
          (f"smaller on 1 of 2 traces; ours takes {ratio:.2f} of the pages of brk"
           in section['h2'], section['h2']),
          ('powers on kernel-slab/k1 (gave up' in section['text'], section['text']))
    check_cells('heaps of others', table_of(section, 0), beside(heaps, 'lookaside'))
    section = page.sections['spaces']
    windows = {trace: {rival: row[0] / WINDOW_LIVE for rival, row in rivals.items()}
               for trace, rivals in WINDOWS.items()}
    pieces = {trace: {rival: 100 * (1 - row[2] / row[1]) for rival, row in rivals.items()}
              for trace, rivals in WINDOWS.items()}
    ratio, _, _ = ratio_to(windows, 'buddy')
    check('windows are told', (f'on 1 of 2 traces; ours {ratio:.2f} of buddy' in section['h2'],
                               section['h2']))
    check_cells('windows', table_of(section, 0), beside(windows, 'lookaside'))
    check_cells('pieces', table_of(section, 1), beside(pieces, 'lookaside', False))


# -- The page --------------------------------------------------------------------------------------

def check_whole(page, text):
    check('every tag is closed', (not page.problems, page.problems))
    check('ids are used once, and what is linked is there',
          (len(page.ids) == len(set(page.ids)), 'an id twice'),
          *[(link[:1] == '#' and link[1:] in page.ids, link) for link in page.links])
    style = re.search('<style>.*?</style>', text, re.DOTALL).group()
    foreign = [(tag, attrs) for tag, attrs in page.tags
               if tag in ('script', 'img', 'link', 'iframe', 'object', 'b', 'image')
               or any(key in ('src', 'srcset', 'action', 'data') or key.startswith('on')
                      for key in attrs)]
    check('it loads and runs nothing, whatever the inputs say', (not foreign, foreign),
          ('url(' not in style and '@import' not in style, style),
          *[(match.startswith('url(#'), match) for match in re.findall(r'url\(..', text)])
    shown = page.text.count(SHOWN)
    check('what inputs say is there, as text', (shown >= 6, shown),
          (not re.search('[\x00-\x08\x0b-\x1f\x7f]', text), 'a control character'))
    wide = [attrs for tag, attrs in page.tags if tag == 'svg' and 'viewbox' not in attrs]
    check('pictures scale', (not wide, wide),
          (sum(section['pictures'] for section in page.sections.values()) >= 8, 'too few'))
    check('each figure has its command', *[('Made with' in section['text'], name)
                                           for name, section in page.sections.items()])


WITHOUT = [  # input, its sections' names, the command that makes it
    ('bench', ('time', 'latency', 'memory', 'full'), './lookaside bench --json'),
    ('tune', ('waste', 'footprint'), './lookaside tune'),
    ('rank', ('rivals', 'spaces'), 'lookaside-rank --json'),
]


def check_absent():
    for left_out, sections, command in WITHOUT:
        given = []
        for name in ('bench', 'tune', 'rank'):
            if name != left_out:
                folder = 'all/results/tune' if name == 'tune' else 'all/results'
                given += [f'--{name}', f'{folder}/{name}.json']
        run = report(*given, '-o', 'without.html')
        page = Page(read('without.html'))
        check(f'without {left_out} the page says what makes it', (run.returncode == 0, run.stderr),
              *[(name in page.sections and command in page.sections[name]['text'] and
                 not page.sections[name]['tables'], name) for name in sections],
              (len(page.sections) > len(sections), 'nothing else is there'))


def check_gnuplot(whole):
    run = report('-o', 'bare.html', '--bench', 'all/results/bench.json', '--tune',
                 'all/results/tune/tune.json', '--rank', 'all/results/rank.json',
                 path='/nonexistent')
    page = Page(read('bare.html'))
    check('without gnuplot the tables are there all the same',
          (run.returncode == 3 and 'gnuplot' in run.stderr, (run.returncode, run.stderr)),
          ('<svg' not in read('bare.html') and 'gnuplot was missing' in page.text, 'pictures?'),
          ([section['tables'] for section in page.sections.values()] ==
           [section['tables'] for section in whole.sections.values()], 'other tables'))
    os.makedirs('broken')
    save('broken/gnuplot', '#!/bin/sh\nexit 1\n')
    os.chmod('broken/gnuplot', 0o755)
    save('kept.html', 'old')
    run = report('-o', 'kept.html', '--tune', 'all/results/tune/tune.json',
                 path=os.path.abspath('broken') + ':/bin')
    check('a gnuplot that fails is an error, and the old page stays',
          (run.returncode == 1 and 'gnuplot failed' in run.stderr, run.stderr),
          (read('kept.html') == 'old', 'it was written'))


# -- Inputs that are no good -----------------------------------------------------------------------

def changed(make, *steps):
    """An input in which the last step, a function, changed what the others lead to."""
    data = make()
    at = data
    for key in steps[:-1]:
        at = at[key]
    steps[-1](at)
    return data


def put(key, value):
    return lambda at: at.__setitem__(key, value)


def drop(key):
    return lambda at: at.pop(key)


def bad_inputs():
    return [
        ('bench', '', 'bad.json:1: '), ('bench', '[]', 'found an array, expected an object'),
        ('bench', '{"benchmarks": [', 'bad.json:1: '),
        ('bench', {'benchmarks': 3}, 'bad.json: benchmarks: found 3, expected an array'),
        ('bench', {'benchmarks': []}, 'benchmarks: found an array, expected cases named'),
        ('bench', {'schema': 'lookaside-bench 1', 'results': []},
         'benchmarks: found nothing, expected an array'),
        ('bench', changed(bench, put('context', 'me')), 'context: found "me", expected an object'),
        ('bench', changed(bench, 'problems', put(0, 7)), 'expected strings in it'),
        ('bench', changed(bench, 'benchmarks', put(2, 7)), '[2]: found 7, expected an object'),
        ('bench', changed(bench, 'benchmarks', 0, put('real_time', 'fast')),
         'heap/user32/cc132/i386/lookaside.real_time: found "fast", expected a number'),
        ('bench', changed(bench, 'benchmarks', 0, put('time_unit', 'h')),
         'time_unit: found "h", expected ns, us, ms or s'),
        ('bench', changed(bench, 'benchmarks', -1, put('failed', None)),
         'failed: found null, expected a number'),
        ('tune', changed(tune, put('schema', 'lookaside-tune 2')),
         'schema: found "lookaside-tune 2", expected "lookaside-tune 1"'),
        ('tune', changed(tune, 'front', 1, drop('judged_waste_ppm')),
         'front[1].judged_waste_ppm: found nothing, expected a number'),
        ('tune', changed(tune, 'traces', 0, 'peers', drop('Linux kmalloc')),
         'traces[0].Linux kmalloc: found nothing, expected an object'),
        ('tune', changed(tune, put('interrupted', 'no')), 'expected true or false'),
        ('rank', changed(rank, 'ranks', 0, put('kind', 'hoop')), 'found "hoop", expected "heap"'),
        ('rank', changed(rank, 'ranks', 1, 'rivals', 2, put('footprint_pages_peak', -1)),
         'ranks[1].rivals[2].footprint_pages_peak: found -1, expected a number, 0 or more'),
        ('rank', {'schema': 'lookaside-rank 1', 'ranks': []}, 'expected at least one trace'),
    ]


def check_bad():
    save('out.html', 'old')
    for number, (kind, data, words) in enumerate(bad_inputs()):
        save('bad.json', data)
        run = report(f'--{kind}', 'bad.json', '-o', 'out.html')
        check(f'bad {kind} {number}: {words}', (run.returncode == 1, f'exit {run.returncode}'),
              ('bad.json' in run.stderr and words in run.stderr, run.stderr),
              (read('out.html') == 'old' and run.stdout == '', 'something was written'))
    for line, text in ((1, 'op\n'), (3, '# a: b\n1 2 3 4\n1 2 3\n'), (2, '# a: b\n1 2 3 nan\n'),
                       (2, '# a: b\n')):
        os.makedirs('beside', exist_ok=True)
        save('beside/tune.json', tune())
        save('beside/footprint.dat', text)
        run = report('--tune', 'beside/tune.json', '-o', 'out.html')
        check(f'bad footprint.dat, line {line}',
              (run.returncode == 1 and f'footprint.dat:{line}: expected' in run.stderr, run.stderr))
    for name, status, words, arguments in (
            ('a missing file', 1, 'nowhere.json: No such file', ['--bench', 'nowhere.json']),
            ('a folder', 1, '.: cannot be read', ['--rank', '.']),
            ('nothing at all', 1, './lookaside bench --json', []),
            ('an argument', 2, 'unexpected argument', ['some.json']),
            ('a folder that is not there', 1, 'no/where.html: ',
             ['--rank', 'all/results/rank.json', '-o', 'no/where.html'])):
        run = report(*arguments)
        check(f'{name} is an error', (run.returncode == status, f'exit {run.returncode}'),
              (words in run.stderr, run.stderr))
    check('no page is left in pieces', (sorted(os.listdir('.')).count('results') == 0 and
                                        not [n for n in os.listdir('.') if '.html.' in n],
                                        os.listdir('.')))


# -- Other forms of the same figures ---------------------------------------------------------------

def check_forms(whole):
    """Medians alone, other units and another order give the same times."""
    data = bench()
    runs = []
    for run in data['benchmarks'][::3]:
        run = copy.deepcopy(run)
        run.update(run_type='aggregate', aggregate_name='median', name=run['name'] + '_median',
                   real_time=run['real_time'] / 1000, time_unit='us')
        runs += [run, dict(run, aggregate_name='stddev', real_time=99.0)]
    save('medians.json', {'context': {}, 'benchmarks': runs})
    run = report('--bench', 'medians.json', '-o', 'medians.html')
    table = Page(read('medians.html')).sections['time-1']['tables'][0]
    wanted = [row for row in whole.sections['time-1']['tables'][0]]
    check('medians alone are enough, in any unit', (run.returncode == 0, run.stderr),
          (table[1][:2] == wanted[1][:2], (table[1], wanted[1])))
    save('counted.json', changed(bench, 'context', put('unit', 'instructions per op')))
    report('--bench', 'counted.json', '-o', 'counted.html')
    heading = Page(read('counted.html')).sections['time-1']['h2']
    check('instructions are not called time',
          ("of mimalloc's instructions over" in heading and 'fewer on' in heading, heading))
    data['benchmarks'] += [{'name': 'BM_of_somebody/8', 'real_time': 1.0, 'time_unit': 'ns'}]
    save('strange.json', data)
    report('--bench', 'strange.json', '-o', 'strange.html')
    page = Page(read('strange.html'))
    check('cases with other names are counted, not shown',
          ('1 cases of the file are not shown' in page.sections['machine']['text'], page.text),
          ('BM_of' not in page.text, 'shown'))


def main():
    if not shutil.which('gnuplot'):
        print('1..0 # SKIP gnuplot is missing (package gnuplot-nox)')
        return
    with tempfile.TemporaryDirectory(prefix='report-test-') as folder:
        os.chdir(folder)
        save_inputs()
        run = report(folder='all')
        text = read('all/results/report.html')
        page = Page(text)
        check('it finds what is in results/', (run.returncode == 0, run.stderr),
              (run.stdout == 'results/report.html\n' and run.stderr == '', run))
        check_whole(page, text)
        check_time(page)
        check_dots(page)
        check_more_bench(page)
        check_tune(page)
        check_rank(page)
        check('the same inputs give the same page', (report('-o', '-', folder='all').stdout == text,
                                                     'another page on standard output'))
        check_absent()
        check_gnuplot(page)
        check_bad()
        check_forms(page)
        os.chdir('/')
    tap.finish()


main()
