/* SPDX-License-Identifier: 0BSD */
/* What the importers share. */
#include "convert.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- Failing ----------------------------------------------------------------------------------- */

bool convert_fail(struct convert *convert, const char *format, ...)
{
    char message[320];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (convert->lines && convert->lines->number > 0)
        snprintf(convert->error, sizeof convert->error, "%s:%" PRIu64 ": %s",
                 input_path(convert->input), convert->lines->number, message);
    else
        snprintf(convert->error, sizeof convert->error, "%s: %s", input_path(convert->input),
                 message);
    return false;
}

bool convert_out_of_memory(struct convert *convert)
{
    snprintf(convert->error, sizeof convert->error, "%s: out of memory",
             input_path(convert->input));
    return false;
}

bool convert_room(struct convert *convert, void **at, size_t *room, size_t item_bytes,
                  uint64_t index)
{
    size_t wanted = *room ? *room : 256u;
    char *more;

    if (index < *room)
        return true;
    while (wanted <= index)
        wanted *= 2u;
    more = realloc(*at, wanted * item_bytes);
    if (!more)
        return convert_out_of_memory(convert);
    memset(more + *room * item_bytes, 0, (wanted - *room) * item_bytes);
    *at = more;
    *room = wanted;
    return true;
}

/* -- Lines ------------------------------------------------------------------------------------- */

/* The comments of the recordings that say where they come from. */
static bool keep_comment(struct convert *convert, const char *line)
{
    static const struct {
        const char *begins;
        const char *key;
        const char *stop; /* what follows it is about the file's columns */
    } kept[] = {
        { "# recorder: ", "recorder", "" }, { "# kernel: ", "system", "" },
        { "# workload: ", "workload", "" }, { "# truncated: ", "truncated", "" },
        { "# source ", "recorder", ";" },   { "# vas-trace v1 ", "recording", "" },
    };
    char value[512];

    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        size_t bytes = strlen(kept[i].begins);
        if (strncmp(line, kept[i].begins, bytes) != 0)
            continue;
        snprintf(value, sizeof value, "%.*s", (int)strcspn(line + bytes, kept[i].stop),
                 line + bytes);
        return convert_text(convert, kept[i].key, value);
    }
    return true;
}

bool convert_line(struct convert *convert)
{
    for (char *line = lines_next(convert->lines); line; line = lines_next(convert->lines)) {
        char *state = NULL;
        if (line[0] == '#') {
            if (!keep_comment(convert, line))
                return false;
            continue;
        }
        convert->fields = 0;
        for (char *word = strtok_r(line, " \t", &state); word && convert->fields < FIELDS_MAX;
             word = strtok_r(NULL, " \t", &state))
            convert->field[convert->fields++] = word;
        if (convert->fields > 0)
            return true;
    }
    if (convert->lines->problem[0] != '\0')
        convert_fail(convert, "%s", convert->lines->problem);
    return false;
}

bool convert_fields(struct convert *convert, int count, const char *what)
{
    return convert->fields >= count ||
           convert_fail(convert, "%d fields, expected %d: %s", convert->fields, count, what);
}

bool convert_number(struct convert *convert, int index, const char *what, uint64_t max,
                    uint64_t *ret_value)
{
    const char *word = index < convert->fields ? convert->field[index] : "";
    const char *digit = word;
    uint64_t value = 0;

    for (; *digit >= '0' && *digit <= '9'; digit++) {
        if (value > (UINT64_MAX - 9u) / 10u)
            break;
        value = value * 10u + (uint64_t)(*digit - '0');
    }
    if (digit == word || *digit != '\0' || value > max)
        return convert_fail(convert, "found '%.40s', expected %s (0 to %" PRIu64 ")", word, what,
                            max);
    *ret_value = value;
    return true;
}

/* -- Ops --------------------------------------------------------------------------------------- */

static bool write_op(struct convert *convert, const struct trace_op *op)
{
    if (trace_output_write(convert->output, op))
        return true;
    return convert_fail(convert, "the op does not fit a trace, or the output cannot be written");
}

static bool write_time(struct convert *convert)
{
    while (convert->with_time && convert->time_ns > 0) {
        uint64_t step = convert->time_ns < UINT32_MAX ? convert->time_ns : UINT32_MAX;
        struct trace_op op = { .kind = TRACE_TIME, .delta_ns = (uint32_t)step };
        if (!write_op(convert, &op))
            return false;
        convert->time_ns -= step;
    }
    return true;
}

bool convert_emit(struct convert *convert, struct trace_op op)
{
    struct trace_op thread = { .kind = TRACE_THREAD, .thread = convert->thread };

    if (!write_time(convert))
        return false;
    if (convert->thread != convert->thread_written) {
        if (!write_op(convert, &thread))
            return false;
        convert->thread_written = convert->thread;
    }
    return write_op(convert, &op);
}

bool slot_take(struct convert *convert, enum trace_slot_kind kind, uint32_t *ret_slot)
{
    struct slot_pool *pool = &convert->pools[kind];

    if (pool->freed_count > 0)
        *ret_slot = pool->freed[--pool->freed_count];
    else if (pool->next < TRACE_SLOTS_MAX)
        *ret_slot = pool->next++;
    else
        return convert_fail(convert, "more than %" PRIu32 " live objects", TRACE_SLOTS_MAX);
    return true;
}

bool slot_give(struct convert *convert, enum trace_slot_kind kind, uint32_t slot)
{
    struct slot_pool *pool = &convert->pools[kind];
    void *freed = pool->freed;

    if (!convert_room(convert, &freed, &pool->freed_room, sizeof *pool->freed, pool->freed_count))
        return false;
    pool->freed = freed;
    pool->freed[pool->freed_count++] = slot;
    return true;
}

uint32_t convert_pages(uint64_t bytes)
{
    uint64_t pages = bytes / 4096u + (bytes % 4096u != 0);

    return pages < UINT32_MAX ? (uint32_t)pages : UINT32_MAX;
}

/* -- Header text ------------------------------------------------------------------------------- */

bool convert_text(struct convert *convert, const char *key, const char *value)
{
    size_t bytes = strlen(key) + 2u + strlen(value) + 1u;
    char *line = convert->text + convert->text_bytes;

    if (value[0] == '\0')
        return true;
    if (convert->text_bytes + bytes > TRACE_TEXT_BYTES_MAX)
        return convert_fail(convert, "more than %u bytes of header text", TRACE_TEXT_BYTES_MAX);
    snprintf(line, bytes + 1u, "%s: %s\n", key, value);
    for (size_t i = 0; i + 1u < bytes; i++)
        if ((unsigned char)line[i] < 0x20u || line[i] == 0x7f)
            line[i] = '?';
    if (!trace_text_valid(line, (uint32_t)bytes)) {
        convert_fail(convert, "'%.40s' is no key for a header text (expected a-z, 0-9 and -)", key);
        *line = '\0';
        return false;
    }
    convert->text_bytes += bytes;
    return true;
}

struct note_words {
    const char *key;
    const char *words;
};

static bool write_notes(struct convert *convert)
{
    static const struct note_words notes[NOTE_KINDS] = {
        [NOTE_UNKNOWN_FREE] = { "dropped", "frees of objects made before the recording" },
        [NOTE_IMPLIED_FREE] = { "implied", "frees seen because the address was given out again" },
        [NOTE_TOO_LARGE] = { "dropped", "requests of 4 GiB or more" },
        [NOTE_UNKNOWN_MAPPING] = { "dropped", "ops on mappings made before the recording" },
        [NOTE_FOREIGN_MAPPING] = { "dropped", "ops on mappings inherited by a fork" },
        [NOTE_ADVICE] = { "dropped", "madvise calls (contents only)" },
        [NOTE_STACK_PROTECTION] = { "dropped", "protection changes of stacks" },
        [NOTE_STACK_PARTIAL_UNMAP] = { "dropped", "partial unmaps of stacks" },
        [NOTE_PARTIAL_REMAP] = { "dropped", "mremap calls on stacks or parts of mappings" },
        [NOTE_NOT_SELECTED] = { "dropped", "ops on kinds of objects that were not selected" },
        [NOTE_UNKNOWN_STACK] = { "dropped", "ops on stacks made before the recording" },
        [NOTE_ABOVE_TOP] = { "changed", "touches above the first page seen, taken as page 0" },
    };
    char value[160];

    for (int note = 0; note < NOTE_KINDS; note++) {
        if (convert->notes[note] == 0)
            continue;
        snprintf(value, sizeof value, "%" PRIu64 " %s", convert->notes[note], notes[note].words);
        if (!convert_text(convert, notes[note].key, value))
            return false;
    }
    return true;
}

/* -- The whole --------------------------------------------------------------------------------- */

struct format {
    const char *name;
    const char *first; /* what such a file begins with */
    size_t first_bytes;
    bool (*convert)(struct convert *convert);
};

#define FIRST(text) text, sizeof text - 1u

static const struct format formats[] = {
    { "ntr-user", FIRST("# ntr-user 1"), convert_ntr_user },
    { "ntr-kernel", FIRST("# ntr-kernel 1"), convert_ntr_kernel },
    { "ntr-vas", FIRST("# ntr-vas 1"), convert_ntr_vas },
    { "ntr-stack", FIRST("# ntr-stack 1"), convert_ntr_stack },
    { "vas-trace", FIRST("# vas-trace v1"), convert_vas_trace },
    { "mtrace1", FIRST("MTRACE1\0"), convert_mtrace1 },
    { "trace", FIRST("\x89LAT"), convert_trace },
    { "trace", FIRST("# lookaside trace "), convert_trace },
};

#define FORMATS (sizeof formats / sizeof formats[0])

bool convert_knows(const char *format)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (strcmp(format, formats[i].name) == 0)
            return true;
    return false;
}

static const struct format *find_format(struct convert *convert, const char *from)
{
    const uint8_t *first = NULL;
    size_t peeked = from ? 0 : input_peek(convert->input, &first);

    if (peeked == SIZE_MAX) {
        snprintf(convert->error, sizeof convert->error, "%s: %s", input_path(convert->input),
                 input_problem(convert->input));
        return NULL;
    }
    if (!from && peeked == 0) {
        snprintf(convert->error, sizeof convert->error, "%s: offset 0: the file is empty",
                 input_path(convert->input));
        return NULL;
    }
    for (size_t i = 0; i < FORMATS; i++)
        if (from ? strcmp(from, formats[i].name) == 0
                 : peeked >= formats[i].first_bytes &&
                       memcmp(first, formats[i].first, formats[i].first_bytes) == 0)
            return &formats[i];
    snprintf(convert->error, sizeof convert->error,
             "%s: offset 0: %s (expected ntr-user, ntr-kernel, ntr-vas, ntr-stack, vas-trace, "
             "mtrace1 or a trace)",
             input_path(convert->input), from ? "no such format" : "an unknown format");
    return NULL;
}

/* "kernel: slab, without time": how to get the same trace again. */
static bool write_conversion(struct convert *convert, const struct format *format)
{
    static const char *const kernels[] = { "kmalloc", "slab", "vmap" };
    bool kernel = format->convert == convert_ntr_kernel;
    char value[96];

    if (format->convert == convert_trace)
        return true; /* it has that line already, or never was anything else */

    snprintf(value, sizeof value, "from %s%s%s, %s time", format->name, kernel ? ", " : "",
             kernel ? kernels[convert->kernel] : "", convert->with_time ? "with" : "without");
    return convert_text(convert, "conversion", value);
}

static bool write_set(struct convert *convert, char **set, int count)
{
    char key[64];

    for (int i = 0; i < count; i++) {
        size_t bytes = strcspn(set[i], "=");
        snprintf(key, sizeof key, "%.*s", (int)bytes, set[i]);
        if (set[i][bytes] != '=')
            return convert_fail(convert, "--set '%.40s' has no value (expected KEY=VALUE)", set[i]);
        if (!convert_text(convert, key, set[i] + bytes + 1u))
            return false;
    }
    return true;
}

static bool run(struct convert *convert, const struct convert_job *job)
{
    const struct format *format = find_format(convert, job->from);

    convert->text = calloc(1, TRACE_TEXT_BYTES_MAX + 2u);
    convert->lines = malloc(sizeof *convert->lines);
    if (!convert->text || !convert->lines)
        return convert_out_of_memory(convert);
    lines_init(convert->lines, convert->input);
    return format && write_set(convert, job->set, job->set_count) && format->convert(convert) &&
           write_conversion(convert, format) && write_notes(convert);
}

bool convert_run(const struct convert_job *job, char *error, size_t error_size)
{
    struct convert convert = { .kernel = job->kernel, .with_time = job->with_time };
    bool good = false;

    convert.input = input_open(job->input, error, error_size);
    if (!convert.input)
        return false;
    convert.output = trace_output_open(job->output, error, error_size);
    if (convert.output) {
        good = run(&convert, job);
        if (good)
            good = trace_output_commit(convert.output, convert.text, error, error_size);
        else {
            snprintf(error, error_size, "%s", convert.error);
            trace_output_abandon(convert.output);
        }
    }
    for (int kind = 0; kind < TRACE_HEAP; kind++)
        free(convert.pools[kind].freed);
    free(convert.lines);
    free(convert.text);
    input_close(convert.input);
    return good;
}
