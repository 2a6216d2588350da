/* SPDX-License-Identifier: 0BSD */
/* Our own runtime for AFL++: what a target compiled by plain clang with
 * -fsanitize-coverage=inline-8bit-counters,pc-table needs to be run by afl-fuzz, afl-showmap,
 * afl-cmin and afl-tmin. Works with -m32 and under the sanitizers.
 *
 * The stock runtime stops its child after each input and has the parent wait for that: four context
 * switches an input. Here the child answers afl-fuzz itself, and the parent sleeps until it dies:
 *
 *     afl-fuzz --198 "go"--> child          child runs the input, copies its counters to the map
 *     afl-fuzz <-199 pid, status 0-- child  and waits for the next
 *     afl-fuzz <-199 wait status-- parent   if the child died running it; then a new child
 *
 * Where no fuzzer listens, inputs come from the files named, or one from standard input, and each
 * is run once: plain replay, and what afl-tmin does.
 */
#define _GNU_SOURCE /* pipes' numbers are AFL's, memory is shared */
#include "afl_runtime.h"
#include "no_comparisons.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the two sides say to each other; the numbers are those of AFL++. */
enum {
    AFL_CONTROL_FD = 198, /* afl-fuzz writes: one word starts a run */
    AFL_STATUS_FD = 199,  /* we write: a greeting, then pid and wait status of each run */
};
#define AFL_OPTIONS_SENT  0x80000001u /* the greeting holds options */
#define AFL_HAS_MAP_SIZE  0x40000000u
#define AFL_SHARED_INPUTS 0x01000000u
#define AFL_MAP_BYTES_MAX (1u << 23)

/* The map begins with bytes that are always set: an input that reaches nothing of the core is no
 * sign of a target without instrumentation. AFL++'s own runtime does the same.
 */
#define MAP_HEAD_BYTES 4u

/* A child lives for so many inputs, in case that it leaks. A fork costs as much as 20 of them. */
#define CHILD_RUNS 100000u

#define RANGES_MAX 64u /* of counters: one a shared object */

/* afl-fuzz looks for these words in the file to know what it can ask for. */
__attribute__((used)) static const char says_persistent[] = "##SIG_AFL_PERSISTENT##";
__attribute__((used)) static const char says_deferred[] = "##SIG_AFL_DEFER_FORKSRV##";

static struct {
    uint8_t *start;
    size_t bytes;
} ranges[RANGES_MAX];
static size_t ranges_count;

static uint8_t *map; /* afl-fuzz's; NULL without one */
static size_t map_bytes;
static const uint8_t *inputs; /* where afl-fuzz puts them; NULL: on standard input */
static size_t inputs_bytes;

/* Shared by parent and child: the child is in the middle of an input. Between taking this back and
 * sending its status there is an instant in which afl-fuzz's timeout may kill a child without a
 * word to follow; afl-fuzz then waits for ever, and fuzz/campaign starts it anew.
 */
static volatile bool *in_a_run;

/* This process is in the middle of an input. */
static volatile bool running;

/* How a child says why it ends of itself. */
enum {
    CHILD_IS_ALONE = 0, /* afl-fuzz is gone */
    CHILD_IS_OLD = 3,
};

/* -- What instrumented code calls -------------------------------------------------------------- */

void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop)
{
    for (size_t i = 0; i < ranges_count; i++)
        if (ranges[i].start == start)
            return;
    if (start == stop)
        return;
    if (ranges_count == RANGES_MAX)
        abort(); /* a target of more than 64 shared objects; raise RANGES_MAX */
    ranges[ranges_count].start = start;
    ranges[ranges_count++].bytes = (size_t)(stop - start);
}

/* The places of the counters in the code are for libFuzzer. */
void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop)
{
    (void)start;
    (void)stop;
}

/* -- One input --------------------------------------------------------------------------------- */

/* A target that ends by exit() has failed; afl-fuzz would take it for an ordinary end. */
static void abort_in_a_run(void)
{
    if (running)
        abort();
}

/* On a copy of exactly its size, so that a sanitizer sees a read behind its end. */
static void run(const uint8_t *bytes, size_t count)
{
    uint8_t *copy = malloc(count);

    if (!copy && count > 0)
        abort(); /* no memory for the target itself */
    if (count > 0)
        memcpy(copy, bytes, count);
    running = true;
    LLVMFuzzerTestOneInput(copy, count);
    running = false;
    free(copy);
}

static void clear_counters(void)
{
    for (size_t i = 0; i < ranges_count; i++)
        memset(ranges[i].start, 0, ranges[i].bytes);
}

/* Hand the counters over; what does not fit into the map is left out. */
static void publish_counters(void)
{
    size_t at = MAP_HEAD_BYTES;

    if (!map)
        return;
    memset(map, 1, MAP_HEAD_BYTES);
    for (size_t i = 0; i < ranges_count && at < map_bytes; i++) {
        size_t room = map_bytes - at;
        size_t bytes = ranges[i].bytes < room ? ranges[i].bytes : room;
        memcpy(map + at, ranges[i].start, bytes);
        at += bytes;
    }
}

/* Crashes are told apart by what they reached: hand that over before the signal does its work. A
 * sanitizer's own handler comes after it.
 */
static const int fatal_signals[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
#define FATAL_SIGNALS (sizeof fatal_signals / sizeof fatal_signals[0])
static struct sigaction before[FATAL_SIGNALS];

static void on_fatal_signal(int number, siginfo_t *info, void *context)
{
    (void)context;
    publish_counters();
    for (size_t i = 0; i < FATAL_SIGNALS; i++)
        if (fatal_signals[i] == number)
            (void)sigaction(number, &before[i], NULL);
    if (info->si_code <=
        0) /* sent, as abort() does; an instruction is run again and faults again */
        (void)raise(number);
}

static void watch_fatal_signals(void)
{
    static uint8_t stack[65536]; /* a stack that has overflown holds no handler */
    const stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
    struct sigaction action = { .sa_sigaction = on_fatal_signal,
                                .sa_flags = SA_SIGINFO | SA_ONSTACK };

    (void)sigaltstack(&alternate, NULL);
    for (size_t i = 0; i < FATAL_SIGNALS; i++)
        (void)sigaction(fatal_signals[i], &action, &before[i]);
}

/* All of a file into memory from malloc(). NULL and errno. */
static uint8_t *read_all(int fd, size_t *ret_count)
{
    size_t room = 4096;
    size_t count = 0;
    uint8_t *bytes = malloc(room);

    while (bytes) {
        ssize_t got = read(fd, bytes + count, room - count);
        if (got < 0 && errno != EINTR) {
            free(bytes);
            return NULL;
        }
        if (got == 0) {
            *ret_count = count;
            return bytes;
        }
        count += got > 0 ? (size_t)got : 0;
        if (count == room) {
            uint8_t *more = realloc(bytes, room *= 2);
            if (!more)
                free(bytes);
            bytes = more;
        }
    }
    return NULL;
}

static bool run_file(int fd, const char *path)
{
    size_t count;
    uint8_t *bytes = fd >= 0 ? read_all(fd, &count) : NULL;

    if (!bytes) {
        perror(path);
        return false;
    }
    run(bytes, count);
    free(bytes);
    return true;
}

/* Without a fuzzer. The counters are still handed over, for afl-showmap without a fork server. */
static int run_files(int count, char **paths)
{
    bool good = true;

    clear_counters();
    if (count == 0)
        good = run_file(STDIN_FILENO, "standard input");
    for (int i = 0; i < count; i++) {
        int fd = open(paths[i], O_RDONLY | O_CLOEXEC);
        good = run_file(fd, paths[i]) && good;
        if (fd >= 0)
            close(fd);
    }
    publish_counters();
    return good ? 0 : 1;
}

/* -- Fork server ------------------------------------------------------------------------------- */

/* A word to or from afl-fuzz. False: it is gone. */
static bool say(uint32_t word)
{
    return write(AFL_STATUS_FD, &word, sizeof word) == (ssize_t)sizeof word;
}

static bool hear(uint32_t *ret_word)
{
    ssize_t got;

    do
        got = read(AFL_CONTROL_FD, ret_word, sizeof *ret_word);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof *ret_word;
}

/* Memory that afl-fuzz shares, by the name of the variable with its number. NULL: none. */
static void *attach(const char *variable, size_t *ret_bytes)
{
    const char *number = getenv(variable);
    struct shmid_ds about;
    void *memory;
    int id = number ? atoi(number) : -1;

    if (!number || shmctl(id, IPC_STAT, &about) != 0)
        return NULL;
    memory = shmat(id, NULL, 0);
    if (memory == (void *)-1)
        return NULL;
    *ret_bytes = about.shm_segsz;
    return memory;
}

/* One input from shared memory (a length, then bytes), or from the file that is standard input. */
static void run_next(void)
{
    uint32_t count;

    if (!inputs) {
        lseek(STDIN_FILENO, 0, SEEK_SET);
        if (!run_file(STDIN_FILENO, "standard input"))
            abort();
        return;
    }
    memcpy(&count, inputs, sizeof count);
    run(inputs + sizeof count, count < inputs_bytes ? count : inputs_bytes);
}

/* Run inputs until there are no more. Whatever the target does to this process, even an exit, ends
 * it in the middle of an input, and the parent sees that.
 */
static void serve(void)
{
    uint32_t word;

    watch_fatal_signals();
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a hanging input must not outlive the campaign */
    for (uint32_t i = 0; i < CHILD_RUNS; i++) {
        if (!hear(&word))
            _exit(CHILD_IS_ALONE);
        *in_a_run = true;
        if (!say((uint32_t)getpid()))
            _exit(CHILD_IS_ALONE);
        clear_counters();
        run_next();
        publish_counters();
        *in_a_run = false;
        if (!say(0))
            _exit(CHILD_IS_ALONE);
    }
    _exit(CHILD_IS_OLD);
}

/* Keep a child alive until afl-fuzz is gone. */
static int keep_serving(void)
{
    for (;;) {
        int status;
        pid_t child = fork();

        if (child == 0)
            serve();
        if (child < 0 || waitpid(child, &status, 0) != child)
            return 1;
        if (*in_a_run) {
            *in_a_run = false;
            /* _exit() passes by abort_in_a_run(); a killed child's status is its signal. */
            if (!say(WIFSIGNALED(status) ? (uint32_t)status : (uint32_t)SIGABRT))
                return 0;
        } else if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_IS_ALONE) {
            return 0;
        }
    }
}

/* Greet whoever started us. False: nobody listens. */
static bool greet(void)
{
    size_t bytes = MAP_HEAD_BYTES;
    uint32_t greeting = AFL_OPTIONS_SENT | AFL_HAS_MAP_SIZE;
    uint32_t answer;

    for (size_t i = 0; i < ranges_count; i++)
        bytes += ranges[i].bytes;
    /* The size, less one, is bits 1 to 23. */
    bytes = bytes < AFL_MAP_BYTES_MAX ? bytes : AFL_MAP_BYTES_MAX;
    greeting |= (uint32_t)(bytes - 1) << 1;
    inputs = attach("__AFL_SHM_FUZZ_ID", &inputs_bytes);
    if (!inputs)
        return say(greeting);
    inputs_bytes -= sizeof(uint32_t);
    /* Shared inputs are asked for, and granted in a word of its own. */
    if (!say(greeting | AFL_SHARED_INPUTS))
        return false;
    return hear(&answer) && (answer & AFL_SHARED_INPUTS) != 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && argv[1][0] == '-') {
        fprintf(stderr,
                "usage: %s [FILE...]\nRuns the fuzz target on each file, or on standard input, or "
                "on what afl-fuzz gives it.\n",
                argv[0]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    atexit(abort_in_a_run);
    map = attach("__AFL_SHM_ID", &map_bytes);
    in_a_run =
        mmap(NULL, sizeof *in_a_run, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (in_a_run == MAP_FAILED) {
        perror("shared memory");
        return 1;
    }
    if (LLVMFuzzerInitialize && LLVMFuzzerInitialize(&argc, &argv) != 0)
        return 1;
    if (!map || argc > 1 || !greet())
        return run_files(argc - 1, argv + 1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return keep_serving();
}
