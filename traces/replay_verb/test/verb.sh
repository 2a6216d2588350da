#!/bin/sh
# SPDX-License-Identifier: 0BSD
# What `replay` answers: exit status, standard output and message, case by case. Output is TAP.
#   verb.sh REPLAY
set -u
. "$(dirname -- "$0")/../../../tests/tap.sh"

case $1 in
    /*) replay=$1 ;;
    *) replay=$PWD/$1 ;;
esac
directory=$(mktemp -d) || exit 3
trap 'rm -rf "$directory"' EXIT
cd "$directory" || exit 3

cat >small <<'TRACE'
# lookaside trace 1
# title: every kind of object
alloc 0 100
alloc-zeroed 1 70000
realloc 0 5000
heap-create 1
heap-use 1
alloc 2 24
reserve 0 20
commit 0 0 20
stack-create 0 32 2 16
stack-touch 0 9
stack-touch 0 20
free 1
TRACE
printf '# lookaside trace 1\nalloc 0 100\nallot 1 1\nfree 0\n' >wrong
printf '# lookaside trace 1\nalloc 0 1000000\n' >large
printf 'these are no ops\n' >foreign

# check NAME STATUS OUT_REGEX ERR_REGEX ARGUMENT...
check()
{
    name=$1 status=$2 out=$3 err=$4
    shift 4
    answers_with "$name" "$status" "$out" "$err" "$replay" "$@"
}

digest=$("$replay" --digest small | cut -d' ' -f1)

check 'summary names the figures' 0 'peak 10 pages, faults 1, overflows 1' '' small
check 'summary says what is left at the end' 0 \
    'all freed +6 pages committed, 2 after a trim$' '' small
check 'digest is one line a trace' 0 '^[0-9a-f]{16}  small$' '' --digest small
check 'real window has the same digest' 0 "^$digest  small\$" '' --digest --window real small
check 'canaries do not change the digest' 0 "^$digest" '' --digest --no-canaries small
check 'checks do not change the digest' 0 "^$digest" '' --digest --check-every 1 small
check 'json has the digest' 0 "\"digest\": \"$digest\"" '' --json small
check 'buckets can be chosen' 0 '^ +24 +1 +1 +1$' '' --buckets 24,4096 --buckets-table small
check 'a failing commit is a refused op' 0 'no memory 1,' '' --fail-commit 1 small
check 'memory can be short' 0 'no memory [1-9]' '' --limit-pages 4 small
check 'addresses can be short' 0 'no space [1-9]' '' --range-mib 1 large
sed -n 1,7p small >prefix
sed 's/^alloc-zeroed/# no op\n&/' small >commented
prefix=$("$replay" --digest prefix | cut -d' ' -f1)
check 'a trace can be cut after an op' 0 "^$prefix  small\$" '' --digest --upto 5 small
check 'the figures are those of the part' 0 'ops +5, skipped 0' '' --upto=5 commented
check 'a cut behind the end changes nothing' 0 "^$digest  small\$" '' --digest --upto 1000 small
check 'a cut before the first op is a usage error' 2 '' 'from 1 to' --upto 0 small
check 'a missing file is said' 1 '' '^lookaside replay: .*nothing-here' nothing-here
check 'a wrong op is said with its line' 1 '' '^lookaside replay: wrong:3: ' wrong
check 'a foreign file is said' 1 '' '^lookaside replay: foreign' foreign
check 'the other traces are still replayed' 1 'small$' 'wrong:3' --digest wrong small
check 'salvage goes on behind damage' 0 'skipped at 1 places' '' --salvage wrong
printf '\000\002\001\007LATB\000\005\007\003\055\000\007\002' >marked
printf '\000\002\001\007\000\000\000\000\000\005\007\003\055\000\007\002' >unmarked
printf '%s\n' '# lookaside trace 1' 'memory 8' 'fail 7' 'alloc 5 65' 'alloc 0 64' 'alloc 1 64' >told
told=$("$replay" --digest told | cut -d' ' -f1)
check 'the byte form is known by its seed' 0 "^$told  marked\$" '' --digest marked
check 'other bytes are not' 1 '' 'not a trace' --digest unmarked
check 'unless they are said to be' 0 "^$told  unmarked\$" '' --digest --bytes unmarked
check 'no trace is a usage error' 2 '' 'expected a trace'
check 'an unknown option is a usage error' 2 '' 'nonsense' --nonsense small
check 'two forms of output exclude each other' 2 '' 'exclude' --json --digest small
check 'a window is real or cheap' 2 '' 'expected real or cheap' --window wide small
for sizes in 7 32,16 16,16 16,,32 '16,' 40000 ',16' x -8 ''; do
    check "buckets \"$sizes\" are a usage error" 2 '' 'ascending multiples of 8' \
        --buckets "$sizes" small
done
for count in 0 -1 x 4097 99999999999999999999; do
    check "a range of $count MiB is a usage error" 2 '' 'from 1 to 4096' "--range-mib=$count" small
done
tap_end
