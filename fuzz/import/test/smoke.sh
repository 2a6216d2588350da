#!/bin/sh
# SPDX-License-Identifier: 0BSD
# A fuzz target for a moment: the fixtures of its format and what the engine makes of them must all
# be a trace or a message. A canary must be caught, and for the reason it was made for, however slow
# the machine is: it is given inputs, not seconds.
# usage: smoke.sh TARGET NAME FIXTURES SEEDS DICTIONARIES SECONDS
set -u

target=$(readlink -f -- "$1")
name=$2
fixtures=$3
seeds=$4
dictionary=$5/$name.dict
seconds=$6
end=-max_total_time=$seconds
case $name in canary-*) end=-runs=4000 ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/corpus" "$work/seeds"

# What is large is cut. Where the format is found by content, all of them are seeds.
mine=$name
[ "$name" = content ] && mine='*'
for file in "$fixtures"/*.$mine "$fixtures"/*.$mine-* "$fixtures"/hostile/* "$seeds"/$mine/*; do
    [ -f "$file" ] && head -c 8192 "$file" > "$work/seeds/$(echo "$file" | tr / _)"
done
: > "$work/seeds/empty"
printf 'a line\n' > "$work/seeds/line"

# zstd may ask for a window of 128 MiB, whatever the size of its input.
set -- -seed=1 "$end" -max_len=8192 -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=192 \
    -print_final_stats=1 -artifact_prefix="$work/"
[ -f "$dictionary" ] && set -- "$@" -dict="$dictionary"
ASAN_OPTIONS=detect_leaks=1:quarantine_size_mb=16 \
    "$target" "$@" "$work/corpus" "$work/seeds" > "$work/log" 2>&1
code=$?

echo '1..1'
case $name in
canary-oracle) expected='oracle: the slot is empty: free 7' ;;
canary-memory) expected='ERROR: AddressSanitizer: heap-buffer-overflow' ;;
*) expected='' ;;
esac
if [ -n "$expected" ]; then
    if [ $code -ne 0 ] && grep -qF -- "$expected" "$work/log"; then
        echo "ok 1 - $name is caught"
        exit 0
    fi
    echo "# expected: $expected"
elif [ $code -eq 0 ]; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
    echo "ok 1 - $name: $seconds seconds, $runs inputs"
    exit 0
fi
{
    grep -E '^oracle: |ERROR: |runtime error: ' "$work/log"
    tail -n 30 "$work/log"
} | sed 's/^/# /'
for file in "$work"/crash-* "$work"/oom-* "$work"/timeout-* "$work"/leak-*; do
    [ -f "$file" ] && echo "# $(basename "$file"): $(head -c 600 "$file" | base64 -w 0)"
done
echo "not ok 1 - $name"
