# SPDX-License-Identifier: 0BSD
"""A guest in QEMU: its command line, and what it says through QMP."""
import json
import os
import re
import shutil
import socket

from guest import Problem

PROGRAM = 'qemu-system-i386'
EXIT_DEVICE = 'isa-debug-exit,iobase=0xf4,iosize=4'
# One instruction a nanosecond, and time that passes only with instructions: the same in every run.
ICOUNT = 'shift=0,sleep=off'


def find():
    """The path of QEMU; LOOKASIDE_QEMU names another one. Problem (3) if there is none."""
    wanted = os.environ.get('LOOKASIDE_QEMU', PROGRAM)
    path = shutil.which(wanted)
    if not path:
        raise Problem(f'{wanted} is not installed; on Debian: apt-get install qemu-system-x86', 3)
    return path


def _commas(text):
    """A comma in an argument of QEMU's own option syntax is written twice."""
    return text.replace(',', ',,')


def directory(guest):
    """Where QEMU must run: a module is named there, because its string may hold no other blank."""
    return os.path.dirname(guest.modules[0].path) if guest.modules else None


def _initrd(guest):
    for module in guest.modules:
        if os.path.dirname(module.path) != directory(guest):
            raise ValueError(f'{module.path}: modules of one guest lie in one folder')
    return ','.join(_commas(f'{os.path.basename(module.path)} {module.word}')
                    for module in guest.modules)


def command(guest, iso=None, qmp=None, ram=None, extra=()):
    """The whole command line. `iso`: boot this image; `qmp`: file descriptor of a connected socket;
    `ram`: file that becomes the guest's memory, to be mapped by others meanwhile.
    """
    machine = guest.machine
    argv = [find(), '-nodefaults', '-no-reboot', '-display', 'none', '-device', EXIT_DEVICE,
            '-m', f'{guest.memory_mib}M', '-accel', guest.accel]
    if ram:
        argv += ['-object', f'memory-backend-file,id=ram,size={guest.memory_mib}M,share=on,'
                            f'mem-path={_commas(ram)}']
        machine += ',memory-backend=ram'
    argv += ['-machine', machine]
    if guest.cpu:
        argv += ['-cpu', guest.cpu]
    if guest.icount:
        argv += ['-icount', ICOUNT]
    if qmp is not None:
        argv += ['-chardev', f'socket,id=qmp,fd={qmp}', '-mon', 'chardev=qmp,mode=control']
    if iso:
        argv += ['-cdrom', iso, '-boot', 'd']
    else:
        argv += ['-kernel', guest.kernel]
        if guest.words:
            argv += ['-append', ' '.join(guest.words)]
        if guest.modules:
            argv += ['-initrd', _initrd(guest)]
    return argv + list(extra)


class Monitor:
    """QEMU's machine protocol. `child_fd` is the end for QEMU; to be closed here once it runs.

    Problem if QEMU does not answer in time.
    """

    def __init__(self, patience_s=10.0):
        self.socket, self.other_end = socket.socketpair()
        self.socket.settimeout(patience_s)
        self.file = self.socket.makefile('rw', encoding='utf-8')
        self.greeted = False

    @property
    def child_fd(self):
        return self.other_end.fileno()

    def started(self):
        """QEMU has its end: without ours it is told apart from one that has gone."""
        self.other_end.close()

    def _read(self):
        try:
            line = self.file.readline()
        except OSError as error:
            raise Problem(f'QEMU does not answer: {error}') from None
        if not line:
            raise Problem('QEMU has gone')
        return json.loads(line)

    def execute(self, name, **arguments):
        """The command's answer; events that come between are dropped."""
        if not self.greeted:
            self.greeted = True
            self._read()
            self.execute('qmp_capabilities')
        self.file.write(json.dumps({'execute': name, 'arguments': arguments}) + '\n')
        try:
            self.file.flush()
        except OSError as error:
            raise Problem(f'QEMU has gone: {error}') from None
        while True:
            answer = self._read()
            if 'error' in answer:
                raise Problem(f'QEMU refused {name}: {answer["error"]["desc"]}')
            if 'return' in answer:
                return answer['return']

    def human(self, line):
        """A command of the human monitor, and the text it prints."""
        return self.execute('human-monitor-command', **{'command-line': line})

    def register(self, name):
        """A CPU register as an integer: EIP, CR3, ..."""
        match = re.search(rf'\b{name}=([0-9a-f]{{8}})', self.human('info registers'))
        if not match:
            raise Problem(f'QEMU does not tell {name}')
        return int(match[1], 16)

    def close(self):
        self.other_end.close()
        try:
            self.file.close()
        except OSError:
            pass  # what QEMU no longer took
        self.socket.close()
