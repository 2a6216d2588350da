/* SPDX-License-Identifier: 0BSD */
/* Jobs on forked processes. The one fact to know: which process does a job never shows in its
 * result, so the same input gives the same output on any number of processors.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "parallel.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES_MAX 64u

uint32_t parallel_processes;

/* In shared memory, so that one signal reaches parent and children; NULL until interrupt_watch().
 */
static volatile sig_atomic_t *interrupt_seen;

/* Shared by all processes of one run. */
struct board {
    uint32_t next; /* job to take */
    uint32_t done;
    uint32_t stop; /* not 0: take no more */
};

void *shared_alloc(size_t bytes)
{
    void *memory =
        mmap(NULL, bytes ? bytes : 1u, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

void shared_free(void *memory, size_t bytes)
{
    if (memory)
        munmap(memory, bytes ? bytes : 1u);
}

static void note_interrupt(int number)
{
    (void)number;
    *interrupt_seen = 1;
}

void interrupt_watch(void)
{
    struct sigaction action = { .sa_handler = note_interrupt };

    if (!interrupt_seen)
        interrupt_seen = shared_alloc(sizeof *interrupt_seen);
    if (!interrupt_seen)
        return; /* then SIGINT ends the process as ever */
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

bool interrupted(void)
{
    return interrupt_seen && *interrupt_seen != 0;
}

static void show_progress(const struct board *board, uint32_t count, const char *label)
{
    if (!label || !isatty(STDERR_FILENO))
        return;
    fprintf(stderr, "\r%s: %u of %u ", label, __atomic_load_n(&board->done, __ATOMIC_RELAXED),
            count);
    if (board->done == count)
        fprintf(stderr, "\r\033[K");
    fflush(stderr);
}

static bool work(struct board *board, uint32_t count, parallel_fn job, void *context,
                 const char *label)
{
    for (;;) {
        uint32_t index;
        if (interrupted())
            __atomic_store_n(&board->stop, 1u, __ATOMIC_RELAXED);
        if (__atomic_load_n(&board->stop, __ATOMIC_RELAXED))
            return false;
        index = __atomic_fetch_add(&board->next, 1u, __ATOMIC_RELAXED);
        if (index >= count)
            return true;
        if (!job(context, index)) {
            __atomic_store_n(&board->stop, 1u, __ATOMIC_RELAXED);
            return false;
        }
        __atomic_fetch_add(&board->done, 1u, __ATOMIC_RELAXED);
        show_progress(board, count, label);
    }
}

static bool wait_for(pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return false;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static uint32_t process_count(uint32_t jobs)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t count = parallel_processes ? parallel_processes
                     : processors > 0   ? (uint32_t)processors
                                        : 1u;

    if (count > PROCESSES_MAX)
        count = PROCESSES_MAX;
    return count < jobs ? count : jobs;
}

bool parallel_run(uint32_t count, parallel_fn job, void *context, const char *label)
{
    struct board *board = shared_alloc(sizeof *board);
    pid_t children[PROCESSES_MAX];
    uint32_t child_count = 0;
    bool good;

    if (!board)
        return false;
    fflush(NULL); /* or a child would write the parent's buffers once more */
    for (uint32_t i = 1; i < process_count(count); i++) {
        pid_t child = fork();
        if (child < 0)
            break; /* fewer processes then */
        if (child == 0)
            _exit(work(board, count, job, context, NULL) ? 0 : 1);
        children[child_count++] = child;
    }
    good = work(board, count, job, context, label);
    for (uint32_t i = 0; i < child_count; i++)
        good = wait_for(children[i]) && good;
    good = good && board->done == count;
    shared_free(board, sizeof *board);
    return good;
}
