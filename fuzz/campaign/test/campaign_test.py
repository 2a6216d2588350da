# SPDX-License-Identifier: 0BSD
"""Whole campaigns of seconds against the canary; usage: campaign_test.py BUILD.

The canary has two defects: I9 needs five records of 4 bytes behind the head of 8, I1 needs two.
"""
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '../../../tests'), os.path.join(HERE, '..')]
import tree  # noqa: E402

DRIVER = [sys.executable, '-B', os.path.join(HERE, '..')]
MINIMAL_BYTES = {'I1': 8 + 2 * 4, 'I9': 8 + 5 * 4}
LONGEST_SECONDS = 240


class Sitting:
    """One call of ./lookaside fuzz."""

    def __init__(self, build, folder, *words):
        self.folder = folder
        self.process = subprocess.Popen(
            [*DRIVER, '--out', folder, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env={**os.environ, 'LOOKASIDE_BUILD': build})

    def wait(self):
        """Its exit code and what it said."""
        said, _ = self.process.communicate(timeout=LONGEST_SECONDS)
        return self.process.returncode, said

    def wait_for(self, condition):
        end = time.monotonic() + LONGEST_SECONDS / 2
        while time.monotonic() < end and self.process.poll() is None:
            if condition():
                return True
            time.sleep(0.1)
        return False


def inputs(folder):
    """Every input a campaign has: libFuzzer's, AFL++'s and crashes."""
    found = {}
    for pattern in ('corpus/*', 'afl/*/queue/id:*', 'afl/*/crashes*/id:*', 'artifacts/*/*'):
        for path in glob.glob(os.path.join(folder, 'canary', pattern)):
            with open(path, 'rb') as file:
                found[path] = file.read()
    return set(found.values())


def findings(folder):
    """Oracle -> what is known of it; one that is filed twice is a complaint elsewhere."""
    found = {}
    for path in glob.glob(os.path.join(folder, 'canary/crashes/*/finding.json')):
        with open(path, encoding='utf-8') as file:
            about = json.load(file)
        about['folder'] = os.path.dirname(path)
        found.setdefault(about['oracle'], []).append(about)
    return found


def fuzzers_of(build):
    """Processes that run our fuzz programs or fuzz with them."""
    found = []
    for number in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{number}/cmdline', 'rb') as file:
                words = file.read().split(b'\0')
        except OSError:
            continue
        if any(word.startswith(build.encode()) and b'canary' in word for word in words):
            found.append((number, words[0]))
    return found


def wrong_findings(folder):
    """Complaints, if these are not exactly the canary's two, each as small as it gets."""
    found = findings(folder)
    complaints = [f'no finding {oracle}' for oracle in MINIMAL_BYTES if oracle not in found]
    for oracle, some in found.items():
        if oracle not in MINIMAL_BYTES or len(some) != 1:
            complaints.append(f'{oracle}: {[about["folder"] for about in some]}')
            continue
        minimal = os.path.join(some[0]['folder'], 'minimal')
        size = os.path.getsize(minimal) if os.path.exists(minimal) else 0
        if size != MINIMAL_BYTES[oracle]:
            complaints.append(f'{oracle}: minimal input of {size} bytes')
        if not glob.glob(os.path.join(some[0]['folder'], 'regress/canary-*.lab')):
            complaints.append(f'{oracle}: no regression test is proposed')
    return complaints


def each_engine_finds_both(tap, build, scratch):
    for engine in ('libfuzzer', 'afl'):
        if engine == 'afl' and not shutil.which('afl-fuzz'):
            tap.skip('afl finds both defects', 'no afl-fuzz (on Debian: afl++)')
            continue
        folder = os.path.join(scratch, engine)
        sitting = Sitting(build, folder, '--minutes', '10', '--target', 'canary', '--jobs', '2',
                          '--engine', engine)
        sitting.wait_for(lambda: len(findings(folder)) == 2)
        sitting.process.send_signal(signal.SIGINT)
        code, said = sitting.wait()
        complaints = wrong_findings(folder) + ([] if code == 1 else [f'exit code {code}'])
        tap.check(f'{engine} finds both, once each, minimal, and ends at Ctrl-C',
                  complaints + (said.splitlines()[-5:] if complaints else []))
        complaints = [f'no {name}' for name in ('report.md', 'history.tsv', 'plots/coverage.svg',
                                                'coverage/html/index.html', 'canary/minimised')
                      if not os.path.exists(os.path.join(folder, name))
                      and (shutil.which('gnuplot') or not name.startswith('plots'))
                      and (shutil.which('llvm-cov') or not name.startswith('coverage'))]
        tap.check(f'{engine}: the report is complete', complaints)


def a_killed_campaign_goes_on(tap, build, scratch):
    folder = os.path.join(scratch, 'killed')
    words = ('--target', 'canary', '--jobs', '2')
    sitting = Sitting(build, folder, '--seconds', '60', *words)
    found = sitting.wait_for(lambda: len(findings(folder)) == 2)
    second, _ = Sitting(build, folder, '--resume').wait()
    sitting.process.kill()
    sitting.process.communicate()
    before = inputs(folder)
    end = time.monotonic() + 10
    while fuzzers_of(build) and time.monotonic() < end:
        time.sleep(0.1)
    left = fuzzers_of(build)
    tap.check('a second driver in the folder is refused',
              [] if second == 3 else [f'exit code {second}, expected 3'])
    tap.check('kill -9 leaves no fuzzer behind', [] if found and not left else
              [f'found {found}, left {left}'])
    with open(os.path.join(folder, 'campaign.json'), encoding='utf-8') as file:
        seconds = json.load(file)['seconds']
    code, said = Sitting(build, folder, '--resume', '--seconds', str(seconds + 5)).wait()
    complaints = [] if code == 1 else [f'exit code {code}', *said.splitlines()[-5:]]
    with open(os.path.join(folder, 'campaign.json'), encoding='utf-8') as file:
        state = json.load(file)
    lost = before - inputs(folder)
    complaints += [f'{len(lost)} of {len(before)} inputs are lost'] if lost or not before else []
    if not seconds < state['seconds'] < seconds + 20:
        complaints.append(f'went on from {seconds} to {state["seconds"]} seconds')
    tap.check('--resume loses nothing', complaints + wrong_findings(folder))


def nothing_wrong_is_exit_0(tap, build, scratch):
    code, said = Sitting(build, os.path.join(scratch, 'clean'), '--seconds', '4', '--target',
                         'empty', '--engine', 'libfuzzer', '--jobs', '1').wait()
    tap.check('a campaign that finds nothing ends with 0',
              [] if code == 0 else [f'exit code {code}', *said.splitlines()[-5:]])


def main():
    tap = tree.Tap()
    build = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        for part in (each_engine_finds_both, a_killed_campaign_goes_on,
                     nothing_wrong_is_exit_0):
            part(tap, build, os.path.realpath(scratch))
    tap.finish()


main()
