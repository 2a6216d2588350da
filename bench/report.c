/* SPDX-License-Identifier: 0BSD */
/* What stands above and below the matrices. */
#include "report.h"

#include <string.h>
#include <sys/utsname.h>

#include <lookaside/types.h>

#include "child.h"

#if defined(__clang__)
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

/* -- Head -------------------------------------------------------------------------------------- */

/* The processor's name, or "". */
static void read_processor(char *name, size_t size)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[512];

    *name = '\0';
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "model name", 10) != 0 || strchr(line, ':') == NULL)
            continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(name, size, "%s", strchr(line, ':') + 2);
        break;
    }
    if (file != NULL)
        fclose(file);
}

/* "x86-64: glibc 2.36, ...; i386: ..." */
static void describe_peers(char *text, size_t size, const struct inventory *inventory)
{
    size_t length = 0;

    for (uint32_t abi = 0; abi < BENCH_ABIS; abi++) {
        const char *before = ": ";

        if (inventory->programs[abi] == NULL)
            continue;
        length += (size_t)snprintf(text + length, size - length, "%s%s", length > 0 ? "; " : "",
                                   bench_abi_names[abi]);
        for (uint32_t i = 0; i < inventory->peer_count && length < size; i++) {
            const struct bench_peer *peer = &inventory->peers[i];

            if (peer->abi != abi)
                continue;
            length += (size_t)snprintf(text + length, size - length, "%s%s %s", before, peer->name,
                                       peer->version);
            before = ", ";
        }
        if (length >= size)
            return; /* cut */
    }
}

void report_describe(struct run *run)
{
    json_t *context = run->results.context;
    char peers[1024] = "";
    char processor[256];
    struct utsname system;

    if (context == NULL)
        context = run->results.context = json_object();
    json_object_del(context, "executable"); /* nobody's business elsewhere */
    json_object_del(context, "host_name");
    read_processor(processor, sizeof processor);
    if (uname(&system) == 0)
        json_object_set_new(context, "system",
                            json_sprintf("%s %s", system.sysname, system.release));
    json_object_set_new(context, "processor", json_string(processor));
    json_object_set_new(context, "unit",
                        json_string(run->results.counted ? "instructions per op" : "ns per op"));
    json_object_set_new(context, "compiler", json_string(COMPILER));
    json_object_set_new(context, "command", json_string(run->options->command));
    if (child_stopped())
        json_object_set_new(context, "stopped",
                            json_sprintf("at %u of %u", run->thing, run->things));
    if (run->commit[0] != '\0')
        json_object_set_new(context, "commit", json_string(run->commit));
    describe_peers(peers, sizeof peers, &run->inventory);
    json_object_set_new(context, "peers", json_string(peers));
    json_object_set_new(context, "buckets",
                        run->options->buckets != NULL ? json_string(run->options->buckets)
                                                      : json_null());
    json_object_set_new(context, "ops_max",
                        run->options->ops != NULL ? json_string(run->options->ops) : json_null());
}

#define LINE_COLUMNS 100

/* The packages of peers that are not here, in lines of at most LINE_COLUMNS. */
static void print_missing(FILE *to, const struct inventory *inventory, uint32_t abi)
{
    int column = 0;

    for (uint32_t i = 0; i < inventory->missing_count; i++) {
        const struct bench_missing *missing = &inventory->missing[i];
        char words[2u * BENCH_NAME_BYTES + 8u];
        int length;

        if (missing->abi != abi)
            continue;
        length = snprintf(words, sizeof words, " %s (package %s)", missing->name, missing->package);
        if (column == 0)
            column = fprintf(to, "  missing:");
        else if (column + 2 + length > LINE_COLUMNS)
            column = fprintf(to, ",\n          ") - 2;
        else
            column += fprintf(to, ",");
        column += fprintf(to, "%s", words);
    }
    if (column > 0)
        fprintf(to, "\n");
    if (column > 0 && abi == 1)
        fprintf(to, "  LOOKASIDE_I386=1 ./lookaside bench installs them\n");
}

static void print_peers(FILE *to, const struct inventory *inventory)
{
    for (uint32_t abi = 0; abi < BENCH_ABIS; abi++) {
        const char *before = "";

        if (inventory->programs[abi] == NULL)
            continue;
        fprintf(to, "peers, %s: ", bench_abi_names[abi]);
        for (uint32_t i = 0; i < inventory->peer_count; i++) {
            if (inventory->peers[i].abi != abi)
                continue;
            fprintf(to, "%s%s %s", before, inventory->peers[i].name, inventory->peers[i].version);
            before = ", ";
        }
        fprintf(to, "\n");
        print_missing(to, inventory, abi);
    }
}

static void print_head(FILE *to, const struct run *run)
{
    const char *processor = json_string_value(json_object_get(run->results.context, "processor"));
    const char *system = json_string_value(json_object_get(run->results.context, "system"));

    fprintf(to, "%s, %s\n", processor != NULL && *processor ? processor : "processor not known",
            system != NULL ? system : "");
    print_peers(to, &run->inventory);
    if (run->options->space)
        return;
    if (run->results.counted)
        fprintf(to, "\ninstructions per op, minus those of an empty replay (floor); one pass of a "
                    "fresh target\n");
    else
        fprintf(to, "\nns of CPU time per op, minus those of an empty replay (floor); medians of "
                    "shuffled repetitions\n");
}

/* -- Exact figures ----------------------------------------------------------------------------- */

static double space_number(const json_t *entry, const char *key)
{
    return json_number_value(json_object_get(entry, key));
}

static void print_space_heaps(FILE *to, json_t *space)
{
    const char *name;
    json_t *entry;
    bool any = false;

    json_object_foreach(space, name, entry)
    {
        if (strncmp(name, "heap/", 5) != 0)
            continue;
        if (!any)
            fprintf(to, "\n%-32s%10s%8s%8s%9s%9s%8s  %s\n", "exact, heaps", "peak/live", "pages",
                    "mean", "commits", "segments", "refused", "digest");
        any = true;
        fprintf(to, "%-32.31s%10.3f%8.0f%8.0f%9.0f%9.0f%8.0f  %.10s\n", name + 5,
                space_number(entry, "pages_peak") * LA_PAGE_BYTES /
                    space_number(entry, "live_peak_bytes"),
                space_number(entry, "pages_peak"), space_number(entry, "pages_mean"),
                space_number(entry, "commits"), space_number(entry, "segments_peak"),
                space_number(entry, "failed"), json_string_value(json_object_get(entry, "digest")));
    }
}

static void print_space_vas(FILE *to, json_t *space)
{
    const char *name;
    json_t *entry;
    bool any = false;

    json_object_foreach(space, name, entry)
    {
        if (strncmp(name, "vas/", 4) != 0)
            continue;
        if (!any)
            fprintf(to, "\n%-40s%10s%10s%10s%10s%10s\n", "exact, address spaces", "reserved",
                    "refused", "free", "longest", "metadata");
        any = true;
        fprintf(to, "%-40.39s%10.0f%10.0f%10.0f%10.0f%10.0f\n", name + 4,
                space_number(entry, "reserves"), space_number(entry, "failed"),
                space_number(entry, "free_segments"), space_number(entry, "largest_segments"),
                space_number(entry, "metadata_bytes"));
    }
}

void report_print(FILE *to, const struct run *run)
{
    size_t index;
    json_t *problem;

    print_head(to, run);
    for (const struct matrix *matrix = report_matrices; matrix->title != NULL; matrix++)
        matrix_print(to, &run->results, matrix);
    print_space_heaps(to, run->results.space);
    if (run->options->space) /* refusals are among the matrices too */
        print_space_vas(to, run->results.space);
    json_array_foreach(run->results.problems, index, problem)
    {
        fprintf(to, "%s! %s\n", index == 0 ? "\n" : "", json_string_value(problem));
    }
}
