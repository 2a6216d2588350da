#!/bin/sh
# SPDX-License-Identifier: 0BSD
# What the verbs print, write and answer. usage: verbs.sh VERBS-PROGRAM SPECIFICATION
set -u
. "$(dirname -- "$0")/../../../tests/tap.sh"

program=$(readlink -f -- "$1")
specification=$(readlink -f -- "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

check() { passes "$@"; }

# answers CODE VERB...: the verb's exit code, output in stdout and stderr
answers()
{
    code=$1
    shift
    "$program" "$@" > stdout 2> stderr
    got=$?
    [ "$got" = "$code" ] || { echo "exit code $got, expected $code"; cat stderr; return 1; }
}

says() { grep -qF -- "$2" "$1" || { echo "no '$2' in:"; cat "$1"; return 1; }; }

cat > a.txt <<'END'
# lookaside trace 1
# title: by hand
alloc 0 100 recorded 128
alloc 1 20
free 0
thread 3
reserve 0 16
release 0
END

round_trip()
{
    answers 0 dump a.txt -o b.lat.zst && answers 0 dump b.lat.zst -o b.lat &&
        answers 0 dump b.lat && cmp stdout a.txt
}

from_stdin() { "$program" dump - < b.lat.zst > stdout && cmp stdout a.txt; }

# What all the figures are is info_test.py's.
info_for_people()
{
    answers 0 info b.lat.zst && says stdout 'b.lat.zst' && says stdout 'binary in zstd' &&
        says stdout 'by hand' && says stdout 'recorded waste'
}

info_for_programs()
{
    answers 0 info --json b.lat a.txt && python3 -c '
import json, sys
a = json.load(open("stdout"))
assert len(a) == 2 and a[0]["ops"] == 6 and a[0]["slots"]["blocks"] == 2, a
assert a[1]["text"] == [["title", "by hand"]] and a[1]["form"] == "text", a
assert a[0]["recorded"]["sum_ppm"] == 1280000, a'
}

import_takes_traces_too()
{
    answers 0 import b.lat.zst -o g.txt -s note=copied && sed 2d g.txt | cmp - a.txt &&
        says g.txt '# note: copied' && damage &&
        answers 1 import bad.lat -o h.lat && says stderr 'bad.lat: offset 111' && [ ! -e h.lat ]
}

# Byte 120 lies in the only chunk.
damage() { cp b.lat bad.lat && printf '\377' | dd of=bad.lat bs=1 seek=120 conv=notrunc 2> dd.log; }

damaged_is_an_error()
{
    damage && answers 1 dump bad.lat -o c.txt &&
        says stderr "dump: bad.lat: offset 111: the chunk's checksum does not match" &&
        [ ! -e c.txt ] && answers 1 info bad.lat && says stderr 'offset 111'
}

salvage_keeps_the_rest()
{
    head -c 100000 /dev/zero | tr '\0' 'x' | sed 's/x/free 7\n/g' > ops.txt
    cat a.txt ops.txt > many.txt
    answers 0 dump many.txt -o many.lat && answers 0 dump many.lat -o - &&
        whole=$(wc -l < stdout) &&
        printf 'xx' | dd of=many.lat bs=1 seek=70000 conv=notrunc 2> dd.log &&
        answers 1 dump many.lat -o saved.txt && [ ! -e saved.txt ] &&
        answers 0 dump --salvage many.lat -o saved.txt && says stderr 'salvaged' &&
        says saved.txt '# salvaged: ' && [ "$(wc -l < saved.txt)" -lt "$whole" ] &&
        [ "$(wc -l < saved.txt)" -gt 30000 ]
}

wrong_line_is_named()
{
    printf '# lookaside trace 1\nfree 1\nfree\n' > bad.txt
    answers 1 dump bad.txt -o d.lat && [ ! -e d.lat ] &&
        says stderr 'dump: bad.txt:3: the line ends early, expected a block slot'
}

usage_is_2() { answers 2 dump && answers 2 info && answers 2 import && answers 2 dump -x a.txt; }
help_is_there()
{
    for verb in info dump import; do
        answers 0 "$verb" --help && says stdout 'Usage: ' || return 1
    done
}

conversion()
{
    printf '# ntr-user 1\n0 1 m 1 8\n0 1 f 1\n' > in
    answers 0 import in -o e.lat.zst -s title=mine -s 'why=a=b' && answers 0 dump e.lat.zst &&
        says stdout '# title: mine' && says stdout '# why: a=b' && says stdout 'alloc 0 8' &&
        answers 0 import --describe e.lat.zst && says stdout '| e | 2 | 1 | 8 | 1 | ' &&
        answers 1 import in -o f.lat -s title && says stderr 'expected KEY=VALUE' &&
        answers 1 import in -o f.lat -s 'Title=x' && says stderr 'is no key' &&
        answers 1 import a.txt -o f.lat --from ntr-user && says stderr 'a.txt:3: found ' &&
        : > none && answers 1 import none -o f.lat && says stderr 'the file is empty' &&
        echo hello > odd && answers 1 import odd -o f.lat && says stderr 'an unknown format' &&
        answers 2 import in -o f.lat --from bogus && says stderr 'no format bogus' &&
        answers 2 import in -o f.lat --kernel vmalloc && says stderr 'expected kmalloc' &&
        [ ! -e f.lat ]
}

# The dump in docs/trace-format.md is that of its own example.
specification_is_true()
{
    printf '%s\n' '# lookaside trace 1' '# title: tiny' 'alloc 0 24' 'alloc 1 100 recorded 128' \
        'free 0' 'alloc 0 24' 'reserve 0 16' 'stack-touch 0 3' > tiny.txt
    sed -n '/^<!-- tiny.lat -->/,/^<!-- end/p' "$specification" | grep '^0' > wanted
    answers 0 dump tiny.txt -o tiny.lat && od -A d -t x1 tiny.lat > got && diff wanted got
}

# The example of the byte form in docs/trace-format.md, as bytes, text and bytes again.
byte_form()
{
    printf '\000\002\001\007LATB\000\005\007\003\355\000\007\002\351\000\001\000' > e.lab
    answers 0 dump e.lab && mv stdout e.txt && [ "$(wc -l < e.txt)" = 134 ] &&
        says e.txt 'memory 8' && says e.txt 'fail 7' && says e.txt 'alloc 5 65' &&
        says e.txt 'alloc 127 64' && [ "$(tail -n 2 e.txt | tr '\n' ' ')" = 'free 5 free 0 ' ] &&
        answers 0 dump e.txt -o f.lab && ! [ -s stderr ] && answers 0 dump f.lab &&
        cmp stdout e.txt && answers 0 info e.lab && says stdout 'bytes'
}

# Other bytes are in byte form only if somebody says so, and then always.
bytes_are_believed()
{
    printf '\013\060\000\000\001\002\003\004\000\005\007\003' > x && answers 1 dump x &&
        says stderr 'this is not a trace' && answers 0 dump --bytes x &&
        says stdout '# geometry: tiny' && says stdout '# shape: 2' &&
        says stdout '# content-seed: 67305985' &&
        says stdout 'alloc 5 65' && answers 0 info --bytes x && answers 0 dump --bytes a.txt &&
        gzip -c a.txt > a.gz && answers 0 dump --bytes a.gz && answers 0 dump --bytes - < x &&
        answers 0 dump --bytes x -o y.lab && cmp x y.lab
}

# What .lab cannot tell is told.
bytes_tell_their_losses()
{
    printf '%s\n' '# lookaside trace 1' 'alloc 2000 5' 'alloc 1 70001' 'thread 4' 'free 1' > l.txt
    answers 0 dump l.txt -o l.lab && says stderr 'l.lab: 1 ops told with another number' &&
        says stderr 'l.lab: 2 ops left out' && answers 0 dump l.lab &&
        [ "$(sed 1d stdout | tr '\n' ' ')" = 'alloc 1 70016 free 1 ' ]
}

echo 1..17
check 'the byte form is a form like any other' byte_form
check 'any bytes are in byte form if so said' bytes_are_believed
check 'the byte form tells what it cannot tell' bytes_tell_their_losses
check 'text to binary and back is loss-free' round_trip
check 'a trace comes from stdin' from_stdin
check 'info tells people' info_for_people
check 'info tells programs' info_for_programs
check 'damage is an error with its offset and leaves no file' damaged_is_an_error
check 'salvage keeps the rest' salvage_keeps_the_rest
check 'a wrong line is named' wrong_line_is_named
check 'wrong usage is exit code 2' usage_is_2
check 'every verb has --help' help_is_there
check 'import writes what it is told' conversion
# What -o means does not depend on who may write to /dev.
pipes_and_devices()
{
    "$program" dump a.txt -o /dev/stdout | cmp - a.txt && answers 0 import a.txt -o /dev/null &&
        mkdir -p there && answers 1 dump a.txt -o there &&
        says stderr 'there: cannot write: Is a directory'
}

full_device() { [ ! -c /dev/full ] || ! "$program" dump a.txt > /dev/full; }
check 'import takes traces too' import_takes_traces_too
check 'pipes and devices are outputs, folders are not' pipes_and_devices
check 'a full device is an error' full_device
check 'the example of the specification is true' specification_is_true
