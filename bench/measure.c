/* SPDX-License-Identifier: 0BSD */
/* Child processes: where their program is, what they are given, what they say. */
#define _GNU_SOURCE /* asprintf() */
#include "measure.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace_file.h"

/* -- Signals ----------------------------------------------------------------------------------- */

/* What a signal removes on the way out; all that is called there may be called in a handler. */
static const struct measure *running;

static void clean_up(const struct measure *measure)
{
    unlink(measure->unpacked);
    unlink(measure->counts);
    rmdir(measure->folder);
}

static void on_signal(int number)
{
    if (running != NULL)
        clean_up(running);
    signal(number, SIG_DFL);
    raise(number);
}

/* -- Beginning and end ------------------------------------------------------------------------- */

/* An executable file `name` beside this program, or where the build puts it. */
static char *find_program(const char *name)
{
    static const char *const places[] = { "", "../bench/" };
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1u);
    char *path = NULL;

    if (length < 0)
        return NULL;
    self[length] = '\0';

    const char *folder = dirname(self);

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (asprintf(&path, "%s/%s%s", folder, places[i], name) < 0)
            return NULL;
        if (access(path, X_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

bool measure_begin(struct measure *measure)
{
    const char *temporary = getenv("TMPDIR");

    measure->programs[0] = find_program("lookaside-cost");
    measure->programs[1] = find_program("lookaside-cost-i386");
    if (measure->programs[0] == NULL && measure->programs[1] == NULL) {
        snprintf(measure->message, sizeof measure->message,
                 "lookaside-cost is not beside this program; build it, or install both");
        return false;
    }
    snprintf(measure->folder, sizeof measure->folder, "%s/lookaside-bench-XXXXXX",
             temporary != NULL && *temporary ? temporary : "/tmp");
    if (mkdtemp(measure->folder) == NULL) {
        snprintf(measure->message, sizeof measure->message, "%s: %s", measure->folder,
                 strerror(errno));
        measure->folder[0] = '\0';
        return false;
    }
    snprintf(measure->unpacked, sizeof measure->unpacked, "%s/trace.lat", measure->folder);
    snprintf(measure->counts, sizeof measure->counts, "%s/counts", measure->folder);
    running = measure;
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGHUP, on_signal);
    return true;
}

void measure_end(struct measure *measure)
{
    if (measure->folder[0] != '\0') {
        running = NULL;
        clean_up(measure);
    }
    free(measure->programs[0]);
    free(measure->programs[1]);
    results_free(&measure->results);
}

/* -- Traces ------------------------------------------------------------------------------------ */

static bool copy_ops(struct measure *measure, struct trace_file *file, struct trace_output *output,
                     bool *ret_any)
{
    enum trace_answer answer;
    struct trace_op op;

    while ((answer = trace_file_next(file, &op)) == TRACE_FILE_OP) {
        enum trace_slot_kind kind = trace_slot_kind(op.kind);

        if (kind != TRACE_BLOCK && kind != TRACE_HEAP)
            continue;
        *ret_any = *ret_any || kind == TRACE_BLOCK;
        if (!trace_output_write(output, &op)) {
            snprintf(measure->message, sizeof measure->message, "%s: cannot be written",
                     measure->unpacked);
            return false;
        }
    }
    if (answer == TRACE_FILE_WRONG)
        snprintf(measure->message, sizeof measure->message, "%s", trace_file_message(file));
    return answer == TRACE_FILE_END;
}

bool measure_unpack(struct measure *measure, const char *path, bool *ret_any)
{
    struct trace_file *file =
        trace_file_open(path, NULL, measure->message, sizeof measure->message);
    struct trace_output *output = NULL;
    bool good = false;

    *ret_any = false;
    if (file != NULL)
        output = trace_output_open(measure->unpacked, measure->message, sizeof measure->message);
    if (output != NULL)
        good = copy_ops(measure, file, output, ret_any);
    if (good)
        good = trace_output_commit(output, "", measure->message, sizeof measure->message);
    else
        trace_output_abandon(output);
    if (file != NULL)
        trace_file_close(file);
    return good;
}

/* -- Running ----------------------------------------------------------------------------------- */

/* Ends the child. */
static void execute(const char *const *argv, int output)
{
    if (dup2(output, STDOUT_FILENO) < 0)
        _exit(127);
    close(output);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

static bool take_lines(int input, measure_line_fn take, void *context)
{
    FILE *lines = fdopen(input, "r");
    char *line = NULL;
    size_t room = 0;
    bool good = lines != NULL;

    while (good && getline(&line, &room, lines) > 0) {
        line[strcspn(line, "\n")] = '\0';
        good = take(context, line);
    }
    free(line);
    if (lines != NULL)
        fclose(lines);
    else
        close(input);
    return good;
}

bool measure_run(struct measure *measure, const char *const *argv, measure_line_fn take,
                 void *context)
{
    int ends[2];
    int status = 0;
    bool good;

    fflush(NULL);
    if (pipe(ends) != 0) {
        snprintf(measure->message, sizeof measure->message, "pipe: %s", strerror(errno));
        return false;
    }

    pid_t child = fork();

    if (child == 0) {
        close(ends[0]);
        execute(argv, ends[1]);
    }
    close(ends[1]);
    good = take_lines(ends[0], take, context);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (child < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        snprintf(measure->message, sizeof measure->message, "%s failed", argv[0]);
        return false;
    }
    if (!good)
        snprintf(measure->message, sizeof measure->message, "%s: unexpected output", argv[0]);
    return good;
}

/* -- Time -------------------------------------------------------------------------------------- */

struct taking {
    struct measure *measure;
    const char *name;
    uint32_t abi;
};

static bool take_row(void *context, const char *line)
{
    struct taking *taking = context;
    struct result row;

    return result_parse(&row, taking->name, taking->abi, line) &&
           results_add(&taking->measure->results, &row);
}

void measure_end_arguments(const struct measure *measure, const char *work, const char **argv)
{
    if (measure->buckets != NULL) {
        *argv++ = "--buckets";
        *argv++ = measure->buckets;
    }
    if (work != NULL)
        *argv++ = "--vas";
    *argv++ = work != NULL ? work : measure->unpacked;
    *argv = NULL;
}

static bool measure_one(struct measure *measure, const char *name, const char *work, uint32_t abi)
{
    struct taking taking = { measure, name, abi };
    const char *argv[12];
    size_t count = 0;

    argv[count++] = measure->programs[abi];
    if (measure->rounds != NULL) {
        argv[count++] = "--repeat";
        argv[count++] = measure->rounds;
    }
    if (measure->ops != NULL) {
        argv[count++] = "--ops";
        argv[count++] = measure->ops;
    }
    measure_end_arguments(measure, work, argv + count);
    return measure_run(measure, argv, take_row, &taking);
}

bool measure_heap(struct measure *measure, const char *name, uint32_t abi)
{
    return measure_one(measure, name, NULL, abi);
}

bool measure_vas(struct measure *measure, const char *name, const char *work, uint32_t abi)
{
    return measure_one(measure, name, work, abi);
}
