/* SPDX-License-Identifier: 0BSD */
/* A program whose mappings are known: each has a number of pages that nobody else will ask for.
 * vas.sh knows what the trace of it must say.
 */
#define _GNU_SOURCE /* mremap */
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096u

static char *map(size_t pages, int protection)
{
    char *at = mmap(NULL, pages * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (at == MAP_FAILED)
        exit(1);
    return at;
}

/* 1237 pages: reserved, committed and decommitted in parts, unmapped in two steps. */
static void parts(void)
{
    char *at = map(1237, PROT_NONE);

    mprotect(at + (size_t)16 * PAGE, (size_t)32 * PAGE, PROT_READ | PROT_WRITE);
    mprotect(at + (size_t)20 * PAGE, (size_t)4 * PAGE, PROT_NONE);
    mmap(at + (size_t)100 * PAGE, (size_t)10 * PAGE, PROT_READ | PROT_WRITE,
         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    madvise(at + (size_t)100 * PAGE, (size_t)10 * PAGE, MADV_DONTNEED);
    munmap(at, (size_t)600 * PAGE);
    munmap(at + (size_t)600 * PAGE, (size_t)637 * PAGE);
}

/* 771 pages, which become 1543. */
static void moved(void)
{
    char *at = map(771, PROT_READ | PROT_WRITE);

    at = mremap(at, (size_t)771 * PAGE, (size_t)1543 * PAGE, MREMAP_MAYMOVE);
    munmap(at, (size_t)1543 * PAGE);
}

/* 659 pages, unmapped by the main thread. */
static void *in_thread(void *unused)
{
    (void)unused;
    return map(659, PROT_READ | PROT_WRITE);
}

/* A stack of 77 pages, and 3 pages of guard. */
static void thread(void)
{
    pthread_attr_t attributes;
    pthread_t one;
    void *at;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)77 * PAGE);
    pthread_attr_setguardsize(&attributes, (size_t)3 * PAGE);
    if (pthread_create(&one, &attributes, in_thread, NULL) != 0)
        exit(1);
    pthread_join(one, &at);
    munmap(at, (size_t)659 * PAGE);
}

/* The child unmaps what it inherits (547 pages), and leaves 983 pages to its end. */
static void child(void)
{
    char *inherited = map(547, PROT_READ);
    pid_t process = fork();

    if (process == 0) {
        munmap(inherited, (size_t)547 * PAGE);
        map(983, PROT_READ | PROT_WRITE);
        _exit(0);
    }
    waitpid(process, NULL, 0);
}

int main(int argc, char **argv)
{
    (void)argv;
    parts();
    moved();
    thread();
    child();
    return argc - 1;
}
