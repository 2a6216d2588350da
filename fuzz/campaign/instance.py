# SPDX-License-Identifier: 0BSD
"""One running fuzzer: start, look, stop. What it knows of itself is in its engine's own files."""
import ctypes
import os
import re
import signal
import subprocess
import time

import machine
import paths
import programs
import roles

LONGEST_INPUT_MS = 1000
STOP_SECONDS = 10  # after which it is killed
STALL_SECONDS = 180  # without a run: AFL++ waits for a word that does not come (afl_runtime.c)
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)
# A libFuzzer line: "#4096  pulse  cov: 5 ft: 9 corp: 7/80b lim: 43 exec/s: 2048 rss: 29Mb"
PULSE = re.compile(rb'^#(\d+)\t.*?cov: (\d+) .*?corp: (\d+)/.*?exec/s: (\d+)', re.MULTILINE)
UNITS = re.compile(rb'stat::number_of_executed_units:\s+(\d+)')


class Instance:
    """A role at a target. Runs for slices of time; its figures are sums over all of them."""

    def __init__(self, role, program, target, binary_settings):
        self.role = role
        self.program = program
        self.target = target  # paths.Target
        self.settings = binary_settings  # environment: the mutator, say
        self.process = None
        self.cpu = None
        self.started = 0.0
        self.ran_seconds = 0.0
        self.execs = 0  # of ended slices
        self.live_execs = 0
        self.rate = 0.0
        self.coverage = 0
        self.inputs = 0
        self.failures = 0  # ends one after the other, each too early to be of use
        self.not_before = 0.0
        self.trouble = ''  # why it cannot run

    @property
    def name(self):
        return f'{self.target.name}/{self.role.name}'

    @property
    def running(self):
        return self.process is not None

    @property
    def all_execs(self):
        return self.execs + self.live_execs

    def log(self):
        return os.path.join(self.target.logs, self.role.name + '.log')

    def start(self, cpu, seconds):
        """For at most so many seconds; the caller stops it, this bound is for when it cannot."""
        self.cpu = cpu
        self.started = time.monotonic()
        self.live_execs = 0
        supervisor = os.getpid()

        def in_child():
            os.setsid()  # Ctrl-C is for the supervisor alone
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != supervisor:
                os._exit(1)
            if cpu is not None:
                os.sched_setaffinity(0, {cpu})

        with open(self.log(), 'wb') as log:
            self.process = subprocess.Popen(
                self.command(seconds), env={**os.environ, **self.environment()},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=in_child)

    def look(self):
        """Read its figures. True while it runs; when it has ended, ended() has been called."""
        self.read_figures()
        if self.process.poll() is None:
            return True
        self.end()
        return False

    def end(self):
        code = self.process.returncode
        ran = time.monotonic() - self.started
        self.process = None
        self.ran_seconds += ran
        self.execs += self.live_execs
        self.live_execs = 0
        self.rate = 0.0
        self.ended(code, ran)

    def stop(self):
        """The slice is over. Everything it found is on disk already."""
        if not self.running:
            return
        self.signal_all(signal.SIGINT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.signal_all(signal.SIGKILL)
            self.process.wait()
        self.read_figures()
        self.end()

    def signal_all(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def retry_later(self, why):
        """It died of itself; the more often, the longer it waits. Forever is 60 seconds."""
        self.failures += 1
        self.not_before = time.monotonic() + min(60.0, 0.1 * 2 ** min(self.failures, 10))
        self.trouble = why if self.failures > 3 else ''

    def went_well(self):
        self.failures = 0
        self.trouble = ''

    def tail(self):
        """The last words of its log, for a message."""
        with open(self.log(), 'rb') as log:
            text = log.read()[-2000:].decode(errors='replace')
        lines = [re.sub(r'\x1b\[[0-9;?]*[a-zA-Z]', '', line).strip() for line in text.splitlines()]
        lines = [line for line in lines if line]
        abort = [line for line in lines if 'ABORT' in line or 'ERROR' in line]
        return (abort or lines or ['said nothing'])[-1]


class LibFuzzer(Instance):
    INTERRUPTED = 72

    def artifact_folder(self):
        return os.path.join(self.target.artifacts, self.role.name)

    def command(self, seconds):
        os.makedirs(self.artifact_folder(), exist_ok=True)
        dictionary = paths.dictionary_of(self.target.name)
        return [self.program.path, f'-max_len={paths.input_bytes_max(self.target.name)}',
                f'-max_total_time={int(seconds) + 60}', '-timeout=10', '-rss_limit_mb=2048',
                '-malloc_limit_mb=192', '-reload=1', '-print_final_stats=1',
                f'-artifact_prefix={self.artifact_folder()}/', *self.role.words,
                *([f'-dict={dictionary}'] if dictionary else []),
                self.target.corpus, self.target.seeds]

    def environment(self):
        return {'ASAN_OPTIONS': 'detect_leaks=1:allocator_may_return_null=1:handle_abort=1',
                **({} if self.role.mutator else {'LOOKASIDE_FUZZ_MUTATOR': '0'}),
                **self.settings, **dict(self.role.settings)}

    def read_figures(self):
        with open(self.log(), 'rb') as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - 8192))
            text = log.read()
        for execs, coverage, inputs, rate in PULSE.findall(text):
            self.live_execs, self.coverage = int(execs), int(coverage)
            self.inputs = int(inputs)
            if int(rate):
                self.rate = float(rate)
        # Pulses come at powers of two: between them the rate is all there is.
        ran = time.monotonic() - self.started
        self.live_execs = max(self.live_execs, int(self.rate * ran * 0.9))
        final = UNITS.search(text)
        if final:
            self.live_execs = int(final.group(1))

    def ended(self, code, ran):
        if code in (0, self.INTERRUPTED) or ran > 20:
            self.went_well()
        else:
            self.retry_later(self.tail())


class Afl(Instance):
    """afl-fuzz with our runtime."""

    def folder(self):
        return os.path.join(self.target.afl, self.role.name)

    def command(self, seconds):
        main = self.role.name == roles.MAIN_AFL
        dictionary = paths.dictionary_of(self.target.name)
        return ['afl-fuzz', '-i', self.target.seeds, '-o', self.target.afl,
                '-M' if main else '-S', self.role.name,
                *(['-F', self.target.corpus] if main else []),
                *(['-b', str(self.cpu)] if self.cpu is not None else []),
                *(['-x', dictionary] if dictionary else []),
                '-t', str(LONGEST_INPUT_MS), '-m', 'none',
                '-G', str(paths.input_bytes_max(self.target.name)), *self.role.words,
                '--', self.program.path]

    def environment(self):
        return {**machine.AFL_SETTINGS, **(self.settings if self.role.mutator else {}),
                **dict(self.role.settings)}

    def figures(self):
        """The last line of its plot data, which it writes every five seconds."""
        try:
            with open(os.path.join(self.folder(), 'plot_data'), 'rb') as file:
                lines = file.read()[-4096:].decode(errors='replace').splitlines()
        except OSError:
            return []
        fields = [field.strip() for field in lines[-1].split(',')] if lines else []
        return fields if len(fields) >= 13 and fields[0].isdigit() else []

    def stats(self):
        try:
            with open(os.path.join(self.folder(), 'fuzzer_stats'), encoding='ascii') as file:
                pairs = (line.partition(':') for line in file)
                return {key.strip(): value.strip() for key, _, value in pairs}
        except OSError:
            return {}

    def start(self, cpu, seconds):
        # A resumed AFL++ goes on counting where it was.
        self.execs = 0
        self.progress = (), time.monotonic()
        super().start(cpu, seconds)

    def look(self):
        figures = self.figures()
        if figures != self.progress[0]:
            self.progress = figures, time.monotonic()
        elif time.monotonic() - self.progress[1] > STALL_SECONDS:
            self.signal_all(signal.SIGKILL)
            self.process.wait()
        return super().look()

    def read_figures(self):
        fields = self.figures()
        if fields:
            self.inputs, self.rate = int(fields[3]), float(fields[10])
            self.live_execs, self.coverage = int(fields[11]), int(fields[12])
        if self.process.poll() is not None:
            stats = self.stats()
            self.live_execs = max(self.live_execs, int(stats.get('execs_done', '0')))
            self.coverage = max(self.coverage, int(stats.get('edges_found', '0')))
            self.inputs = max(self.inputs, int(stats.get('corpus_count', '0')))

    def ended(self, code, ran):
        if code == 0 and ran > 2:
            self.went_well()
        else:
            self.retry_later(self.tail())


def make(role, program, target, settings):
    kind = LibFuzzer if role.engine == 'libfuzzer' else Afl
    return kind(role, program, target, settings)


AFL_MUTATOR = 'fuzz/mutator/fuzz-mutator-afl.so'


def settings_of(build):
    """A function from a target to the environment of its programs."""
    library = os.path.abspath(os.path.join(build, AFL_MUTATOR))
    return lambda target: {} if programs.family_of(target) not in programs.MUTATED else {
        'AFL_CUSTOM_MUTATOR_LIBRARY': library, 'LOOKASIDE_FUZZ_PART': target[0]}


def libraries(_build):
    """What else has to be built: the mutator for AFL++; libFuzzer's targets have it in them."""
    return [AFL_MUTATOR]
