#!/bin/sh
# SPDX-License-Identifier: 0BSD
# What `bench` and `compare` answer: exit status, standard output and message, case by case, on
# traces of a few ops. No time is judged. Output is TAP.
#   verb.sh BENCH COMPARE FAKE_BUMP FAKE_FORWARD
set -u
. "$(dirname -- "$0")/../../tests/tap.sh"

path_of() {
    case $1 in
        /*) echo "$1" ;;
        *) echo "$PWD/$1" ;;
    esac
}
bench=$(path_of "$1")
compare=$(path_of "$2")
bump=$(path_of "$3")
forward=$(path_of "$4")
directory=$(mktemp -d) || exit 3
trap 'rm -rf "$directory"' EXIT
cd "$directory" || exit 3
mkdir temporary
TMPDIR=$directory/temporary
export TMPDIR

mkdir corpus corpus/a corpus/b
{
    echo '# lookaside trace 1'
    i=0
    while [ $i -lt 200 ]; do
        printf 'alloc %d %d\nrealloc %d 500\nalloc-zeroed 1000 70000\nfree 1000\n' \
            $i $((i * 7)) $i
        i=$((i + 1))
    done
    echo 'free 3'
} >small
{
    echo '# lookaside trace 1'
    i=0
    while [ $i -lt 20 ]; do
        printf 'reserve %d 40\n' $i
        i=$((i + 1))
    done
    printf 'resize 3 90\nrelease 4\nreserve 4 16 align 256\nfree 9\n'
} >regions
printf '# lookaside trace 1\nthread 1\n' >nothing
printf '# lookaside trace 1\nalloc 0 100\nallot 1 1\n' >wrong

# check NAME STATUS OUT_REGEX ERR_REGEX ARGUMENT...
check()
{
    name=$1 status=$2 out=$3 err=$4
    shift 4
    answers_with "$name" "$status" "$out" "$err" "$program" "$@"
}
# Without a 32-bit compiler that is said each time; it is no failure.
# shellcheck disable=SC2034 # tap.sh reads it
tap_ignored='no figures for i386'

# says NAME CONDITION...: the condition holds about what the last check left behind.
says() { passes "$@"; }

# python SCRIPT: what it says about figures.json as `d`.
python() {
    python3 -c "
import json
d = json.load(open('figures.json'))
rows = {row['run_name']: row for row in d['benchmarks'] if row['run_type'] == 'iteration'}
assert ($1)"
}

# -- Without a time --------------------------------------------------------------------------------

program=$bench
check 'exact figures' 0 '^small/lookaside .* 0x[0-9a-f]{8}' '' --space --json figures.json small
says 'are JSON' python "d['space']['heap/small/lookaside']['ops'] == 801 and d['benchmarks'] == []"
cp figures.json before.json
check 'exact figures again' 0 'small' '' --space --json figures.json small
says 'are the same' cmp -s before.json figures.json
check 'the first ops' 0 'small' '' --space --json figures.json --ops 50 small
says 'and no more' python "d['space']['heap/small/lookaside']['ops'] == 50"
check 'other buckets' 0 'small' '' --space --json figures.json --buckets 64,1024 small
says 'have another digest' python "d['space'] != json.load(open('before.json'))['space']"
check 'regions' 0 '^regions/tags +22 +0' '' --space regions
check 'JSON alone' 0 '"heap/small/lookaside"' '' --space --json - small
says 'and nothing else on standard output' python3 -m json.tool out.txt /dev/null
check 'a JSON file that cannot be' 1 'small' 'no/f.json' --space --json no/f.json small
check 'buckets that are none' 2 '' 'ascending multiples of 8' --buckets 64,8 small
check 'a trace without such ops' 2 '' 'nothing was measured' --space nothing
check 'a wrong trace' 1 '' 'wrong:3:' --space wrong
check 'a wrong trace among good ones' 1 '^small' 'wrong:3:' --space wrong small
check 'a trace that is not there' 1 '' 'absent' absent
check 'minutes that are none' 2 '' 'minutes: x is not a number' --minutes x small
check 'repetitions that are none' 2 '' 'repeat: 0 is not a number' --repeat 0 small
check 'an option that is none' 2 '' 'unrecognized' --fast small
check 'a filter that is no expression' 2 '' 'filter: \(' --filter '('
check 'a filter that matches nothing' 2 '' 'nothing was measured' --filter nothing small
check 'a corpus that is not there' 3 '' 'none: No such file' --corpus none
check 'a peer without a name' 2 '' 'expected NAME=PATH' --peer "$bump" small
check 'a peer that is not there' 1 '' 'peer mine=/none: .*cannot open' --peer mine=/none small
check 'a name that is taken' 1 '' 'the name is taken' --peer "lookaside=$bump" small
check 'help' 0 'instructions' '' --help

(
    PATH=$directory
    export PATH
    "$bench" --instructions small >out.txt 2>err.txt
)
says 'without valgrind: set-up missing' [ $? -eq 3 ]
says 'and the package is named' grep -q 'package valgrind' err.txt
if command -v valgrind >/dev/null; then
    check 'instructions' 0 '^small ' '' --instructions --filter '/(lookaside|glibc)$' \
        --json figures.json small
    says 'of those that were asked for' \
        python "any(r.endswith('/glibc') for r in rows) and not any('malloc' in r for r in rows)"
    cp figures.json before.json
    check 'instructions again' 0 '^small ' '' --instructions --filter '/lookaside$' \
        --json figures.json small
    says 'of ours are the same' python "[[row['real_time'] for row in rows if row['name'][-4:] ==
        'side'] for rows in (d['benchmarks'], json.load(open('before.json'))['benchmarks'])] ==
        [[rows[n]['real_time'] for n in rows if n[-4:] == 'side']] * 2"
else
    for name in 'instructions' 'of those that were asked for' 'instructions again' \
        'of ours are the same'; do
        skip "$name" 'no valgrind'
    done
fi

# -- Time ------------------------------------------------------------------------------------------

"$bench" --filter 'heap/small/.*/floor-libc$' --repeat 1 small >out.txt 2>err.txt
if [ $? -eq 3 ]; then
    says 'without Google Benchmark: its packages are named' \
        grep -q 'libbenchmark-dev and g++' err.txt
    tap_end
fi

ours='/(lookaside|glibc|mine|floor-[a-z]*)$'
check 'a trace of ops' 0 '^small +[0-9.]+ +[0-9.]+ +-?[0-9.]+ +-?[0-9.]+' '' --filter "$ours" \
    --repeat 3 --json figures.json small
says 'the tables fit in 100 columns' awk 'length > 100 { exit 1 }' out.txt
cp figures.json before.json
check 'in brief' 0 '^small ' '' --filter "$ours" --repeat 3 --json figures.json --brief small
says 'is a row a case' python "len(d['benchmarks']) == len({r['name'] for r in d['benchmarks']}) and
    all(r['run_type'] == 'aggregate' and r['real_time'] > 0 and r['repetitions'] == 3 and
        r['spread'] >= 0 for r in d['benchmarks'])"
says 'net is without the floor' python "all('net_ns_per_op' in r for r in d['benchmarks']
    if r['run_name'].endswith('/lookaside'))"
mv before.json figures.json
says 'a row a repetition, and their aggregates' python "len([r for r in d['benchmarks'] if
    r['run_name'].endswith('/lookaside') and r['run_type'] == 'iteration']) % 3 == 0 and
    any(r.get('aggregate_name') == 'median' for r in d['benchmarks'])"
says 'net is without the floor' python "all('net_ns_per_op' in r for n, r in rows.items()
    if n.endswith('/lookaside') and n.startswith('heap/'))"
says 'the proof counts the refused' python "all(r['failed'] == 0 for r in rows.values())"
says 'versions are in it' python "'glibc' in d['context']['peers'] and
    d['context']['unit'] == 'ns per op'"
says 'no path of the machine is in it' python "'executable' not in d['context']"
says 'what was typed, and the compiler, are' python "d['context']['command'].endswith(
    ' --repeat 3 --json figures.json small') and d['context']['compiler']"
cp figures.json before.json
check 'everything about one thing' 0 'resident memory, peak' '' --json figures.json small
says 'has each variant' python "{n.split('/')[4] for n in rows if n.count('/') == 4} ==
    {'cold', 'shipped', 'latency', 'memory', 'space'}"
says 'memory over time, and what was live' python "all(
    len(r['over_kib']) == len(r['live_kib']) and len(r['over_kib']) in range(20, 51) and
    max(r['over_kib']) == r['peak_bytes'] // 1024
    for n, r in rows.items() if n.endswith('/memory'))"
says 'and each of ours and the rivals' python "{'lookaside', 'lookaside-keeps', 'rival-buddy'} <=
    {n.split('/')[3] for n in rows}"

check 'a peer of our own' 0 'mine' '' --peer "mine=$bump" --filter "$ours" --repeat 1 small
says 'is told with its file' grep -q 'mine lib*fake-bump.so' out.txt
check 'a peer that only hands on' 1 '! .*/forward: forward: op [0-9]+: glibc served' '' \
    --peer "forward=$forward" --filter '/(lookaside|forward)$' --repeat 1 small
says 'does not stop the others' grep -Eq '^small +[0-9]' out.txt

cp small corpus/a/x.lat
cp small corpus/b/x.lat
cp regions corpus/b/y.lat
check 'a corpus, filtered' 0 '^b/x ' '' --repeat 1 --corpus corpus --filter 'heap/b/.*/lookaside$'
says 'the filter keeps the others out' sh -c '! grep -Eq "^a/|mix" out.txt'
check 'recorded regions' 0 '^b/y ' '' --repeat 1 --corpus corpus \
    --filter 'vas/b/y/.*/(tags|lookaside)$'
check 'a work, filtered' 0 '^stack/50' '' --repeat 1 --corpus corpus --filter \
    'vas/stack/50/.*/(lookaside|buddy)$'
check 'an adversarial work' 0 'single/98 .*100.00' '' --repeat 1 --corpus corpus --filter \
    'adversarial/single/98/.*/lookaside$'
for thing in stack/churn/small heaps/use/8 fault/verdicts frames/single/90; do
    check "$thing" 0 "^${thing#*/}" '' --repeat 1 --corpus corpus --filter "^$thing/.*/[a-z]*$"
done

# -- A signal --------------------------------------------------------------------------------------

"$bench" --repeat 1000 --json figures.json --corpus corpus --filter '/lookaside$' >out.txt \
    2>err.txt &
bench_id=$!
sleep 4
kill -INT $bench_id 2>/dev/null || kill -TERM $bench_id
wait $bench_id
says 'a signal ends it' [ $? -eq 1 ]
says 'and says so' grep -q 'stopped' err.txt
says 'what was measured is kept' python "d['space'] and rows and d['problems'] == []"
says 'and nothing that was not' python "all(r['real_time'] > 0 for r in rows.values()) and
    not any('not_measured' in r for r in d['benchmarks'])"
says 'nothing is left behind' [ -z "$(ls temporary)" ]

# -- Comparing -------------------------------------------------------------------------------------

program=$compare
check 'compare without files' 2 '' 'expected two files'
check 'compare explains itself' 0 'U test' '' --help
check 'without its tool: set-up missing' 3 '' 'libbenchmark-tools, python3-scipy' \
    --tool none before.json before.json
"$compare" before.json before.json >out.txt 2>err.txt
if [ $? -eq 3 ]; then
    skip 'compare' 'no compare.py'
else
    says 'two runs are compared' grep -Eq 'heap/small/[^/]*/lookaside_median .*0\.0000' out.txt
    check 'a file that is not there' 1 '' 'none.json: ?.*No such file' before.json none.json
    head -c 1000 before.json >cut.json
    check 'a file that was cut' 1 '' 'cut.json:[0-9]+: ' cut.json before.json
    echo '{}' >other.json
    check 'a file of something else' 1 '' 'other.json: found no benchmarks' before.json other.json
fi

tap_end
