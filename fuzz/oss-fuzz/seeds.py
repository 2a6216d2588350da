# SPDX-License-Identifier: 0BSD
"""The seed corpus of a target as OSS-Fuzz wants it; usage: seeds.py TARGET ZIP.

What a campaign begins with (fuzz/campaign/paths.py), cut to the same length. Exit code 1 if there
is nothing: the target is new, and nobody has told what its inputs look like.
"""
import os
import sys
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../campaign'))
import corpus  # noqa: E402
import paths  # noqa: E402


def main():
    target, archive = sys.argv[1:3]
    contents = {}
    for seed in paths.seeds_of(target):
        for path in [seed] if os.path.isfile(seed) else corpus.files_below(seed):
            content = corpus.read(path)[:paths.input_bytes_max(target)]
            contents[corpus.name_of(content)] = content
    if not contents:
        sys.exit(f'seeds.py: {target} has no seeds: say in fuzz/campaign/paths.py where they are')
    with zipfile.ZipFile(archive, 'w', zipfile.ZIP_DEFLATED) as file:
        for name, content in sorted(contents.items()):
            file.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


main()
