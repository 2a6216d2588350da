/* SPDX-License-Identifier: 0BSD */
/* Files through a fuzz target without an engine: any compiler, any sanitizer, 32 bits. What was
 * found once stays found. usage: fuzz-replay-TARGET [OPTION...] FILE|FOLDER...
 *
 *   --digest    each input's own digest
 *   --repeat=N  every input N times: the digests must agree (I27), and the time is told
 *   --fail-nth  every input again with each commit refused, that one alone and all from it on
 */
#define _GNU_SOURCE
#include "../model/oracle.h"
#include "target.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define INPUT_BYTES_MAX (1u << 20)

static struct {
    bool digests;
    bool failing; /* with every commit refused in turn */
    uint32_t repeat;
    uint64_t inputs;
    uint64_t digest; /* of all inputs */
    bool failed;
    uint64_t failed_commits;
} run = { .repeat = 1 };

/* Once that one alone, once all from it on. */
static void fail_each_commit(const uint8_t *bytes, size_t count)
{
    uint64_t commits = fuzz_run_failing(bytes, count, 0, false);

    for (uint32_t nth = 1; nth <= commits; nth++) {
        (void)fuzz_run_failing(bytes, count, nth, false);
        (void)fuzz_run_failing(bytes, count, nth, true);
        run.failed_commits += 2u;
    }
}

static void one_input(const char *path, const uint8_t *bytes, size_t count)
{
    uint64_t first = 0;

    for (uint32_t i = 0; i < run.repeat; i++) {
        fuzz_digest = 0;
        LLVMFuzzerTestOneInput(bytes, count);
        if (i == 0)
            first = fuzz_digest;
        ORACLE(I27_SAME, fuzz_digest == first,
               "%s: run %u has digest %016" PRIx64 ", the first had %016" PRIx64, path, i + 1u,
               fuzz_digest, first);
    }
    if (run.failing)
        fail_each_commit(bytes, count);
    run.inputs++;
    run.digest = (run.digest ^ first) * UINT64_C(0x9e3779b97f4a7c15);
    if (run.digests)
        printf("%016" PRIx64 " %s\n", first, path);
}

static void one_file(const char *path)
{
    static uint8_t buffer[INPUT_BYTES_MAX];
    FILE *file = fopen(path, "rb");
    size_t count = file ? fread(buffer, 1, sizeof buffer, file) : 0;

    if (!file || ferror(file)) {
        fprintf(stderr, "fuzz-replay: %s: %s\n", path, strerror(errno));
        run.failed = true;
    } else {
        /* A copy of its own, so that a sanitizer sees a read past the end. */
        uint8_t *bytes = malloc(count ? count : 1);

        if (!bytes)
            abort();
        memcpy(bytes, buffer, count);
        one_input(path, bytes, count);
        free(bytes);
    }
    if (file)
        fclose(file);
}

static void one_path(const char *path)
{
    struct dirent **names;
    struct stat stat_of;
    int count;

    if (stat(path, &stat_of) != 0 || !S_ISDIR(stat_of.st_mode)) {
        one_file(path);
        return;
    }
    count = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char inner[4096];

        snprintf(inner, sizeof inner, "%s/%s", path, names[i]->d_name);
        if (names[i]->d_name[0] != '.')
            one_path(inner);
        free(names[i]);
    }
    if (count >= 0)
        free(names);
}

static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int count, char **arguments)
{
    LLVMFuzzerInitialize(&count, &arguments);
    double before = cpu_seconds();

    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--digest") == 0)
            run.digests = true;
        else if (strncmp(arguments[i], "--repeat=", 9) == 0)
            run.repeat = (uint32_t)strtoul(arguments[i] + 9, NULL, 10);
        else if (strcmp(arguments[i], "--fail-nth") == 0 && fuzz_run_failing)
            run.failing = true;
        else if (arguments[i][0] == '-' && arguments[i][1] != '\0') {
            fprintf(stderr,
                    "usage: fuzz-replay [--digest] [--repeat=N] [--fail-nth] FILE|FOLDER...\n");
            return 2;
        } else
            one_path(arguments[i]);
    }
    double seconds = cpu_seconds() - before;

    printf("%" PRIu64 " inputs, digest %016" PRIx64, run.inputs, run.digest);
    if (run.repeat > 1)
        printf(", %.0f executions and %.0f operations a CPU second",
               (double)run.inputs * run.repeat / seconds, (double)fuzz_ops / seconds);
    if (run.failing)
        printf(", %" PRIu64 " runs with a commit refused", run.failed_commits);
    printf("\n");
    return run.failed ? 1 : 0;
}
