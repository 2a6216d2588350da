# SPDX-License-Identifier: 0BSD
"""Traces and packs of one boot: handed over, compared, and explained where they differ."""
import dataclasses
import os

import digests
import modules

MEMORY_MIB_MIN = 64
MEMORY_STEP_MIB = 16
KERNEL_MIB = 32  # kernel, page tables, the replay's own arrays of small traces
SLOT_BYTES = 32  # of the interpreter's arrays, at most, for each op that creates


@dataclasses.dataclass
class Mismatch:
    """A replay in the kernel that is not the host's. `path` is empty for a pack."""
    name: str
    text: str
    path: str = ''
    ops: int = 0


class Replays:
    """What the kernel is given to replay, and what the host says about the same."""

    def __init__(self, program, upto=None):
        self.program = program  # the path of `lookaside`
        self.upto = upto  # only so many ops of each trace; None: all
        self.traces = {}  # name: (path, figures of the host)
        self.packs = {}  # name: [(path, digest)]
        self.bytes = 0

    def take_traces(self, paths, folder):
        """Modules for the kernel. Problem with the words of `dump` or `replay` on a bad trace."""
        found = modules.traces(self.program, paths, folder)
        plain = [module.path for module in found]
        for module, figures in zip(found, digests.host(self.program, plain, self.upto)):
            self.traces[module.word.split('=', 1)[1]] = (module.path, figures)
            self.bytes += os.path.getsize(module.path)
        return found

    def take_pack(self, paths, folder):
        """One module of all fuzz inputs."""
        module, inputs = modules.pack(paths, folder)
        figures = digests.host(self.program, inputs, byte_form=True)
        name = module.word.split('=', 1)[1]
        self.packs[name] = list(zip(inputs, (entry['digest'] for entry in figures)))
        self.bytes += os.path.getsize(module.path)
        return module

    def memory_mib(self):
        """Enough for the largest trace, its file and all the others' files."""
        largest = max((entry['footprint_pages_peak'] * 4096 + entry['stack_pages_peak'] * 4096 +
                       entry['live_blocks_peak'] * SLOT_BYTES * 2
                       for _, entry in self.traces.values()), default=0)
        mib = KERNEL_MIB + (largest + self.bytes >> 20)
        return max(MEMORY_MIB_MIN, -(-mib // MEMORY_STEP_MIB) * MEMORY_STEP_MIB)

    def compare(self, stream):
        """The replays of the kernel that are not the host's, or that it left out. The kernel
        replays a trace itself and in a program: both must be right.
        """
        said = {(replay.kind, replay.name): replay for replay in stream.replays}
        found = []
        for name, (path, figures) in self.traces.items():
            spoken = ('trace', name) in said
            twice = [replay for replay in stream.replays
                     if (replay.kind, replay.name) == ('trace', name)] or [None]
            if text := next(filter(None, (digests.difference(replay, figures)
                                          for replay in twice)), ''):
                found.append(Mismatch(name, text, path if spoken else '', figures['ops']))
        for name, inputs in self.packs.items():
            digest = digests.of_pack([one for _, one in inputs])
            replay = said.get(('pack', name))
            if replay is None:
                found.append(Mismatch(name, 'the kernel did not say a word about it'))
            elif replay.digest != digest:
                found.append(Mismatch(name, f'digest {replay.digest}, the host has {digest}'))
        return found

    def explain(self, mismatch, boot):
        """Lines about where a mismatch comes from. boot(word...) boots the same guest with more
        words, and answers what it said.
        """
        if mismatch.name in self.packs:
            return self.first_input(mismatch, boot)
        return self.first_difference(mismatch, boot) if mismatch.path else []

    def first_input(self, mismatch, boot):
        """Lines that name the first input of a pack whose digest differs."""
        said = boot('inputs=1').inputs
        for number, (path, digest) in enumerate(self.packs[mismatch.name]):
            if said.get(number) != digest:
                return [f'the first input that differs is number {number}: {path}',
                        f'  digest {said.get(number, "none")}, the host has {digest}',
                        f'as a trace: lookaside dump --bytes {path} -o input.lat, and then --trace']
        return ['no single input differs when asked again']

    def first_difference(self, mismatch, boot):
        """Lines that name the first operation after which the digests differ."""
        def same(upto):
            stream = boot(f'upto={upto}')
            figures, = digests.host(self.program, [mismatch.path], upto)
            said = [replay.digest for replay in stream.replays
                    if (replay.kind, replay.name) == ('trace', mismatch.name)]
            # Nothing said: it no longer gets there at all.
            return bool(said) and set(said) == {figures['digest']}

        total = digests.count_ops(self.program, mismatch.path)
        if self.upto:
            total = min(total, self.upto)
        if same(total):
            return ['it does not happen again: the kernel is not deterministic']
        n = digests.first_difference(same, total)
        return [f'the first operation that differs is number {n} of {total}:',
                f'  {digests.nth_op(self.program, mismatch.path, n)}',
                f'the same command with --upto {n} replays no further, and so does '
                f'lookaside replay --upto={n} here']
