/* SPDX-License-Identifier: 0BSD */
/* What is exact: memory, refusals, digests. Not under Google Benchmark, because nothing of it is a
 * time. Both ABIs must answer the same about ours; they are asked and compared.
 */
#include "run.h"

#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "child.h"

/* The answer as JSON; a digest as a string, since JSON numbers have 53 bits. */
static void take_figures(void *context, const char *line)
{
    json_t **answer = context;
    char copy[ANSWER_LINE_BYTES];

    if (strcmp(line, "ok") == 0)
        return;
    snprintf(copy, sizeof copy, "%s", line);
    if (answer_problem(copy) != NULL) {
        json_decref(*answer);
        *answer = json_string(answer_problem(copy));
        return;
    }
    json_decref(*answer);
    *answer = json_object();
    for (char *rest = copy, *word; (word = strtok(rest, " ")) != NULL; rest = NULL) {
        char *value = strchr(word, '=');

        if (value == NULL)
            continue;
        *value++ = '\0';
        if (strcmp(word, "ns") == 0)
            continue;
        json_object_set_new(*answer, word,
                            strncmp(value, "0x", 2) == 0
                                ? json_string(value)
                                : json_integer((json_int_t)strtoull(value, NULL, 10)));
    }
}

/* Ask `program` for the exact figures of `target`. NULL after a problem, which is noted. */
static json_t *ask(struct run *run, const char *name, const char *program, const char *subject,
                   const char *work, const char *target)
{
    json_t *answer = NULL;
    const char *argv[16];
    size_t count = 0;

    argv[count++] = program;
    argv[count++] = subject;
    argv[count++] = work;
    argv[count++] = "--target";
    argv[count++] = target;
    if (strcmp(subject, "--heap") == 0 && run->options->buckets != NULL) {
        argv[count++] = "--buckets";
        argv[count++] = run->options->buckets;
    }
    if (strcmp(subject, "--heap") == 0 && run->options->ops != NULL) {
        argv[count++] = "--ops";
        argv[count++] = run->options->ops;
    }
    argv[count++] = "space";
    argv[count] = NULL;
    (void)child_run(argv, take_figures, &answer);
    if (json_is_object(answer))
        return answer;
    if (!child_stopped())
        results_problem(&run->results, name,
                        json_is_string(answer) ? json_string_value(answer) : "it died");
    json_decref(answer);
    return NULL;
}

/* On every ABI, or on the first; one entry. */
static bool take(struct run *run, const char *group, const struct plan_thing *thing,
                 const char *subject, const char *target, bool all_abis)
{
    char name[PLAN_NAME_BYTES];
    json_t *found = NULL;

    snprintf(name, sizeof name, "%s/%s/%s", group, thing->name, target);
    if (!options_want(run->options, name))
        return true;
    for (uint32_t abi = 0; abi < BENCH_ABIS && (all_abis || found == NULL); abi++) {
        const char *program = run->inventory.programs[abi];
        json_t *answer =
            program != NULL ? ask(run, name, program, subject, thing->work, target) : NULL;

        if (child_stopped()) {
            json_decref(answer);
            json_decref(found);
            snprintf(run->message, sizeof run->message, "%s", child_stopped_words());
            return false;
        }
        if (answer != NULL && found != NULL && !json_equal(answer, found))
            results_problem(&run->results, name, "the two ABIs give different figures");
        json_decref(found != NULL ? answer : NULL);
        found = found != NULL ? found : answer;
    }
    if (found != NULL)
        json_object_set_new(run->results.space, name, found);
    return true;
}

bool run_space_heap(struct run *run, const struct plan_thing *thing)
{
    return take(run, "heap", thing, "--heap", "lookaside", true);
}

/* Of the rivals one for each way to choose a place: lowest fit, buddy, instant fit. A list of tens
 * of thousands of holes takes too long to be made; the tree answers the same there.
 */
bool run_space_vas(struct run *run, const struct plan_thing *thing, bool recorded)
{
    static const char *const rivals[] = { "free-list", "augmented", "buddy", "tags" };
    const char *subject = recorded ? "--vas-ops" : "--vas";
    size_t first = strncmp(thing->name, "adversarial/", strlen("adversarial/")) == 0 ? 1 : 0;

    if (!take(run, "vas", thing, subject, "lookaside", true))
        return false;
    for (size_t i = first; i < sizeof rivals / sizeof rivals[0]; i++)
        if (!take(run, "vas", thing, subject, rivals[i], false))
            return false;
    return true;
}
