# SPDX-License-Identifier: 0BSD
"""What a campaign looks like from outside: a screenful on a terminal, a line a minute in a pipe."""
import collections
import signal
import sys
import time

import crashes

QUIET_SECONDS = 60.0
REDRAW_SECONDS = 1.0
PACE_SECONDS = 60.0  # an engine tells its executions seldom: their rate is that of a minute


def short(number):
    """1,234,567 as 1.2 M."""
    for unit, size in (('G', 1e9), ('M', 1e6), ('k', 1e3)):
        if number >= size:
            return f'{number / size:.1f} {unit}'
    return f'{number:.0f}'


def duration(seconds):
    hours, rest = divmod(int(seconds), 3600)
    return f'{hours}:{rest // 60:02}:{rest % 60:02}'


class Pace:
    """Executions a second over the last minute, from how many there have been at which time."""

    def __init__(self):
        self.marks = collections.deque()

    def rate(self, seconds, execs):
        self.marks.append((seconds, execs))
        while len(self.marks) > 2 and self.marks[1][0] <= seconds - PACE_SECONDS:
            self.marks.popleft()
        begun, had = self.marks[0]
        return (execs - had) / (seconds - begun) if seconds > begun else 0.0


class Watcher:
    """Shows a campaign, and takes the user's word for its end."""

    def __init__(self, stream=sys.stderr):
        self.stream = stream
        self.live = stream.isatty()
        self.stop = False
        self.pace = Pace()
        self.shown = 0.0
        self.lines = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.on_signal)

    def on_signal(self, _number, _frame):
        if self.stop:
            raise KeyboardInterrupt  # the second one: at once, without a report
        self.stop = True

    def say(self, text):
        self.clear()
        print(text, file=self.stream, flush=True)

    def clear(self):
        if self.lines:
            print(f'\033[{self.lines}F\033[J', end='', file=self.stream)
        self.lines = 0

    def show(self, campaign):
        while campaign.events:
            self.say('found: ' + campaign.events.pop(0))
        now = time.monotonic()
        if now - self.shown < (REDRAW_SECONDS if self.live else QUIET_SECONDS):
            return
        self.shown = now
        line = summary(campaign, self.pace)
        if self.live:
            lines = table(campaign, line)
            self.clear()
            print('\n'.join(lines), file=self.stream, flush=True)
            self.lines = len(lines)
        else:
            print(line, file=self.stream, flush=True)


def figures(campaign):
    return {'execs': sum(one.all_execs for one in campaign.instances()),
            'inputs': sum(work.inputs for work in campaign.works),
            'findings': len(campaign.findings()),
            'since': campaign.seconds - max(work.last_find_seconds for work in campaign.works)}


def summary(campaign, pace):
    now = figures(campaign)
    return (f'{duration(campaign.seconds)} of {duration(campaign.options.seconds)}: '
            f'{short(pace.rate(campaign.seconds, now["execs"]))} execs/s, '
            f'{short(now["execs"])} execs, {now["inputs"]} inputs, {now["findings"]} findings, '
            f'last new input {duration(now["since"])} ago')


def table(campaign, summary_line):
    """Lines that fit a usual window."""
    lines = [summary_line,
             f'{"target":20} {"execs/s":>8} {"execs":>8} {"cov lf":>6} {"cov afl":>7} '
             f'{"inputs":>6} {"finds":>5}  running']
    for work in campaign.works:
        running = [one for one in work.instances if one.running]
        rate = sum(one.rate for one in running)
        names = ' '.join(one.role.name for one in running)
        trouble = next((one.trouble for one in work.instances if one.trouble), '')
        lines.append(f'{work.target.name[:20]:20} {short(rate):>8} '
                     f'{short(sum(one.all_execs for one in work.instances)):>8} '
                     f'{work.best("libfuzzer"):6} {work.best("afl"):7} {work.inputs:6} '
                     f'{len(crashes.findings_of(work.target)):5}  {names or trouble}'[:100])
    lines.append('Ctrl-C ends it with a report; nothing found is lost')
    return lines
