# SPDX-License-Identifier: 0BSD
"""`lookaside plot` as users run it: exit codes, messages, figures, and the pictures that gnuplot
draws. usage: verb_test.py PLOT_PROGRAM SOURCE_ROOT
"""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from program import (PROGRAM, check, check_run, lines_of, plot, read, save, save_traces, tap,
                     texts_of)

# Segments in use and committed, pages of stacks after each operation of FIXED.
FIXED_LIVE = [(12, 8, 0), (12, 10, 0), (76, 10, 0), (332, 10, 0), (348, 10, 2), (348, 10, 2)]

SIZES = """# lookaside trace 1
alloc 0 100
alloc 1 24
realloc 0 200
free 1
alloc-zeroed 2 0
reserve 0 16
"""
SIZES_DATA = ['blocks 1 8 1 0', 'blocks 17 24 1 48', 'blocks 97 104 1 200',
              'blocks 193 208 1 800', 'regions 61441 65536 1 65536']


# -- Figures over time and sizes -------------------------------------------------------------------

def check_figures():
    wanted = [f'{i} {i + 1} 0 0 0 0 {stack} {stack} {used} {used} {committed} {committed}'
              for i, (used, committed, stack) in enumerate(FIXED_LIVE)]
    plot('fixed.txt', '-o', 'by-ops', '--ops', path='/nonexistent')
    check('levels over operations are exact',
          (lines_of('by-ops', 'live.dat') == wanted, lines_of('by-ops', 'live.dat')))
    plot('fixed.txt', '-o', 'by-time', path='/nonexistent')
    lines = lines_of('by-time', 'live.dat')
    check('levels over time cover all of it', (len(lines) == 480, len(lines)),
          (lines[0] == '0 2084 0 0 0 0 0 2 12 348 8 10', lines[0]),
          (lines[-1] == '998236 1000000 0 0 0 0 2 2 348 348 10 10', lines[-1]))
    plot('sizes.txt', '-o', 'sizes', path='/nonexistent')
    check('sizes are exact',
          (lines_of('sizes', 'sizes.dat') == SIZES_DATA, lines_of('sizes', 'sizes.dat')))


def near(number, wanted):
    return abs(number - wanted) <= 0.02 * abs(wanted)


def line_facts():
    """Heights of the line's steps are to each other as the segments are."""
    plot('fixed.txt', '-o', 'by-ops', '--ops')
    text = read('by-ops', 'live.svg').decode()
    line = text[text.index('<title>in use'):]
    points = re.findall(r'[ML]([\d.]+),([\d.]+)', re.search(r"d='([^']*)'", line).group(1))[2:]
    steps = sorted({float(y) for _, y in points}, reverse=True)
    wanted = [12, 76, 332, 348]
    yield len(steps) == 4, steps
    xs, ys = zip(*points)
    yield list(map(float, xs)) == sorted(map(float, xs)), f'it goes back: {points}'
    yield (all(xs[i] == xs[i - 1] or ys[i] == ys[i - 1] for i in range(1, len(points))),
           f'it is not made of steps: {points}')
    for i in range(1, len(steps)):
        ratio = (steps[0] - steps[i]) / (steps[0] - steps[-1])
        yield near(ratio, (wanted[i] - 12) / (348 - 12)), f'step {i} of {steps}'


def bar_heights(title):
    text = read('drawn', 'sizes.svg').decode()
    text = text[text.index(f'<title>{title}'):].partition('<title>')[2].partition('<title>')[0]
    bars = {}
    for points in re.findall(r"points *= *'([^']*)'", text):
        xs, ys = zip(*(map(float, point.split(',')) for point in points.split()))
        if max(ys) > 120 and max(xs) - min(xs) < 30:  # not the legend's sample
            bars[min(xs)] = max(bars.get(min(xs), 0), max(ys) - min(ys))
    return [height for _, height in sorted(bars.items())]


def bar_facts():
    """Three regions, asked for once each; a larger one has more live bytes."""
    requests = bar_heights('regions: 3 requests')
    live = bar_heights('regions: 9.05 MiB live')
    sums = [int(line.split()[4]) for line in lines_of('drawn', 'sizes.dat') if 'regions' in line]
    yield len(requests) == 3 and len(live) == 3, (requests, live)
    yield all(near(height, requests[0]) for height in requests), requests
    yield near(live[1] / live[2], sums[1] / sums[2]), (live, sums)


def check_drawn():
    """What needs gnuplot."""
    names = ['live.dat', 'live.svg', 'map.dat', 'map.svg', 'sizes.dat', 'sizes.svg']
    if not shutil.which('gnuplot'):
        tap.skip('the pictures of gnuplot', 'gnuplot is not installed')
        return
    os.mkdir('place')
    run = plot(os.path.abspath('mixed.txt'), cwd='place')
    check('all pictures are in results/plot/NAME', (run.returncode == 0, run.stderr),
          (run.stderr == '', run.stderr),
          (run.stdout == ''.join(f'results/plot/mixed/{name}.svg\n'
                                 for name in ('live', 'sizes', 'map')), run.stdout))
    check('nothing else is left there', (sorted(os.listdir('place/results/plot/mixed')) == names,
                                         os.listdir('place/results/plot/mixed')))
    plot('mixed.txt', '-o', 'again')
    check('the same trace gives the same bytes',
          *[(read('again', name) == read('place/results/plot/mixed', name), name)
            for name in names])
    plot('fixed.txt', '-o', 'drawn')
    check('live and sizes have title, axes and peaks',
          *[(text in texts, f'{text!r} is not in {texts}') for texts, wanted in [
              (texts_of('drawn/live.svg'), ["by <hand> & 'quoted' {/:Bold_x}", 'fixed places',
                                            'recorded time, milliseconds', 'memory, KiB',
                                            'addresses, MiB', 'stacks, peak 8 KiB',
                                            'in use, peak 21.8 MiB']),
              (texts_of('drawn/sizes.svg'), ["by <hand> & 'quoted' {/:Bold_x}",
                                             'size asked for, bytes', 'regions: 3 requests',
                                             'stacks: 1 request'])] for text in wanted])
    check('the line of the addresses in use has its steps where they must be', *line_facts())
    check('bars are as high as their shares', *bar_facts())
    run = plot('mixed.txt', '--what', 'live', '-o', '-')
    check('one picture can go to standard output',
          (run.stdout.encode() == read('again/live.svg'), run.stderr))
    plot('notes.txt', '-o', 'notes')
    check('a trace of times alone has no sizes but the other two',
          (sorted(os.listdir('notes')) == ['live.dat', 'live.svg', 'map.dat', 'map.svg'],
           os.listdir('notes')))


def check_without_gnuplot():
    run = check_run('without gnuplot the package is named, exit 3', 3, 'gnuplot-nox', 'mixed.txt',
                    '-o', 'bare', path='/nonexistent')
    check('the map and all figures are there all the same',
          (sorted(os.listdir('bare')) == ['live.dat', 'map.dat', 'map.svg', 'sizes.dat'],
           os.listdir('bare')), (run.stdout == 'bare/map.svg\n', run.stdout))
    os.makedirs('taken/map.svg')
    check_run('a file that cannot be written counts more than no gnuplot', 1, 'taken/map.svg: ',
              'mixed.txt', '-o', 'taken', path='/nonexistent')
    check_run('the map alone needs no gnuplot', 0, '', 'mixed.txt', '--what', 'map', '-o', 'm.svg',
              path='/nonexistent')
    os.mkdir('bin')
    for name, script in [('fails', 'exit 1'), ('stops half way', 'echo "<svg><path/><path/>"')]:
        save('bin/gnuplot', f'#!/bin/sh\n{script}\n')
        os.chmod('bin/gnuplot', 0o755)
        check_run(f'a gnuplot that {name} leaves no picture, exit 1', 1, 'gnuplot failed',
                  'mixed.txt', '--what', 'live', '-o', 'half.svg', path=os.path.abspath('bin'))
        check(f'no file of a gnuplot that {name}', (not [name for name in os.listdir('.')
                                                         if name.startswith('half')], 'a file'))


def check_interrupt():
    save('bin/gnuplot', '#!/bin/sh\n: >started\nexec sleep 60\n')
    path = os.path.abspath('bin') + os.pathsep + os.environ['PATH']
    with subprocess.Popen([PROGRAM, 'mixed.txt', '-o', 'cut'], env=dict(os.environ, PATH=path),
                          stderr=subprocess.PIPE, start_new_session=True) as child:
        for _ in range(1000):
            if os.path.exists('started'):
                break
            time.sleep(0.02)
        os.killpg(child.pid, signal.SIGINT)
        child.communicate()
    check('an interrupt leaves whole files only', (child.returncode == -signal.SIGINT,
                                                   child.returncode),
          (os.listdir('cut') == ['live.dat'], os.listdir('cut')))


# -- Mistakes --------------------------------------------------------------------------------------

def check_mistakes():
    for name, words, arguments in [
            ('no trace', 'expected a trace', []),
            ('two traces', 'one trace at a time', ['a', 'b']),
            ('an unknown option', 'no-such', ['--no-such', 'a']),
            ('an unknown picture', 'expected live, sizes or map', ['a', '--what', 'waste']),
            ('an unknown colouring', 'expected fill, heap or bucket', ['a', '--by', 'age']),
            ('three pictures for one file', '--what', ['a', '-o', 'x.svg']),
            ('three pictures for standard output', '--what', ['a', '-o', '-']),
            ('text and a file', '--text', ['a', '--text', '-o', 'x.svg']),
            ('text and colours', '--text', ['a', '--text', '--by', 'heap']),
            *[(f'the moment {moment!r}', 'expected a number of operations',
               ['a', '--at', moment]) for moment in ('', 'x', '-1', '1x', '101%', '1.5', '5 %',
                                                     '99999999999999999999')],
            *[(f'{size} MiB', 'from 1 to 4096', ['a', '--range-mib', size])
              for size in ('0', '4097', 'x', '1x', '')]]:
        check_run(f'{name} is a usage error', 2, words, *arguments)
    check_run('a moment after the end says how long the trace is', 2, 'has 6 operations',
              'fixed.txt', '--at', '7')
    check_run('a missing trace is named', 1, 'nowhere', 'nowhere')
    check_run('a wrong line is named', 1, 'wrong.txt:3', 'wrong.txt', '-o', 'nothing')
    check_run('a file that is no trace is named', 1, 'foreign', 'foreign', '-o', 'nothing')
    check_run('an empty file is named', 1, 'nil', 'nil', '-o', 'nothing')
    check('nothing is written then', (not os.path.exists('nothing'), os.listdir('.')))
    check_run('a folder that cannot be made is named', 1, 'fixed.txt/below', 'fixed.txt', '-o',
              'fixed.txt/below')
    check_run('a file in the place of the folder is named', 1, 'heap.txt: Not a directory',
              'fixed.txt', '-o', 'heap.txt')
    check_run('a file that cannot be written is named', 1, 'nowhere/x.svg', 'fixed.txt', '--what',
              'map', '-o', 'nowhere/x.svg')
    check_run('a picture of what is not there is refused', 1, 'notes.txt has no blocks',
              'notes.txt', '--what', 'sizes', '-o', 'x.svg')
    with open('/dev/full', 'wb') as full:
        for arguments in (['--text'], ['--what', 'map', '-o', '-']):
            run = subprocess.run([PROGRAM, 'fixed.txt', *arguments], stdout=full, check=False,
                                 stderr=subprocess.PIPE)
            check(f'a full disk is told: {arguments[0]}', (run.returncode == 1, run.returncode))


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        save_traces()
        save('sizes.txt', SIZES)
        save('wrong.txt', '# lookaside trace 1\nalloc 0 9\nallot 1\n')
        save('foreign', 'no ops\n')
        save('nil', '')
        check_figures()
        check_drawn()
        check_without_gnuplot()
        check_interrupt()
        check_mistakes()
        os.chdir('/')
    tap.finish()


main()
