#!/bin/sh
# SPDX-License-Identifier: 0BSD
# What `record --vas` makes of a program with known mappings. usage: vas.sh RECORD PROGRAM
set -u
. "$(dirname -- "$0")/../../../tests/tap.sh"

record=$(readlink -f -- "$1")
program=$(readlink -f -- "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

if ! command -v strace > which.txt; then
    echo '1..0 # SKIP no strace'
    exit 0
fi
if ! strace -f --seccomp-bpf -o probe.txt true 2> probe.err; then
    echo "1..0 # SKIP strace does not work here: $(head -n 1 probe.err)"
    exit 0
fi

check() { passes "$@"; }

# answers CODE ARGUMENT...: the recorder's exit code, output in stdout and stderr
answers()
{
    code=$1
    shift
    "$record" --vas "$@" > stdout 2> stderr
    got=$?
    [ "$got" = "$code" ] || { echo "exit code $got, expected $code"; cat stderr; return 1; }
}

says() { grep -qF -- "$2" "$1" || { echo "no '$2' in $1:"; cat "$1"; return 1; }; }

# story FILE WORD PAGES: the ops on the object that WORD made with PAGES, up to its end
story()
{
    awk -v word="$2" -v pages="$3" '
        $1 ~ /^(thread|time)$/ || ($1 ~ /^stack-/) != (word ~ /^stack-/) { next }
        $1 == word && $3 == pages && !found { found = 1; slot = $2 }
        found && $2 == slot {
            line = $1
            for (i = 3; i <= NF; i++) line = line " " $i
            print line
            if ($1 ~ /release|destroy/) exit
        }' "$1"
}

# tells FILE WORD PAGES OPS: the story in one line, ops parted by ", "
tells()
{
    got=$(story "$1" "$2" "$3" | paste -s -d , | sed 's/,/, /g')
    [ "$got" = "$4" ] || { echo "of $2 $3: $got"; echo "expected: $4"; return 1; }
}

balanced()
{
    made=$(grep -cE '^(reserve|stack-create) ' "$1")
    ended=$(grep -cE '^(release|stack-destroy) ' "$1")
    [ "$made" = "$ended" ] || { echo "$made made, $ended ended"; return 1; }
}

whole_tree()
{
    answers 0 -o all.txt -- "$program" && says stderr 'all.txt: 2 processes, 3 threads, '
}

in_header()
{
    says all.txt "# workload: $program" && says all.txt "# system: $(uname -sr)" &&
        says all.txt '# recorder: strace ' &&
        says all.txt '# recording: 2 processes, 3 threads, ' &&
        says all.txt '# dropped: 1 ops on mappings inherited by a fork'
}

parts()
{
    tells all.txt reserve 1237 'reserve 1237, commit 16 32, decommit 20 4, commit 100 10, '\
'decommit 0 600, release'
}

moved()
{
    tells all.txt reserve 771 'reserve 771, commit 0 771, resize 1543, commit 771 772, release'
}

stack() { tells all.txt stack-create 80 'stack-create 80 2 3, stack-destroy'; }

in_thread() { tells all.txt reserve 659 'reserve 659, commit 0 659, release'; }

inherited() { tells all.txt reserve 547 'reserve 547, commit 0 547, release'; }

by_child() { tells all.txt reserve 983 'reserve 983, commit 0 983, release'; }

# The fork has the smaller number only where numbers wrapped around: find it by what it did.
one_each()
{
    answers 0 -o each-%p.txt -- "$program" || return 1
    set -- each-*.txt
    [ $# = 2 ] || { echo "$# files: $*"; return 1; }
    child=$(grep -l '^reserve [0-9]* 983$' "$@")
    parent=$(grep -L '^reserve [0-9]* 983$' "$@")
    [ -n "$child" ] && [ -n "$parent" ] && ! grep -q '^reserve [0-9]* 1237$' "$child" &&
        tells "$child" reserve 983 'reserve 983, commit 0 983, release' &&
        tells "$parent" reserve 547 'reserve 547, commit 0 547, release' &&
        balanced "$child" && balanced "$parent" && says "$child" 'of 2 processes'
}

timed()
{
    ! grep -q '^time ' all.txt && answers 0 -t -o time.txt -- "$program" &&
        grep -q '^time ' time.txt
}

binary() { answers 0 -o a.lat.zst -- "$program" && [ -s a.lat.zst ]; }

codes()
{
    answers 0 -o code.txt -- "$program" one two && says stderr 'the command ended with exit code 2'
}

killed()
{
    answers 0 -o killed.txt -- sh -c 'kill -INT $$; sleep 9' && balanced killed.txt &&
        says stderr 'the command was ended by signal 2'
}

# A second SIGTERM is for a command that does not care about the first.
stubborn()
{
    "$record" --vas -o stubborn.txt -- sh -c 'trap "" TERM; : > ready; while :; do :; done' \
        2> stderr &
    verb=$!
    while [ ! -e ready ]; do sleep 0.05; done
    kill -TERM $verb && sleep 0.5 && kill -0 $verb && kill -TERM $verb && wait $verb &&
        says stderr 'the command was ended by signal 9' && [ -s stubborn.txt ]
}

# Without strace its filter fails the calls it was to follow, so the shell cannot even exit.
strace_killed()
{
    answers 1 -o short.txt -- sh -c 'kill -9 $(sed -n s/^TracerPid:.//p /proc/self/status)' &&
        says stderr 'cut short: strace ended early' && says short.txt '# truncated: '
}

# A file without a name cannot be kept where the file system only pretends to have some.
has_unnamed_files()
{
    python3 -c 'import os; os.open(".", os.O_TMPFILE | os.O_RDWR)'
}

kept()
{
    mkdir -p kept && TMPDIR=$work/kept answers 1 -o /dev/full -- "$program" || return 1
    set -- kept/*.strace
    says stderr '/dev/full: cannot write: No space left on device' && { ! has_unnamed_files || {
        says "$1" 'exited with 0' &&
            says stderr "what was recorded stays: lookaside import $work/$1 -o /dev/full"; }; }
}

no_command()
{
    answers 1 -o none.txt -- ./nothing-here && says stderr './nothing-here' && [ ! -e none.txt ]
}

no_program()
{
    echo text > file && answers 1 -o none.txt -- ./file && says stderr 'no program was run' &&
        [ ! -e none.txt ]
}

no_folder() { answers 1 -o nowhere/a.txt -- true && says stderr 'nowhere/a.txt: cannot write: '; }

no_strace()
{
    mkdir -p empty && PATH=$work/empty answers 3 -o none.txt -- /bin/true &&
        says stderr 'strace is not here' && [ ! -e none.txt ]
}

nothing_left() { [ -z "$(find . -name '.*' -type f)" ]; }

echo '1..22'
check 'the whole tree is one trace' whole_tree
check 'the header text tells where it comes from' in_header
check 'parts are committed and decommitted, the region lives until its last page' parts
check 'a mapping that moves keeps its region' moved
check 'a stack has the guard that was asked for' stack
check 'a mapping made by one thread is unmapped by another' in_thread
check 'a child does not unmap what its parent has' inherited
check 'what a child has goes with it' by_child
check 'everything has gone in the end' balanced all.txt
check 'with %p each process has a trace' one_each
check 'times are kept on request' timed
check 'a binary trace is written by its name' binary
check 'the exit code of the command is told' codes
check 'a command that is killed leaves a whole trace' killed
check 'a second SIGTERM ends a command that ignores the first' stubborn
check 'a strace that is killed leaves a trace that says so' strace_killed
check 'what cannot be converted stays' kept
check 'a command that is not there is no trace' no_command
check 'a file that is no program is no trace' no_program
check 'a folder that is not there is told before' no_folder
check 'without strace it says so' no_strace
check 'no other file is left' nothing_left
