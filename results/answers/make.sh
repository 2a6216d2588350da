#!/bin/sh
# SPDX-License-Identifier: 0BSD
# The outputs that docs/answers.md quotes, made anew: one file for each line of commands.txt, the
# command first.
#   make.sh [BUILD [FOLDER]]     a build directory (build) and where they go (results/answers)
# Exit codes: 0 done, 1 a command failed, 2 usage, 3 a program is not built.
set -u
export LC_ALL=C # the order of *

[ $# -le 2 ] || { echo "usage: $0 [BUILD [FOLDER]]" >&2; exit 2; }
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 3
root=${here%/results/answers}
build=${1:-$root/build}
folder=${2:-$here}
case $build in /*) ;; *) build=$PWD/$build ;; esac
case $folder in /*) ;; *) folder=$PWD/$folder ;; esac
for program in cli/lookaside bench/rivals/lookaside-rank; do
    if [ ! -x "$build/$program" ]; then
        echo "$0: no $build/$program (expected a build: ./lookaside setup bench)" >&2
        exit 3
    fi
done
if [ ! -d "$folder" ] || [ ! -w "$folder" ]; then
    echo "$0: $folder is no folder to write to" >&2
    exit 1
fi
trap 'rm -f "$folder/new.$$"' EXIT
trap 'exit 130' INT TERM
cd "$root" || exit 3 # names in the outputs are relative to it

# What the commands call, so that they can be read, copied and run as they are.
run_lookaside() { "$build/cli/lookaside" "$@"; }
run_rank() { "$build/bench/rivals/lookaside-rank" "$@"; }

while read -r name command; do
    calls=$(printf '%s\n' "$command" | sed 's|\./lookaside |run_lookaside |g
        s|lookaside-rank |run_rank |g')
    if ! { printf '$ %s\n' "$command" && (eval "$calls") </dev/null; } >"$folder/new.$$"; then
        echo "$0: failed: $command" >&2
        exit 1
    fi
    mv -f "$folder/new.$$" "$folder/$name.txt" || exit 1
done <"$here/commands.txt"
