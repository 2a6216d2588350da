/* SPDX-License-Identifier: 0BSD */
/* strace's output, converted by hand: what calls do, and the ways in which strace prints. */
#include "claims.h"
#include "strace_seen.h"

#include "../formats.h"

static void mapping_is_committed_unless_without_access(void)
{
    static const struct conversion rows[] = {
        { "mmap(NULL, 8192, " RW ", " ANON ") = 0x7f0000000000\n"
          "mmap(NULL, 100, PROT_READ, MAP_PRIVATE, 3, 0) = 0x7f0000010000\n"
          "mmap(NULL, 1048576, PROT_NONE, " ANON ") = 0x7f0000020000\n",
          SEEN(1, 1, 3) WITHOUT
          "reserve 0 2\ncommit 0 0 2\nreserve 1 1\ncommit 1 0 1\nreserve 2 256\n" },
        /* i386, and -X raw */
        { "mmap2(NULL, 4096, PROT_NONE, " ANON ") = 0xf7cf8000\n"
          "old_mmap({NULL, 4096, PROT_READ, " ANON "}) = 0xf7cf6000\n"
          "mmap(NULL, 0x2000, 0, 0x22, -1, 0) = 0xf7d00000\n"
          "mmap(NULL, 8192, 0x3 /* " RW " */, 0x22 /* MAP_PRIVATE|MAP_ANONYMOUS */, -1, 0)"
          " = 0xf7d10000\n",
          SEEN(1, 1, 4) WITHOUT
          "reserve 0 1\nreserve 1 1\ncommit 1 0 1\nreserve 2 2\nreserve 3 2\ncommit 3 0 2\n" },
    };

    check_rows(rows, sizeof rows / sizeof rows[0]);
}

static void parts_are_committed_and_decommitted(void)
{
    static const struct conversion rows[] = {
        { "mmap(NULL, 65536, PROT_NONE, " ANON ") = 0x10000\n"
          "mprotect(0x12000, 8192, " RW ") = 0\n"
          "mprotect(0x12000, 4096, PROT_NONE) = 0\n"
          "pkey_mprotect(0x14000, 4096, PROT_READ, 1) = 0\n"
          "mmap(0x1e000, 8192, " RW ", MAP_FIXED|" ANON ") = 0x1e000\n"
          "mmap(0x1e000, 4096, PROT_NONE, MAP_FIXED|" ANON ") = 0x1e000\n"
          "madvise(0x14000, 4096, MADV_DONTNEED) = 0\n",
          SEEN(1, 1, 7) WITHOUT "# dropped: 1 madvise calls (contents only)\n"
                                "reserve 0 16\ncommit 0 2 2\ndecommit 0 2 1\ncommit 0 4 1\n"
                                "commit 0 14 2\ndecommit 0 14 1\n" },
        /* a range over two mappings with a hole between, and on behind them */
        { "mmap(NULL, 8192, PROT_NONE, " ANON ") = 0x10000\n"
          "mmap(NULL, 8192, PROT_NONE, " ANON ") = 0x14000\n"
          "mprotect(0x11000, 20480, " RW ") = 0\n"
          "mmap(0x11000, 28672, PROT_NONE, MAP_FIXED|" ANON ") = 0x11000\n",
          SEEN(1, 1, 4) WITHOUT "reserve 0 2\nreserve 1 2\ncommit 0 1 1\ncommit 1 0 2\n"
                                "decommit 0 1 1\nreserve 2 2\ndecommit 1 0 2\nreserve 3 2\n" },
    };

    check_rows(rows, sizeof rows / sizeof rows[0]);
}

static void region_lives_until_its_last_page(void)
{
    static const struct conversion rows[] = {
        { "mmap(NULL, 40960, PROT_NONE, " ANON ") = 0x10000\n"
          "munmap(0x10000, 8192) = 0\n"
          "munmap(0x18000, 8192) = 0\n"
          "munmap(0x14000, 4096) = 0\n"
          "munmap(0x10000, 40960) = 0\n"
          "munmap(0x10000, 40960) = 0\n",
          SEEN(1, 1, 6) WITHOUT "# dropped: 1 ops on mappings made before the recording\n"
                                "reserve 0 10\ndecommit 0 0 2\ndecommit 0 8 2\ndecommit 0 4 1\n"
                                "decommit 0 2 2\nrelease 0\n" },
        /* one call over two, the hole is new memory for others */
        { "mmap(NULL, 8192, PROT_NONE, " ANON ") = 0x10000\n"
          "mmap(NULL, 12288, PROT_NONE, " ANON ") = 0x12000\n"
          "munmap(0x11000, 8192) = 0\n"
          "mmap(NULL, 8192, PROT_NONE, " ANON ") = 0x11000\n"
          "munmap(0x10000, 4096) = 0\n"
          "munmap(0x11000, 8192) = 0\n",
          SEEN(1, 1, 6) WITHOUT "reserve 0 2\nreserve 1 3\ndecommit 0 1 1\ndecommit 1 0 1\n"
                                "reserve 2 2\nrelease 0\nrelease 2\n" },
        /* an unmap that was not recorded */
        { "mmap(NULL, 8192, PROT_NONE, " ANON ") = 0x10000\n"
          "mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x11000\n",
          SEEN(1, 1, 2) WITHOUT "# implied: 1 frees seen because the address was given out again\n"
                                "reserve 0 2\ndecommit 0 1 1\nreserve 1 1\n" },
    };

    check_rows(rows, sizeof rows / sizeof rows[0]);
}

static void moved_mapping_keeps_its_region(void)
{
    static const struct conversion rows[] = {
        { "mmap(NULL, 8192, " RW ", " ANON ") = 0x10000\n"
          "mremap(0x10000, 8192, 16384, MREMAP_MAYMOVE) = 0x30000\n"
          "mremap(0x30000, 16384, 4096, MREMAP_MAYMOVE) = 0x30000\n"
          "munmap(0x10000, 8192) = 0\n"
          "munmap(0x30000, 4096) = 0\n",
          SEEN(1, 1, 5) WITHOUT
          "# dropped: 1 ops on mappings made before the recording\n"
          "reserve 0 2\ncommit 0 0 2\nresize 0 4\ncommit 0 2 2\nresize 0 1\nrelease 0\n" },
        /* a part moves away, a part grows in place, a part shrinks */
        { "mmap(NULL, 16384, " RW ", " ANON ") = 0x10000\n"
          "mremap(0x10000, 4096, 8192, MREMAP_MAYMOVE) = 0x30000\n"
          "mremap(0x13000, 4096, 8192, 0) = 0x13000\n"
          "mremap(0x11000, 8192, 4096, 0) = 0x11000\n",
          SEEN(1, 1, 4) WITHOUT
          "reserve 0 4\ncommit 0 0 4\ndecommit 0 0 1\n"
          "reserve 1 2\ncommit 1 0 2\nresize 0 5\ncommit 0 4 1\ndecommit 0 2 1\n" },
        /* a second view, and one whose old place stays */
        { "mmap(NULL, 4096, " RW ", MAP_SHARED|MAP_ANONYMOUS, -1, 0) = 0x10000\n"
          "mremap(0x10000, 0, 4096, MREMAP_MAYMOVE) = 0x20000\n"
          "mremap(0x10000, 4096, 4096, MREMAP_MAYMOVE|MREMAP_DONTUNMAP) = 0x30000\n"
          "mremap(0x90000, 4096, 8192, MREMAP_MAYMOVE) = 0x70000\n",
          SEEN(1, 1, 4) WITHOUT
          "# dropped: 1 ops on mappings made before the recording\n"
          "reserve 0 1\ncommit 0 0 1\nreserve 1 1\ncommit 1 0 1\nreserve 2 1\ncommit 2 0 1\n" },
    };

    check_rows(rows, sizeof rows / sizeof rows[0]);
}

static void brk_is_a_region_that_is_resized(void)
{
    CHECK_STR(converted("strace", "brk(NULL) = 0x5000\n"
                                  "brk(0x7000) = 0x7000\n"
                                  "mprotect(0x6000, 4096, PROT_NONE) = 0\n"
                                  "brk(0x7800) = 0x7800\n"
                                  "brk(0x99999000) = 0x7800\n"
                                  "brk(0x5000) = 0x5000\n"),
              SEEN(1, 1, 6) WITHOUT "reserve 0 2\ncommit 0 0 2\ndecommit 0 1 1\n"
                                    "resize 0 3\ncommit 0 2 1\nrelease 0\n");
}

static void shared_memory_has_the_size_it_was_made_with(void)
{
    CHECK_STR(converted("strace", "shmget(IPC_PRIVATE, 100000, IPC_CREAT|0600) = 3\n"
                                  "shmat(3, NULL, 0) = 0xf7cf8000\n"
                                  "shmat(4, NULL, 0) = 0xf7cf0000\n"
                                  "shmdt(0xf7cf8000) = 0\n"),
              SEEN(1, 1, 4) WITHOUT "# dropped: 1 ops on mappings made before the recording\n"
                                    "reserve 0 25\ncommit 0 0 25\nrelease 0\n");
}

static void stack_has_the_guard_that_is_seen(void)
{
#define STACK "MAP_PRIVATE|MAP_ANONYMOUS|MAP_STACK, -1, 0"
    static const struct conversion rows[] = {
        /* glibc since 2.26, and before */
        { "mmap(NULL, 1056768, PROT_NONE, " STACK ") = 0x100000\n"
          "mprotect(0x102000, 1048576, " RW ") = 0\n",
          SEEN(1, 1, 2) WITHOUT "stack-create 0 258 2 2\n" },
        { "mmap(NULL, 1052672, " RW ", " STACK ") = 0x100000\n"
          "mprotect(0x100000, 4096, PROT_NONE) = 0\n"
          "munmap(0x100000, 1052672) = 0\n",
          SEEN(1, 1, 3) WITHOUT "stack-create 0 257 2 1\nstack-destroy 0\n" },
        /* none is seen: the maker does something else, or the recording ends */
        { "mmap(NULL, 1048576, " RW ", " STACK ") = 0x100000\n"
          "brk(NULL) = 0x5000\n"
          "mprotect(0x100000, 4096, PROT_NONE) = 0\n"
          "mmap(NULL, 36864, " RW ", " STACK ") = 0x200000\n",
          SEEN(1, 1, 4) WITHOUT "# dropped: 1 protection changes of stacks\n"
                                "stack-create 0 256 2 16\nstack-create 1 9 2 1\n" },
        /* all of it made accessible: no guard, and there must be one */
        { "mmap(NULL, 1048576, PROT_NONE, " STACK ") = 0x100000\n"
          "mprotect(0x100000, 1048576, " RW ") = 0\n",
          SEEN(1, 1, 2) WITHOUT "# dropped: 1 protection changes of stacks\n"
                                "stack-create 0 256 2 16\n" },
        /* two threads make one each */
        { "[pid 1] mmap(NULL, 1052672, PROT_NONE, " STACK ") = 0x100000\n"
          "[pid 2] mmap(NULL, 1052672, PROT_NONE, " STACK ") = 0x300000\n"
          "[pid 1] mprotect(0x101000, 1048576, " RW ") = 0\n"
          "[pid 2] mprotect(0x302000, 1044480, " RW ") = 0\n",
          "# recording: 1 process, 2 threads, 4 calls about memory or tasks\n"
          "# changed: 1 threads of unknown beginning, taken as the first process's\n" WITHOUT
          "stack-create 0 257 2 1\nthread 1\nstack-create 1 257 2 2\n" },
    };

    check_rows(rows, sizeof rows / sizeof rows[0]);
}

static void exec_and_exit_release_everything(void)
{
    CHECK_STR(converted("strace", "execve(\"/bin/a\", [\"a\"], 0x7ff /* 3 vars */) = 0\n"
                                  "brk(NULL) = 0x5000\n"
                                  "brk(0x6000) = 0x6000\n"
                                  "mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x20000\n"
                                  "mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x10000\n"
                                  "execve(\"/bin/b\", [\"b\"], 0x7ff) = -1 ENOENT (No such file)\n"
                                  "execve(\"/usr/bin/b\", [\"b\"], 0x7ff) = 0\n"
                                  "mmap(NULL, 8192, PROT_NONE, " ANON ") = 0x10000\n"
                                  "exit_group(0) = ?\n"
                                  "+++ exited with 0 +++\n"),
              SEEN(1, 1, 9) WITHOUT "reserve 0 1\ncommit 0 0 1\nreserve 1 1\nreserve 2 1\n"
                                    "release 2\nrelease 1\nrelease 0\nreserve 0 2\nrelease 0\n");
}

/* The kernel may give addresses out again before strace shows that the call that unmapped them has
 * returned.
 */
static void unmapping_counts_from_where_it_begins(void)
{
#define TWO_THREADS                                                                                \
    "7 clone(child_stack=0x1, flags=CLONE_VM|CLONE_THREAD) = 8\n"                                  \
    "7 mmap(NULL, 8192, PROT_NONE, " ANON ") = 0x10000\n"
    static const struct conversion rows[] = {
        { TWO_THREADS "7 munmap(0x10000, 8192 <unfinished ...>\n"
                      "8 mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x10000\n"
                      "7 <... munmap resumed>) = 0\n"
                      "8 munmap(0x10000, 4096) = 0\n",
          SEEN(1, 2, 5) WITHOUT "reserve 0 2\nrelease 0\nthread 1\nreserve 0 1\nrelease 0\n" },
        { TWO_THREADS "7 mremap(0x10000, 8192, 16384, MREMAP_MAYMOVE <unfinished ...>\n"
                      "8 mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x10000\n"
                      "7 <... mremap resumed>) = 0x30000\n"
                      "8 munmap(0x10000, 4096) = 0\n"
                      "8 munmap(0x30000, 16384) = 0\n",
          SEEN(1, 2, 6) WITHOUT "reserve 0 2\nthread 1\nreserve 1 1\nthread 0\nresize 0 4\n"
                                "thread 1\nrelease 1\nrelease 0\n" },
        { TWO_THREADS "7 mremap(0x10000, 4096, 16384, MREMAP_MAYMOVE <unfinished ...>\n"
                      "8 mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x10000\n"
                      "7 <... mremap resumed>) = 0x30000\n",
          SEEN(1, 2, 4) WITHOUT "reserve 0 2\ndecommit 0 0 1\nthread 1\nreserve 1 1\n"
                                "thread 0\nreserve 2 4\ncommit 2 0 4\n" },
        { TWO_THREADS "7 mremap(0x10000, 8192, 16384, 0 <unfinished ...>\n"
                      "7 <... mremap resumed>) = -1 ENOMEM (Cannot allocate memory)\n"
                      "7 munmap(0x10000, 4096) = 0\n",
          SEEN(1, 2, 4) WITHOUT "# dropped: 1 calls that failed when they were recorded\n"
                                "reserve 0 2\ndecommit 0 0 1\n" },
    };

    check_rows(rows, sizeof rows / sizeof rows[0]);
}

static void what_does_not_matter_is_counted(void)
{
    CHECK_STR(converted("strace",
                        "mmap(NULL, 4096, PROT_NONE, " ANON ") = -1 ENOMEM (Cannot allocate)\n"
                        "write(1, \"munmap(0x1, 2) = 0\", 3hello) = 3\n"
                        "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=5} ---\n"
                        "[ Process PID=26185 runs in 32 bit mode. ]\n"
                        "strace: Process 9 attached with 2 threads\n"
                        "the program says this\n"
                        "\n"
                        "mmap(NULL, 4096, PROT_NO\n"
                        "munmap(0x1000, 0) = 0\n"
                        "mmap(NULL, 99999999999999999999, PROT_NONE, " ANON ") = 0x1000\n"
                        "mmap(NULL, 18446744073709551615, PROT_NONE, " ANON ") = 0\n"
                        "mmap(0xfffffffffffff000, 8192, PROT_NONE, " ANON ") = 0xfffffffffffff000\n"
                        "clone() = 99999999999\n"),
              SEEN(1, 1, 7) "# dropped: 1 calls about other things\n"
                            "# dropped: 7 lines that are not strace's, or not whole\n" WITHOUT
                            "# dropped: 1 calls that failed when they were recorded\n");
}

/* The same three calls, in every dress. */
static void every_way_of_printing_is_read(void)
{
    static const char *const rows[] = {
        "mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x1000\nmunmap(0x1000, 4096) = 0\n",
        "mmap(NULL, 4096, PROT_NONE, " ANON ")        = 0x1000 <0.000012>\r\n"
        "munmap(0x1000, 4096)                    = 0 <0.000009>\r\n",
        "12:00:01 mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x1000\n"
        "12:00:01.123456 munmap(0x1000, 4096) = 0\n",
        "     0.000000 mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x1000\n"
        "     0.000123 munmap(0x1000, 4096) = 0\n",
        "55 1795207944.024427 mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x1000\n"
        "55 1795207945 munmap(0x1000, 4096) = 0\n",
        "1795207944.024427001 (+     0.000000) mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x1000\n"
        "1795207944 munmap(0x1000, 4096) = 0\n",
        "[pid    55] 12:00:01 [   9] [00007ff63a56cad7] mmap(NULL, 4096, PROT_NONE, " ANON
        ") = 0x1000\n"
        "[pid 55] 12:00:01 [  11] [????????] munmap(0x1000, 4096) = 0\n",
        "[pid 55<a> b>] mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x1000\n"
        "[pid 55<a> b>] munmap(0x1000, 4096) = 0\n",
        "55<sh> mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE, 3</a, b) = 7>, 0) = 0x1000\n"
        "55<sh> munmap(0x1000, 4096) = 0\n",
        "mmap(NULL, 4096, PROT_NONE, " ANON " <unfinished ...>\n"
        "<... mmap resumed> ) = 0x1000\n"
        "munmap(0x1000, 4096) = 0\n",
        "mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE, 3strace: Process 99 attached\n"
        "strace: Process 98 attached\n"
        ", 0) = 0x1000\n"
        "munmap(0x1000, 4096) = 0\n",
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_STR(converted("strace", rows[i]), SEEN(1, 1, 2) WITHOUT "reserve 0 1\nrelease 0\n");
}

static void time_is_kept_on_request(void)
{
    static const struct conversion rows[] = {
        { "23:59:59.5 mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x1000\n"
          "00:00:01 munmap(0x1000, 4096) = 0\n"
          "00:00:00.9 mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x1000\n"
          "00:00:01.000000005 munmap(0x1000, 4096) = 0\n",
          "reserve 0 1\ntime 1500000000\nrelease 0\nreserve 0 1\ntime 5\nrelease 0\n" },
        { "1795207944.1 mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x1000\n"
          "1795207944.2 read(3, 0x1, 1) = 1\n"
          "1795207944.5 munmap(0x1000, 4096) = 0\n",
          "reserve 0 1\ntime 400000000\nrelease 0\n" },
        { "0.000007 mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x1000\n"
          "0.000003 read(3, 0x1, 1) = 1\n"
          "0.000005 munmap(0x1000, 4096) = 0\n",
          "time 7000\nreserve 0 1\ntime 8000\nrelease 0\n" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = converted_with_time("strace", rows[i].recording);
        while (*text == '#')
            text = strchr(text, '\n') + 1;
        CHECK_STR(text, rows[i].expected);
    }
}

static void own_fixtures_are_claimed(void)
{
    check_claims(looks_strace, ".strace", NULL);
}

static void what_is_no_strace_is_refused(void)
{
    static const char *const foreign[] = {
        "[pid 26] malloc(8) = 0x5555\n[pid 26] free(0x5555) = <void>\n",
        "26 tiny->malloc(8) = 0x5555\n26 +++ exited (status 0) +++\n",
        "--26-- malloc(8) = 0x5555\n",
        "26 26 malloc(8)=#1\n",
    };

    CHECK_STR(converted("strace", "hello\nworld\n"),
              "in:2: no line of strace's (expected \"name(arguments) = result\")");
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        const char *text = converted(NULL, foreign[i]);
        CHECK(strstr(text, "from strace") == NULL);
    }
}

/* Figures of each fixture that are known from the program it was recorded of, not from here. */
static void recordings_of_real_programs(void)
{
    static const struct {
        const char *name;
        const char *holds[4];
    } rows[] = {
        { "threads.strace",
          { "# recording: 3 processes, 5 threads, ", "stack-create 0 2049 2 1\n",
            "stack-create 1 2049 2 1\n", "from strace" } },
        { "threads32.strace",
          { "# recording: 3 processes, 5 threads, ", "stack-create 0 2049 2 1\n",
            "stack-create 1 2049 2 1\n", "from strace" } },
        { "shell.strace", { "# recording: 3 processes, 3 threads, ", "from strace" } },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = converted_job((struct import_job){ .input = fixture(rows[i].name) });
        int created = 0;
        for (size_t j = 0; j < 4 && rows[i].holds[j]; j++)
            if (!strstr(text, rows[i].holds[j]))
                CHECK_FAIL("%s: no '%s' in %s", rows[i].name, rows[i].holds[j], text);
        for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
            created += strncmp(at, "\nreserve ", 9) == 0 || strncmp(at, "\nstack-create ", 14) == 0;
            created -=
                strncmp(at, "\nrelease ", 9) == 0 || strncmp(at, "\nstack-destroy ", 15) == 0;
        }
        CHECK_EQ(created, 0); /* all processes have ended */
    }
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = {
        CASE(mapping_is_committed_unless_without_access),
        CASE(parts_are_committed_and_decommitted),
        CASE(region_lives_until_its_last_page),
        CASE(moved_mapping_keeps_its_region),
        CASE(brk_is_a_region_that_is_resized),
        CASE(shared_memory_has_the_size_it_was_made_with),
        CASE(stack_has_the_guard_that_is_seen),
        CASE(exec_and_exit_release_everything),
        CASE(unmapping_counts_from_where_it_begins),
        CASE(what_does_not_matter_is_counted),
        CASE(every_way_of_printing_is_read),
        CASE(time_is_kept_on_request),
        CASE(own_fixtures_are_claimed),
        CASE(what_is_no_strace_is_refused),
        CASE(recordings_of_real_programs),
    };

    return converted_run(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
