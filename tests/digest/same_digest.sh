#!/bin/sh
# SPDX-License-Identifier: 0BSD
# Whether every build prints the same bytes about every recorded trace that is not too long.
#   same_digest.sh UNPACK DATA BYTES_MAX BUILD...
# BYTES_MAX is the unpacked size up to which a trace takes part. The other builds are compared with
# the first. A build "skip:NAME:REASON" is not there and is reported as skipped. Output is TAP.
set -u

if [ $# -lt 5 ]; then
    echo "usage: $0 UNPACK DATA BYTES_MAX BUILD BUILD..." >&2
    exit 2
fi
unpack=$1
data=$2
bytes_max=$3
shift 3
directory=$(mktemp -d) || exit 3
trap 'rm -rf "$directory"' EXIT

traces=0
find "$data" -type f \( -name '*.lat' -o -name '*.lat.zst' \) 2>/dev/null | LC_ALL=C sort \
    >"$directory/files"
while IFS= read -r file; do
    raw=$directory/$(printf '%s' "${file#"$data"/}" | tr / -).raw
    "$unpack" "$file" >"$raw" || exit 1
    if [ "$(wc -c <"$raw")" -gt "$bytes_max" ]; then
        rm "$raw"
    else
        traces=$((traces + 1))
    fi
done <"$directory/files"
if [ "$traces" -eq 0 ]; then
    echo "1..0 # SKIP no recorded trace of at most $bytes_max bytes in $data"
    exit 0
fi

start=$PWD
cd "$directory" || exit 3
echo "1..$#"
number=0
for build in "$@"; do
    number=$((number + 1))
    name=$(basename "$build")
    case $build in
        skip:*)
            reason=${build#skip:}
            echo "ok $number - ${reason%%:*} # SKIP ${reason#*:}"
            continue
            ;;
    esac
    case $build in
        /*) program=$build ;;
        *) program=$start/$build ;;
    esac
    if ! "$program" ./*.raw >this.txt 2>errors.txt; then
        sed 's/^/# /' errors.txt
        echo "not ok $number - $name replays every trace"
        continue
    fi
    [ -e first.txt ] || cp this.txt first.txt
    if cmp -s first.txt this.txt; then
        echo "ok $number - $name agrees on $traces traces"
    else
        diff first.txt this.txt | tr '\t' '\n' | sed 's/^/# /'
        echo "not ok $number - $name agrees on $traces traces"
    fi
done
