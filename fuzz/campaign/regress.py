# SPDX-License-Identifier: 0BSD
"""From a finding to a test: the input itself, and its operations as text, under the names that
traces/data/regress/ has. Proposed in the campaign's folder; copied into the tree with --keep.
"""
import os
import subprocess

import corpus
import paths
from programs import MUTATED, family_of

REGRESS = os.path.join(paths.ROOT, 'traces/data/regress')


def is_ops(target):
    """Whether this target's inputs are operations, which are traces."""
    return family_of(target) in MUTATED


def as_text(program, path):
    """The input as a text trace, by ./lookaside dump; None and why not."""
    run = subprocess.run([program, 'dump', '--bytes', path], capture_output=True, check=False,
                         stdin=subprocess.DEVNULL)
    if run.returncode != 0:
        return None, run.stderr.decode(errors='replace').strip()
    return run.stdout, ''


def name_of(finding):
    return f'{family_of(finding.target)}-{finding.name.lower()}'


def with_title(finding, text):
    """A text trace with what was found in its header: behind the line that makes it a trace."""
    first, _, rest = text.partition(b'\n')
    words = {'title': f'{finding.about["oracle"]}: {finding.about["words"]}',
             'why': f'found by {finding.about["found_by"]} in {finding.target}'}
    head = ''.join(f'# {key}: {" ".join(value.split())}\n' for key, value in words.items())
    return first + b'\n' + head.encode() + rest


def propose(finding, lookaside):
    """Files of a regression test in the finding's folder; their paths."""
    content = corpus.read(finding.smallest)
    made = []
    folder = finding.path('regress')
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name_of(finding) + '.lab')
    corpus.write(path, content)
    made.append(path)
    if is_ops(finding.target):
        text, why = as_text(lookaside, path)
        finding.about['no_text'] = why
        if text:
            made.append(os.path.join(folder, name_of(finding) + '.txt'))
            corpus.write(made[-1], with_title(finding, text))
        finding.save()
    return made


def keep(finding, root=REGRESS):
    """Copy the proposed files into the tree, where the tests replay all there are, or elsewhere."""
    kept = []
    folder = finding.path('regress')
    for name in sorted(os.listdir(folder)):
        os.makedirs(os.path.join(root, finding.target), exist_ok=True)
        kept.append(os.path.join(root, finding.target, name))
        corpus.write(kept[-1], corpus.read(os.path.join(folder, name)))
    return kept
