#!/bin/sh
# SPDX-License-Identifier: 0BSD
# The verb as users run it, on a small corpus of text traces. TAP 13.
# usage: verb_test.sh TUNE-PROGRAM SOURCE-ROOT
set -u
tune=$(cd "$(dirname "$1")" && pwd)/$(basename "$1") # the test changes folders
root=$2
dir=$(mktemp -d) || exit 3
trap 'rm -rf "$dir"' EXIT
n=0

ok() # DESCRIPTION; the status of the command before
{
    status=$?
    n=$((n + 1))
    if [ $status -eq 0 ]; then echo "ok $n - $1"; else echo "not ok $n - $1"; fi
}

# A program that keeps blocks of two sizes live.
make_trace() # FILE SIZE SIZE
{
    mkdir -p "$(dirname "$1")"
    awk -v a="$2" -v b="$3" 'BEGIN {
        print "# lookaside trace 1"
        for (i = 0; i < 4000; i++) {
            slot = i % 700
            if (i >= 700) print "free " slot
            print "alloc " slot " " (i % 3 ? a : b)
        }
    }' > "$1"
}
make_trace "$dir/corpus/user/one.lat" 40 1000
make_trace "$dir/corpus/user/two.lat" 88 3000
make_trace "$dir/corpus/user/three.lat" 120 500
make_trace "$dir/corpus/kernel-slab/four.lat" 192 640
make_trace "$dir/mine.lat" 4368 24

# What a JSON file holds, by a Python expression on it, `d`.
figure() # FILE EXPRESSION
{
    python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$@"
}

cd "$dir" || exit 3
run() { "$tune" --corpus "$dir/corpus" --quick "$@"; }

echo "1..23"
run --emit table.c --json figures.json > text 2> errors
ok "tuning a small corpus succeeds"
[ -s results/tune/tune.txt ] && [ -s results/tune/tune.json ] && grep -q Recommended text
ok "it leaves reports in results/tune and says what it recommends"
python3 -m json.tool figures.json > /dev/null && cmp -s figures.json results/tune/tune.json
ok "the JSON parses"

cat > use.c <<'END'
#include <lookaside/bucket.h>
#include <stdio.h>
int main(void)
{
    for (uint32_t i = 0; i < bucket_default_count; i++)
        printf("%u\n", bucket_default_bytes[i]);
    return 0;
}
END
${CC:-cc} -std=c11 -Wall -Wextra -Werror -I "$root/core/include" table.c use.c -o use
ok "the emitted C file compiles"
./use > emitted
figure figures.json '"\n".join(map(str, d["recommended"]["table"]))' > wanted
[ -s emitted ] && cmp -s emitted wanted
ok "the emitted table is the recommended one"
head -n 1 table.c | grep -q '^/\* SPDX-License-Identifier: 0BSD \*/$' && ! grep -q "$dir" table.c
ok "it begins with its licence and names no path"
if command -v gnuplot > /dev/null; then
    (cd results/tune && [ -s waste.svg ] && [ -s sizes.svg ] && [ -s footprint.svg ])
else
    grep -q gnuplot errors
fi
ok "pictures are drawn, or it says why not"

mv results first
run --emit table2.c --jobs 1 > /dev/null 2>&1
ok "it runs again, in one process"
diff -r first results > /dev/null && cmp -s table.c table2.c
ok "the same input gives the same bytes"
[ -s first/tune/tune.json ] && [ "$(ls first/tune | grep -c -v -e svg$ -e dat$ -e gp$)" -eq 2 ]
ok "no half-written file is left"

run --buckets 20 > /dev/null 2>&1 &&
    [ "$(figure results/tune/tune.json 'len(d["recommended"]["table"])')" = 20 ]
ok "a bucket count can be asked for"
run "$dir/mine.lat" > text 2> errors
ok "own traces can be tuned for"
grep -q 'unseen' text && grep -q 'shipped corpus' text
ok "then the corpus says how the table does elsewhere"
[ "$(figure results/tune/tune.json '4368 in d["recommended"]["table"]')" = True ] &&
    [ "$(figure results/tune/tune.json 'sum(t["training"] for t in d["traces"])')" = 1 ]
ok "and it is made for the given trace alone"

run --json - --out elsewhere > text 2> errors && python3 -m json.tool text > /dev/null
ok "--json - writes nothing but JSON to stdout"

# Moving edges takes for ever with this budget; by then everything before it is finished.
rm -rf results
"$tune" --corpus "$dir/corpus" --improve 100000 --emit cut.c > text 2> errors &
sleep 5
kill -INT $!
wait $!
[ $? -eq 130 ] && [ -s cut.c ] && [ "$(figure results/tune/tune.json 'd["interrupted"]')" = True ]
ok "an interrupt leaves what is finished, exit 130"

rm -rf results
printf '# lookaside trace 1\nalloc 0 24\nalloc what\n' > bad.lat
run bad.lat > text 2> errors; [ $? -eq 1 ] && grep -q 'bad.lat:3' errors && [ ! -e results ]
ok "a bad text trace is named with its line, exit 1, nothing written"
printf 'nonsense\001\002\003' > bad.lat
run bad.lat > text 2> errors; [ $? -eq 1 ] && grep -q 'bad.lat' errors && [ ! -e results ]
ok "a file that is no trace is an error, exit 1"
run --no-such-option > text 2> errors; [ $? -eq 2 ] && [ -s errors ]
ok "an unknown option is a usage error, exit 2"
run --buckets nine > text 2> errors; [ $? -eq 2 ] && grep -q nine errors
ok "a bad number is a usage error, exit 2"
run --buckets 3 > text 2> errors; [ $? -eq 2 ] && grep -q anchors errors
ok "too few buckets for the rules: says what to do, exit 2"
"$tune" --corpus "$dir/nowhere" > text 2> errors; [ $? -eq 3 ] && grep -q nowhere errors
ok "no corpus is a missing set-up, exit 3"
touch file
run --out file/below > text 2> errors; [ $? -eq 1 ] && grep -q file/below errors
ok "an output folder that cannot be made is an error, exit 1"
