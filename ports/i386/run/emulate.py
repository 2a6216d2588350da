# SPDX-License-Identifier: 0BSD
"""One boot from start to end: starts the emulator, follows the serial line, ends it in time."""
import dataclasses
import os
import shlex
import time

import bochs
import child
import elf
import iso
import qemu
import tap
from guest import Guest, Problem

QUIET_END_S = 5.0  # an emulator whose output ended has this long to exit


@dataclasses.dataclass
class Outcome:
    """How one boot ended. `status` is None if it had to be ended from outside."""
    guest: Guest
    argv: list
    stream: tap.Stream
    status: int = None
    timed_out: bool = False
    seconds: float = 0.0
    error_text: str = ''  # the emulator's own messages
    stuck_at: str = ''  # where in the kernel the deadline found it


def run(guest, folder, show=None, checkpoint=None, ram=None, extra=()):
    """Boot `guest` and wait for its end, at most guest.timeout_s. Files go to `folder`.

    show(text, is_noise) gets the command line and each line of the guest as it comes.
    checkpoint(name, monitor) is called at each checkpoint; the guest goes on when it returns
    (README.md, Checkpoints). `ram` and `extra` are qemu.command()'s. Problem if the emulator is
    not there.
    """
    image = iso.make(guest, os.path.join(folder, 'iso')) if guest.iso else None
    if guest.emulator == 'bochs':
        start = bochs.Machine(guest, image, folder)
    else:
        start = _Qemu(guest, image, checkpoint is not None, ram, extra)
    outcome = Outcome(guest, start.argv, tap.Stream())
    if show:
        show(shlex.join(start.argv), True)
    began = time.monotonic()
    deadline = began + guest.timeout_s
    try:
        _follow(start, outcome, deadline, show, checkpoint)
    finally:
        start.stop()
        outcome.seconds = time.monotonic() - began
        outcome.error_text = start.error_text
    return outcome


def _follow(machine, outcome, deadline, show, checkpoint):
    try:
        for raw in machine.lines(deadline):
            seen = len(outcome.stream.checkpoints)
            text = outcome.stream.feed(raw)
            if show:
                show(tap.clean(raw) if text is None else text, text is None)
            if checkpoint and len(outcome.stream.checkpoints) > seen:
                checkpoint(outcome.stream.checkpoints[-1], machine.monitor)
                machine.send(b'\n')
        # Output ends a moment before the exit status is there.
        outcome.status = machine.wait(min(deadline, time.monotonic() + QUIET_END_S))
    except child.Deadline:
        outcome.timed_out = True
        outcome.stuck_at = machine.where()


class _Qemu:
    """QEMU as a machine that can be followed: lines(), send(), wait(), where(), stop()."""

    def __init__(self, guest, image, with_input, ram, extra):
        self.kernel = guest.kernel
        self.monitor = qemu.Monitor()
        self.argv = qemu.command(guest, image, self.monitor.child_fd, ram,
                                 ('-serial', 'stdio', *extra))
        self.child = child.Child(self.argv, with_input, folder=qemu.directory(guest),
                                 pass_fds=(self.monitor.child_fd,))
        self.monitor.started()
        self.lines = self.child.lines
        self.send = self.child.send
        self.wait = self.child.wait

    def where(self):
        """The place in the kernel that runs now, in words; '' if QEMU does not tell."""
        self.monitor.socket.settimeout(1.0)
        try:
            return elf.Elf(self.kernel).name_of(self.monitor.register('EIP'))
        except Problem:
            return ''

    @property
    def error_text(self):
        return self.child.error_text.decode('utf-8', 'replace').strip()

    def stop(self):
        self.child.stop()
        self.monitor.close()
