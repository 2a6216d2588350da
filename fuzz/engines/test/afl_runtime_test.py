# SPDX-License-Identifier: 0BSD
"""Our runtime under AFL++'s own programs; usage: afl_runtime_test.py FOLDER, that of the canaries.

The canary (../../test/canary_target.c) has two defects, and does worse if it is told to.
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../tests'))
import tree  # noqa: E402

HEAD = b'--------'
QUIET = HEAD + b'z---'
FIRST_DEFECT = HEAD + b'z---z---z---' + b'a1--' + b'z---' + b'b---'
SECONDS = 60  # the longest that anything here takes, on a busy machine
AFL = {
    'AFL_NO_UI': '1', 'AFL_SKIP_CPUFREQ': '1', 'AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES': '1',
    'AFL_TRY_AFFINITY': '1', 'AFL_ALLOW_TMP': '1',
}


class Bench:
    """A folder, and AFL's programs run in it."""

    def __init__(self, binaries, folder):
        self.binaries = binaries
        self.folder = folder

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def target(self, name):
        return os.path.join(self.binaries, 'fuzz-' + name)

    def write(self, name, content):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), 'wb') as file:
            file.write(content)
        return self.path(name)

    def run(self, *command, stdin=b'', misbehaves=False, **more):
        environment = {**os.environ, **AFL, **more}
        if misbehaves:
            environment['CANARY_MISBEHAVES'] = '1'
        return subprocess.run(command, input=stdin, env=environment, cwd=self.folder, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)

    def fuzz(self, target, seed, seconds, **more):
        """afl-fuzz for a time or until it has a crash; its statistics, and what it saved."""
        shutil.rmtree(self.path('out'), ignore_errors=True)
        shutil.rmtree(self.path('in'), ignore_errors=True)
        self.write('in/seed', seed)
        said = self.run('afl-fuzz', '-i', 'in', '-o', 'out', '-s', '1', '-t', '300',
                        '-V', str(seconds), '--', self.target(target),
                        AFL_BENCH_UNTIL_CRASH='1', **more)
        stats = {}
        if os.path.exists(self.path('out/default/fuzzer_stats')):
            with open(self.path('out/default/fuzzer_stats'), encoding='utf-8') as file:
                stats = dict(line.split(':', 1) for line in file)
        stats = {key.strip(): value.strip() for key, value in stats.items()}
        saved = [name for kind in ('crashes', 'hangs')
                 if os.path.isdir(self.path('out/default', kind))
                 for name in os.listdir(self.path('out/default', kind)) if name.startswith('id')]
        return stats, saved, said.stdout.decode(errors='replace').splitlines()[-5:]


def wrong(**checks):
    """The names of those that do not hold, as complaints."""
    return [f'does not hold: {name}' for name, holds in checks.items() if not holds]


def finds_defects(tap, bench):
    for target in ('afl-canary-bare', 'afl-canary-bare-m32', 'afl-canary-asan',
                   'afl-canary-asan-m32', 'afl-canary-ubsan'):
        if not os.path.exists(bench.target(target)):
            tap.skip(f'{target} finds a defect', 'no 32-bit compiler (gcc-multilib)')
            continue
        stats, saved, said = bench.fuzz(target, QUIET, 20)
        complaints = wrong(crash_is_saved=saved and 'sig:06' in saved[0],
                           runs_are_the_same=stats.get('stability') == '100.00%')
        tap.check(f'{target} finds a defect', complaints + (said if complaints else []))


def sees_every_end(tap, bench):
    """What the canary does to its process is a finding; each is one byte away from the seed."""
    for what, record, target, expected in (
            ('a hang', b'H', 'afl-canary-bare', 'id:000000,src'),
            ('an exit', b'E', 'afl-canary-bare', 'sig:06'),
            ('a read behind the end', b'R', 'afl-canary-asan', 'sig:06')):
        # Its neighbours are seeds, so that nothing but time is up to chance.
        seed = HEAD + bytes([record[0] ^ 1]) + b'---'
        _, saved, said = bench.fuzz(target, seed, 10, CANARY_MISBEHAVES='1')
        complaints = [] if any(expected in name for name in saved) else [f'saved: {saved}'] + said
        tap.check(f'{what} is a finding', complaints)


def serves_the_tools(tap, bench):
    canary = bench.target('afl-canary-bare')
    quiet = bench.write('some/quiet', QUIET)
    bench.write('some/same', QUIET + b'-')
    bench.write('some/armed', FIRST_DEFECT[:-4])
    crash = bench.write('crash', FIRST_DEFECT + b'e---' * 20)
    said = bench.run('afl-showmap', '-q', '-o', 'map', '--', canary, stdin=QUIET)
    with open(bench.path('map'), encoding='ascii') as file:
        counters = file.read().split()
    tap.check('afl-showmap reads the counters',
              wrong(exit_0=said.returncode == 0, there_are_some=len(counters) > 4))
    said = bench.run('afl-cmin', '-i', 'some', '-o', 'few', '--', canary)
    left = os.listdir(bench.path('few')) if os.path.isdir(bench.path('few')) else []
    tap.check('afl-cmin drops what adds nothing', wrong(
        exit_0=said.returncode == 0, some_are_gone=len(left) < 3, most_is_left='armed' in left))
    said = bench.run('afl-tmin', '-i', crash, '-o', 'small', '--', canary)
    size = os.path.getsize(bench.path('small')) if os.path.exists(bench.path('small')) else 0
    tap.check('afl-tmin makes a crash smaller', wrong(
        exit_0=said.returncode == 0, smaller=0 < size <= len(FIRST_DEFECT)))
    said = [bench.run(canary, quiet, quiet).returncode, bench.run(canary, stdin=QUIET).returncode,
            bench.run(canary, quiet, crash).returncode, bench.run(canary, 'nowhere').returncode,
            bench.run(canary, '--help').returncode]
    expected = [0, 0, -signal.SIGABRT, 1, 2]
    tap.check('without a fuzzer files are replayed',
              [] if said == expected else [f'exit codes {said}, expected {expected}'])


def outlives_its_children(tap, bench):
    """afl-fuzz sees the same target, though its process is another after 100,000 inputs."""
    stats, saved, said = bench.fuzz('afl-empty-bare', QUIET, 6)
    runs = int(stats.get('execs_done', '0'))
    complaints = wrong(nothing_is_found=not saved, several_children=runs > 100000,
                       runs_are_the_same=stats['stability'] == '100.00%')
    tap.check('a child ends after its share of inputs, unseen',
              complaints + ([f'{runs} runs'] + said if complaints else []))


def dies_with_its_fuzzer(tap, bench):
    """Even in the middle of an input that never ends."""
    seed = bench.write('in2/seed', QUIET)
    target = shutil.copy(bench.target('afl-canary-bare'), bench.path('fuzz-to-be-orphaned'))
    fuzzer = subprocess.Popen(
        ['afl-fuzz', '-i', os.path.dirname(seed), '-o', bench.path('out2'), '--', target],
        env={**os.environ, **AFL}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + SECONDS
    while not running(target) and time.monotonic() < end:
        time.sleep(0.1)
    started = running(target)
    fuzzer.kill()
    fuzzer.wait()
    while running(target) and time.monotonic() < end:
        time.sleep(0.1)
    tap.check('no process is left when afl-fuzz is killed',
              wrong(target_was_started=started, target_is_gone=not running(target)))


def running(path):
    """Whether a process of this program is alive."""
    for number in filter(str.isdigit, os.listdir('/proc')):
        try:
            if os.readlink(f'/proc/{number}/exe') == path:
                return True
        except OSError:
            continue
    return False


def main():
    if not shutil.which('afl-fuzz'):
        tree.skip_all('no afl-fuzz (on Debian: afl++)')
    tap = tree.Tap()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(os.path.abspath(sys.argv[1]), os.path.realpath(folder))
        for part in (finds_defects, sees_every_end, serves_the_tools, outlives_its_children,
                     dies_with_its_fuzzer):
            part(tap, bench)
    tap.finish()


main()
