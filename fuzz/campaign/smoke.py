# SPDX-License-Identifier: 0BSD
"""A family of targets for a moment, with sanitizers: from the committed corpus on, nothing fails.

usage: smoke.py BUILD SECONDS FAMILY. TAP, a line a target. What is found is made small, and printed
as base64, so that a machine that only has a log can be followed up.
"""
import base64
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../tests'))
import corpus  # noqa: E402
import crashes  # noqa: E402
import paths  # noqa: E402
import programs  # noqa: E402
import signature  # noqa: E402
import tree  # noqa: E402

KIND = 'asan-ubsan'
TRIALS = 400


def fuzz(program, target, seconds):
    """libFuzzer for a time; None, or its log."""
    dictionary = paths.dictionary_of(target.name)
    run = subprocess.run(
        [program.path, '-seed=1', f'-max_total_time={seconds}', '-timeout=20',
         f'-max_len={paths.input_bytes_max(target.name)}', '-rss_limit_mb=2048',
         '-malloc_limit_mb=192', f'-artifact_prefix={target.artifacts}/smoke/',
         *([f'-dict={dictionary}'] if dictionary else []), target.corpus, target.seeds],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        env={**os.environ, 'ASAN_OPTIONS': 'detect_leaks=1:quarantine_size_mb=16:handle_abort=1'})
    return None if run.returncode == 0 else run.stdout.decode(errors='replace')


def complaints_about(known, target, seconds):
    """What a moment of fuzzing finds, as lines."""
    target.make()
    os.makedirs(os.path.join(target.artifacts, 'smoke'), exist_ok=True)
    corpus.gather(target.seeds, paths.seeds_of(target.name))
    log = fuzz(known.find('libfuzzer', target.name, KIND), target, seconds)
    if log is None:
        return []
    triage = crashes.Triage(target, known, {}, signature.Places(paths.ROOT))
    lines = []
    for path in triage.waiting():
        finding = triage.look_at(path, 0.0)
        if finding:
            triage.minimise(finding, TRIALS)
            content = base64.b64encode(corpus.read(finding.smallest)).decode()
            lines.append(f'{finding.name}: {finding.about["words"]}: {content}')
    return lines or log.splitlines()[-20:]


def main():
    build, seconds, family = sys.argv[1:4]
    known = programs.Programs(os.path.abspath(build))
    tap = tree.Tap()
    targets = [name for name in known.targets() if programs.family_of(name) == family
               and known.find('libfuzzer', name, KIND)]
    share = max(1, int(seconds) // max(1, len(targets)))
    for name in targets:
        with tempfile.TemporaryDirectory() as folder:
            tap.check(f'{name}: {share} seconds find nothing',
                      complaints_about(known, paths.Target(folder, name), share))
    tap.finish()


main()
