# SPDX-License-Identifier: 0BSD
"""Inputs as files: named after their content, copied between engines, never half-written."""
import hashlib
import os

INPUT_BYTES_MAX = 1 << 16  # a larger seed is cut
NOTHING_HAPPENS = b''  # AFL++ refuses to start when each seed crashes


def name_of(content):
    """What libFuzzer calls it too, so that one input is one file."""
    return hashlib.sha1(content).hexdigest()


def read(path):
    """A file's content; None if it has gone, as engines' files do."""
    try:
        with open(path, 'rb') as file:
            return file.read()
    except OSError:
        return None


def write(path, content):
    """A whole file or none of it."""
    aside = f'{path}.{os.getpid()}.new'
    with open(aside, 'wb') as file:
        file.write(content)
    os.replace(aside, path)


def put(folder, content):
    """Into a folder, if it is not there. True: it was not."""
    path = os.path.join(folder, name_of(content))
    if os.path.exists(path):
        return False
    write(path, content)
    return True


def files_below(folder):
    for where, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            yield os.path.join(where, name)


def gather(folder, sources):
    """Everything below the sources into a folder; how many are there afterwards."""
    os.makedirs(folder, exist_ok=True)
    for source in sources:
        paths = [source] if os.path.isfile(source) else files_below(source)
        for path in paths:
            content = read(path)
            if content is not None:
                put(folder, content[:INPUT_BYTES_MAX])
    return len(os.listdir(folder))


class Exchange:
    """What AFL++ finds goes to libFuzzer's corpus, which libFuzzer reads again every second.

    The other direction is AFL++'s own: its main instance looks into that corpus (-F).
    """

    def __init__(self, afl_folder, corpus_folder):
        self.afl_folder = afl_folder
        self.corpus_folder = corpus_folder
        self.seen = {}  # instance -> names already taken

    def step(self):
        """Take what is new; how many were."""
        new = 0
        if not os.path.isdir(self.afl_folder):
            return 0
        for instance in os.listdir(self.afl_folder):
            queue = os.path.join(self.afl_folder, instance, 'queue')
            if not os.path.isdir(queue):
                continue
            seen = self.seen.setdefault(instance, set())
            for name in sorted(set(os.listdir(queue)) - seen):
                content = read(os.path.join(queue, name)) if name.startswith('id:') else None
                seen.add(name)
                # Seeds and what came from others by -F are in the corpus anyway.
                if content is not None:
                    new += put(self.corpus_folder, content)
        return new
