# SPDX-License-Identifier: 0BSD
"""What a crash is called: which oracle saw it, and where. Two inputs of one name are one finding.

Programs print addresses and not names, because a symbolizer a trial is slow; each address is looked
up once.
"""
import dataclasses
import hashlib
import itertools
import os
import re
import subprocess

TRIAL_SECONDS = 15
FRAMES = 3
FRAME = re.compile(r'^\s*#\d+ 0x[0-9a-f]+\s+(?:in (?P<name>\S+) )?.*?'
                   r'\((?P<module>[^()]*)\+(?P<offset>0x[0-9a-f]+)\)', re.MULTILINE)
ORACLE = re.compile(r'^(?:oracle: |panic: |ORACLE )(.*)$', re.MULTILINE)
ORACLE_ID = re.compile(r'\b([A-Z]\d{1,2})\b')
REPORT = re.compile(r'^.*?(?:ERROR|WARNING): ((?:\w+Sanitizer|libFuzzer): [a-z][\w-]*(?: signal)?)',
                    re.MULTILINE)
UNDEFINED = re.compile(r'^(\S+?):\d+:\d+: runtime error: (.*)$', re.MULTILINE)
ENTRY = 'LLVMFuzzerTestOneInput'
# Not where a defect is: the run-times' own.
NOT_A_PLACE = re.compile(r'^(?:__sanitizer|__asan|__ubsan|__msan|_*interceptor|abort$|raise$|'
                         r'gsignal$|__libc|pthread_|\?\?)')
SETTINGS = {
    'ASAN_OPTIONS': 'symbolize=0:handle_abort=1:detect_leaks=1:allocator_may_return_null=1',
    'UBSAN_OPTIONS': 'symbolize=0:print_stacktrace=1:halt_on_error=1:handle_abort=1',
    'MSAN_OPTIONS': 'symbolize=0:handle_abort=1',
}


@dataclasses.dataclass(frozen=True)
class Signature:
    oracle: str  # an oracle's number, or what a sanitizer calls it
    frames: tuple  # functions, innermost first; those of the core if there are any
    words: str = dataclasses.field(default='', compare=False)  # what it said, for people

    def slug(self):
        """A name for files: readable, and different for different signatures."""
        text = '-'.join([self.oracle, *self.frames[:1]])
        text = re.sub(r'[^A-Za-z0-9]+', '-', text).strip('-')[:48]
        return f'{text}-{hashlib.sha1(repr((self.oracle, self.frames)).encode()).hexdigest()[:6]}'

    def __str__(self):
        return f'{self.oracle} in {" < ".join(self.frames) or "an unknown place"}'


class Places:
    """Addresses of a program as functions and files; each asked for once."""

    def __init__(self, root):
        self.root = root
        self.known = {}

    def look_up(self, module, offset):
        """Pairs of function and file, innermost (inlined) first."""
        key = module, offset
        if key not in self.known:
            run = subprocess.run(['addr2line', '-i', '-f', '-e', module, offset], text=True,
                                 capture_output=True, check=False)
            lines = run.stdout.splitlines()
            self.known[key] = list(zip(lines[::2], lines[1::2]))
        return self.known[key]

    def of_report(self, text):
        for found in FRAME.finditer(text):
            if os.path.basename(found['module']).startswith('fuzz-'):
                for function, where in self.look_up(found['module'], found['offset']):
                    yield function, os.path.normpath(where.rpartition(':')[0])


def run(program, path, settings, seconds=TRIAL_SECONDS):
    """Replay a file; None if all is well, else what the program said."""
    try:
        done = subprocess.run([program, path], env={**os.environ, **SETTINGS, **settings},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return 'ERROR: libFuzzer: timeout\n'
    if done.returncode == 0:
        return None
    return done.stdout.decode(errors='replace') + f'exit code {done.returncode}\n'


def plain(words):
    """Without what differs from input to input."""
    return re.sub(r'0x[0-9a-f]+|\d+', 'N', words)[:80].strip()


def first_stack(text):
    """A use after free has three stacks; the first is that of the use."""
    start = FRAME.search(text)
    if not start:
        return ''
    rest = text[start.start():]
    return rest.split('\n\n', 1)[0]


def of_report(text, places):
    oracle = ORACLE.search(text)
    undefined = UNDEFINED.search(text)
    report = REPORT.search(text)
    if oracle:
        words = oracle.group(1)
        number = ORACLE_ID.match(words)
        name = number.group(1) if number else plain(words.rpartition(':')[0] or words)
    elif undefined:
        words = undefined.group(2)
        name = plain(words)
    elif report:
        words = name = report.group(1)
    else:
        words = name = text.strip().splitlines()[-1]
    frames = itertools.takewhile(lambda frame: frame[0] != ENTRY,
                                 places.of_report(first_stack(text)))
    frames = [(function, path) for function, path in frames if not NOT_A_PLACE.match(function)]
    ours = [function for function, path in frames if '/core/src/' in path or '/traces/' in path]
    some = ours or [function for function, _ in frames]
    return Signature(name, tuple(some[:FRAMES]), words.strip())


def of_input(program, path, places, settings):
    """The signature of a file; None if nothing is wrong with it."""
    text = run(program, path, settings)
    return None if text is None else of_report(text, places)
