# SPDX-License-Identifier: 0BSD
"""Digests of the host beside those of the kernel, and the first operation where they part."""
import itertools
import json
import subprocess

from guest import Problem

PATIENCE_S = 900.0
PATHS_MAX = 1000  # of one command line
FNV_START = 0xcbf29ce484222325
FNV_PRIME = 0x100000001b3


def host(program, paths, upto=None, byte_form=False):
    """What `lookaside replay` says about each path: its JSON objects, in order.

    The range is replay's default one, as in the kernel. Problem if one cannot be replayed.
    """
    argv = [program, 'replay', '--json'] + ([f'--upto={upto}'] if upto is not None else []) + \
        (['--bytes'] if byte_form else [])
    figures = []
    for at in range(0, len(paths), PATHS_MAX):
        figures += _host(argv, list(paths[at:at + PATHS_MAX]))
    return figures


def _host(argv, paths):
    said = subprocess.run(argv + paths, text=True, check=False, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=PATIENCE_S)
    if said.returncode != 0:
        raise Problem(said.stderr.strip() or f'{" ".join(argv)} failed')
    return json.loads(said.stdout)


def of_pack(digests):
    """The digest of a pack from its inputs' (README.md, Serial line)."""
    value = FNV_START
    for digest in digests:
        for byte in int(digest, 16).to_bytes(8, 'little'):
            value = (value ^ byte) * FNV_PRIME % (1 << 64)
    return f'{value:016x}'


def difference(replay, figures):
    """Why the kernel's replay of a trace is not the host's, in words; '' if it is.

    `replay` may be None: the kernel never spoke of the trace.
    """
    if replay is None:
        return 'the kernel did not say a word about it'
    if replay.digest == figures['digest']:
        return ''
    text = f'digest {replay.digest or "none"}, the host has {figures["digest"]}'
    if 'ring' in replay.words:
        text = f'in ring {replay.words["ring"]}: {text}'
    ops = replay.words.get('ops')
    if ops is not None and int(ops) != figures['ops']:
        text += f'; {ops} ops, the host ran {figures["ops"]}'
    if int(replay.words.get('no-memory', '0')) != figures['no_memory']:
        text += (f'; {replay.words["no-memory"]} ops found no memory, on the host '
                 f'{figures["no_memory"]}: try more with --memory')
    return text


def first_difference(same, ops):
    """The smallest n for which same(n) is false, if same(ops) is; by halving, since what was equal
    up to n was equal before, and a digest that has parted stays apart.
    """
    good, bad = 0, ops
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if same(middle) else (good, middle)
    return bad


def _ops(program, path):
    """Each operation of a trace, as text."""
    with subprocess.Popen([program, 'dump', path], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as dump:
        try:
            for line in dump.stdout:
                if line.strip() and not line.startswith('#'):
                    yield line.strip()
        finally:
            dump.kill()


def count_ops(program, path):
    """All operations, the notes among them: figures count only those that call something."""
    return sum(1 for _ in _ops(program, path))


def nth_op(program, path, n):
    """The text of the n-th operation, counted from 1; '' if there are fewer."""
    return next(itertools.islice(_ops(program, path), n - 1, None), '')
