# SPDX-License-Identifier: 0BSD
"""What the runner's tests share: its modules on the path, TAP, facts with what to say if wrong."""
import os
import sys

TEST = os.path.dirname(os.path.abspath(__file__))
RUN = os.path.dirname(TEST)
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(RUN)))
sys.path[:0] = [RUN, os.path.join(ROOT, 'tests')]
import tree  # noqa: E402

tap = tree.Tap()


def check(name, *facts):
    """Each fact: whether it holds, and what to say if not."""
    tap.check(name, [str(text)[:600].replace('\n', ' | ') for holds, text in facts if not holds])


def equal(found, expected):
    """A fact."""
    return found == expected, f'found {found!r}, expected {expected!r}'


def refused(action, error, words):
    """A fact: the action raises this error, whose text holds these words."""
    try:
        answer = action()
    except error as problem:
        return words in str(problem), f'it says "{problem}", expected "{words}"'
    return False, f'it was accepted: {answer!r}'
