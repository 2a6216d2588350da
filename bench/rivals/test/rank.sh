#!/bin/sh
# SPDX-License-Identifier: 0BSD
# What lookaside-rank answers: exit status, standard output and message, case by case, on traces
# whose figures can be worked out by hand. Output is TAP.
#   rank.sh RANK
set -u
. "$(dirname -- "$0")/../../../tests/tap.sh"

case $1 in
    /*) rank=$1 ;;
    *) rank=$PWD/$1 ;;
esac
directory=$(mktemp -d) || exit 3
trap 'rm -rf "$directory"' EXIT
cd "$directory" || exit 3

{
    echo '# lookaside trace 1'
    printf 'reserve 0 10\nreserve 1 10\nrelease 0\nreserve 2 5\nstack-create 0 16 2 1\n'
} >space
{
    echo '# lookaside trace 1'
    printf 'reserve 0 16\nreserve 1 3\nreserve 2 16 align 16\nresize 1 40\n'
} >aligned
printf '# lookaside trace 1\nalloc 0 100000\nrealloc 0 200000\nfree 0\nalloc 1 1\n' >blocks
printf '# lookaside trace 1\nalloc 0 100\nreserve 0 2000\n' >both
printf '# lookaside trace 1\nmark 3\n' >nothing
printf '# lookaside trace 1\nalloc 0 100\nallot 1 1\n' >wrong

# check NAME STATUS OUT_REGEX ERR_REGEX ARGUMENT...
check()
{
    name=$1 status=$2 out=$3 err=$4
    shift 4
    answers_with "$name" "$status" "$out" "$err" "$rank" "$@"
}

# says NAME CONDITION...: the condition holds about what the last check left behind.
says() { passes "$@"; }

# row RIVAL REGEX: what follows the rival's name in the table.
row() {
    grep -Eq "^  $1 +$2" out.txt
}

# 10 + 10 pages, the first 10 given back, then 5 and 16: live peak 31 pages.
check 'regions and stacks' 0 'live peak 31 pages of 4096' '' space
says 'first fit fills the hole'            row free-list  '0 +0 +36 +48 '
says 'a bump pointer does not'             row bump       '0 +0 +41 +48 '
says 'segments: 16 for 10, then 16, 16'    row two-bit    '0 +0 +48 +48 '
says 'powers of two: 16, 16, 8, 16'        row buddy      '0 +0 +48 +48 '
says 'ours is among them'                  row lookaside  '0 +0 +48 +48 '
check 'in segments' 0 'live peak 3 pages of 65536' '' --segments space
says 'three of them'                       row free-list  '0 +0 +3 +3 '
cp out.txt first.txt
check 'again' 0 'address spaces' '' --segments space
says 'is the same to the byte'             cmp -s first.txt out.txt
check 'without smallest windows' 0 'free-list +0 +0 +36 +0 +- ' '' --quick space
check 'one rival' 0 'radix' '' --rivals radix space
says 'and no other'                        sh -c '! grep -Eq "free-list|lookaside" out.txt'

# 16 pages from page 16 on, 3 behind them, then 16 on a multiple of 16; then 3 grow to 40.
check 'alignment and growth' 0 'address spaces' '' --quick aligned
says 'it moves behind all others'          row free-list  '0 +1 +88 '
says 'who cannot align asks for more'      row ghost-pool '0 +1 +90 '
check 'everybody moves if told so' 0 'lookaside +0 +1 ' '' --moves --quick aligned

# 100,000 bytes, made 200,000, freed; then 1 byte.
check 'blocks' 0 'live peak 200000 bytes' '' blocks
says 'grown in place: 49 pages'            row brk        '0 +49 '
says 'moved: 25 + 49 pages'                row powers     '0 +74 '
says 'moved: 32 + 64 pages, 2 of map, 1 free' row buddy    '0 +99 '
says 'a bump pointer keeps both'           row bump       '0 +74 '
says 'a MiB at a time'                     row ghost-chunks '0 +256 '
check 'a rival with too many steps' 0 'ghost-chunks .*gave up at op [1-4]' '' --steps-max 1 blocks
says 'comes last'                          sh -c 'tail -n 1 out.txt | grep -q "gave up"'

check 'both in one trace' 0 'both: heaps' '' --window-mib 4 both
says 'the address spaces follow'           grep -q 'both: address spaces' out.txt
says 'nobody has 2000 pages in 4 MiB'      row radix      '1 '

check 'JSON' 0 '"schema": "lookaside-rank 1"' '' --json - space blocks
says 'and nothing else on standard output' \
    sh -c "if command -v python3 >/dev/null; then python3 -m json.tool out.txt /dev/null; fi"
says 'with what is not counted as null' grep -q '"steps": null' out.txt
check 'JSON to a file, with the tables' 0 'address spaces' '' --json figures.json space
says 'is there whole' grep -q '"smallest_window_pages": 48' figures.json
check 'a JSON file that cannot be' 1 'address' 'no/f.json: No such file' --json no/f.json space
check 'the rivals by name' 0 'ghost-chunks +one list' '' --list
check 'a trace without blocks and regions' 1 '' 'nothing: nothing to rank' nothing
check 'a wrong trace' 1 '' 'wrong:3:' wrong
check 'a wrong trace among good ones' 1 'address spaces' 'wrong:3:' wrong space
check 'a trace that is not there' 1 '' 'absent' absent
check 'a rival that is none' 2 '' "no rival 'slob'" --rivals brk,slob blocks
check 'a rival without a name' 2 '' "no rival ''" --rivals brk, blocks
check 'a window that is none' 2 '' 'window-mib: 0 is not' --window-mib 0 space
check 'no trace' 2 '' 'expected traces' --quick
check 'an option that is none' 2 '' 'unrecognized' --fast space
check 'help' 0 'steps-max' '' --help
check 'two traces' 0 'blocks: heaps' '' space blocks
says 'the tables fit in 100 columns' awk 'length > 100 { exit 1 }' out.txt

tap_end
