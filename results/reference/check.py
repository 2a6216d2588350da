# SPDX-License-Identifier: 0BSD
"""Whether the exact half of the reference run still holds; usage: check.py LOOKASIDE ROOT.

Memory, refusals and digests of `lookaside bench` are measured again and must be those of
bench.json. Its times are of one machine on one day, and are not compared.
"""
import json
import os
import subprocess
import sys
import tempfile


def main():
    lookaside, root = map(os.path.abspath, sys.argv[1:])
    with open(os.path.join(root, 'results/reference/bench.json'), encoding='utf-8') as file:
        kept = json.load(file)['space']
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'now.json')
        subprocess.run([lookaside, 'bench', '--space', '--json', path], cwd=root,
                       check=True, stdout=subprocess.DEVNULL)
        with open(path, encoding='utf-8') as file:
            now = json.load(file)['space']
    cases = sorted(kept.keys() | now.keys())
    print(f'1..{len(cases) + 1}')
    print(f'{"ok" if len(kept) >= 250 else "not ok"} 1 - the reference has its cases')
    for number, case in enumerate(cases, 2):
        same = kept.get(case) == now.get(case)
        if not same:
            print(f'# kept {kept.get(case)}')
            print(f'# now  {now.get(case)}')
        print(f'{"ok" if same else "not ok"} {number} - {case}')


main()
