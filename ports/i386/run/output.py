# SPDX-License-Identifier: 0BSD
"""Standard output of the verb. Whoever closes it early (`| head`) does not change the verdict."""
import os
import sys


class Output:
    """Prints lines as they come, and falls silent once nobody reads them."""

    def __init__(self, verbose=False):
        self.verbose = verbose
        self.open = sys.stdout is not None

    def line(self, text=''):
        if not self.open:
            return
        try:
            print(text, flush=True)
        except (BrokenPipeError, ValueError, OSError):
            self.open = False
            self._forget()

    @staticmethod
    def _forget():
        """Python flushes standard output at its end, and would fail again."""
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except (OSError, ValueError):
            pass

    def serial(self, text, is_noise):
        """A line of the serial port."""
        if not is_noise or self.verbose:
            self.line(text)

    def verdict(self, verdict):
        self.line(f'boot: {verdict.summary}')
        for line in verdict.details:
            self.line(f'  {line}')
        for hint in verdict.hints:
            self.line(f'  try: {hint}')


def complain(text):
    """To standard error, which may be closed too."""
    try:
        print(f'lookaside boot: {text}', file=sys.stderr)
    except (OSError, ValueError, AttributeError):
        pass
