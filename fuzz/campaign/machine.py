# SPDX-License-Identifier: 0BSD
"""What this machine does to AFL++, and what is done about it: a message instead of an abort."""
import os
import shutil

# Each is harmless where it is not needed. What it does is said by quirks(), where it matters.
AFL_SETTINGS = {
    'AFL_NO_UI': '1',
    'AFL_AUTORESUME': '1',  # go on with what is in the folder
    'AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES': '1',
    'AFL_SKIP_CPUFREQ': '1',
    'AFL_TRY_AFFINITY': '1',
    'AFL_FAST_CAL': '1',
    'AFL_TESTCACHE_SIZE': '50',  # MiB
    'AFL_SYNC_TIME': '1',  # minutes between two looks at what others found
    'AFL_ALLOW_TMP': '1',
    'ASAN_OPTIONS': 'abort_on_error=1:symbolize=0:detect_leaks=0:allocator_may_return_null=1',
    'UBSAN_OPTIONS': 'abort_on_error=1:halt_on_error=1:symbolize=0',
    'MSAN_OPTIONS': 'exit_code=86:abort_on_error=1:symbolize=0',
}
CORE_PATTERN = '/proc/sys/kernel/core_pattern'
ASLR_BITS = '/proc/sys/vm/mmap_rnd_bits'
GOVERNORS = '/sys/devices/system/cpu'


def first_line(path):
    try:
        with open(path, encoding='ascii') as file:
            return file.readline().strip()
    except OSError:
        return ''


def governors(folder=GOVERNORS):
    """How the clocks of the cores are chosen; empty where that is not up to the system."""
    try:
        cores = [name for name in os.listdir(folder) if name[:3] == 'cpu' and name[3:].isdigit()]
    except OSError:
        return set()
    found = {first_line(os.path.join(folder, core, 'cpufreq/scaling_governor')) for core in cores}
    return found - {''}


def quirks(core_pattern=CORE_PATTERN, governor_folder=GOVERNORS, aslr_bits=ASLR_BITS):
    """Messages about settings of this machine under which AFL++ finds less or is slower."""
    said = []
    if first_line(core_pattern).startswith('|'):
        said.append('core dumps go to a program here, so AFL++ may take crashes for timeouts; '
                    f'better, as root: echo core >{CORE_PATTERN}')
    slow = governors(governor_folder) - {'performance'}
    if slow:
        said.append(f'the CPU governor is {", ".join(sorted(slow))}, which costs executions; '
                    'better, as root: cpupower frequency-set -g performance')
    bits = first_line(aslr_bits)
    if bits.isdigit() and int(bits) > 30:
        said.append('addresses are so random here (vm.mmap_rnd_bits) that older sanitizers may '
                    'fail to start; better, as root: sysctl vm.mmap_rnd_bits=28')
    return said


def cores():
    """The cores this process may use."""
    return sorted(os.sched_getaffinity(0))


def have(tool):
    return shutil.which(tool) is not None
