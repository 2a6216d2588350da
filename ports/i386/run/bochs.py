# SPDX-License-Identifier: 0BSD
"""A guest in Bochs, always from a CD: another chip set, another timing, other bugs found.

Bochs wants a terminal, and its exit status says nothing: the verdict is the TAP text alone. The
serial line goes to a file that is followed here.
"""
import glob
import os
import pty
import shutil
import threading
import time

import child
from guest import Problem

POLL_S = 0.05
# A line of bochsrc each. 50 million instructions a second only pace the timer chip: what TSC
# counts are instructions. A triple fault must stop, not reset, or the tests would begin again.
CONFIG = '''\
display_library: term
cpu: model=pentium, ips=50000000, reset_on_triple_fault=0
megs: {memory_mib}
romimage: file={bios}
vgaromimage: file={vga}
ata0-master: type=cdrom, path="{iso}", status=inserted
boot: cdrom
clock: sync=none
com1: enabled=1, mode=file, dev=serial.txt
port_e9_hack: enabled=1
panic: action=fatal
error: action=ignore
info: action=ignore
log: bochs.log
'''
# Where distributions put them.
BIOSES = ('/usr/share/bochs/BIOS-bochs-latest', '/usr/local/share/bochs/BIOS-bochs-latest')
VGA_BIOSES = ('/usr/share/vgabios/vgabios.bin', '/usr/share/bochs/VGABIOS-lgpl-latest',
              '/usr/local/share/bochs/VGABIOS-lgpl-latest')
TERMINALS = ('/usr/lib/*/bochs/plugins/libbx_term*', '/usr/lib/bochs/plugins/libbx_term*',
             '/usr/lib64/bochs/plugins/libbx_term*', '/usr/local/lib/bochs/plugins/libbx_term*')
INSTALL = 'on Debian: apt-get install bochs bochs-term bochsbios vgabios'


def _first(patterns, what):
    for pattern in patterns:
        if found := sorted(glob.glob(pattern)):
            return found[0]
    raise Problem(f'{what} is not installed; {INSTALL}', 3)


def find():
    """Paths of Bochs, its BIOS and its VGA BIOS. Problem (3) if a part is missing."""
    wanted = os.environ.get('LOOKASIDE_BOCHS', 'bochs')
    path = shutil.which(wanted)
    if not path:
        raise Problem(f'{wanted} is not installed; {INSTALL}', 3)
    _first(TERMINALS, "Bochs' text display (term)")
    return path, _first(BIOSES, "Bochs' BIOS"), _first(VGA_BIOSES, "Bochs' VGA BIOS")


def _environment():
    """A terminal that every ncurses knows. Bochs 2.7 reads memory that it never wrote, and does not
    start where Meson's MALLOC_PERTURB_ fills that.
    """
    kept = {name: value for name, value in os.environ.items() if name != 'MALLOC_PERTURB_'}
    return dict(kept, TERM='vt100')


class Machine:
    """Bochs as a machine that can be followed, like emulate._Qemu."""

    monitor = None

    def __init__(self, guest, iso, folder):
        path, bios, vga = find()
        self.serial = os.path.join(folder, 'serial.txt')
        with open(self.serial, 'wb'):
            pass
        with open(os.path.join(folder, 'bochsrc'), 'w', encoding='utf-8') as file:
            file.write(CONFIG.format(memory_mib=guest.memory_mib, bios=bios, vga=vga, iso=iso))
        with open(os.path.join(folder, 'commands'), 'w', encoding='ascii') as file:
            file.write('c\n')  # Debian's Bochs begins in its debugger
        self.argv = [path, '-q', '-f', 'bochsrc', '-rc', 'commands']
        self.screen, inner = pty.openpty()
        try:
            self.child = child.Child(self.argv, terminal=inner, folder=folder,
                                     environment=_environment())
        finally:
            os.close(inner)
        self.log = os.path.join(folder, 'bochs.log')
        self.drain = threading.Thread(target=self._drain, daemon=True)
        self.drain.start()

    def _drain(self):
        """The screen is nobody's, but somebody must read it or Bochs blocks."""
        try:
            while os.read(self.screen, 1 << 16):
                pass
        except OSError:
            pass  # the last process has closed it

    def lines(self, deadline):
        pending = b''
        with open(self.serial, 'rb') as file:
            while True:
                over = self.child.status is not None  # asked first: what came before is read
                data = file.read()
                *whole, pending = (pending + data).split(b'\n')
                yield from whole
                if over and not data:
                    break
                if time.monotonic() > deadline:
                    if pending:
                        yield pending
                    raise child.Deadline
                if not data:
                    time.sleep(POLL_S)
        if pending:
            yield pending

    def send(self, data):
        raise Problem('Bochs\' serial line is a file: it takes no input')

    def wait(self, deadline):
        return self.child.wait(deadline)

    def where(self):
        return ''

    @property
    def error_text(self):
        """What Bochs itself complained about."""
        try:
            with open(self.log, encoding='utf-8', errors='replace') as file:
                return '\n'.join(line.strip() for line in file if '>>PANIC<<' in line)
        except OSError:
            return ''

    def stop(self):
        self.child.stop()
        self.drain.join(1.0)
        os.close(self.screen)
