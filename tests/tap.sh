# SPDX-License-Identifier: 0BSD
# TAP for shell tests: sourced before the test leaves its folder, and ended with tap_end.
#   . "$(dirname -- "$0")/../../tests/tap.sh"
# shellcheck shell=sh
number=0
failed=0

# passes NAME COMMAND...: the command must succeed. What it says is in ./out, and shown if it fails.
passes()
{
    name=$1
    shift
    number=$((number + 1))
    if "$@" >out 2>&1; then
        echo "ok $number - $name"
    else
        failed=1
        sed 's/^/# /' out
        echo "not ok $number - $name"
    fi
}

# answers_with NAME STATUS OUT_REGEX ERR_REGEX COMMAND...: exit status, standard output and
# messages, which are in ./out.txt and ./err.txt then. An empty regex wants nothing printed.
# tap_ignored: lines of err.txt that do not count.
tap_ignored=
answers_with()
{
    name=$1 status=$2 out=$3 err=$4
    shift 4
    number=$((number + 1))
    "$@" >out.txt 2>err.txt
    actual=$?
    if [ -n "$tap_ignored" ]; then sed -i "/$tap_ignored/d" err.txt; fi
    if [ "$actual" -eq "$status" ] && matches "$out" out.txt && matches "$err" err.txt; then
        echo "ok $number - $name"
        return
    fi
    failed=1
    echo "# $*"
    echo "# status $actual, expected $status"
    echo "# expected on standard output: ${out:-nothing}; on standard error: ${err:-nothing}"
    sed 's/^/# out: /' out.txt
    sed 's/^/# err: /' err.txt
    echo "not ok $number - $name"
}

# matches REGEX FILE: a line does, or without a regex the file is empty.
matches()
{
    if [ -z "$1" ]; then
        [ ! -s "$2" ]
    else
        grep -Eq -- "$1" "$2"
    fi
}

# skip NAME WHY
skip()
{
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

# The plan; ends the test.
tap_end()
{
    echo "1..$number"
    exit "$failed"
}
