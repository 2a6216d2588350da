# SPDX-License-Identifier: 0BSD
"""Programs that are hard to record, against what they are known to do.

usage: heap_test.py RECORD HAZARDS EARLY OWN PLUGIN [OBJECTS]; all but the first are programs and a
library made of the sources beside this file. hazards.h says how the expectations are written.
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

from recorded import Tap, Trace

NOT_PERMITTED = 77
HOLES_MAX = {'by_parent': 1}  # a call may be under way when the signal comes
ENDS = {'by_exit': 'exit code 3', 'by_abort': 'signal 6', 'by_kill': 'signal 9'}
NOT_HERE = ('jump', 'waiter')  # no allocator survives that but ours; waits for verb_test.py
WITH_OWN_ALLOCATOR = ('fork', 'vfork', 'exec_chain', 'jump')

OBJECTS = ('alloc 5801, alloc 5802, alloc 5803, alloc-aligned 5888 128, free 5803, free 5802, '
           'free 5888, free 5801')


class Tests:
    def __init__(self, record, hazards, early, own, plugin, objects=''):
        self.record, self.hazards, self.early = record, hazards, early
        self.own, self.plugin, self.objects = own, plugin, objects
        self.tap = Tap()

    def run(self, folder, command, *options):
        return subprocess.run([self.record, *options, '--', *command], cwd=folder, check=False,
                              capture_output=True, text=True, errors='replace', timeout=120)

    def case(self, name, expected, program, *arguments):
        """A program, recorded, and its traces."""
        parent, _, child = (part.strip() for part in expected.partition('; child:'))
        with tempfile.TemporaryDirectory() as folder:
            options = ['-o', 'trace.%p.txt' if child else 'trace.txt']
            run = self.run(folder, [program, *arguments], *options,
                           *(['--time'] if name == 'sleeper' else []))
            if f'exit code {NOT_PERMITTED}' in run.stderr:
                return ['not permitted']
            wrong = [] if run.returncode == 0 else [f'exit code {run.returncode}', run.stderr]
            end = re.search(r'the command (?:ended with|was ended by) (exit code \d+|signal \d+)',
                            run.stderr)
            if (end[1] if end else None) != ENDS.get(name):
                wrong.append(f'the command: {end and end[1]}, expected {ENDS.get(name)}')
            if (program == self.own) != ('operator new unseen' in run.stderr):
                wrong.append(f'operator new: {run.stderr}')
            left = [path for path in os.listdir(folder) if not path.endswith('.txt')]
            wrong += [f'left behind: {path}' for path in left]
            traces = [Trace(path) for path in glob.glob(folder + '/*.txt')]
        inherited = 'alive in'
        wrong += self.check_traces(name, traces, parent, child)
        if child.find('mark 1') > 0 and not any(
                inherited in line for trace in traces for line in trace.text['implied']):
            wrong.append('no trace says what it inherited')
        return wrong

    def check_traces(self, name, traces, parent, child):
        """The parent's trace is the one that begins without a mark."""
        def is_child(trace):
            return 'mark 1' in trace.events or 'alloc 5901' in trace.events[:2]

        if len(traces) != (2 if child else 1):
            return [f'{len(traces)} traces']
        if child:
            traces.sort(key=is_child)
        wrong = list(traces[0].complaints(parent))
        if child:
            wrong += traces[1].complaints(child, HOLES_MAX.get(name, 0))
        numbers = traces[0].threads
        if numbers != list(range(len(numbers))):
            wrong.append(f'threads {numbers}: not in order of their first calls')
        if name == 'threads':
            if traces[0].foreign_frees != 10000:
                wrong.append(f'{traces[0].foreign_frees} frees by others, expected 10000')
            if len(numbers) != 5:
                wrong.append(f'{len(numbers)} threads, expected 5')
        if name == 'sleeper' and traces[0].time_ns.get(5551, 0) < 30000000:
            wrong.append(f'{traces[0].time_ns.get(5551)} ns, expected 30 ms at least')
        return wrong

    def all(self):
        listing = subprocess.run([self.hazards], capture_output=True, text=True, check=True).stdout
        cases = dict(line.split('\t') for line in listing.splitlines())
        for name, expected in cases.items():
            if name in NOT_HERE:
                continue
            arguments = [self.plugin] if name == 'plugin' else []
            wrong = self.case(name, expected, self.hazards, name, *arguments)
            skip = 'not permitted' if wrong == ['not permitted'] else ''
            self.tap.check(name, [] if skip else wrong, skip)
        for name in WITH_OWN_ALLOCATOR:
            self.tap.check(f'{name} with an allocator of its own',
                           self.case(name, cases[name], self.own, name))
        self.tap.check('before the recorder has looked around',
                       self.case('early', 'alloc 5402, free 5402', self.early))
        objects = self.case('objects', OBJECTS, self.objects) if self.objects else []
        self.tap.check('operator new and delete', objects, '' if self.objects else 'no C++')
        self.tap.finish()


Tests(*map(os.path.abspath, sys.argv[1:])).all()
