# SPDX-License-Identifier: 0BSD
"""What an engine starts from: the seeds of a campaign, less those that show the bug themselves.

So a row of an engine says what the engine does. What the seeds tell is a row of its own, and AFL++
refuses to start from inputs that crash.
"""
import os

import trial

SEEDS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'seeds/traces')
NOTHING = bytes(8)  # a header without operations
ONE_SECONDS = 1  # of CPU time for a few seeds: they take milliseconds
ALL_SECONDS = 10  # what has not been looked at by then is taken for telling


def seeds():
    """The paths of all seeds, those written by hand included."""
    return [os.path.join(SEEDS, name) for name in sorted(os.listdir(SEEDS))]


class Start:
    """The seeds for one changed program. `replay` is that program with a main() that replays."""

    def __init__(self, replay, folder):
        self.replay = replay
        self.folder = folder
        self.used = 0.0
        nothing = os.path.join(folder, 'nothing')
        with open(nothing, 'wb') as file:
            file.write(NOTHING)
        self.inputs = [nothing, *seeds()]
        self.outcome = self.look(self.inputs)  # of all of them, as they are
        self.kept = self.halves(self.inputs) if self.outcome.noticed else self.inputs

    def look(self, inputs):
        """A replay does not go on behind an input that shows the bug, or hangs."""
        outcome = trial.run([self.replay, *inputs], ONE_SECONDS, self.folder, bounds_itself=True)
        self.used += outcome.cpu_seconds
        return outcome

    def halves(self, inputs):
        middle = len(inputs) // 2
        return self.silent(inputs[:middle]) + self.silent(inputs[middle:])

    def silent(self, inputs):
        """Those that do not show the bug."""
        if not inputs or self.used > ALL_SECONDS:
            return []
        if not self.look(inputs).noticed:
            return inputs
        return self.halves(inputs) if len(inputs) > 1 else []
