#!/bin/sh
# SPDX-License-Identifier: 0BSD
# What `bench` answers: exit status, standard output and message, case by case, on a trace of a few
# ops and the quickest work. No time is judged. Output is TAP.
#   verb.sh BENCH
set -u

case $1 in
    /*) bench=$1 ;;
    *) bench=$PWD/$1 ;;
esac
directory=$(mktemp -d) || exit 3
trap 'rm -rf "$directory"' EXIT
cd "$directory" || exit 3

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
printf '# lookaside trace 1\nreserve 0 20\nrelease 0\n' >regions
printf '# lookaside trace 1\nalloc 0 100\nallot 1 1\n' >wrong

number=0
failed=0

# check NAME STATUS OUT_REGEX ERR_REGEX ARGUMENT...: an empty regex wants nothing printed.
check() {
    name=$1 status=$2 out=$3 err=$4
    shift 4
    number=$((number + 1))
    "$bench" "$@" >out.txt 2>err.txt
    actual=$?
    # Without a 32-bit compiler that is said each time; it is no failure.
    sed -i '/no figures for i386/d' err.txt
    if [ "$actual" -eq "$status" ] && matches "$out" out.txt && matches "$err" err.txt; then
        echo "ok $number - $name"
        return
    fi
    failed=1
    echo "# bench $*"
    echo "# status $actual, expected $status"
    echo "# expected on standard output: ${out:-nothing}; on standard error: ${err:-nothing}"
    sed 's/^/# out: /' out.txt
    sed 's/^/# err: /' err.txt
    echo "not ok $number - $name"
}

matches() {
    if [ -z "$1" ]; then
        [ ! -s "$2" ]
    else
        grep -Eq "$1" "$2"
    fi
}

# says NAME CONDITION...: the condition holds about what the last check left behind.
says() {
    name=$1
    shift
    number=$((number + 1))
    if "$@"; then
        echo "ok $number - $name"
    else
        failed=1
        echo "not ok $number - $name"
    fi
}

check 'a trace of ops' 0 '^small +801 ' '' --repeat 1 small
says 'the table fits in 100 columns' awk 'length > 100 { exit 1 }' out.txt
check 'JSON' 0 '"target": "glibc\+mmap"' '' --repeat 1 --json - small
says 'and nothing else on standard output' \
    sh -c "if command -v python3 >/dev/null; then python3 -m json.tool out.txt /dev/null; fi"
check 'JSON to a file, with the table' 0 '^small' '' --repeat 1 --json figures.json small
says 'is there whole' grep -q '"schema": "lookaside-bench 1"' figures.json
check 'a JSON file that cannot be' 1 'small' 'no/f.json' --repeat 1 --json no/f.json small
check 'the first ops' 0 '^small +50 ' '' --repeat 1 --ops 50 small
check 'other buckets' 0 '^small' '' --repeat 1 --buckets 64,1024 small
check 'buckets that are none' 2 '' 'ascending multiples of 8' --buckets 64,8 small

cp small corpus/a/x.lat
cp small corpus/b/x.lat
cp regions corpus/b/y.lat
check 'a corpus, filtered' 0 '^b/x ' '' --repeat 1 --corpus corpus --filter 'heap/b'
says 'the filter keeps the others out' sh -c '! grep -Eq "^a/|vas|mix" out.txt'
check 'a work, filtered' 0 '^stack/50' '' --repeat 1 --corpus corpus --filter 'vas/stack/50'
says 'its table fits in 100 columns' awk 'length > 100 { exit 1 }' out.txt
check 'an adversarial work' 0 '32767x1' '' --repeat 1 --corpus corpus --filter 32767
check 'a filter that matches nothing' 2 '' 'nothing was measured' --corpus corpus --filter nothing
check 'a filter that is no expression' 2 '' 'filter: \(' --filter '('
check 'a corpus that is not there' 3 '' 'none: No such file' --corpus none
check 'a trace without heap ops' 2 '' 'nothing was measured' regions
check 'a wrong trace' 1 '' 'wrong:3:' --repeat 1 wrong
check 'a wrong trace among good ones' 1 '^small' 'wrong:3:' --repeat 1 wrong small
check 'a trace that is not there' 1 '' 'absent' absent
check 'rounds that are none' 2 '' 'repeat: 0 is not a number' --repeat 0 small
check 'an option that is none' 2 '' 'unrecognized' --fast small
check 'help' 0 'instructions' '' --help

(
    PATH=$directory
    export PATH
    "$bench" --instructions small >out.txt 2>err.txt
)
says 'without valgrind: set-up missing' [ $? -eq 3 ]
says 'and the package is named' grep -q 'package valgrind' err.txt
if command -v valgrind >/dev/null; then
    check 'instructions' 0 '^small +801 ' '' --instructions small
    cp out.txt first.txt
    check 'instructions again' 0 '^small +801 ' '' --instructions small
    says 'are the same' cmp -s first.txt out.txt
else
    for name in 'instructions' 'instructions again' 'are the same'; do
        number=$((number + 1))
        echo "ok $number - $name # SKIP no valgrind"
    done
fi
echo "1..$number"
exit $failed
