#!/bin/sh
# SPDX-License-Identifier: 0BSD
# Build traces/data and the table of traces/README.md from a folder of recordings. The recordings
# themselves are not part of the project; traces/README.md says how they were made.
# usage: make-corpus.sh RECORDINGS [CONVERTER]     CONVERTER: a built lookaside-import
# Exit codes: 0 done, 1 a conversion failed, 2 usage, 3 something is missing.
set -eu

[ $# -ge 1 ] && [ $# -le 2 ] || { echo "usage: $0 RECORDINGS [CONVERTER]" >&2; exit 2; }
from=$1
traces=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
import=${2:-$traces/../build/traces/lookaside-import}
[ -d "$from" ] || { echo "$0: $from: no such folder" >&2; exit 3; }
[ -x "$import" ] || { echo "$0: $import: not built (meson compile -C build)" >&2; exit 3; }

new=$(mktemp -d) # not in the tree: somebody may be looking at it
trap 'rm -rf "$new"' EXIT
trap 'exit 1' INT TERM HUP

# one RECORDING TRACE WHY [OPTION...]
one()
{
    recording=$1 trace=$2 why=$3
    shift 3
    mkdir -p "$new/$(dirname -- "$trace")"
    "$import" "$from/$recording" -o "$new/$trace.lat.zst" -s "title=$trace" \
        -s "source=$recording of the project's recordings" -s "why=$why" "$@"
    zstd -dqc "$new/$trace.lat.zst" | zstd -19 -qf -o "$new/$trace.lat.zst.19" # once, for everyone
    mv "$new/$trace.lat.zst.19" "$new/$trace.lat.zst"
}

heap64='Linux 6.18, Debian 12, x86-64, all threads on one CPU'
heap32='Debian 12 i386 in a chroot on Linux 6.18'

user() { one "user/$1.ntr.zst" "user/$1" "$2" -s "system=$heap64"; }
user cc1 'a compiler: phases, deep realloc chains, little freed at the end'
user java 'a JVM without its Java heap: 18 threads, what is made early lives to the end'
user jq 'a parse tree built and thrown away: many small objects, all freed'
user node 'JavaScript runtime with workers and network: 9 threads, wide mix of sizes'
user perl 'hashes and strings: a third of all allocations zeroed, much realloc'
user pigz 'few large buffers handed between threads: three quarters freed by another thread'
user pyraw 'Python with every object through malloc: the densest small-object load'
user python 'the same script behind its own small-object pool: what is left for malloc'
user redis 'a key-value server: hundreds of thousands of live keys, frees in a second thread'
user sort 'hardly any heap: one large block and small change'
user sqlite 'a database: short-lived small objects around a page cache'
user xz 'page-sized work: 100 MB in a handful of blocks'

user32() { one "user32/$1.mtrace1.zst" "user32/$1" "$2" -s "workload=$3" -s "system=$heap32"; }
user32 cc132 'the compiler again with 32-bit pointers: sizes shift down by a class' 'gcc 12 cc1 -O2'
user32 perl32 'hash churn with 32-bit pointers' 'perl hashes, regular expressions and sorting'
user32 py32 'the densest small-object load with 32-bit pointers' \
    'CPython 3.11 with PYTHONMALLOC=malloc'
user32 redis32 'a server with 32-bit pointers' 'redis-server 7.0 under redis-benchmark'

kernel()
{
    one "kernel/$1.ntr.zst" "kernel-kmalloc/$1" "$2" --kernel kmalloc
    one "kernel/$1.ntr.zst" "kernel-slab/$1" "$2; typed caches too" --kernel slab
}
kernel k1a 'Linux under a compiler: background noise, few objects'
kernel k1b 'Linux under tar, find and git: directory entries, inodes'
kernel k2a 'Linux under a loopback server: network buffers, epoll, remote frees'
kernel k3 'Linux under fork and exec: address space objects, short lives'
kernel k4 'Linux under mounts and 1500-file trees: names and inodes, built and torn down'
kernel k5 'Linux under bursts of threads and BPF: the widest mix, large kmalloc'

vmap() { one "kernel/$1.ntr.zst" "kernel-vas/$1" "$2" --kernel vmap --time; }
vmap k3 'areas of kernel addresses under fork and exec'
vmap k4 'areas of kernel addresses under mounts'
vmap k5 'thousands of 20 KiB kernel stacks with their guard pages'

vas() { one "vas/$1.ntr.zst" "vas/$1" "$2" --time -s "system=$heap64" -s "workload=$3"; }
vas gcc 'three short processes: ELF segments and brk' 'gcc -O2 of one file'
vas gitlog 'brk growth and nothing else, 2198 times' 'git log'
vas java 'gigabytes reserved, committed in steps, thread stacks with guards' 'OpenJDK 17 server'
vas node 'alignment by reserving twice and trimming both ends' 'node 20 with workers'
vas pythreads 'thread arenas: 64 MiB reserved each, grown by mprotect' 'Python threads'
vas redisio 'a small server with I/O threads' 'redis-server with I/O threads'
vas shell '61 processes that live for milliseconds' 'shell pipelines'
vas sort 'one large mapping' 'sort --parallel=4 -S 4M'
vas sqlite 'a heap by brk and two mremap' 'sqlite3 script'
vas vsys 'a whole process tree: 1030 address spaces in one order' 'whole-system mix'

# py2 has 209,046 calls; its time would cost more than all the rest of it.
vas32() { name=$1 to=$2; shift 2; one "vas32/$name.vas.zst" "vas32/$to" "$@"; }
vas32 chromium.26 chromium 'a browser renderer in 32 bits: reservations in 512-page units' --time \
    -s 'workload=chromium 150 headless, one page' -s "system=$heap32"
vas32 node2.0 node2 '60 JavaScript heaps in 32 bits: fragmentation close to the limit' \
    -s 'workload=nodejs 18 with 60 workers' -s "system=$heap32"
vas32 py2.0 py2 'threads, buffers of 64 KiB to 4 MiB and a brk heap that moves all the time' \
    -s 'workload=CPython 3.11, 40 rounds of 4 to 16 threads, 12000 buffers' -s "system=$heap32"

one stack/s1.ntr.zst stack/s1 \
    'in which order real stacks are touched: for the number of pages to commit' \
    --time -s 'workload=about 40 programs, from ls to a JVM' -s "system=$heap64"

# The table goes between its two marks.
table=$new/table.md
(cd "$new" && "$import" --describe */*.lat.zst) > "$table"
awk -v table="$table" '
    /^<!-- end of the table -->/ { skip = 0 }
    !skip { print }
    /^<!-- table by make-corpus.sh -->/ { while ((getline row < table) > 0) print row; skip = 1 }
' "$traces/README.md" > "$new/README.md"
rm "$table"
mv "$new/README.md" "$traces/README.md"
rm -rf "$traces/data"
cp -R "$new" "$traces/data" # all of it is good by now
chmod 755 "$traces/data"
