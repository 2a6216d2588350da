/* SPDX-License-Identifier: 0BSD */
/* Calls of malloc() and free() as fast as they go, for measure.py: `loop THREADS CALLS` prints the
 * nanoseconds a call of each thread.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LIVE    64
#define THREADS 64

static long rounds;

static void *work(void *nothing)
{
    void *block[LIVE] = { NULL };

    for (long i = 0; i < rounds; i++) {
        free(block[i % LIVE]);
        block[i % LIVE] = malloc(16u + (size_t)(i * 7 & 255));
        __asm__ volatile("" : "+r"(block[i % LIVE])::"memory");
    }
    for (int i = 0; i < LIVE; i++)
        free(block[i]);
    return nothing;
}

static double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
    long threads = argc > 2 ? atol(argv[1]) : 0;
    pthread_t thread[THREADS];
    double start = now_ns();

    if (threads < 1 || threads > THREADS)
        return 2;
    rounds = atol(argv[2]) / 2;
    for (long i = 0; i < threads; i++)
        if (pthread_create(&thread[i], NULL, work, NULL) != 0)
            return 1;
    for (long i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    printf("%.1f\n", (now_ns() - start) / (double)(rounds * 2));
    return 0;
}
