/* SPDX-License-Identifier: 0BSD */
/* The verb: options in, traces loaded, one tuning run, reports out. The one fact to know: nothing
 * is written before the run has something to say, and every file appears whole.
 */
#include "tune.h"

#include "parallel.h"
#include "report.h"

#include <argp.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum exit_code {
    EXIT_DONE = 0,
    EXIT_BAD = 1,
    EXIT_USAGE = 2,
    EXIT_MISSING = 3,
    EXIT_INTERRUPTED = 130,
};

#define IMPROVE_BUDGET_DEFAULT 16u

enum option_key {
    OPTION_JSON = 256,
    OPTION_LARGEST,
    OPTION_NO_ANCHORS,
    OPTION_IMPROVE,
    OPTION_CORPUS,
};

static const struct argp_option options[] = {
    { "buckets", 'b', "K", 0, "Recommend a table of exactly K buckets (default: choose)", 0 },
    { "objective", 'o', "WHAT", 0,
      "What to make small: peak (default) or mean footprint, or va, the address space", 0 },
    { "max-ratio", 'g', "G", 0,
      "No bucket more than G times the one before, 1.05 to 8 (default: choose)", 0 },
    { "largest", OPTION_LARGEST, "BYTES", 0,
      "The largest bucket, a multiple of 8 from 64 to 32768 (default 32768)", 0 },
    { "no-anchors", OPTION_NO_ANCHORS, NULL, 0,
      "Let tables leave out sizes of Linux's kmalloc; the promise to kernels may break", 0 },
    { "improve", OPTION_IMPROVE, "N", 0, "Try N tables by replay in each fold (default 16)", 0 },
    { "quick", 'q', NULL, 0, "A coarse look: the first 200,000 operations of each trace", 0 },
    { "corpus", OPTION_CORPUS, "DIR", 0,
      "The traces to tune on, or to judge by when TRACEs are given", 0 },
    { "emit", 'e', "FILE", 0, "Write the recommended table as a C file", 0 },
    { "json", OPTION_JSON, "FILE", 0, "Write the figures as JSON here too; - is stdout", 0 },
    { "out", 'd', "DIR", 0, "Where reports and pictures go (default results/tune)", 0 },
    { "jobs", 'j', "N", 0, "Processes at a time (default: one a processor)", 0 },
    { 0 },
};

/* Everything the command line says. */
struct arguments {
    struct tuning_options tuning;
    const char *corpus;
    const char *emit;
    const char *json;
    const char *out;
    char **traces;
    uint32_t trace_count;
    bool improve_given;
};

/* A number of [lowest, highest] or a usage error. */
static uint32_t number(struct argp_state *state, const char *name, const char *text,
                       uint32_t lowest, uint32_t highest)
{
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || value < lowest || value > highest)
        argp_error(state, "--%s: \"%s\" is not a number from %u to %u", name, text, lowest,
                   highest);
    return (uint32_t)value;
}

static uint32_t ratio_permille(struct argp_state *state, const char *text)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end || !(value >= 1.05 && value <= 8.0))
        argp_error(state, "--max-ratio: \"%s\" is not a number from 1.05 to 8", text);
    return (uint32_t)(value * 1000.0 + 0.5);
}

static enum tune_objective objective_of(struct argp_state *state, const char *text)
{
    if (strcmp(text, "mean") == 0)
        return TUNE_MEAN;
    if (strcmp(text, "va") == 0)
        return TUNE_VA;
    if (strcmp(text, "peak") != 0)
        argp_error(state, "--objective: \"%s\" is none of peak, mean, va", text);
    return TUNE_PEAK;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    struct tuning_options *tuning = &arguments->tuning;

    switch (key) {
    case 'b': tuning->buckets = number(state, "buckets", text, 2, BUCKETS_MAX); break;
    case 'o': tuning->objective = objective_of(state, text); break;
    case 'g': tuning->guard_permille = ratio_permille(state, text); break;
    case OPTION_LARGEST:
        tuning->largest_bytes = number(state, "largest", text, 64, BUCKET_BYTES_MAX);
        if (tuning->largest_bytes % BUCKET_GRAIN_BYTES != 0)
            argp_error(state, "--largest: %s is not a multiple of 8", text);
        break;
    case OPTION_NO_ANCHORS: tuning->free_of_anchors = true; break;
    case OPTION_IMPROVE:
        tuning->improve_budget = number(state, "improve", text, 0, 100000);
        arguments->improve_given = true;
        break;
    case 'q': tuning->quick = true; break;
    case OPTION_CORPUS: arguments->corpus = text; break;
    case 'e': arguments->emit = text; break;
    case OPTION_JSON: arguments->json = text; break;
    case 'd': arguments->out = text; break;
    case 'j': parallel_processes = number(state, "jobs", text, 1, 64); break;
    case ARGP_KEY_ARGS:
        arguments->traces = state->argv + state->next;
        arguments->trace_count = (uint32_t)(state->argc - state->next);
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp parser = {
    .options = options,
    .parser = parse_option,
    .args_doc = "[TRACE...]",
    .doc =
        "Find the bucket table that wastes least on programs it has not seen.\v"
        "Without TRACEs the shipped corpus is tuned on and each program is judged by a table made "
        "from the others. With TRACEs (files or folders) the table is made for those, and the "
        "corpus says how it does elsewhere. Ctrl-C writes what is finished.",
};

/* -- Loading ----------------------------------------------------------------------------------- */

static bool is_directory(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int fail(const char *message, int code)
{
    fprintf(stderr, "lookaside tune: %s\n", message);
    return code;
}

static const char *corpus_directory(const struct arguments *arguments)
{
    const char *variable = getenv("LOOKASIDE_CORPUS");

    if (arguments->corpus)
        return arguments->corpus;
    return variable && *variable ? variable : TUNE_CORPUS_DIR;
}

static bool load_given(struct corpus *corpus, const struct arguments *arguments, char *message,
                       size_t message_size)
{
    for (uint32_t i = 0; i < arguments->trace_count; i++) {
        const char *path = arguments->traces[i];
        bool added = true;
        bool good = is_directory(path)
                        ? corpus_add_directory(corpus, path, true, message, message_size)
                        : corpus_add_file(corpus, path, NULL, true, &added, message, message_size);
        if (!good)
            return false;
        if (!added)
            fprintf(stderr, "lookaside tune: %s has no heap operations; left out\n", path);
    }
    return true;
}

/* The corpus and what is judged by it. Answers an exit code. */
static int load(struct corpus *corpus, const struct arguments *arguments)
{
    const char *directory = corpus_directory(arguments);
    char message[CORPUS_MESSAGE_SIZE];
    bool given = arguments->trace_count != 0;

    if (given && !load_given(corpus, arguments, message, sizeof message))
        return fail(message, EXIT_BAD);
    if (given && corpus->count == 0)
        return fail("the given traces have no heap operations to tune on", EXIT_BAD);
    if (!is_directory(directory)) {
        snprintf(message, sizeof message, "no corpus at %s; name one with --corpus", directory);
        if (!given || arguments->corpus)
            return fail(message, EXIT_MISSING);
        fprintf(stderr, "lookaside tune: %s: judged on the given traces only\n", message);
        return EXIT_DONE;
    }
    if (!corpus_add_directory(corpus, directory, !given, message, sizeof message))
        return fail(message, EXIT_BAD);
    if (corpus->count == 0)
        return fail("the corpus has no trace with heap operations (*.lat, *.lat.zst)",
                    EXIT_MISSING);
    (void)corpus_drop_seen(corpus);
    return EXIT_DONE;
}

/* -- Writing ----------------------------------------------------------------------------------- */

/* The run without what does not decide its result: places and processes are left out. */
static void describe(const struct arguments *arguments, const struct corpus *corpus, char *command,
                     size_t size)
{
    const struct tuning_options *tuning = &arguments->tuning;
    size_t at = (size_t)snprintf(command, size, "lookaside tune");

#define ADD(...)                                                                                   \
    do {                                                                                           \
        if (at < size)                                                                             \
            at += (size_t)snprintf(command + at, size - at, __VA_ARGS__);                          \
    } while (0)
    if (tuning->buckets)
        ADD(" --buckets %u", tuning->buckets);
    if (tuning->objective != TUNE_PEAK)
        ADD(" --objective %s", tuning->objective == TUNE_MEAN ? "mean" : "va");
    if (tuning->guard_permille)
        ADD(" --max-ratio %.3f", tuning->guard_permille / 1000.0);
    if (tuning->largest_bytes != BUCKET_BYTES_MAX)
        ADD(" --largest %u", tuning->largest_bytes);
    if (tuning->free_of_anchors)
        ADD(" --no-anchors");
    if (arguments->improve_given)
        ADD(" --improve %u", tuning->improve_budget);
    if (tuning->quick)
        ADD(" --quick");
    for (uint32_t i = 0; arguments->trace_count != 0 && i < corpus->count; i++) {
        const char *slash = strrchr(corpus->traces[i]->ops.name, '/');
        if (corpus->traces[i]->training)
            ADD(" %s", slash ? slash + 1 : corpus->traces[i]->ops.name);
    }
#undef ADD
}

/* What the writers are handed. */
struct written {
    const struct tuning *tuning;
    const char *command;
};

static bool write_text(FILE *out, const void *context)
{
    const struct written *written = context;

    report_text(out, written->tuning);
    return !ferror(out);
}

static bool write_c(FILE *out, const void *context)
{
    const struct written *written = context;

    report_emit(out, written->tuning, written->command);
    return !ferror(out);
}

static bool write_json(FILE *out, const void *context)
{
    const struct written *written = context;

    return report_json(out, written->tuning, written->command);
}

/* mkdir -p */
static bool make_directory(const char *path)
{
    char part[4096];

    if (strlen(path) >= sizeof part)
        return false;
    for (size_t i = 0; path[i]; i++) {
        part[i] = path[i];
        part[i + 1u] = '\0';
        if ((path[i + 1u] == '/' || path[i + 1u] == '\0') && mkdir(part, 0777) != 0 &&
            errno != EEXIST)
            return false;
    }
    return is_directory(path);
}

static int write_results(const struct arguments *arguments, const struct written *written)
{
    char message[CORPUS_MESSAGE_SIZE];
    char path[4096];
    bool drawn;

    if (!make_directory(arguments->out)) {
        snprintf(message, sizeof message, "%s: %s", arguments->out, strerror(errno));
        return fail(message, EXIT_BAD);
    }
    snprintf(path, sizeof path, "%s/tune.txt", arguments->out);
    if (!report_file(path, write_text, written, message, sizeof message))
        return fail(message, EXIT_BAD);
    snprintf(path, sizeof path, "%s/tune.json", arguments->out);
    if (!report_file(path, write_json, written, message, sizeof message))
        return fail(message, EXIT_BAD);
    if (arguments->json &&
        !report_file(arguments->json, write_json, written, message, sizeof message))
        return fail(message, EXIT_BAD);
    if (arguments->emit && !report_file(arguments->emit, write_c, written, message, sizeof message))
        return fail(message, EXIT_BAD);
    if (!report_plots(arguments->out, written->tuning, &drawn, message, sizeof message))
        return fail(message, EXIT_BAD);
    if (!drawn)
        fprintf(stderr, "lookaside tune: no pictures: gnuplot is missing or failed\n");
    return EXIT_DONE;
}

/* -- The run ----------------------------------------------------------------------------------- */

static int report(const struct arguments *arguments, const struct corpus *corpus,
                  const struct tuning *tuning)
{
    struct promise promise = tuning_promise(tuning, tuning_answer(tuning));
    char command[4096];
    struct written written = { tuning, command };
    bool json_on_stdout = arguments->json && strcmp(arguments->json, "-") == 0;
    int code;

    describe(arguments, corpus, command, sizeof command);
    code = write_results(arguments, &written);
    if (code != EXIT_DONE)
        return code;
    if (!json_on_stdout) {
        report_text(stdout, tuning);
        printf("\nWritten: %s/tune.txt, tune.json and pictures%s%s\n", arguments->out,
               arguments->emit ? "; " : "", arguments->emit ? arguments->emit : "");
    }
    if (fflush(stdout) != 0)
        return fail("stdout cannot be written", EXIT_BAD);
    if (tuning->interrupted)
        return EXIT_INTERRUPTED;
    if (arguments->trace_count == 0 && !tuning->options.free_of_anchors &&
        tuning->options.largest_bytes == BUCKET_BYTES_MAX && !promise_kept(&promise))
        return fail(
            "the recommended table is worse than Linux's kmalloc classes on a kernel's trace",
            EXIT_BAD);
    return EXIT_DONE;
}

static int tune(const struct arguments *arguments, const struct corpus *corpus)
{
    static struct tuning tuning;
    bool good = tuning_run(&tuning, corpus, &arguments->tuning);
    int code;

    if (good && tuning.interrupted && tuning.front_count == 0)
        code =
            fail("interrupted before anything was finished; nothing is written", EXIT_INTERRUPTED);
    else if (!good)
        code = fail("out of memory, or a replay died", EXIT_BAD);
    else if (tuning.front_count == 0)
        code = fail("no table keeps to these rules; try --no-anchors, a larger --max-ratio or "
                    "more --buckets",
                    EXIT_USAGE);
    else if (arguments->tuning.buckets != 0 &&
             tuning.front[tuning.chosen].buckets != arguments->tuning.buckets)
        code = fail("no table of so few (or so many) buckets keeps to the rules; try --no-anchors "
                    "or a larger --max-ratio",
                    EXIT_USAGE);
    else
        code = report(arguments, corpus, &tuning);
    tuning_free(&tuning);
    return code;
}

int verb_tune(int argc, char **argv)
{
    struct arguments arguments = {
        .tuning = { .largest_bytes = BUCKET_BYTES_MAX, .improve_budget = IMPROVE_BUDGET_DEFAULT },
        .out = "results/tune",
    };
    struct corpus corpus = { 0 };
    int code;

    argp_err_exit_status = EXIT_USAGE;
    if (argp_parse(&parser, argc, argv, 0, NULL, &arguments) != 0)
        return EXIT_USAGE;
    if (arguments.tuning.quick && !arguments.improve_given)
        arguments.tuning.improve_budget = 0;
    interrupt_watch();
    code = load(&corpus, &arguments);
    if (code == EXIT_DONE)
        code = tune(&arguments, &corpus);
    corpus_free(&corpus);
    return code;
}
