/* SPDX-License-Identifier: 0BSD */
/* Processes: forks, exec, and every way to end. */
#define _GNU_SOURCE
#include "hazards.h"

#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *opaque(void *block)
{
    __asm__ volatile("" : "+r"(block)::"memory");
    return block;
}

static void *take(size_t bytes)
{
    return opaque(malloc(bytes));
}

static bool ends_well(pid_t child)
{
    int status;

    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

/* -- Forks ------------------------------------------------------------------------------------- */

static void *first;
static void *second;

/* The child frees one block that it inherited, and leaves one. */
static void be_child(void)
{
    free(first);
    opaque(realloc(take(5103), 5104));
    _exit(0);
}

static int fork_frees(int argc, char **argv)
{
    pid_t child;

    (void)argc;
    (void)argv;
    first = take(5101);
    second = opaque(calloc(1, 5102));
    free(take(5105));
    child = fork();
    if (child == 0)
        be_child();
    free(take(5106)); /* the child must not know it */
    if (!ends_well(child))
        return 1;
    free(first);
    free(second);
    return 0;
}

/* Past the C library, so no handler of fork() runs. */
static int raw_clone(int argc, char **argv)
{
    pid_t child;

    (void)argc;
    (void)argv;
    first = take(5101);
    child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
        be_child();
    if (!ends_well(child))
        return 1;
    free(first);
    return 0;
}

/* Three generations; the middle one makes no call. */
static int generations(int argc, char **argv)
{
    pid_t child;

    (void)argc;
    (void)argv;
    first = take(5111);
    child = fork();
    if (child == 0) {
        pid_t grandchild = fork();
        if (grandchild == 0) {
            free(first);
            _exit(0);
        }
        _exit(ends_well(grandchild) ? 0 : 1);
    }
    if (!ends_well(child))
        return 1;
    free(take(5112));
    return 0;
}

/* As `leaf`, in this process or a new one. */
static int leaf(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    free(take(5901));
    return 0;
}

static int run_leaf(const char *self)
{
    execl("/proc/self/exe", self, "leaf", (char *)NULL);
    return 1;
}

/* A child of vfork() is in its parent's memory: its calls are the parent's. */
__attribute__((noinline)) static pid_t start_leaf(const char *self)
{
    pid_t child = vfork();

    if (child == 0) {
        second = take(5122);
        _exit(run_leaf(self));
    }
    return child;
}

static int vfork_exec(int argc, char **argv)
{
    (void)argc;
    first = take(5121);
    if (!ends_well(start_leaf(argv[0])))
        return 1;
    free(first);
    free(second);
    return 0;
}

/* exec_chain, and then exec_chain again */
static int exec_chain(int argc, char **argv)
{
    take(argc > 1 ? 5132 : 5131);
    free(opaque(realloc(take(5133), 5134)));
    if (argc > 1)
        return run_leaf(argv[0]);
    execl("/proc/self/exe", argv[0], "exec_chain", "again", (char *)NULL);
    return 1;
}

/* -- Ends -------------------------------------------------------------------------------------- */

static int by_exit(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    take(5201);
    _exit(3);
}

static int by_abort(int argc, char **argv)
{
    struct rlimit none = { 0, 0 };

    (void)argc;
    (void)argv;
    setrlimit(RLIMIT_CORE, &none);
    take(5202);
    abort();
}

static int by_kill(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    for (int i = 0; i < 20000; i++)
        take(5203);
    kill(getpid(), SIGKILL);
    pause();
    return 0;
}

/* Killed by its parent at any moment, after it said that it had made 1000 calls. */
static int by_parent(int argc, char **argv)
{
    int talk[2];
    char word;
    pid_t child;

    (void)argc;
    (void)argv;
    if (pipe(talk) != 0)
        return 1;
    child = fork();
    if (child == 0)
        for (int i = 0;; i++) {
            take(5204);
            if (i == 1000 && write(talk[1], "", 1) != 1)
                _exit(1);
        }
    if (read(talk[0], &word, 1) != 1 || kill(child, SIGKILL) != 0)
        return 1;
    waitpid(child, NULL, 0);
    return 0;
}

/* Says that it is there, and waits for the signal that ends it. */
static int waiter(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    take(5205);
    if (write(STDOUT_FILENO, "ready\n", 6) != 6)
        return 1;
    for (;;)
        pause();
}

/* Ends at once, and leaves a process that makes a call later. */
static int daemon_left(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    first = take(5211);
    if (fork() == 0) {
        setsid();
        usleep(200000);
        free(first);
        _exit(0);
    }
    return 0;
}

/* -- Processes that cannot open files any more ------------------------------------------------- */

static void many(size_t bytes)
{
    for (int i = 0; i < 20000; i++)
        free(take(bytes));
}

static int no_descriptors(int argc, char **argv)
{
    struct rlimit none = { 0, 0 };

    (void)argc;
    (void)argv;
    setrlimit(RLIMIT_NOFILE, &none);
    many(5251);
    return 0;
}

/* A limit that is below what is recorded already: a write would be SIGXFSZ. */
static int no_file_size(int argc, char **argv)
{
    struct rlimit small = { 4096, 4096 };

    (void)argc;
    (void)argv;
    setrlimit(RLIMIT_FSIZE, &small);
    many(5252);
    return 0;
}

#define NOT_PERMITTED 77 /* only root can */

/* Another root and another user, as servers do it. */
static int other_user(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    if (chroot("/proc") != 0 || chdir("/") != 0 || setgroups(0, NULL) != 0 || setgid(65534) != 0 ||
        setuid(65534) != 0)
        return NOT_PERMITTED;
    many(5253);
    return 0;
}

/* Another user that then forks: the child needs a file of its own. */
static int other_user_forks(int argc, char **argv)
{
    pid_t child;

    (void)argc;
    (void)argv;
    if (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0)
        return NOT_PERMITTED;
    first = take(5101);
    child = fork();
    if (child == 0)
        be_child();
    return ends_well(child) ? 0 : 1;
}

const struct hazard hazards_process[] = {
    { "fork", fork_frees,
      "alloc 5101, alloc-zeroed 5102, alloc 5105, free 5105, alloc 5106, free 5106, free 5101, "
      "free 5102; child: alloc 5101, alloc-zeroed 5102, mark 1, free 5101, alloc 5103, "
      "realloc 5103 5104" },
    { "clone", raw_clone,
      "alloc 5101, free 5101; child: alloc 5101, mark 1, free 5101, alloc 5103, "
      "realloc 5103 5104" },
    { "generations", generations,
      "alloc 5111, alloc 5112, free 5112; child: alloc 5111, mark 1, free 5111" },
    { "vfork", vfork_exec,
      "alloc 5121, alloc 5122, free 5121, free 5122; child: alloc 5901, free 5901" },
    { "exec_chain", exec_chain,
      "alloc 5131, alloc 5133, realloc 5133 5134, free 5134, free 5131, mark 2, alloc 5132, "
      "alloc 5133, realloc 5133 5134, free 5134, free 5132, mark 3, alloc 5901, free 5901" },
    { "leaf", leaf, "alloc 5901, free 5901" },
    { "by_exit", by_exit, "alloc 5201" },
    { "by_abort", by_abort, "alloc 5202" },
    { "by_kill", by_kill, "20000 x alloc 5203" },
    { "by_parent", by_parent, "; child: mark 1, at least 1001 x alloc 5204" },
    { "waiter", waiter, "alloc 5205" },
    { "daemon", daemon_left, "alloc 5211; child: alloc 5211, mark 1, free 5211" },
    { "no_descriptors", no_descriptors, "20000 x alloc 5251, 20000 x free 5251" },
    { "no_file_size", no_file_size, "20000 x alloc 5252, 20000 x free 5252" },
    { "other_user", other_user, "20000 x alloc 5253, 20000 x free 5253" },
    { "other_user_forks", other_user_forks,
      "alloc 5101; child: alloc 5101, mark 1, free 5101, alloc 5103, realloc 5103 5104" },
    { NULL, NULL, NULL },
};
