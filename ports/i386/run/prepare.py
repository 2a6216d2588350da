# SPDX-License-Identifier: 0BSD
"""From the options to a guest that can be booted: everything that can be missing is found here."""
import os

import bochs
import kernels
import options as options_
import probe
import qemu

PROBE = 'ports/i386/run/kvm-probe.elf'


def guest(options, replays, folder):
    """The guest that the options describe; its modules go to `folder` and are noted in `replays`.

    Problem with status 3 if a tool is missing, 1 if a trace is bad.
    """
    if options.emulator == 'bochs':
        bochs.find()
    else:
        qemu.find()
    kernel = kernels.find(options.build, options.root, options.compiler or '',
                          options.optimization)
    if options.accel == 'kvm':
        probe.check(os.path.join(options.build, PROBE), 'kvm')
    modules = replays.take_traces(options.trace, folder) if options.trace else []
    if options.pack:
        modules.append(replays.take_pack(options.pack, folder))
    return options_.make_guest(options, kernel, modules, options.memory or replays.memory_mib())
