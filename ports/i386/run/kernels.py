# SPDX-License-Identifier: 0BSD
"""Kernels by compiler and optimisation, built when asked for.

The build directory's own compiler makes two of them. The other compiler has a build directory
inside, where nothing but its two kernels is built.
"""
import fcntl
import os
import shutil
import subprocess

from guest import Problem

COMPILERS = ('gcc', 'clang')
OPTIMIZATIONS = ('0', '2')
NAMES = {'2': 'lookaside.elf', '0': 'lookaside-O0.elf'}
PLACE = 'ports/i386'
PATIENCE_S = 600.0


def compiler_of(build):
    """gcc or clang: what the build directory was configured with. Problem if it is none."""
    try:
        with open(os.path.join(build, PLACE, 'run', 'compiler'), encoding='utf-8') as file:
            return file.read().strip()
    except OSError:
        raise Problem(f'{build} is no configured build directory; run ./lookaside setup boot', 3) \
            from None


def version_of(compiler):
    """Its version line's number, or '' if it is not installed."""
    if not shutil.which(compiler):
        return ''
    said = subprocess.run([compiler, '-dumpfullversion', '-dumpversion'], text=True, check=False,
                          stdin=subprocess.DEVNULL, capture_output=True)
    return said.stdout.strip()


def _step(argv, environment=None):
    said = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE_S)
    if said.returncode != 0:
        lines = said.stdout.splitlines()[-40:]
        raise Problem(f'failed: {" ".join(argv)}\n' + '\n'.join(lines))


def _configure(other, root, compiler):
    """Unless it is done. A checkout that has moved, or a set-up that was cut short, starts over."""
    stamp = os.path.join(other, 'lookaside-root')
    try:
        with open(stamp, encoding='utf-8') as file:
            if file.read() == root:
                return
    except OSError:
        pass
    shutil.rmtree(other, ignore_errors=True)
    _step(['meson', 'setup', other, root], dict(os.environ, CC=compiler))
    with open(stamp, 'w', encoding='utf-8') as file:
        file.write(root)


def _build_other(build, root, compiler, target):
    """The path of the target in the other compiler's build directory."""
    if not shutil.which(compiler):
        raise Problem(f'{compiler} is not installed', 3)
    other = os.path.join(build, f'kernel-{compiler}')
    with open(other + '.lock', 'w', encoding='utf-8') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until it is closed: one builds, the others wait
        _configure(other, root, compiler)
        _step(['ninja', '-C', other, target])
    return os.path.join(other, target)


def find(build, root, compiler='', optimization='2'):
    """The path of a kernel; `compiler` '' is that of the build directory, whose kernels the front
    door has built. Problem if it cannot be built (1) or its compiler is missing (3).
    """
    target = os.path.join(PLACE, NAMES[optimization])
    if compiler and compiler != compiler_of(build):
        return _build_other(build, root, compiler, target)
    path = os.path.join(build, target)
    if not os.path.exists(path):
        raise Problem(f'{path} is not there: this compiler makes no 32-bit kernel; on Debian: '
                      'apt-get install gcc-multilib', 3)
    return path
