# SPDX-License-Identifier: 0BSD
"""From how a boot ended to a verdict in words: what happened, what was said last, what to try."""
import dataclasses

import exits


@dataclasses.dataclass
class Verdict:
    passed: bool
    summary: str  # one line
    details: list = dataclasses.field(default_factory=list)
    hints: list = dataclasses.field(default_factory=list)


def _count(number, thing):
    return f'{number} {thing}{"" if number == 1 else "s"}'


def _passed(outcome):
    stream = outcome.stream
    summary = f'passed: {_count(len(stream.results) - len(stream.skipped), "test")}'
    if stream.skipped:
        summary += f', {len(stream.skipped)} skipped'
    if stream.replays:
        summary += f', {_count(len(stream.replays), "replay")}'
    return Verdict(True, f'{summary}, {outcome.seconds:.1f} s')


def _failed_tests(stream):
    """The failed tests with what they said about it."""
    lines = []
    for result in stream.failed:
        lines += [f'not ok {result.number} - {result.name}']
        lines += [f'  {note}' for note in result.notes]
    return lines


def _last_words(outcome):
    lines = []
    if outcome.error_text:
        lines += ['the emulator said:', *('  ' + line for line in outcome.error_text.splitlines())]
    if outcome.stream.last_lines:
        lines += ['the last lines of the serial port:',
                  *('  ' + line for line in outcome.stream.last_lines)]
    else:
        lines += ['nothing came over the serial port']
    return lines


def _timed_out(outcome):
    stream = outcome.stream
    summary = f'FAILED: no end after {outcome.guest.timeout_s:g} s'
    if stream.planned is None or stream.planned != len(stream.results):
        summary += f', {_count(len(stream.results), "test")} reported until then'
    details = [f'it was in {outcome.stuck_at}'] if outcome.stuck_at else []
    hints = ['more time: --timeout S', 'look at it: the same command with --gdb']
    if not stream.begun:
        hints.insert(0, 'see what the firmware said: --verbose')
    return Verdict(False, summary, details + _last_words(outcome), hints)


def _contradicted(outcome, complaints):
    """The exit says passed, the words do not, or there are words missing."""
    stream = outcome.stream
    if stream.failed:
        summary = f'FAILED: {_count(len(stream.failed), "test")} of {len(stream.results)}'
        return Verdict(False, summary, _failed_tests(stream), _only_hint(stream))
    return Verdict(False, f'FAILED: {complaints[0]}', complaints[1:] + _last_words(outcome))


def _only_hint(stream):
    names = [result.name for result in stream.failed]
    return [f'only these tests: --only {",".join(names[:3])}'] if all(names) else []


def judge(outcome):
    """The verdict on one boot; the digests are compared by whoever knows the host's."""
    complaints = outcome.stream.complaints()
    if outcome.timed_out:
        return _timed_out(outcome)
    if outcome.guest.emulator == 'bochs':  # its exit status is 1 whatever happened
        return _contradicted(outcome, complaints) if complaints else _passed(outcome)
    if outcome.status == exits.PASSED:
        return _contradicted(outcome, complaints) if complaints else _passed(outcome)
    if outcome.stream.failed and outcome.status == 35:
        return _contradicted(outcome, complaints)
    summary = f'FAILED: {exits.meaning(outcome.status)} (exit status {outcome.status})'
    return Verdict(False, summary, _failed_tests(outcome.stream) + _last_words(outcome),
                   exits.hints(outcome.status))
