/* SPDX-License-Identifier: 0BSD */
/* Threads and signals. */
#define _GNU_SOURCE
#include "hazards.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 4
#define ROUNDS  2500

static void *opaque(void *block)
{
    __asm__ volatile("" : "+r"(block)::"memory");
    return block;
}

static void *take(size_t bytes)
{
    return opaque(malloc(bytes));
}

/* -- Threads ----------------------------------------------------------------------------------- */

static void *block_of[THREADS][ROUNDS];
static pthread_barrier_t all_there;

static void *start(void *(*work)(void *number))
{
    pthread_t thread[THREADS];

    pthread_barrier_init(&all_there, NULL, THREADS);
    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&thread[i], NULL, work, (void *)i) != 0)
            return NULL;
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    return block_of;
}

/* Each thread frees what its neighbour has allocated. */
static void *swap(void *number)
{
    size_t own = (size_t)number;
    size_t other = (own + 1) % THREADS;

    for (int i = 0; i < ROUNDS; i++)
        block_of[own][i] = take(5501);
    pthread_barrier_wait(&all_there);
    for (int i = 0; i < ROUNDS; i++)
        free(block_of[other][i]);
    return NULL;
}

static int threads(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return start(swap) ? 0 : 1;
}

/* Old addresses go to another thread while realloc() has not come back. */
static void *resize(void *number)
{
    void *block = NULL;

    (void)number;
    pthread_barrier_wait(&all_there);
    for (int i = 0; i < ROUNDS; i++) {
        block = take(5511);
        block = opaque(realloc(block, 5900));
        block = opaque(realloc(block, 5512));
        free(block);
    }
    return NULL;
}

static int reallocs(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return start(resize) ? 0 : 1;
}

/* One thread forks while the others allocate and free; the child lives on what it inherited. */
static volatile bool enough;

static void *churn(void *number)
{
    void *block = NULL;

    pthread_barrier_wait(&all_there);
    for (int i = 0; number != NULL && i < 10000 && !enough; i++) {
        free(block);
        block = take(5521);
    }
    for (int i = 0; number == NULL && i < 10; i++) {
        void *own = take(5522);
        pid_t child = fork();
        if (child == 0) {
            free(own);
            free(take(5523));
            _exit(0);
        }
        waitpid(child, NULL, 0);
        free(own);
    }
    enough = true;
    free(block);
    return NULL;
}

static int thread_forks(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return start(churn) ? 0 : 1;
}

/* -- Signals ----------------------------------------------------------------------------------- */

static volatile sig_atomic_t handled;

static void allocate_in_handler(int number)
{
    (void)number;
    free(take(5531));
    handled = handled + 1;
}

/* Of a timer, while the program does not allocate. */
static int handler(int argc, char **argv)
{
    struct itimerval soon = { { 0, 100 }, { 0, 100 } };
    struct itimerval never = { { 0, 0 }, { 0, 0 } };

    (void)argc;
    (void)argv;
    signal(SIGALRM, allocate_in_handler);
    setitimer(ITIMER_REAL, &soon, NULL);
    while (handled < 300)
        pause();
    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_IGN);
    while (handled < 400)
        allocate_in_handler(0);
    return 0;
}

static sigjmp_buf back;

static void jump_out(int number)
{
    (void)number;
    siglongjmp(back, 1);
}

/* A handler that leaves the middle of malloc() for good; linked to test/alloc.c it may. */
static int jump(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    signal(SIGUSR1, jump_out);
    if (sigsetjmp(back, 1) == 0)
        take(5999);
    free(take(5541));
    return 0;
}

/* -- Time -------------------------------------------------------------------------------------- */

static int sleeper(int argc, char **argv)
{
    void *block = take(5551);

    (void)argc;
    (void)argv;
    usleep(30000);
    free(block);
    return 0;
}

const struct hazard hazards_thread[] = {
    { "threads", threads, "10000 x alloc 5501, 10000 x free 5501" },
    { "reallocs", reallocs,
      "10000 x alloc 5511, 10000 x realloc 5511 5900, 10000 x realloc 5900 5512, "
      "10000 x free 5512" },
    { "thread_forks", thread_forks, "10 x alloc 5522, 10 x free 5522" },
    { "handler", handler, "400 x alloc 5531, 400 x free 5531" },
    { "jump", jump, "alloc 5541, free 5541" },
    { "sleeper", sleeper, "alloc 5551, free 5551" },
    { NULL, NULL, NULL },
};
