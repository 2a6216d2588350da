# SPDX-License-Identifier: 0BSD
"""One run of a fuzzer against one changed program: was it noticed, by what, after how much work."""
import dataclasses
import os
import re
import resource
import signal
import subprocess

ORACLE = re.compile(r'^ORACLE (I\d\d)', re.MULTILINE)
IMPORT_ORACLE = re.compile(r'^oracle: ([^\n:]*)', re.MULTILINE)
PANIC = re.compile(r'panic', re.IGNORECASE)
SANITIZER = re.compile(r'ERROR: (\w+Sanitizer|libFuzzer): ([\w-]+)|runtime error: ')
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
