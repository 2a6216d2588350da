#!/bin/sh
# SPDX-License-Identifier: 0BSD
# The one program as a user meets it: every verb is wired to its own room, and files that are no
# good are told by name and offset. What the verbs do is tested in their rooms. A line `not ok`
# without a number is one too many for the plan, and fails the test as well.
# Usage: cli.sh PROGRAM SOURCE_ROOT
set -u
program=$(readlink -f -- "$1")
corpus=$(readlink -f -- "$2")/traces/data
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
count=0

check() # NAME EXPECTED_STATUS EXPECTED_TEXT ARGUMENT...
{
    name=$1 expected=$2 text=$3
    shift 3
    count=$((count + 1))
    "$program" "$@" > out 2>&1
    status=$?
    if [ "$status" -eq "$expected" ] && grep -qF -- "$text" out; then
        echo "ok $count - $name"
    else
        echo "not ok $count - $name"
        echo "# exit $status, expected $expected and \"$text\":"
        sed 's/^/# /' out | head -n 12
    fi
}

echo 1..32
check 'without a verb it lists them' 2 'usage: lookaside VERB'
check 'an unknown verb is a usage error' 2 "'tuen' is no verb" tuen
check 'it tells its version' 0 'lookaside ' --version
for verb in tune info dump replay import export record plot bench compare report; do
    check "$verb explains itself" 0 'Usage:' "$verb" --help
    check "$verb refuses unknown options" 2 "lookaside $verb: unrecognized option" \
        "$verb" --no-such-option
    grep -qF "lookaside $verb --help" out || echo "not ok - $verb does not say what to type"
done

check 'replay prints one digest a trace' 0 'sort.lat.zst' \
    replay --digest "$corpus/user/sort.lat.zst" "$corpus/vas/sort.lat.zst"
[ "$(grep -cE '^[0-9a-f]{16}  ' out)" = 2 ] || echo 'not ok - two digest lines'
check 'tune takes a trace and ends in a table' 0 'Recommended:' \
    tune --quick --buckets 24 --out tuned "$corpus/user/sqlite.lat.zst"

"$program" dump -o good.lat "$corpus/user/sort.lat.zst" || echo 'not ok - dump'
head -c 700 good.lat > truncated.lat
{ head -c 900 good.lat; printf '\377\377'; tail -c +903 good.lat; } > flipped.lat
: > empty.lat
echo 'int main(void) { return 0; }' > foreign.lat
for bad in truncated flipped empty foreign; do
    check "a file that is $bad is told with its offset" 1 "$bad.lat: " replay --digest "$bad.lat"
    grep -qE 'offset [0-9]+|lat:[0-9]+:' out || echo "not ok - no place named in $bad"
done
check 'tune leaves nothing of a bad trace' 1 'flipped.lat: ' tune --out nothing flipped.lat
[ ! -e nothing ] || echo 'not ok - something was written'
