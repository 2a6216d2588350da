#!/bin/sh
# SPDX-License-Identifier: 0BSD
# Recording the running kernel: what is written, and that nothing stays behind in the kernel however
# the recorder ends. Needs root and tracefs, else it is skipped. usage: kernel.sh RECORD-PROGRAM
set -u
. "$(dirname -- "$0")/../../../tests/tap.sh"

program=$(readlink -f -- "$1")
tracing=/sys/kernel/tracing
[ -d $tracing/instances ] || tracing=/sys/kernel/debug/tracing
second=$tracing/instances/second-look-$$

skip() { echo "1..0 # SKIP $1"; exit 0; }
[ "$(id -u)" = 0 ] || skip 'recording the kernel needs root'
[ -w $tracing/instances ] || skip 'tracefs is not there'
mkdir "$second" 2>/dev/null || skip 'no tracefs instance can be made here'
[ -d "$second/events/kmem/kmalloc" ] || { rmdir "$second"; skip 'the kernel has no memory events'; }

work=$(mktemp -d)
chmod 755 "$work"
trap 'rmdir "$second" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
"$program" --kernel=kmalloc -o probe.txt true 2> probe
grep -q 'this build cannot' probe && skip 'built without libtracefs'
rm -f probe*

check()
{
    passes "$@"
    rm -rf "$work"/*
}

# answers CODE ARGUMENT...: the recorder's exit code, output in stdout and stderr, its number in
# number
answers()
{
    code=$1
    shift
    sh -c 'echo $$ > number; exec "$@"' sh "$program" "$@" > stdout 2> stderr
    got=$?
    [ "$got" = "$code" ] || { echo "exit code $got, expected $code"; cat stderr; return 1; }
}

says() { grep -qF -- "$2" "$1" || { echo "no '$2' in $1:"; head -n 40 "$1"; return 1; }; }
absent() { [ ! -e "$1" ] || { echo "$1 is there"; return 1; }; }

# await COMMAND...: until it succeeds, up to 10 s
await()
{
    for i in $(seq 100); do
        "$@" && return 0
        sleep 0.1
    done
    echo "never: $*"
    return 1
}

# No instance of the recorder with that number: it is gone when the recorder answers, or soon after
# it was killed.
gone() { ! ls $tracing/instances | grep -q "^lookaside-$1\$"; }
clean() { await gone "$1"; }

# Every slot is filled when it is empty and emptied when it is not, and there are N ops WORD.
fits()
{
    awk -v word="$2" -v least="$3" '
        /^#/ { next }
        { ops[$1]++ }
        { kind = $1 ~ /^(alloc|free)/ ? "block" : substr($1, 1, 1) }
        /^(alloc|reserve|stack-create)/ && full[kind, $2]++ { print "full: " $0; bad = 1 }
        /^(free|release|stack-destroy) / && --full[kind, $2] { print "empty: " $0; bad = 1 }
        END {
            if (ops[word] < least) { print ops[word] + 0 " " word ", expected " least; bad = 1 }
            exit bad
        }' "$1"
}

records_a_command()
{
    answers 0 --kernel=slab -o a.txt sh -c 'for i in 1 2 3 4 5; do ls -lR /sys/kernel/mm; done' &&
        says stderr ', 0 events lost' && says a.txt '# recorder: lookaside record --kernel slab' &&
        says a.txt '# workload: sh -c for i in' && says a.txt ' events, 0 events lost' &&
        says a.txt '# recording: the whole system; ' && says a.txt '# label: 1 ' &&
        fits a.txt alloc 500 && fits a.txt label 500 && fits a.txt mark 2 &&
        [ "$(grep -c '^time' a.txt)" = 0 ] && clean "$(cat number)"
}

records_without_labels_and_with_time()
{
    answers 0 --kernel=slab,plain -t -o a.txt ls -lR /sys/kernel/mm && fits a.txt alloc 100 &&
        fits a.txt time 100 && ! grep -E '^(label|cpu|# label)' a.txt
}

records_pages() { answers 0 --kernel=pages -o a.txt ls /sys && fits a.txt alloc-aligned 50; }

# A shell and its children: each has a main stack, whose first page is always touched.
records_stacks()
{
    [ -d "$second/events/exceptions" ] || return 0
    answers 0 --kernel=stack,tree -o a.txt sh -c 'ls /sys; ls /sys' && fits a.txt stack-create 3 &&
        fits a.txt stack-touch 6 && says a.txt 'stack-touch 0 0' &&
        [ "$(grep -c '^stack-create' a.txt)" = "$(grep -c '^stack-destroy' a.txt)" ]
}

# The kernel's own text of the same run, made by another instance. Each of those files is a kmalloc.
agrees_with_a_second_look()
{
    files=$(yes /proc/self/stat | head -n 50)
    echo 4096 > "$second/buffer_size_kb" && echo 1 > "$second/events/kmem/kmalloc/enable" &&
        answers 0 --kernel=kmalloc,tree -o %p.txt cat $files || return 1
    echo 0 > "$second/events/kmem/kmalloc/enable"
    process=$(basename -- *[0-9].txt .txt)
    expected=$(grep -c -e "-$process *\[.* kmalloc: " "$second/trace")
    found=$(grep -c '^alloc' "$process.txt")
    [ "$expected" -ge 50 ] && [ "$found" = "$expected" ] ||
        { echo "$found kmallocs, expected $expected"; return 1; }
}

# started COMMAND...: in the background, and the instance is there; sets $recorder
started()
{
    "$program" "$@" > stdout 2> stderr &
    recorder=$!
    await grep -qs 1 "$tracing/instances/lookaside-$recorder/tracing_on"
}

a_killed_recorder_leaves_nothing()
{
    started --kernel=slab -o a.lat sleep 7 || return 1
    kill -KILL "$recorder"
    wait "$recorder"
    clean "$recorder" && absent a.lat && [ "$(ls)" = "$(printf 'out\nstderr\nstdout')" ]
}

a_signal_ends_a_recording_without_command()
{
    started --kernel=slab -o a.txt || return 1
    find /proc/sys /sys/kernel > list 2> /dev/null || : # something is seen on any machine
    kill -TERM "$recorder"
    wait "$recorder" || { cat stderr; return 1; }
    says stderr ' 0 events lost' && fits a.txt alloc 1 && clean "$recorder"
}

# The command hears the signal, and has the last word.
a_signal_is_passed_to_the_command()
{
    started --kernel=slab -o a.txt sh -c 'trap "echo heard; exit 3" TERM; echo up
        for i in $(seq 100); do sleep 0.1; done' && await grep -q up stdout || return 1
    kill -TERM "$recorder"
    wait "$recorder" || { cat stderr; return 1; }
    says stdout heard && says stderr 'the command ended with exit code 3' && fits a.txt mark 2
}

# While the recorder is stopped, nobody empties a buffer of 1 MiB.
lost_events_are_told()
{
    started --kernel=slab,buffer=1 -o a.txt sh -c 'echo up; until [ -e go ]; do sleep 0.1; done
        for i in $(seq 300); do /bin/true; done; touch done' && await grep -q up stdout || return 1
    kill -STOP "$recorder"
    touch go
    await [ -e done ]
    kill -CONT "$recorder"
    wait "$recorder"
    [ $? = 1 ] && says stderr 'the trace is not whole' && says a.txt '# lost: ' &&
        ! grep ' 0 events lost' stderr && fits a.txt alloc 100
}

removes_what_the_dead_left()
{
    dead=$(sh -c 'echo $$')
    mkdir "$tracing/instances/lookaside-$dead" && answers 0 --kernel=kmalloc -o a.lat true &&
        clean "$dead"
}

a_command_that_is_not_there()
{
    answers 1 --kernel=kmalloc -o a.lat ./nothing && says stderr './nothing: No such file' &&
        absent a.lat && clean "$(cat number)"
}

a_folder_that_is_not_there()
{
    answers 3 --kernel=kmalloc -o nowhere/a.lat true && says stderr 'nowhere/a.lat: ' &&
        clean "$(cat number)"
}

wrong_words_are_usage()
{
    answers 2 --kernel=nothing -o a.lat true && says stderr "'nothing' (expected kmalloc" &&
        answers 2 --kernel=slab,nothing -o a.lat true && says stderr "'nothing' (expected tree" &&
        answers 2 --kernel=slab,seconds=0 -o a.lat true && answers 2 --kernel=slab,tree -o a.lat &&
        absent a.lat
}

stops_after_so_many_seconds()
{
    answers 0 --kernel=kmalloc,seconds=1 -o a.lat && says stderr ' events in 1.'
}

needs_root()
{
    cp "$program" record && chmod 777 . && setpriv --reuid=65534 --regid=65534 --clear-groups \
        ./record --kernel=kmalloc -o a.lat true 2> stderr
    [ $? = 3 ] && says stderr 'needs root' && absent a.lat
}

check records_a_command records_a_command
check records_without_labels_and_with_time records_without_labels_and_with_time
check records_pages records_pages
check records_stacks records_stacks
check agrees_with_a_second_look agrees_with_a_second_look
check a_killed_recorder_leaves_nothing a_killed_recorder_leaves_nothing
check a_signal_ends_a_recording_without_command a_signal_ends_a_recording_without_command
check a_signal_is_passed_to_the_command a_signal_is_passed_to_the_command
check lost_events_are_told lost_events_are_told
check removes_what_the_dead_left removes_what_the_dead_left
check a_command_that_is_not_there a_command_that_is_not_there
check a_folder_that_is_not_there a_folder_that_is_not_there
check wrong_words_are_usage wrong_words_are_usage
check stops_after_so_many_seconds stops_after_so_many_seconds
check needs_root needs_root
tap_end
