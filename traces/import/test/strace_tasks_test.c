/* SPDX-License-Identifier: 0BSD */
/* strace's output of several tasks, converted by hand: who made whom, and what each has. */
#include "strace_seen.h"

static void threads_share_and_forks_do_not(void)
{
    static const struct conversion rows[] = {
        /* a thread: the first line of it comes before clone has returned; it unmaps for others */
        { "7 mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x10000\n"
          "7 clone3({flags=CLONE_VM|CLONE_FS|CLONE_THREAD, stack=0x1} <unfinished ...>\n"
          "8 mmap(NULL, 8192, PROT_NONE, " ANON ") = 0x20000\n"
          "7 <... clone3 resumed> => {parent_tid=[8]}, 88) = 8\n"
          "8 munmap(0x10000, 4096) = 0\n"
          "8 exit(0) = ?\n"
          "8 +++ exited with 0 +++\n"
          "7 munmap(0x20000, 8192) = 0\n",
          SEEN(1, 2, 6) WITHOUT "reserve 0 1\nthread 1\nreserve 1 2\nrelease 0\n"
                                "thread 0\nrelease 1\n" },
        /* a fork: what it inherits is foreign; its brk goes on where the parent's was */
        { "7 brk(NULL) = 0x5000\n"
          "7 brk(0x6000) = 0x6000\n"
          "7 mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x10000\n"
          "7 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7) = 8\n"
          "8 munmap(0x10000, 4096) = 0\n"
          "8 brk(0x8000) = 0x8000\n"
          "8 mmap(NULL, 8192, PROT_NONE, " ANON ") = 0x30000\n"
          "8 exit_group(0) = ?\n"
          "7 munmap(0x10000, 4096) = 0\n",
          SEEN(2, 2, 9) WITHOUT
          "# dropped: 1 ops on mappings inherited by a fork\n"
          "reserve 0 1\ncommit 0 0 1\nreserve 1 1\n"
          "thread 1\nreserve 2 2\ncommit 2 0 2\nreserve 3 2\nrelease 3\nrelease 2\n"
          "thread 0\nrelease 1\n" },
        /* vfork: the child shares until it calls execve, which releases nothing of the parent's */
        { "7 mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x10000\n"
          "7 vfork( <unfinished ...>\n"
          "8 munmap(0x10000, 4096) = 0\n"
          "8 mmap(NULL, 8192, PROT_NONE, " ANON ") = 0x20000\n"
          "8 execve(\"/bin/a\", [\"a\"], 0x7 <unfinished ...>\n"
          "7 <... vfork resumed>) = 8\n"
          "8 <... execve resumed>) = 0\n"
          "8 munmap(0x20000, 8192) = 0\n"
          "8 exit_group(0) = ?\n"
          "8 +++ exited with 0 +++\n"
          "7 munmap(0x20000, 8192) = 0\n",
          SEEN(2, 2, 8) WITHOUT
          "# dropped: 1 ops on mappings made before the recording\n"
          "reserve 0 1\nthread 1\nrelease 0\nreserve 0 2\nthread 0\nrelease 0\n" },
    };

    check_rows(rows, sizeof rows / sizeof rows[0]);
}

static void last_thread_ends_the_process(void)
{
    static const struct conversion rows[] = {
        { "7 mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x10000\n"
          "7 clone(child_stack=0x1, flags=CLONE_VM|CLONE_THREAD) = 8\n"
          "7 exit(0 <unfinished ...>\n"
          "7 <... exit resumed>) = ?\n"
          "7 +++ exited with 0 +++\n"
          "8 mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x20000\n"
          "8 +++ killed by SIGKILL +++\n",
          SEEN(1, 2, 4) WITHOUT "reserve 0 1\nthread 1\nreserve 1 1\nrelease 0\nrelease 1\n" },
        /* exit_group by one: what the others still show is of no process */
        { "7 clone(child_stack=0x1, flags=CLONE_VM|CLONE_THREAD) = 8\n"
          "7 mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x10000\n"
          "8 futex(0x1, FUTEX_WAIT, 1, NULL <unfinished ...>\n"
          "7 exit_group(0 <unfinished ...>\n"
          "8 <... futex resumed>) = ?\n"
          "8 mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x20000\n"
          "8 +++ exited with 0 +++\n"
          "7 <... exit_group resumed>) = ?\n"
          "7 +++ exited with 0 +++\n",
          SEEN(1, 2, 3) WITHOUT "reserve 0 1\nrelease 0\n" },
        /* execve by a thread: it goes on under the number of the first, which is gone */
        { "7 clone(child_stack=0x1, flags=CLONE_VM|CLONE_THREAD) = 8\n"
          "7 mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x10000\n"
          "8 execve(\"/bin/a\", [\"a\"], 0x7 /* 3 vars */ <pid changed to 7 ...>\n"
          "7 +++ superseded by execve in pid 8 +++\n"
          "7 <... execve resumed>) = 0\n"
          "7 mmap(NULL, 8192, PROT_NONE, " ANON ") = 0x10000\n"
          "7 +++ exited with 0 +++\n",
          SEEN(1, 2, 4) WITHOUT "reserve 0 1\nthread 1\nrelease 0\nreserve 0 2\nrelease 0\n" },
    };

    check_rows(rows, sizeof rows / sizeof rows[0]);
}

/* Two unfinished calls may have made task 9: its lines wait until one of them says so. */
static void lines_of_unknown_tasks_are_held(void)
{
    static const struct conversion rows[] = {
        { "7 mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x10000\n"
          "7 fork() = 8\n"
          "8 mmap(NULL, 8192, PROT_NONE, " ANON ") = 0x10000\n"
          "7 clone(child_stack=0x1, flags=CLONE_VM|CLONE_THREAD <unfinished ...>\n"
          "8 clone(child_stack=0x1, flags=CLONE_VM|CLONE_THREAD <unfinished ...>\n"
          "9 munmap(0x10000, 4096 <unfinished ...>\n"
          "7 <... clone resumed>) = 10\n"
          "9 <... munmap resumed>) = 0\n"
          "8 <... clone resumed>) = 9\n"
          "10 munmap(0x10000, 4096) = 0\n",
          SEEN(2, 4, 7) WITHOUT "reserve 0 1\nthread 1\nreserve 1 2\n"
                                "thread 2\ndecommit 1 0 1\nthread 3\nrelease 0\n" },
        /* the other call returns: then it was this one, though it never says so itself */
        { "7 fork() = 8\n"
          "7 fork( <unfinished ...>\n"
          "8 clone(child_stack=0x1, flags=CLONE_VM|CLONE_THREAD <unfinished ...>\n"
          "9 mmap(NULL, 8192, PROT_NONE, " ANON ") = 0x10000\n"
          "7 <... fork resumed>) = 10\n"
          "8 munmap(0x10000, 8192) = 0\n",
          SEEN(3, 4, 5) WITHOUT "reserve 0 2\nthread 1\nrelease 0\n" },
        /* two calls of one process, and the later child shows first */
        { "7 clone(child_stack=0x1, flags=CLONE_VM|CLONE_THREAD) = 8\n"
          "7 clone(child_stack=0x1, flags=CLONE_VM|CLONE_THREAD <unfinished ...>\n"
          "8 clone(child_stack=0x1, flags=CLONE_VM|CLONE_THREAD <unfinished ...>\n"
          "10 mmap(NULL, 8192, PROT_NONE, " ANON ") = 0x10000\n"
          "7 <... clone resumed>) = 10\n"
          "9 munmap(0x10000, 8192) = 0\n"
          "8 <... clone resumed>) = 9\n",
          SEEN(1, 4, 5) WITHOUT "reserve 0 2\nthread 1\nrelease 0\n" },
        /* nobody ever says so: the newest call is taken */
        { "7 fork() = 8\n"
          "7 fork( <unfinished ...>\n"
          "8 fork( <unfinished ...>\n"
          "9 mmap(NULL, 8192, PROT_NONE, " ANON ") = 0x10000\n"
          "9 munmap(0x10000, 8192) = 0\n",
          SEEN(3, 3, 5) WITHOUT "reserve 0 2\nrelease 0\n" },
    };

    check_rows(rows, sizeof rows / sizeof rows[0]);
}

/* While there is one task only strace prints no numbers. The first one may be of either. */
static void task_without_number_is_the_only_one(void)
{
    static const struct conversion rows[] = {
        { "mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x1000\n"
          "clone(child_stack=NULL, flags=SIGCHLDstrace: Process 8 attached\n"
          ", child_tidptr=0x7f) = 8\n"
          "[pid     7] munmap(0x1000, 4096) = 0\n"
          "[pid     8] mmap(NULL, 8192, PROT_NONE, " ANON ") = 0x2000\n"
          "[pid     7] exit_group(0) = ?\n"
          "[pid     7] +++ exited with 0 +++\n"
          "munmap(0x2000, 8192) = 0\n"
          "+++ exited with 0 +++\n",
          SEEN(2, 2, 6) WITHOUT "reserve 0 1\nrelease 0\nthread 1\nreserve 0 2\nrelease 0\n" },
        { "mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x1000\n"
          "vfork(strace: Process 8 attached\n"
          " <unfinished ...>\n"
          "[pid     8] execve(\"/bin/a\", [\"a\"], 0x7) = 0\n"
          "[pid     8] munmap(0x1000, 4096) = 0\n"
          "[pid     7] <... vfork resumed>) = 8\n"
          "[pid     8] +++ exited with 0 +++\n"
          "munmap(0x1000, 4096) = 0\n",
          SEEN(2, 2, 5) WITHOUT "# dropped: 1 ops on mappings made before the recording\n"
                                "reserve 0 1\nrelease 0\n" },
        /* strace -q does not announce: the only one is in the middle of a call */
        { "mmap(NULL, 4096, PROT_NONE, " ANON ") = 0x1000\n"
          "clone(child_stack=0x1, flags=CLONE_VM|CLONE_THREAD <unfinished ...>\n"
          "[pid     8] munmap(0x1000, 4096) = 0\n"
          "[pid     7] <... clone resumed>) = 8\n",
          SEEN(1, 2, 3) WITHOUT "reserve 0 1\nthread 1\nrelease 0\n" },
    };

    check_rows(rows, sizeof rows / sizeof rows[0]);
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = {
        CASE(threads_share_and_forks_do_not),
        CASE(last_thread_ends_the_process),
        CASE(lines_of_unknown_tasks_are_held),
        CASE(task_without_number_is_the_only_one),
    };

    return converted_run(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
