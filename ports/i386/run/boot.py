# SPDX-License-Identifier: 0BSD
"""`./lookaside boot`: the i386 kernel in an emulator, with a verdict in words.

The front door has built the kernel and the `lookaside` program, and passes --build and --root.
"""
import os
import shutil
import sys
import tempfile

import attach
import child
import emulate
import exceptions
import exits
import iso
import options as options_
import output
import prepare
import qemu
import replays
import verdict
from guest import Problem

PROGRAM = 'cli/lookaside'


class Boot:
    """One invocation of the verb."""

    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.out = output.Output(options.verbose)
        self.replays = replays.Replays(os.path.join(options.build, PROGRAM), options.upto)
        self.boots = 0

    def new_folder(self):
        self.boots += 1
        folder = os.path.join(self.folder, f'boot{self.boots}')
        os.mkdir(folder)
        return folder

    def run(self, guest, show=None, extra=()):
        return emulate.run(guest, self.new_folder(), show, extra=extra)

    def judge(self, guest):
        """Boot, and the exit code: 0 if everything is as it must be."""
        log = os.path.join(self.folder, 'exceptions.log')
        extra = exceptions.options(log) if self.options.exceptions else ()
        outcome = self.run(guest, self.out.serial, extra)
        found = verdict.judge(outcome)
        if self.options.exceptions:
            self.show_exceptions(log, guest)
        elif outcome.status == exits.TRIPLE_FAULT and guest.emulator == 'qemu':
            # The guest could say nothing; a second run with QEMU's log can.
            again = emulate.run(guest, self.new_folder(), extra=exceptions.options(log))
            if again.status == exits.TRIPLE_FAULT:
                found.details += ['the last exceptions, from a second run:',
                                  *('  ' + line for line in exceptions.last(log, guest.kernel))]
        problems = self.replays.compare(outcome.stream) if found.passed else []
        for problem in problems:
            found = self.explain(problem, guest)
        self.out.verdict(found)
        return 0 if found.passed else 1

    def show_exceptions(self, log, guest):
        self.out.line('the last exceptions:')
        for line in exceptions.last(log, guest.kernel):
            self.out.line(f'  {line}')

    def explain(self, problem, guest):
        """A digest that differs: which operation is the first that does."""
        found = verdict.Verdict(False, f'FAILED: {problem.name}: {problem.text}')
        self.out.line(f'{problem.name}: looking for the first difference')
        found.details += self.replays.explain(
            problem, lambda *words: self.run(guest.with_words(*words)).stream)
        return found

    def interactive(self, guest):
        """The serial line is the terminal; QEMU itself answers Ctrl-A X."""
        image = iso.make(guest, self.new_folder()) if guest.iso else None
        argv = qemu.command(guest, image, extra=('-serial', 'mon:stdio'))
        self.out.line('The serial line is yours. Ctrl-A X leaves, Ctrl-A C changes to QEMU\'s '
                      'monitor and back.')
        status = child.run_on_terminal(argv, qemu.directory(guest))
        self.out.line(f'boot: {exits.meaning(status)}' if status else 'boot: left')
        return 0 if status in (0, exits.PASSED) else 1

    def gdb(self, guest):
        """Stopped at the first instruction, until somebody attaches."""
        path = os.path.join(self.folder, 'gdb.sock')
        for line in attach.instructions(guest.kernel, path):
            self.out.line(line)
        outcome = self.run(guest, self.out.serial, attach.options(path))
        found = verdict.judge(outcome)
        self.out.verdict(found)
        return 0 if found.passed else 1

    def main(self):
        guest = prepare.guest(self.options, self.replays, self.folder)
        if self.options.interactive:
            return self.interactive(guest)
        if self.options.gdb:
            return self.gdb(guest)
        return self.judge(guest)


def main():
    options = options_.parse(sys.argv[1:])
    child.raise_on_signals()
    folder = tempfile.mkdtemp(prefix='lookaside-boot-')
    try:
        return Boot(options, folder).main()
    except Problem as problem:
        output.complain(problem)
        return problem.status
    except child.Interrupted as signal:
        output.complain(f'{signal}: the guest was stopped')
        return 128 + signal.number
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())
