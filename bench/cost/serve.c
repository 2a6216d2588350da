/* SPDX-License-Identifier: 0BSD */
/* Commands in, answers out. */
#include "serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define COMMAND_BYTES 64u

/* -- Answers ----------------------------------------------------------------------------------- */

static void add(struct answer *answer, const char *key, const char *value)
{
    int length = snprintf(answer->text + answer->length, sizeof answer->text - answer->length,
                          " %s=%s", key, value);

    if (length < 0 || (size_t)length >= sizeof answer->text - answer->length)
        abort(); /* the keys are fixed, and so is their number */
    answer->length += (size_t)length;
}

void answer_add(struct answer *answer, const char *key, double value)
{
    char text[32];

    snprintf(text, sizeof text, "%.9g", value);
    add(answer, key, text);
}

void answer_add_count(struct answer *answer, const char *key, uint64_t value)
{
    char text[32];

    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    add(answer, key, text);
}

void answer_add_digest(struct answer *answer, const char *key, uint64_t value)
{
    char text[32];

    snprintf(text, sizeof text, "0x%016llx", (unsigned long long)value);
    add(answer, key, text);
}

/* -- Latency ----------------------------------------------------------------------------------- */

static int compare_ticks(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

uint32_t latency_median(uint32_t *ticks, uint32_t count)
{
    qsort(ticks, count, sizeof *ticks, compare_ticks);
    return ticks[(count - 1u) / 2u];
}

void answer_add_latency(struct answer *answer, uint32_t *ticks, uint32_t count,
                        uint32_t overhead_ticks)
{
    static const struct {
        const char *key;
        uint32_t permille;
    } figures[] = { { "p50_ns", 500 }, { "p99_ns", 990 }, { "p999_ns", 999 }, { "max_ns", 1000 } };
    double tick_ns = clock_tick_ns();
    uint64_t sum = 0;

    for (uint32_t i = 0; i < count; i++)
        sum += ticks[i];
    answer_add(answer, "ns", (double)sum * tick_ns / count);
    qsort(ticks, count, sizeof *ticks, compare_ticks);
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        uint32_t at = (uint32_t)((uint64_t)(count - 1u) * figures[i].permille / 1000u);
        uint32_t net = ticks[at] > overhead_ticks ? ticks[at] - overhead_ticks : 0;

        answer_add(answer, figures[i].key, net * tick_ns);
    }
}

/* -- Serving ----------------------------------------------------------------------------------- */

__attribute__((noinline)) void counted_pass(void (*run)(void *context), void *context)
{
    run(context);
}

static const char *stay_slow(void *why, struct answer *answer)
{
    answer->slow = true;
    return why;
}

/* True, or false after a problem. A list of commands without a first name is for all names. */
static bool carry_out(const struct serve_command *commands, void *subject, const char *name)
{
    struct answer answer = { .length = 0 };
    const char *problem = "there is no such command";

    if (commands->name == NULL)
        problem = commands->run(subject, &answer);
    for (; commands->name != NULL; commands++) {
        if (strcmp(commands->name, name) == 0) {
            problem = commands->run(subject, &answer);
            break;
        }
    }
    if (problem != NULL)
        printf("%s %s\n", answer.slow ? "slow" : "problem", problem);
    else
        printf("ok%s\n", answer.text);
    return problem == NULL || answer.slow;
}

int serve(const char *problem, const struct serve_command *commands, void *subject,
          char *const *arguments, int argument_count)
{
    static char room[ANSWER_BYTES * 2u]; /* stdio asks malloc() for no buffer then */
    static char line[COMMAND_BYTES];
    bool good = true;

    setvbuf(stdout, room, _IOLBF, sizeof room);
    if (problem != NULL) {
        printf("problem %s\n", problem);
        return EXIT_FAILURE;
    }
    printf("ok\n");
    if (argument_count > 0) {
        for (int i = 0; i < argument_count; i++)
            good = carry_out(commands, subject, arguments[i]) && good;
        return good ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "quit") == 0)
            break;
        good = carry_out(commands, subject, line) && good;
    }
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int serve_slow(const char *why, char *const *arguments, int argument_count)
{
    static const struct serve_command all = { NULL, stay_slow };

    return serve(NULL, &all, (void *)why, arguments, argument_count);
}
