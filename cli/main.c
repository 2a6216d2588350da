/* SPDX-License-Identifier: 0BSD */
/* The `lookaside` program: hands the command line to one verb. Each verb is a main() of its own and
 * answers --help; the front door (./lookaside) builds this program and passes its verbs on to it.
 */
#include <stdio.h>
#include <string.h>

#include <bench.h>
#include <plot_verb.h>
#include <record_verb.h>
#include <replay_verb.h>
#include <report_verb.h>
#include <tune.h>
#include <verbs.h>

struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *purpose;
};

static const struct verb verbs[] = {
    { "tune", verb_tune, "find the bucket table that wastes least on your traces" },
    { "info", verb_info, "what a trace holds, and where it comes from" },
    { "dump", verb_dump, "a trace as text, one operation a line, or converted" },
    { "replay", verb_replay, "run traces through the allocator: space figures and a digest" },
    { "plot", verb_plot, "pictures: memory over time, sizes, the map of the address space" },
    { "bench", verb_bench, "what an operation costs, beside others' in the same run" },
    { "compare", verb_compare, "what changed between two runs of bench" },
    { "report", verb_report, "one page of what was measured, with tables and pictures" },
    { "record", verb_record, "run a command; what it asks of an allocator becomes a trace" },
    { "import", verb_import, "other tools' recordings to traces" },
    { "export", verb_export, "a trace in another tool's format" },
};

/* A verb's messages and help begin with the words that the user has to type. */
static int run_verb(const struct verb *verb, int argc, char **argv)
{
    char name[32];

    snprintf(name, sizeof name, "lookaside %s", verb->name);
    argv[0] = name;
    return verb->run(argc, argv);
}

static void print_usage(FILE *to)
{
    fprintf(to, "usage: lookaside VERB [ARGUMENT...]\n\n");
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        fprintf(to, "  %-8s %s\n", verbs[i].name, verbs[i].purpose);
    fprintf(to, "\nEvery verb answers --help. Exit codes: 0 done, 1 the thing checked failed or "
                "bad input,\n2 usage, 3 set-up missing.\n");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("lookaside %s\n", LOOKASIDE_VERSION);
        return 0;
    }
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            return run_verb(&verbs[i], argc - 1, argv + 1);
    fprintf(stderr, "lookaside: '%s' is no verb; `lookaside --help` lists them\n", argv[1]);
    return 2;
}
