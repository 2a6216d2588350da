#!/bin/sh
# SPDX-License-Identifier: 0BSD
# Whether the outputs here are those of today, and docs/answers.md quotes them as they are. TAP.
#   check.sh BUILD
set -u

[ $# -eq 1 ] || { echo "usage: $0 BUILD" >&2; exit 2; }
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 3
root=${here%/results/answers}
build=$1
case $build in /*) ;; *) build=$PWD/$build ;; esac
directory=$(mktemp -d) || exit 3
trap 'rm -rf "$directory"' EXIT
trap 'exit 130' INT TERM
cd "$root" || exit 3
number=0
failed=0

# result NAME: of the command before; what it had to say is in $directory/said.
result() {
    status=$?
    number=$((number + 1))
    if [ $status -ne 0 ]; then
        failed=1
        sed 's/^/# /' "$directory/said"
        printf 'not '
    fi
    echo "ok $number - $1"
}

mkdir "$directory/made"
"$here/make.sh" "$build" "$directory/made" >"$directory/said" 2>&1
result 'every command runs'

for path in "$directory"/made/*.txt; do
    name=$(basename "$path")
    diff -u "$here/$name" "$path" >"$directory/said" 2>&1
    result "$name"
done

# An output whose command is gone.
for path in "$here"/*.txt; do
    name=$(basename "$path")
    [ "$name" = commands.txt ] || [ -e "$directory/made/$name" ] || echo "$name"
done >"$directory/said"
[ ! -s "$directory/said" ]
result 'every output has its command'

quotes() {
    awk -v folder="$directory/made" -f "$here/quotes.awk" "$here/commands.txt" "$1" \
        >"$directory/said" 2>&1
}

quotes docs/answers.md
result 'docs/answers.md quotes commands and figures as they are'

for change in '0,/\*\*[0-9]/s//**77&/;s/\*\*77\*\*/**77/' '0,/^\.\/lookaside /s//&--old /'; do
    sed "$change" docs/answers.md >"$directory/changed.md"
    ! quotes "$directory/changed.md"
    result 'and would not pass with another one'
done

echo "1..$number"
exit $failed
