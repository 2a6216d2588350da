#!/bin/sh
# SPDX-License-Identifier: 0BSD
# What a heap leaves behind and how far it spreads, on every recorded heap. Output is TAP.
#   bounds.sh UNPACK BUILD DATA
#
#   all freed and trimmed    at most 256 KiB committed: the segment table and its entries
#   addresses at the peak    at most 1.25 times the live bytes' peak + 3 MiB: each of 56 buckets has
#                            a segment of its own as soon as it has a block
set -u

[ $# -eq 3 ] || { echo "usage: $0 UNPACK BUILD DATA" >&2; exit 2; }
unpack=$1
build=$2
data=$3
directory=$(mktemp -d) || exit 3
trap 'rm -rf "$directory"' EXIT

(cd "$data" && ls kernel-kmalloc/* kernel-slab/* user/* user32/*) >"$directory/files" || exit 3
echo "1..$(wc -l <"$directory/files")"
number=0
while read -r file; do
    number=$((number + 1))
    "$unpack" "$data/$file" >"$directory/raw" 2>"$directory/errors" &&
        "$build" "$directory/raw" >"$directory/figures" 2>>"$directory/errors"
    sed 's/^/# /' "$directory/errors"
    tr '\t' '\n' <"$directory/figures" | awk -v name="$number - $file" '
        $1 == "live_bytes" { live = $3 }
        $1 == "va_segments" { addresses = $3 * 65536 }
        $1 == "after" { trimmed = $3 * 4096 }
        END {
            good = live > 0 && trimmed > 0 && trimmed <= 262144 &&
                addresses <= 1.25 * live + 3 * 1048576
            printf "# live %d, addresses %d, trimmed %d bytes\n", live, addresses, trimmed
            print (good ? "ok " : "not ok ") name
        }'
done <"$directory/files"
