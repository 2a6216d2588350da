#!/bin/sh
# SPDX-License-Identifier: 0BSD
# Real programs under the recorder: no hole, no unknown free, no free that was missed, and a trace
# that replays. What is not installed is skipped. Output is TAP.
#   programs.sh LOOKASIDE [--all]     LOOKASIDE is the program; --all: the slow ones too
set -u

lookaside=$(readlink -f -- "$1")
all=${2:-}
work=$(mktemp -d) || exit 3
server=''
trap 'if [ -n "$server" ]; then kill "$server"; fi; rm -rf "$work"' EXIT
cd "$work" || exit 3
number=0
failed=0
whole=' [1-9][0-9]* calls, [0-9]+ threads?, 0 holes, 0 unknown frees(, [0-9]+ programs by exec)?$'

# result NAME: judge the traces in the folder, what the recorder said in `said` and its exit code
result()
{
    name=$1 code=$2 wrong=''
    number=$((number + 1))
    if [ "$code" -ne 0 ]; then wrong="exit code $code"; fi
    lines=$(grep -c ' calls, ' said)
    good=$(grep -Ec "$whole" said)
    if [ "$lines" -eq 0 ] || [ "$lines" -ne "$good" ]; then
        wrong="$wrong; $good of $lines whole"
    fi
    if ! "$lookaside" replay --digest --no-canaries ./*.lat >digests 2>&1; then
        wrong="$wrong; replay: $(cat digests)"
    fi
    if [ -z "$wrong" ]; then
        echo "ok $number - $name # $(grep -o '[0-9]* calls.*' said | head -n 1)"
    else
        failed=1
        sed 's/^/# /' said
        echo "not ok $number - $name # $wrong"
    fi
    rm -f -- *.lat said digests
}

skip() { number=$((number + 1)); echo "ok $number - $1 # SKIP $2"; }

# program NAME NEED COMMAND...: record a command, if the program NEED is there
program()
{
    name=$1 need=$2
    shift 2
    if ! command -v "$need" >/dev/null 2>&1; then skip "$name" "no $need"; return; fi
    "$lookaside" record -o trace.%p.lat -- "$@" >out 2>said </dev/null
    result "$name" $?
}

cat >words.py <<'END'
import json, re, threading
table = {"key%d" % i: [i] * (i % 9) for i in range(3000)}
text = json.dumps(table)
threads = [threading.Thread(target=lambda: len(json.loads(text))) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(re.findall("key[0-9]*7", text)))
END
cat >words.pl <<'END'
my %h; $h{"key$_"} = "v" x ($_ % 50) for 1 .. 5000;
my $n = grep { /7(.)3/ } sort keys %h;
if (my $child = fork) { waitpid $child, 0 } else { my @a = map { "$_" x 9 } 1 .. 999; exit 0 }
print "$n\n";
END
cat >rows.sql <<'END'
create table t(a, b);
with recursive c(x) as (values(1) union all select x + 1 from c where x < 3000)
insert into t select x, hex(x * x) from c;
create index i on t(b);
select count(*), max(b) from t where b like '%3';
END
cat >small.c <<'END'
struct pair { int key, value; };
int find(const struct pair *pairs, int count, int key)
{ for (int i = 0; i < count; i++) if (pairs[i].key == key) return pairs[i].value; return -1; }
END

PYTHONMALLOC=malloc
export PYTHONMALLOC
python=$(command -v /usr/bin/python3 || command -v python3 || echo python3)
program 'python3, 4 threads' "$python" "$python" words.py
program 'perl, with a fork' perl perl words.pl
program 'sqlite3' sqlite3 sqlite3 -init rows.sql :memory: .quit
program 'git' git sh -c 'git init -q r && cd r && cp ../*.* . && git add . &&
    git -c user.name=n -c user.email=e commit -q -m m && git log --stat && git gc -q'
program "the C compiler's passes" cc cc -O2 -c small.c
program 'a pipeline of the shell' sh sh -c '
    ls / | sort | (read x; echo $x)
    find /etc -name "*.conf" 2>/dev/null | wc -l'

# redis-server under its benchmark; it is linked to jemalloc on Debian
redis()
{
    if ! command -v redis-benchmark >/dev/null 2>&1; then
        skip redis-server 'not installed'
        return
    fi
    "$lookaside" record -o trace.lat -- redis-server --port 0 --unixsocket "$work/socket" \
        --save '' --io-threads 2 >out 2>said </dev/null &
    server=$!
    tries=0
    until [ -S socket ] || [ $tries -ge 100 ]; do tries=$((tries + 1)); sleep 0.1; done
    redis-benchmark -s "$work/socket" -q -n "$1" -r 5000 -t set,get,lpush,sadd,hset >bench 2>&1
    redis-cli -s "$work/socket" flushall async >>bench 2>&1
    redis-cli -s "$work/socket" shutdown nosave >>bench 2>&1
    wait "$server"
    code=$?
    server=''
    sed -i '/operator new unseen/d' said # in C it does not matter
    result 'redis-server under redis-benchmark' $code
}

if [ "$all" = --all ]; then
    redis 50000
    program 'node' node node -e 'let a = []; for (let i = 0; i < 1e5; i++) a.push({ i }); a.length'
    program 'java' java java -version
    program 'xz, 4 threads' xz sh -c 'cat /usr/bin/* 2>/dev/null | head -c 30000000 |
        xz -1 -T4 >/dev/null'
else
    redis 2000
fi
echo "1..$number"
exit $failed
