/* SPDX-License-Identifier: 0BSD */
/* Counting instructions with callgrind: exact and the same on every run, on a busy machine too.
 * What is counted is one pass of a fresh target, so the first use of each segment is part of it.
 */
#include "run.h"

#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "child.h"

/* Enough for a steady figure, few enough for a simulator. */
#define OPS_DEFAULT "1000000"

/* A 32-bit process in valgrind has no 2 GiB in one piece. */
#define WINDOW_MIB "512"

bool run_can_count(void)
{
    return child_possible("valgrind");
}

/* What the measuring process says: "ok", then the answer to "count". */
struct answered {
    char problem[256];
    double ops;
};

static void take_answer(void *context, const char *line)
{
    struct answered *answered = context;
    char copy[ANSWER_LINE_BYTES];
    const char *problem;

    snprintf(copy, sizeof copy, "%s", line);
    problem = answer_problem(copy);
    if (problem != NULL)
        snprintf(answered->problem, sizeof answered->problem, "%s", problem);
    else
        (void)answer_number(line, "ops", &answered->ops);
}

/* The line "totals: N" of callgrind's output. */
static bool read_total(const char *path, double *ret_total)
{
    FILE *file = fopen(path, "r");
    char line[512];
    bool found = false;

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "totals: ", 8) != 0)
            continue;
        *ret_total = strtod(line + 8, NULL);
        found = true;
    }
    if (file != NULL)
        fclose(file);
    return found;
}

static bool count_case(struct run *run, const struct plan_case *one)
{
    struct answered answered = { .ops = 0 };
    char out[340];
    const char *argv[PLAN_ARGUMENTS_MAX + 12u];
    size_t count = 0;
    bool is_heap = strcmp(one->argv[1], "--heap") == 0;
    double total;

    snprintf(out, sizeof out, "--callgrind-out-file=%s", run->report_path);
    argv[count++] = "valgrind";
    argv[count++] = "-q";
    argv[count++] = "--tool=callgrind";
    argv[count++] = "--toggle-collect=counted_pass";
    argv[count++] = out;
    for (const char *const *argument = one->argv; *argument != NULL; argument++)
        argv[count++] = *argument;
    if (is_heap) {
        argv[count++] = "--window-mib";
        argv[count++] = WINDOW_MIB;
        if (run->options->ops == NULL) {
            argv[count++] = "--ops";
            argv[count++] = OPS_DEFAULT;
        }
    }
    argv[count++] = "count";
    argv[count] = NULL;

    int status = child_run(argv, take_answer, &answered);

    if (child_stopped())
        return false;
    if (answered.problem[0] != '\0')
        results_problem(&run->results, one->name, answered.problem);
    else if (status != 0 || answered.ops < 1 || !read_total(run->report_path, &total))
        results_problem(&run->results, one->name, "valgrind cannot run it");
    else
        return results_take_value(&run->results, one->name, total / answered.ops, answered.ops);
    return true;
}

bool run_plan_counting(struct run *run, const struct plan *plan)
{
    if (!results_expect(&run->results, plan)) {
        snprintf(run->message, sizeof run->message, "no memory for the results");
        return false;
    }
    for (uint32_t i = 0; i < plan->count; i++) {
        if (!count_case(run, &plan->cases[i])) {
            snprintf(run->message, sizeof run->message, "%s",
                     child_stopped() ? child_stopped_words() : "no memory for the results");
            return false;
        }
    }
    run->done += plan->count > 0;
    return true;
}
