# SPDX-License-Identifier: 0BSD
"""One run of a fuzzer against one changed program: was it noticed, by what, after how much work."""
import dataclasses
import os
import re
import resource
import signal
import subprocess
import time

ORACLE = re.compile(r'^ORACLE (I\d\d)', re.MULTILINE)
IMPORT_ORACLE = re.compile(r'^oracle: ([^\n:]*)', re.MULTILINE)
PANIC = re.compile(r'panic', re.IGNORECASE)
SANITIZER = re.compile(r'ERROR: (\w+Sanitizer|libFuzzer): ([\w-]+)|runtime error: ')
LOOK_SECONDS = 0.05
LOOKS_TO_END = 40
OUT_OF_TIME = (-signal.SIGXCPU, -signal.SIGKILL)


@dataclasses.dataclass(frozen=True)
class Outcome:
    noticed: bool
    by: str  # an oracle's id, "panic", a sanitizer's word, "signal N", "hang"; "" if not noticed
    cpu_seconds: float


def what_noticed(said, code):
    """The first of what told it, from the most telling words down."""
    for pattern in (ORACLE, IMPORT_ORACLE):
        match = pattern.search(said)
        if match:
            return match.group(1)
    if PANIC.search(said):
        return 'panic'
    match = SANITIZER.search(said)
    if match:
        return match.group(2) or 'undefined'
    return f'signal {-code}' if code < 0 else f'exit {code}'


def tree_seconds(pid):
    """The CPU time of a process and all below it that are there; what they waited for included."""
    total = 0
    left = [pid]
    while left:
        at = left.pop()
        try:
            with open(f'/proc/{at}/stat', encoding='utf-8') as file:
                words = file.read().rpartition(')')[2].split()
            with open(f'/proc/{at}/task/{at}/children', encoding='utf-8') as file:
                left += file.read().split()
        except OSError:  # it has just ended
            continue
        total += sum(int(words[i]) for i in (11, 12, 13, 14))
    return total / os.sysconf('SC_CLK_TCK')


def run_watched(command, cap_seconds, folder, environment=None):
    """Run until it ends, or until it and all that it started have used `cap_seconds`.

    Then they are asked to end. What it found is for the caller to see.
    """
    with open(os.path.join(folder, 'said'), 'wb') as said:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=said,
                                   stderr=said, start_new_session=True,
                                   env={**os.environ, **(environment or {})})
    seen = 0.0
    looks = 0  # since it was asked
    while True:
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
        if ended:
            process.returncode = os.waitstatus_to_exitcode(status)
            return Outcome(False, '', max(seen, used.ru_utime + used.ru_stime))
        seen = max(seen, tree_seconds(process.pid))
        if seen > cap_seconds:
            looks += 1
            if looks == 1:
                os.kill(process.pid, signal.SIGINT)
            elif looks > LOOKS_TO_END:
                os.killpg(process.pid, signal.SIGKILL)
        time.sleep(LOOK_SECONDS)


def run(command, cap_seconds, folder, environment=None, bounds_itself=False):
    """Run until it ends or has used `cap_seconds` of CPU time.

    A fuzzer that bounds itself and still runs into the cap hangs in an input: that is a find. One
    that does not is just not done (and tells hangs by itself).
    """
    log = os.path.join(folder, 'said')
    whole = int(cap_seconds) + (2 if bounds_itself else 0)

    def in_child():
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    with open(log, 'wb') as said:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=said,
                                   stderr=said, preexec_fn=in_child,
                                   env={**os.environ, **(environment or {})})
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = code = os.waitstatus_to_exitcode(status)
    cpu_seconds = used.ru_utime + used.ru_stime
    with open(log, encoding='utf-8', errors='replace') as file:
        words = file.read()
    if code in OUT_OF_TIME:
        return Outcome(bounds_itself, 'hang' if bounds_itself else '', cpu_seconds)
    return Outcome(code != 0, what_noticed(words, code) if code != 0 else '', cpu_seconds)
