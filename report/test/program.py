# SPDX-License-Identifier: 0BSD
"""What the tests of `lookaside report` share: small inputs made by hand, running the program, and
reading its page. Their command line: TEST REPORT_PROGRAM SOURCE_ROOT.
"""
import html.parser
import json
import os
import subprocess
import sys

PROGRAM = os.path.abspath(sys.argv[1])
sys.path.insert(0, os.path.join(sys.argv[2], 'tests'))
import tree  # noqa: E402

tap = tree.Tap()
HOSTILE = '</td><script src="http://x/">alert(1)</script><b id=\'t\'>&amp;" \'--> \x1b\x7f'

# Net ns an operation: {abi: {trace: {target: ns}}}. The loop alone takes FLOOR.
FLOOR = {'floor-lookaside': 2.0, 'floor-libc': 3.0, 'floor-rival': 4.0}
TIMES = {
    'i386': {'user32/cc132': {'lookaside': 10.0, 'glibc': 20.0, 'mimalloc': 8.0, 'rival-brk': 5.0},
             'user32/py32': {'lookaside': 12.0, 'glibc': 30.0, 'mimalloc': 16.0},
             'user/xz': {'lookaside': 9.0, 'glibc': 45.0, 'mimalloc': 12.0, 'rival-brk': 90.0}},
    'x86-64': {'user32/cc132': {'lookaside': 7.0, 'glibc': 7.0},
               HOSTILE: {'lookaside': 6.0, 'glibc': 24.0}},
}
LATENCY = {'lookaside': (10, 50, 200, 9000), 'glibc': (20, 60, 100, 40000)}
RESIDENT = {'lookaside': 1500000, 'glibc': 2000000}  # of 1,000,000 live
SPACES = {'mix/90': {'lookaside': (0, 4000, 3000), 'bump': (500, 6000, 1500)},
          'mix/98': {'lookaside': (10, 1000, 600), 'bump': (900, 1300, 130)}}
RESERVES = 1000


def runs_of(name, ns, repeats=3, **counters):
    """Repetitions whose median is `ns`."""
    name += f'/iterations:1/repeats:{repeats}/manual_time'
    spread = [0.0, -1.0, 7.0, 0.5, -0.5]
    spread = spread[:repeats] if repeats > 1 else [0.0]
    return [{'name': name, 'run_name': name, 'run_type': 'iteration', 'repetitions': repeats,
             'repetition_index': i, 'threads': 1, 'iterations': 1, 'cpu_time': 1e9,
             'real_time': ns + spread[i], 'time_unit': 'ns', **counters} for i in range(repeats)]


def floor_of(target):
    if target == 'lookaside':
        return FLOOR['floor-lookaside']
    return FLOOR['floor-rival' if target.startswith('rival-') else 'floor-libc']


def bench():
    runs = []
    for abi, traces in TIMES.items():
        for trace, targets in traces.items():
            for target, ns in targets.items():
                runs += runs_of(f'heap/{trace}/{abi}/{target}', ns + floor_of(target))
            for target, ns in FLOOR.items():
                runs += runs_of(f'heap/{trace}/{abi}/{target}', ns)
    failed = 'heap/user32/cc132/i386/tcmalloc/iterations:1/repeats:3/manual_time'
    runs.append({'name': failed, 'run_name': failed, 'run_type': 'iteration',
                 'error_occurred': True, 'error_message': HOSTILE, 'real_time': 0.0,
                 'cpu_time': 0.0, 'time_unit': 'ns'})
    for target, (p50, p99, p999, longest) in LATENCY.items():
        runs += runs_of(f'heap/user/xz/i386/{target}/latency', 0.0, 1, p50_ns=p50, p99_ns=p99,
                        p999_ns=p999, max_ns=longest)
    for target, peak in RESIDENT.items():
        runs += runs_of(f'heap/user/xz/i386/{target}/memory', 5000.0, 1, live_peak_bytes=1000000,
                        peak_bytes=peak, live_mean_bytes=500000, mean_bytes=peak // 3,
                        over_kib=[peak // 4096, peak // 1024, peak // 2048],
                        live_kib=[100, 976, 500],
                        trimmed_bytes=4096, empty_bytes=8192)
    for work, targets in SPACES.items():
        for target, (failed, free, largest) in targets.items():
            runs += runs_of(f'vas/{work}/i386/{target}/space', 0.0, 1, reserves=RESERVES,
                            failed=failed, free_segments=free, largest_segments=largest)
    context = {'date': '2026-01-02T03:04:05+00:00', 'host_name': HOSTILE, 'num_cpus': 12,
               'executable': '/secret/path', 'load_avg': [0.5, 1.25], 'commit': 'abc1234'}
    problems = ['heap/user32/py32/i386/tcmalloc: it died', 'something else']
    return {'context': context, 'benchmarks': runs, 'space': {}, 'problems': problems}


# -- The tuner and the ranks -----------------------------------------------------------------------

FRONT = [(16, 250000, 210000), (32, 60000, 50000), (48, 41000, 30000)]
CLASSES = {'Linux kmalloc': (13, 266000), HOSTILE: (40, 39000)}


def cells(waste, peak):
    return {'waste_ppm': waste, 'peak_ppm': peak}


def tune():
    def row(buckets, judged, trained):
        return {'buckets': buckets, 'judged_waste_ppm': 1000000 + judged, 'judged_ppm': 1100000,
                'trained_waste_ppm': 1000000 + trained, 'trained_ppm': 1050000}
    peers = [{'name': name, 'source': HOSTILE, 'table': list(range(count)), 'ppm': 1200000,
              'waste_ppm': 1000000 + waste} for name, (count, waste) in CLASSES.items()]
    traces = [{'name': 'user/xz', 'counts': True, 'judged_waste_ppm': 1030000,
               'judged': {'peak_ppm': 1250000},
               'peers': {'Linux kmalloc': cells(1200000, 1500000),
                         HOSTILE: cells(1010000, 1000000)}},
              {'name': 'user/short', 'counts': False, 'judged_waste_ppm': None,
               'judged': {'peak_ppm': None},
               'peers': {'Linux kmalloc': cells(None, None), HOSTILE: cells(1500000, None)}}]
    return {'schema': 'lookaside-tune 1', 'command': 'lookaside tune ' + HOSTILE,
            'corpus_crc32c': '01234567', 'objective': 'peak', 'interrupted': False,
            'peers': peers, 'front': [row(*numbers) for numbers in FRONT],
            'recommended': row(*FRONT[1]), 'promise': {'kept': True}, 'traces': traces}


FOOTPRINT = '# user/xz: op, live MiB, ...\n0 0.5 1.0 1.5\n10 2.0 2.5 4.0\n20 1.0 2.25 3.0\n'

HEAPS = {'user/xz': {'lookaside': 50, 'brk': 40, 'powers': 100},
         'kernel-slab/k1': {'lookaside': 30, 'brk': 45, 'powers': None}}
HEAP_LIVE = 81920
WINDOWS = {'vas/node': {'lookaside': (120, 1000, 900), 'buddy': (150, 800, 200)},
           'vas32/py': {'lookaside': (130, 1000, 500), 'buddy': (104, 500, 500)}}
WINDOW_LIVE = 100


def rank():
    ranks = []
    for trace, rivals in HEAPS.items():
        rows = [{'rival': name, 'footprint_pages_peak': pages or 1, 'refused': 0,
                 'gave_up': pages is None} for name, pages in rivals.items()]
        ranks.append({'file': f'/home/me/traces/data/{trace}.lat.zst', 'kind': 'heap',
                      'live_bytes_peak': HEAP_LIVE, 'rivals': rows})
    for trace, rivals in WINDOWS.items():
        rows = [{'rival': name, 'smallest_window_pages': window, 'free_pages_at_peak': free,
                 'largest_pages_at_peak': largest, 'no_space': 0, 'no_metadata': 0,
                 'gave_up': False} for name, (window, free, largest) in rivals.items()]
        ranks.append({'file': f'{trace}.lat.zst', 'kind': 'vas', 'live_pages_peak': WINDOW_LIVE,
                      'rivals': rows})
    return {'schema': 'lookaside-rank 1', 'ranks': ranks}


# -- Running ---------------------------------------------------------------------------------------

def save(name, data):
    with open(name, 'w', encoding='utf-8') as file:
        file.write(data if isinstance(data, str) else json.dumps(data))


def save_inputs():
    os.makedirs('all/results/tune')
    save('all/results/bench.json', bench())
    save('all/results/tune/tune.json', tune())
    save('all/results/tune/footprint.dat', FOOTPRINT)
    save('all/results/rank.json', rank())


def read(name):
    with open(name, encoding='utf-8', newline='') as file:
        return file.read()


def report(*arguments, path=None, folder='.'):
    environment = dict(os.environ, **({'PATH': path} if path else {}))
    return subprocess.run([PROGRAM, *arguments], env=environment, text=True, check=False,
                          cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def check(name, *facts):
    """Each fact: whether it holds, and what to say if not."""
    tap.check(name, [str(text)[:400].replace('\n', ' ') for holds, text in facts if not holds])


# -- Reading a page --------------------------------------------------------------------------------

VOID = ('meta', 'wbr', 'br', 'link', 'img', 'input', 'hr')


class Page(html.parser.HTMLParser):
    """A page: its problems, tags, and of each section the heading, text, tables and dots."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.problems, self.tags, self.ids, self.links = [], [], [], [], []
        self.sections, self.text = {}, ''
        self.section = {'h2': '', 'text': '', 'tables': [], 'dots': [], 'pictures': 0}
        self.feed(text)
        self.close()
        self.problems += [f'<{tag}> is never closed' for tag in self.open]

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        self.ids += [attrs['id']] if 'id' in attrs else []
        self.links += [value for key, value in attrs.items() if key in ('href', 'xlink:href')]
        if tag not in VOID:
            self.open.append(tag)
        if tag == 'section':
            self.section = {'h2': '', 'text': '', 'tables': [], 'dots': [], 'pictures': 0}
            self.sections[attrs['id']] = self.section
        elif tag == 'table':
            self.section['tables'].append([])
        elif tag == 'tr':
            self.section['tables'][-1].append([])
        elif tag in ('td', 'th'):
            self.section['tables'][-1][-1].append('')
        elif tag == 'svg':
            self.section['pictures'] += 1
            self.section['dots'].append([])
        elif tag == 'use' and attrs.get('transform', '').startswith('translate'):
            self.section['dots'][-1].append((attrs['xlink:href'], attrs['transform']))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f'</{tag}> closes nothing')

    def handle_data(self, data):
        self.text += data
        self.section['text'] += data
        if 'h2' in self.open:
            self.section['h2'] += data
        if 'td' in self.open or 'th' in self.open:
            self.section['tables'][-1][-1][-1] += ('|' if 'span' in self.open else '') + data


def table_of(section, number):
    """{row: {column: cell}} of a table; a cell is "FIGURE|MARK|RATIO" as far as it has them."""
    head, *rows = section['tables'][number]
    return {row[0]: dict(zip(head[1:], row[1:])) for row in rows}
