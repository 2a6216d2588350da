#!/bin/sh
# SPDX-License-Identifier: 0BSD
# Compile many sources in one way into one archive: what fuzz targets of the same engine, width,
# sanitizer and geometry share. usage: archive.sh OUT.a DEPFILE COMPILER [ARGUMENT...] -- SOURCE...
set -eu

out=$1
depfile=$2
shift 2
# The words before "--" are the command; they may hold anything but "--" itself.
command=''
while [ "$1" != -- ]; do
    command="$command '$(printf '%s' "$1" | sed "s/'/'\\\\''/g")'"
    shift
done
shift

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
for source in "$@"; do
    number=$((number + 1)) # two rooms may have a file of one name
    eval "$command" -c '"$source"' -o '"$work/$number-$(basename "$source" .c).o"' \
        -MD -MT '"$out"' -MF '"$work/$number.d"'
done
rm -f "$out"
ar rcs "$out" "$work"/*.o
cat "$work"/*.d >"$depfile"
