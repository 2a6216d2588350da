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
import corpus  # noqa: E402
import crashes  # noqa: E402
import regress  # noqa: E402
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
        end = time.monotonic() + LONGEST_SECONDS
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


def lost(before, after):
    """Inputs that are gone, but for those that libFuzzer has replaced by a smaller one that reaches
    the same: each of these has one of its own among the new ones.
    """
    smaller = sorted(map(len, after - before))
    gone = []
    for content in sorted(before - after, key=len):
        if smaller and smaller[0] < len(content):
            smaller.pop(0)
        else:
            gone.append(content)
    return gone


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
    end = time.monotonic() + 10
    while fuzzers_of(build) and time.monotonic() < end:
        time.sleep(0.1)
    left = fuzzers_of(build)
    before = inputs(folder)
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
    gone = lost(before, inputs(folder))
    complaints += [f'{len(gone)} of {len(before)} inputs are lost'] if gone or not before else []
    if not seconds < state['seconds'] < seconds + 20:
        complaints.append(f'went on from {seconds} to {state["seconds"]} seconds')
    tap.check('--resume loses nothing', complaints + wrong_findings(folder))


def listed(folder):
    return sorted(os.path.relpath(path, folder) for path in corpus.files_below(folder))


def kept_tests_are_in_their_place(tap, build, scratch):
    tests = os.path.join(scratch, 'kept')
    before = listed(regress.REGRESS)
    folder = os.path.join(scratch, 'keeping')
    sitting = Sitting(build, folder, '--minutes', '10', '--target', 'canary', '--jobs', '2',
                      '--engine', 'libfuzzer', '--keep', tests)
    sitting.wait_for(lambda: len(findings(folder)) == 2)
    sitting.process.send_signal(signal.SIGINT)
    code, said = sitting.wait()
    complaints = [] if code == 1 else [f'exit code {code}', *said.splitlines()[-5:]]
    sizes = sorted(os.path.getsize(os.path.join(tests, name)) for name in listed(tests))
    if sizes != sorted(MINIMAL_BYTES.values()):
        complaints.append(f'kept are {listed(tests)} of {sizes} bytes')
    with open(os.path.join(folder, 'report.md'), encoding='utf-8') as page:
        text = page.read()
    complaints += [f'report.md does not name {name}' for name in listed(tests) if name not in text]
    if listed(regress.REGRESS) != before:
        complaints.append('the tree has other regression tests than before')
    tap.check('--keep DIR: the smallest inputs are in DIR, and nothing is in the tree', complaints)


def a_kept_trace_is_one(tap, build, scratch):
    """Of a target of the core: bytes and text are the same trace, for every tool that takes one."""
    lookaside = os.path.join(build, 'cli/lookaside')
    source = os.path.join(HERE, '../../corpus/whole/hand-faults-around-stacks.lab')
    folder = os.path.join(scratch, 'I07-1234')
    corpus.gather(os.path.join(folder, 'inputs'), [source])
    with open(os.path.join(folder, 'finding.json'), 'w', encoding='utf-8') as file:
        json.dump({'target': 'whole-tiny', 'oracle': 'I07', 'words': 'two\nlines of "it"',
                   'found_by': 'libFuzzer'}, file)
    finding = crashes.Finding(folder)
    regress.propose(finding, lookaside)
    kept = regress.keep(finding, os.path.join(scratch, 'traces'))
    names = [os.path.basename(path) for path in kept]
    complaints = [] if names == ['whole-i07-1234.lab', 'whole-i07-1234.txt'] else [f'kept {names}']
    digests = set()
    for path in kept:
        run = subprocess.run([lookaside, 'replay', '--digest', path], capture_output=True,
                             text=True, check=False)
        digests.add(run.stdout.replace(path, 'it'))
        complaints += [f'{path}: {run.stderr}'] if run.returncode != 0 else []
    complaints += [f'digests {digests}'] if len(digests) != 1 else []
    with open(kept[-1], encoding='utf-8') as file:
        head = [next(file).rstrip() for _ in range(3)]
    expected = ['# lookaside trace 1', '# title: I07: two lines of "it"',
                '# why: found by libFuzzer in whole-tiny']
    complaints += [f'the text begins with {head}'] if head != expected else []
    tap.check('a kept trace of the core is one, as bytes and as text', complaints)


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
                     kept_tests_are_in_their_place, a_kept_trace_is_one,
                     nothing_wrong_is_exit_0):
            part(tap, build, os.path.realpath(scratch))
    tap.finish()


main()
