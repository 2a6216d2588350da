# SPDX-License-Identifier: 0BSD
"""Whether an accelerator can be used at all: a guest that turns paging on, before the real one."""
import os

import child
import exits
import qemu
from guest import Guest, Problem

PATIENCE_S = 30.0  # starting a nested virtual machine takes seconds
EXPECTED = b'ABC'
STOPPED_AT = {b'': 'it did not start', b'A': 'it stopped at loading CR3',
              b'AB': 'it stopped at turning paging on'}


def check(kernel, accel):
    """Problem (3) unless the probe, the file `kernel`, prints all it has to and says passed."""
    if not os.path.exists(kernel):
        raise Problem(f'{kernel} is not there; without the probe {accel} is not used', 3)
    guest = Guest(kernel, accel=accel, memory_mib=16)
    said, status = b'', None
    machine = child.Child(qemu.command(guest, extra=('-serial', 'stdio')))
    try:
        for line in machine.lines(child.deadline_in(PATIENCE_S)):
            said += line
        status = machine.wait(child.deadline_in(PATIENCE_S))
    except child.Deadline:
        pass
    finally:
        machine.stop()
    said = bytes(byte for byte in said if byte in EXPECTED)
    if said == EXPECTED and status == exits.PASSED:
        return
    what = STOPPED_AT.get(said, 'it did not end well')
    ended = 'no end in time' if status is None else f'exit status {status}'
    words = machine.error_text.decode('utf-8', 'replace').strip()
    raise Problem(f'{accel} cannot run a 32-bit kernel with paging here: a probe printed '
                  f'"{said.decode()}" of "{EXPECTED.decode()}" ({what}; {ended})' +
                  (f'\n{words}' if words else '') + '\nuse --accel tcg', 3)
