#!/bin/sh
# SPDX-License-Identifier: 0BSD
# The golden figures of recorded traces: file, digest, footprint peak (pages), live peak (bytes).
#   golden.sh UNPACK BUILD DATA GOLDEN           compare (TAP)
#   golden.sh --write UNPACK BUILD DATA GOLDEN   write GOLDEN anew from every trace under DATA
set -u

write=no
if [ "${1-}" = --write ]; then
    write=yes
    shift
fi
[ $# -eq 4 ] || { echo "usage: $0 [--write] UNPACK BUILD DATA GOLDEN" >&2; exit 2; }
unpack=$1
build=$2
data=$3
golden=$4
directory=$(mktemp -d) || exit 3
trap 'rm -rf "$directory" "$golden.new"' EXIT

# One golden line for the trace at $data/$1; nothing if it cannot be replayed.
line_of() {
    "$unpack" "$data/$1" >"$directory/raw" 2>"$directory/errors" &&
        "$build" "$directory/raw" >"$directory/figures" 2>"$directory/errors" &&
        tr '\t' '\n' <"$directory/figures" |
        awk -v file="$1" '
            $1 == "digest" { digest = $2 }
            $1 == "footprint_pages" { footprint = $3 }
            $1 == "live_bytes" { live = $3 }
            END { printf "%s\t%s\t%s\t%s\n", file, digest, footprint, live }'
}

# The names of all recorded traces, in the order of the golden file.
list_files() {
    (cd "$data" && find . -type f \( -name '*.lat' -o -name '*.lat.zst' \)) 2>/dev/null |
        sed 's|^\./||' | LC_ALL=C sort
}

if [ "$write" = yes ]; then
    header='file\tdigest\tfootprint_peak_pages\tlive_peak_bytes\n'
    # shellcheck disable=SC2059
    printf "$header" >"$golden.new" || exit 1
    list_files >"$directory/files"
    while read -r file; do
        if ! line_of "$file" >>"$golden.new"; then
            echo "$file: cannot be replayed" >&2
            cat "$directory/errors" >&2
            exit 1
        fi
    done <"$directory/files"
    mv "$golden.new" "$golden"
    exit
fi

[ -s "$golden" ] || { echo "1..0 # SKIP no $golden yet: run regenerate.sh"; exit 0; }
echo "1..$(wc -l <"$golden")"
number=0
sed 1d "$golden" >"$directory/lines"
while IFS= read -r expected; do
    number=$((number + 1))
    file=$(printf '%s\n' "$expected" | cut -f1)
    actual=$(line_of "$file")
    if [ "$actual" = "$expected" ]; then
        echo "ok $number - $file"
    else
        sed 's/^/# /' "$directory/errors"
        echo "# expected $expected"
        echo "# actual   $actual"
        echo "not ok $number - $file"
    fi
done <"$directory/lines"

list_files >"$directory/files"
cut -f1 "$directory/lines" | LC_ALL=C sort | LC_ALL=C comm -13 - "$directory/files" \
    >"$directory/unlisted"
sed 's/^/# not listed: /' "$directory/unlisted"
[ ! -s "$directory/unlisted" ] || printf 'not '
echo "ok $((number + 1)) - every recorded trace is listed"
