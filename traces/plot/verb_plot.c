/* SPDX-License-Identifier: 0BSD */
/* `lookaside plot`: options, one trace, its pictures. Nothing is written before the whole trace was
 * read and replayed. What needs no gnuplot is written even if there is none.
 */
#include "plot_verb.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "plot_draw.h"
#include "plot_files.h"

enum { EXIT_GOOD = 0, EXIT_BAD = 1, EXIT_USAGE = 2, EXIT_SETUP = 3 };

#define SEGMENTS_PER_MIB ((UINT32_C(1) << 20) / LA_SEGMENT_BYTES)
#define RANGE_MIB_MAX    (LA_SEGMENTS / SEGMENTS_PER_MIB)
/* All of it, where a process has room for that. */
#define RANGE_MIB_DEFAULT (sizeof(void *) > 4 ? RANGE_MIB_MAX : RANGE_MIB_MAX / 2u)

#define MESSAGE_BYTES (PLOT_PATH_BYTES + 128u)

enum option_key { KEY_WHAT = 256, KEY_AT, KEY_BY, KEY_TEXT, KEY_OPS, KEY_RANGE };

/* The pictures. */
static const struct {
    const char *name;
    plot_write_fn write;
    bool drawn; /* by gnuplot */
    plot_write_fn data;
    bool (*has)(const struct plot_run *run);
    const char *missing; /* what the trace lacks if it has none */
} pictures[] = {
    { "live", plot_script_live, true, plot_data_live, plot_has_live, "operations" },
    { "sizes", plot_script_sizes, true, plot_data_sizes, plot_has_sizes,
      "blocks, regions and stacks" },
    { "map", plot_svg_map, false, plot_data_map, NULL, NULL },
};
#define PICTURES (sizeof pictures / sizeof pictures[0])

struct arguments {
    const char *trace;
    const char *output;
    size_t what; /* index of a picture; PICTURES: all */
    struct plot_wish wish;
    enum plot_by by;
    bool by_given;
    bool text;
    uint32_t range_mib;
};

static const struct argp_option options[] = {
    { "output", 'o', "PATH", 0,
      "A folder, or FILE.svg (- is stdout) with --what (results/plot/NAME)", 0 },
    { "what", KEY_WHAT, "live|sizes|map", 0, "Only this picture", 0 },
    { "at", KEY_AT, "OP|PERCENT%|peak", 0,
      "The moment of the map: after so many operations, or the footprint's peak (peak)", 0 },
    { "by", KEY_BY, "fill|heap|bucket", 0, "What the map shows of heaps' segments (fill)", 0 },
    { "text", KEY_TEXT, NULL, 0, "Print the map as text and write nothing", 0 },
    { "ops", KEY_OPS, NULL, 0, "Draw over operations, even if the trace has times", 0 },
    { "range-mib", KEY_RANGE, "N", 0, "Manage the first N MiB of addresses (4096)", 0 },
    { 0 },
};

static int complain(const char *message, int status)
{
    fprintf(stderr, "lookaside plot: %s\n", message);
    return status;
}

/* -- Options ----------------------------------------------------------------------------------- */

/* A whole decimal number up to `most` at the start of `text`; answers what follows, or NULL. */
static const char *number(const char *text, uint64_t most, uint64_t *ret_number)
{
    char *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || errno || value > most)
        return NULL;
    *ret_number = value;
    return end;
}

static void parse_at(struct argp_state *state, struct plot_wish *wish, const char *text)
{
    const char *rest = number(text, UINT64_MAX, &wish->at_number);

    if (strcmp(text, "peak") == 0)
        wish->at = PLOT_AT_PEAK;
    else if (rest && *rest == '\0')
        wish->at = PLOT_AT_OPS;
    else if (rest && strcmp(rest, "%") == 0 && wish->at_number <= 100u)
        wish->at = PLOT_AT_PERCENT;
    else
        argp_error(state, "--at: %s: expected a number of operations, 0%% to 100%%, or peak", text);
}

static void parse_what(struct argp_state *state, struct arguments *arguments, const char *text)
{
    for (arguments->what = 0; arguments->what < PICTURES; arguments->what++)
        if (strcmp(text, pictures[arguments->what].name) == 0)
            return;
    argp_error(state, "--what: %s: expected live, sizes or map", text);
}

static void parse_by(struct argp_state *state, struct arguments *arguments, const char *text)
{
    static const char *const names[] = { "fill", "heap", "bucket" };

    arguments->by_given = true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text, names[i]) == 0) {
            arguments->by = (enum plot_by)i;
            return;
        }
    argp_error(state, "--by: %s: expected fill, heap or bucket", text);
}

static bool is_file(const char *output)
{
    size_t length = output ? strlen(output) : 0;

    return output &&
           (strcmp(output, "-") == 0 || (length > 4u && strcmp(output + length - 4u, ".svg") == 0));
}

static void check_combination(struct argp_state *state, const struct arguments *arguments)
{
    if (!arguments->trace)
        argp_error(state, "expected a trace");
    if (arguments->text &&
        (arguments->output || arguments->what != PICTURES || arguments->by_given))
        argp_error(state, "--text prints the map; -o, --what and --by are for pictures");
    if (is_file(arguments->output) && arguments->what == PICTURES)
        argp_error(state, "-o %s is one picture: say which with --what live, sizes or map",
                   arguments->output);
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    uint64_t value = 0;
    const char *rest;

    switch (key) {
    case 'o': arguments->output = text; return 0;
    case KEY_WHAT: parse_what(state, arguments, text); return 0;
    case KEY_AT: parse_at(state, &arguments->wish, text); return 0;
    case KEY_BY: parse_by(state, arguments, text); return 0;
    case KEY_TEXT: arguments->text = true; return 0;
    case KEY_OPS: arguments->wish.by_ops = true; return 0;
    case KEY_RANGE:
        rest = number(text, RANGE_MIB_MAX, &value);
        if (!rest || *rest != '\0' || value == 0)
            argp_error(state, "--range-mib: %s is not a number from 1 to %" PRIu32, text,
                       RANGE_MIB_MAX);
        arguments->range_mib = (uint32_t)value;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->trace)
            argp_error(state, "one trace at a time; what is %s?", text);
        arguments->trace = text;
        return 0;
    case ARGP_KEY_END: check_combination(state, arguments); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* -- Writing ----------------------------------------------------------------------------------- */

/* The path of `name` and `ending` in `folder`; an exit status. */
static int path_in(char path[PLOT_PATH_BYTES], const char *folder, const char *name,
                   const char *ending)
{
    int length = snprintf(path, PLOT_PATH_BYTES, "%s/%s%s", folder, name, ending);

    return length < (int)PLOT_PATH_BYTES ? EXIT_GOOD : complain("the path is too long", EXIT_BAD);
}

static int write_file(const char *path, plot_write_fn write, bool drawn,
                      const struct plot_picture *picture)
{
    char message[MESSAGE_BYTES];

    switch (plot_file(path, write, drawn, picture, message, sizeof message)) {
    case GNUPLOT_DONE: return EXIT_GOOD;
    case GNUPLOT_MISSING:
        snprintf(message, sizeof message,
                 "no %s: gnuplot is missing (Debian's package: " GNUPLOT_PACKAGE ")", path);
        return complain(message, EXIT_SETUP);
    default: return complain(message, EXIT_BAD);
    }
}

/* Picture and figures in a folder. */
static int write_both(const char *folder, size_t what, const struct plot_picture *picture)
{
    char path[PLOT_PATH_BYTES];
    int status = path_in(path, folder, pictures[what].name, ".dat");

    if (status == EXIT_GOOD)
        status = write_file(path, pictures[what].data, false, picture);
    if (status == EXIT_GOOD)
        status = path_in(path, folder, pictures[what].name, ".svg");
    if (status == EXIT_GOOD)
        status = write_file(path, pictures[what].write, pictures[what].drawn, picture);
    if (status == EXIT_GOOD)
        printf("%s\n", path);
    return status;
}

/* Whether the trace has what a picture shows; a word about it else. */
static bool can_be_drawn(const struct arguments *arguments, size_t what, const struct plot_run *run)
{
    if (!pictures[what].has || pictures[what].has(run))
        return true;
    fprintf(stderr, "lookaside plot: no %s.svg: %s has no %s\n", pictures[what].name,
            arguments->trace, pictures[what].missing);
    return false;
}

static int write_folder(const struct arguments *arguments, const char *folder,
                        const struct plot_picture *picture)
{
    char message[MESSAGE_BYTES];
    int worst = EXIT_GOOD;

    if (!plot_make_folder(folder)) {
        snprintf(message, sizeof message, "%s: %s", folder, strerror(errno));
        return complain(message, EXIT_BAD);
    }
    for (size_t i = 0; i < PICTURES; i++) {
        int status = EXIT_GOOD;

        if (arguments->what != PICTURES && arguments->what != i)
            continue;
        if (can_be_drawn(arguments, i, picture->run))
            status = write_both(folder, i, picture);
        else if (arguments->what == i)
            status = EXIT_BAD;
        if (status == EXIT_BAD || worst == EXIT_GOOD)
            worst = status;
        if (status == EXIT_BAD)
            break;
    }
    return worst;
}

static int write_all(const struct arguments *arguments, const struct plot_picture *picture)
{
    char name[PLOT_PATH_BYTES];
    char folder[PLOT_PATH_BYTES + 16u];

    if (arguments->text) {
        plot_text_map(stdout, picture);
        return EXIT_GOOD;
    }
    if (is_file(arguments->output)) {
        if (!can_be_drawn(arguments, arguments->what, picture->run))
            return EXIT_BAD;
        return write_file(arguments->output, pictures[arguments->what].write,
                          pictures[arguments->what].drawn, picture);
    }
    plot_name_of(name, arguments->trace);
    snprintf(folder, sizeof folder, "results/plot/%s", name);
    return write_folder(arguments, arguments->output ? arguments->output : folder, picture);
}

/* -- The verb ---------------------------------------------------------------------------------- */

static int plot_trace(const struct arguments *arguments, struct plot_machine *machine,
                      const struct trace_loaded *trace)
{
    struct plot_run *run = malloc(sizeof *run);
    struct plot_picture picture = { .run = run, .by = arguments->by };
    char name[PLOT_PATH_BYTES];
    int status = EXIT_BAD;

    if (!run)
        return complain(strerror(errno), EXIT_SETUP);
    plot_name_of(name, arguments->trace);
    plot_heading(&picture.heading, trace->text, name);
    switch (plot_run(run, machine, trace, arguments->trace, &arguments->wish)) {
    case PLOT_GOOD: status = write_all(arguments, &picture); break;
    case PLOT_BAD_MOMENT: status = complain(run->message, EXIT_USAGE); break;
    case PLOT_BAD_TRACE: status = complain(run->message, EXIT_BAD); break;
    }
    free(run);
    if (fflush(stdout) != 0)
        return complain("standard output cannot be written", EXIT_BAD);
    return status;
}

static int open_and_plot(const struct arguments *arguments, const struct trace_loaded *trace)
{
    struct plot_machine *machine = calloc(1, sizeof *machine);
    char message[MESSAGE_BYTES];
    int status;

    if (!machine)
        return complain(strerror(errno), EXIT_SETUP);
    if (plot_machine_open(machine, arguments->range_mib * SEGMENTS_PER_MIB) == LA_OK) {
        status = plot_trace(arguments, machine, trace);
        plot_machine_close(machine);
    } else {
        snprintf(message, sizeof message,
                 "no window of %" PRIu32 " MiB: this process has no addresses or memory for it "
                 "(ulimit -v?)",
                 arguments->range_mib);
        status = complain(message, EXIT_SETUP);
    }
    free(machine);
    return status;
}

int verb_plot(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "TRACE",
        .doc =
            "Draw a trace as it runs through the allocator: live bytes and footprint over time "
            "(live.svg), how large its objects are (sizes.svg), and the address space at one "
            "moment, all 65,536 segments of it (map.svg)."
            "\vTRACE is binary or text, plain or packed; - is stdin. The figures of each picture "
            "are beside it, in .dat files. live and sizes are drawn by gnuplot.",
    };
    struct arguments arguments = { .what = PICTURES, .range_mib = RANGE_MIB_DEFAULT };
    struct trace_loaded trace;
    char message[TRACE_MESSAGE_BYTES];
    int status;

    argp_err_exit_status = EXIT_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0)
        return EXIT_USAGE;
    if (!trace_load(arguments.trace, &trace, message, sizeof message))
        return complain(message, EXIT_BAD);
    status = open_and_plot(&arguments, &trace);
    trace_unload(&trace);
    return status;
}
