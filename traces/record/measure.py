# SPDX-License-Identifier: 0BSD
"""What recording a heap costs the program; usage: measure.py LOOKASIDE LOOP [PAIRS]

LOOKASIDE is the program, LOOP the one made of test/loop.c. Each command runs PAIRS times (5)
without and with the recorder, in turn, after a pair that does not count. Seconds are those of the
processor, user and system, medians; converting the recording is not in them.
"""
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

REDIS = ['--port', '0', '--unixsocket', 'socket', '--save', '']
PYTHON = '''
import json
table = {"key%d" % i: [i] * (i % 9) for i in range(60000)}
print(len(json.dumps(json.loads(json.dumps(table)))))
'''
PERL = 'my %h; $h{"key$_"} = "v" x ($_ % 50) for 1 .. 200000; print scalar(sort keys %h), "\\n";'
SQL = '''create table t(a, b); with recursive c(x) as
(values(1) union all select x + 1 from c where x < 60000)
insert into t select x, hex(x * x) from c; create index i on t(b); select max(b) from t;'''


def run_timed(result, command):
    """What runs in place of each command: runs it, and writes down what it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    run = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(result, 'w', encoding='utf-8') as file:
        json.dump([after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall], file)
    return run.returncode


class Measure:
    def __init__(self, lookaside, loop, pairs):
        self.lookaside, self.loop, self.pairs = lookaside, loop, pairs
        self.folder = ''

    def record(self, command):
        """The command, recorded, and the number of calls."""
        run = subprocess.run([self.lookaside, 'record', '-o', 't.%p.lat', '--', *command],
                             cwd=self.folder, check=True, capture_output=True, text=True)
        calls = sum(int(found) for found in re.findall(r': (\d+) calls', run.stderr))
        for name in os.listdir(self.folder):
            if name.endswith('.lat'):
                os.unlink(os.path.join(self.folder, name))
        return run.stdout, calls

    def timed(self, command, recorded):
        result = os.path.join(self.folder, 'result')
        whole = [sys.executable, os.path.abspath(__file__), '--timed', result, *command]
        calls = 0
        if recorded:
            calls = self.record(whole)[1]
        else:
            subprocess.run(whole, cwd=self.folder, check=True)
        with open(result, encoding='utf-8') as file:
            return json.load(file)[0], calls

    def program(self, name, command):
        if not shutil.which(command[0]):
            print(f'{name:24} not installed')
            return
        pairs = [(self.timed(command, False)[0], self.timed(command, True))
                 for _ in range(self.pairs + 1)][1:]
        plain = statistics.median(pair[0] for pair in pairs)
        recorded = statistics.median(pair[1][0] for pair in pairs)
        ratios = sorted(pair[1][0] / pair[0] for pair in pairs)
        calls = pairs[0][1][1]
        print(f'{name:24} {plain:8.3f} s  {recorded:8.3f} s  {statistics.median(ratios):6.2f} '
              f'({ratios[0]:.2f} to {ratios[-1]:.2f})  {calls:9} calls  '
              f'{(recorded - plain) * 1e9 / calls:5.0f} ns a call', flush=True)

    def tight_loop(self, threads):
        command = [self.loop, str(threads), str(4000000 // threads)]
        pairs = []
        for _ in range(self.pairs + 1):
            plain = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            pairs.append((float(plain), float(self.record(command)[0])))
        plain, recorded = (statistics.median(pair[i] for pair in pairs[1:]) for i in (0, 1))
        print(f'loop, {threads} thread{"s" if threads > 1 else " "}          {plain:8.1f} ns '
              f'{recorded:8.1f} ns a call of each thread', flush=True)

    def redis(self):
        """Requests a second; the server is recorded, not its clients."""
        if not shutil.which('redis-benchmark'):
            print('redis-server             not installed')
            return
        rates = ([], [])
        for _ in range(self.pairs):
            for recorded in (False, True):
                command = ['redis-server', *REDIS]
                if recorded:
                    command = [self.lookaside, 'record', '-o', 'redis.lat', '--', *command]
                server = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL,
                                          stderr=subprocess.DEVNULL)
                socket = os.path.join(self.folder, 'socket')
                while not os.path.exists(socket):
                    time.sleep(0.05)
                bench = subprocess.run(['redis-benchmark', '-s', socket, '--csv', '-n', '100000',
                                        '-r', '20000', '-t', 'set,get,lpush,sadd,hset'],
                                       check=True, capture_output=True, text=True).stdout
                subprocess.run(['redis-cli', '-s', socket, 'shutdown', 'nosave'], check=False,
                               capture_output=True)
                server.wait()
                rates[recorded].append(statistics.harmonic_mean(
                    [float(line.split('","')[1]) for line in bench.splitlines()[1:]]))
        plain, recorded = map(statistics.median, rates)
        print(f'redis-server             {plain:8.0f}/s  {recorded:8.0f}/s  '
              f'{plain / recorded:6.2f}', flush=True)

    def all(self):
        compiler = subprocess.run(['cc', '-print-prog-name=cc1'], check=False, capture_output=True,
                                  text=True).stdout.strip()
        traces = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        preprocess = ['cc', '-E', '-I' + traces + '/include', '-I' + traces + '/../core/include',
                      traces + '/format/reader.c', '-o', 'source.i']
        with tempfile.TemporaryDirectory() as self.folder:
            subprocess.run(preprocess, cwd=self.folder, check=True)
            for threads in (1, 2, 4):
                self.tight_loop(threads)
            self.program('python3', ['/usr/bin/python3', '-c', PYTHON])
            self.program('python3, its pools off', ['env', 'PYTHONMALLOC=malloc',
                                                    '/usr/bin/python3', '-c', PYTHON])
            self.program('perl', ['perl', '-e', PERL])
            self.program('sqlite3', ['sqlite3', ':memory:', SQL])
            self.program('cc1 -O2', [compiler, '-quiet', '-O2', self.folder + '/source.i', '-o',
                                     '/dev/null'])
            self.redis()


if sys.argv[1] == '--timed':
    sys.exit(run_timed(sys.argv[2], sys.argv[3:]))
Measure(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]),
        int((sys.argv[3:] or ['5'])[0])).all()
