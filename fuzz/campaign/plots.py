# SPDX-License-Identifier: 0BSD
"""Pictures of a campaign: coverage, inputs and executions over time, by gnuplot."""
import os
import shutil
import subprocess

import corpus

PICTURES = (('coverage', 'edges of the target that were reached', ('coverage_libfuzzer',
                                                                   'coverage_afl')),
            ('executions', 'executions a second', ('rate',)),
            ('inputs', 'inputs in the corpus', ('inputs',)))
SCRIPT = '''set terminal svg size 900,500 background "white"
set output "{output}"
set datafile separator tab
set key outside right
set xlabel "hours"
set ylabel "{title}"
set yrange [0:*]
plot {curves}
'''


def rows_of(history):
    """history.tsv as dictionaries; a line that was cut off is left out."""
    content = (corpus.read(history) or b'').decode()
    lines = [line.split('\t') for line in content.splitlines()]
    if not lines:
        return []
    return [dict(zip(lines[0], line)) for line in lines[1:] if len(line) == len(lines[0])]


def draw(folder):
    """The pictures that could be drawn, as paths in the folder."""
    rows = rows_of(os.path.join(folder, 'history.tsv'))
    if not rows or not shutil.which('gnuplot'):
        return []
    plots = os.path.join(folder, 'plots')
    os.makedirs(plots, exist_ok=True)
    targets = sorted({row['target'] for row in rows})
    drawn = []
    for name, title, columns in PICTURES:
        curves = []
        for target in targets:
            for column in columns:
                data = os.path.join(plots, f'{target}-{column}.tsv')
                points = [f'{float(row["seconds"]) / 3600:.5f}\t{row[column]}'
                          for row in rows if row['target'] == target]
                corpus.write(data, '\n'.join(points).encode() + b'\n')
                suffix = f' ({column.rpartition("_")[2]})' if len(columns) > 1 else ''
                curves.append(f'"{data}" using 1:2 with steps title "{target}{suffix}" noenhanced')
        output = os.path.join(plots, name + '.svg')
        run = subprocess.run(['gnuplot'], text=True, check=False, capture_output=True,
                             input=SCRIPT.format(output=output, title=title,
                                                 curves=', '.join(curves)))
        if run.returncode == 0:
            drawn.append(os.path.join('plots', name + '.svg'))
    return drawn
