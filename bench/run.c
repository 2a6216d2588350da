/* SPDX-License-Identifier: 0BSD */
/* Handing plans to the driver. */
#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"

/* -- Beginning and end ------------------------------------------------------------------------- */

static void take_commit(void *context, const char *line)
{
    struct run *run = context;

    snprintf(run->commit, sizeof run->commit, "%s", line);
}

static void find_commit(struct run *run)
{
    static const char *const argv[] = { "git",      "-C",      BENCH_CORPUS_DIR, "describe",
                                        "--always", "--dirty", "--abbrev=12",    NULL };

    if (child_run(argv, take_commit, run) != 0)
        run->commit[0] = '\0';
}

bool run_begin(struct run *run, const struct bench_options *options)
{
    static const char *const kinds[OPS_KINDS] = { "heap", "vas", "stack" };
    const char *temporary = getenv("TMPDIR");

    *run = (struct run){ .options = options, .began = time(NULL) };
    if (!results_init(&run->results) || !inventory_take(&run->inventory)) {
        snprintf(run->message, sizeof run->message, "%s", run->inventory.message);
        return false;
    }
    snprintf(run->folder, sizeof run->folder, "%s/lookaside-bench-XXXXXX",
             temporary != NULL && *temporary ? temporary : "/tmp");
    if (mkdtemp(run->folder) == NULL) {
        snprintf(run->message, sizeof run->message, "%s: %s", run->folder, strerror(errno));
        run->folder[0] = '\0';
        return false;
    }
    find_commit(run);
    for (uint32_t kind = 0; kind < OPS_KINDS; kind++)
        snprintf(run->ops_paths[kind], sizeof run->ops_paths[kind], "%s/%s.ops", run->folder,
                 kinds[kind]);
    snprintf(run->cases_path, sizeof run->cases_path, "%s/cases", run->folder);
    snprintf(run->report_path, sizeof run->report_path, "%s/report", run->folder);
    return true;
}

void run_end(struct run *run)
{
    if (run->folder[0] != '\0') {
        for (uint32_t kind = 0; kind < OPS_KINDS; kind++)
            unlink(run->ops_paths[kind]);
        unlink(run->cases_path);
        unlink(run->report_path);
        rmdir(run->folder);
    }
    results_free(&run->results);
    inventory_free(&run->inventory);
}

/* -- Progress ---------------------------------------------------------------------------------- */

/* "3:07  12 of 54  user32/cc132 i386": the driver adds how far that is. */
void run_progress(struct run *run, const char *what, uint32_t abi)
{
    long seconds = (long)(time(NULL) - run->began);

    if (!run->options->progress)
        return;
    snprintf(run->progress, sizeof run->progress, "%ld:%02ld  %u of %u  %s %s", seconds / 60,
             seconds % 60, run->thing, run->things, what, bench_abi_names[abi]);
    fprintf(stderr, "\r\033[K%s", run->progress);
}

void run_progress_end(const struct run *run)
{
    if (run->options->progress)
        fprintf(stderr, "\r\033[K");
}

/* -- Plans ------------------------------------------------------------------------------------- */

static bool write_cases(struct run *run, const struct plan *plan)
{
    FILE *file = fopen(run->cases_path, "w");
    bool good = file != NULL;

    for (uint32_t i = 0; i < plan->count && good; i++) {
        const struct plan_case *one = &plan->cases[i];

        fprintf(file, "%s\t%u\t%s\t%s", one->name, one->repetitions, one->fresh ? "fresh" : "warm",
                one->command);
        for (const char *const *argument = one->argv; *argument != NULL; argument++)
            fprintf(file, "\t%s", *argument);
        good = fputc('\n', file) != EOF;
    }
    if (file != NULL)
        good = fclose(file) == 0 && good;
    if (!good)
        snprintf(run->message, sizeof run->message, "%s: %s", run->cases_path, strerror(errno));
    return good;
}

/* Google Benchmark writes NaN for what has no variation, which is no JSON. In place. */
static void mend_numbers(char *text)
{
    static const char *const tokens[] = { ": NaN", ": -NaN", ": Infinity", ": -Infinity" };

    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        size_t length = strlen(tokens[i]);

        for (char *at = text; (at = strstr(at, tokens[i])) != NULL; at += length) {
            memset(at + 1, ' ', length - 1u);
            at[length - 1u] = '0';
        }
    }
}

static json_t *load_report(const char *path, json_error_t *error)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;
    ssize_t length = file != NULL ? getdelim(&text, &room, '\0', file) : -1;
    json_t *report = NULL;

    snprintf(error->text, sizeof error->text, "it is empty");
    if (length > 0) {
        mend_numbers(text);
        report = json_loads(text, 0, error);
    }
    free(text);
    if (file != NULL)
        fclose(file);
    return report;
}

static bool take_report(struct run *run, int status)
{
    json_error_t error;
    json_t *report = load_report(run->report_path, &error);
    bool good = report != NULL && results_take(&run->results, report);

    json_decref(report);
    if (!good)
        snprintf(run->message, sizeof run->message,
                 "lookaside-bench-driver ended with %d and no report: %s", status, error.text);
    return good;
}

/* A driver that was stopped reports what it had. */
bool run_plan(struct run *run, const struct plan *plan)
{
    const char *argv[] = { run->inventory.driver,
                           run->cases_path,
                           run->progress,
                           "--benchmark_enable_random_interleaving=true",
                           "--benchmark_format=json",
                           NULL };
    int status;
    bool good;

    if (plan->count == 0)
        return true;
    if (!results_expect(&run->results, plan)) {
        snprintf(run->message, sizeof run->message, "no memory for the results");
        return false;
    }
    if (!write_cases(run, plan))
        return false;
    status = child_run_into(argv, run->report_path);
    good = take_report(run, status);
    run->done += good;
    if (child_stopped()) {
        snprintf(run->message, sizeof run->message, "%s", child_stopped_words());
        return false;
    }
    return good;
}
