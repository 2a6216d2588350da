# SPDX-License-Identifier: 0BSD
"""A supervised program: its own process group, a deadline, its output line by line, and no way out.

Whatever ends a run (a verdict, a deadline, Ctrl-C, a signal, an exception), stop() ends every
process of the group: Debian's qemu-system-i386 is a shell script, and a guest that is left behind
holds a core.
"""
import ctypes
import os
import selectors
import signal
import subprocess
import termios
import time

STOP_PATIENCE_S = 2.0
LINE_BYTES_MAX = 1 << 16  # a guest that never ends a line is shown in pieces
PR_SET_PDEATHSIG = 1


class Deadline(Exception):
    """The time is over."""


class Interrupted(Exception):
    """SIGINT, SIGTERM or SIGHUP came."""

    def __init__(self, number):
        super().__init__(signal.Signals(number).name)
        self.number = number


def deadline_in(seconds):
    return time.monotonic() + seconds


def raise_on_signals():
    """From now on the signals that ask a program to end raise Interrupted in the main thread."""
    def interrupt(number, _frame):
        raise Interrupted(number)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, interrupt)


def _die_with_parent():
    """In the child: if this runner is killed outright, so is the guest."""
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    except (OSError, AttributeError):
        pass  # not Linux


def run_on_terminal(argv, folder=None):
    """Run a program that has the terminal to itself, in this process group; its exit status.

    Ctrl-C is the program's: it reads it as a byte. The terminal is afterwards as it was before,
    even if the program dies with it in raw mode.
    """
    modes = termios.tcgetattr(0) if os.isatty(0) else None
    process = subprocess.Popen(argv, cwd=folder, preexec_fn=_die_with_parent)
    try:
        return process.wait()
    finally:
        process.kill()
        process.wait()
        if modes:
            termios.tcsetattr(0, termios.TCSADRAIN, modes)


class Child:
    """Standard output is read as lines, standard error is kept; input is /dev/null or a pipe.

    A terminal given as `terminal` (a file descriptor) becomes all three instead, and `lines()` must
    not be asked then.
    """

    def __init__(self, argv, with_input=False, terminal=None, folder=None, pass_fds=(),
                 environment=None):
        self.argv = argv
        streams = {'stdin': subprocess.PIPE if with_input else subprocess.DEVNULL,
                   'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE}
        if terminal is not None:
            streams = {name: terminal for name in streams}
        self.process = subprocess.Popen(argv, cwd=folder, start_new_session=True, pass_fds=pass_fds,
                                        env=environment, preexec_fn=_die_with_parent, **streams)
        self.error_text = b''

    @property
    def status(self):
        """The exit status, negative for a signal; None while it runs."""
        return self.process.poll()

    def send(self, data):
        """To its standard input. Nothing happens if it is gone."""
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def lines(self, deadline):
        """Each line of standard output, as bytes; ends when the output does.

        Deadline is raised at `deadline` (of time.monotonic()). What was begun is yielded last.
        """
        pending = b''
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            selector.register(self.process.stderr, selectors.EVENT_READ)
            while selector.get_map():
                events = selector.select(max(0.0, deadline - time.monotonic()))
                if not events or time.monotonic() > deadline:
                    if pending:
                        yield pending
                    raise Deadline
                for key, _ in events:
                    data = os.read(key.fd, 1 << 16)
                    if not data:
                        selector.unregister(key.fileobj)
                    if key.fileobj is self.process.stderr:
                        self.error_text += data
                        continue
                    *whole, pending = (pending + data).split(b'\n')
                    yield from whole
                    if len(pending) >= LINE_BYTES_MAX:
                        yield pending
                        pending = b''
        if pending:
            yield pending

    def wait(self, deadline):
        """The exit status; Deadline if it does not come."""
        try:
            return self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise Deadline from None

    def stop(self):
        """End every process of the group, and reap the child. Harmless when all is over."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
            except (ProcessLookupError, PermissionError):
                break
            try:
                self.process.wait(STOP_PATIENCE_S)
            except subprocess.TimeoutExpired:
                continue
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass  # input it no longer took
