# SPDX-License-Identifier: 0BSD
"""Traces and fuzz inputs as files for the kernel: binary, unwrapped, with short names."""
import os
import re
import struct
import subprocess

from guest import Module, Problem

MAGIC = b'\x89LAT\r\n\x1a\n'
INPUT_BYTES_MAX = 1 << 20
PATIENCE_S = 600.0


def _short(path):
    """A name without what the kernel's command line gives a meaning to."""
    name = re.sub(r'(\.(lat|txt|zst|gz|xz))+$', '', path)
    return re.sub(r'[^A-Za-z0-9._/+-]', '_', name) or '_'


def names(paths):
    """A name for each path: its last part, with as many folders before it as it takes to be
    different from the others', and a number where even that is not enough.
    """
    parts = [os.path.abspath(path).strip('/').split('/') for path in paths]
    chosen = []
    for i, own in enumerate(parts):
        for length in range(1, len(own) + 1):
            name = _short('/'.join(own[-length:]))
            if sum(_short('/'.join(other[-length:])) == name for other in parts) == 1:
                break
        else:
            name = f'{_short(own[-1])}.{i + 1}'
        chosen.append(name)
    return chosen


def _is_plain(path):
    try:
        with open(path, 'rb') as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise Problem(f'{path}: {error.strerror}') from None


def traces(program, paths, folder):
    """A module for each trace; what is not binary and plain is converted into `folder` by
    `lookaside dump`. Problem with its words if it cannot read one.
    """
    found = []
    for i, (path, name) in enumerate(zip(paths, names(paths))):
        plain = os.path.join(folder, f'trace{i}.lat')
        if path != '-' and _is_plain(path):
            os.symlink(os.path.abspath(path), plain)  # a path of our own, without blanks
        else:
            said = subprocess.run([program, 'dump', '-o', plain, path], text=True, check=False,
                                  stderr=subprocess.PIPE, timeout=PATIENCE_S)
            if said.returncode != 0:
                raise Problem(said.stderr.strip() or f'{path}: cannot be converted')
        found.append(Module(plain, f'trace={name}'))
    return found


def _inputs(paths):
    """The files meant: folders stand for what is in them, in the order of their names."""
    for path in paths:
        if os.path.isdir(path):
            below = []
            for folder, folders, files in os.walk(path):
                folders.sort()
                below += [os.path.join(folder, name) for name in files if not name.startswith('.')]
            if not below:
                raise Problem(f'{path}: the folder holds no file')
            yield from sorted(below)
        else:
            yield path


def pack(paths, folder):
    """One module with all fuzz inputs, and the list of their paths in order."""
    inputs = list(_inputs(paths))
    packed = os.path.join(folder, 'inputs.pack')
    with open(packed, 'wb') as out:
        for path in inputs:
            try:
                with open(path, 'rb') as file:
                    data = file.read(INPUT_BYTES_MAX + 1)
            except OSError as error:
                raise Problem(f'{path}: {error.strerror}') from None
            if len(data) > INPUT_BYTES_MAX:
                raise Problem(f'{path}: larger than {INPUT_BYTES_MAX} bytes: no fuzz input')
            out.write(struct.pack('<I', len(data)) + data)
    return Module(packed, f'pack={_short(os.path.basename(os.path.abspath(paths[0])))}'), inputs
