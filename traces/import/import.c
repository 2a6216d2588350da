/* SPDX-License-Identifier: 0BSD */
/* What the importers share. */
#include "import.h"

#include "formats.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A damaged time must not become a thousand million ops of 4 s each. */
#define GAP_NS_MAX (UINT64_C(86400) * 1000000000u)

/* -- Failing ----------------------------------------------------------------------------------- */

bool import_fail(struct import *import, const char *format, ...)
{
    char message[320];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (import->lines && import->lines->number > 0)
        snprintf(import->error, sizeof import->error, "%s:%" PRIu64 ": %s", import->name,
                 import->lines->number, message);
    else
        snprintf(import->error, sizeof import->error, "%s: %s", import->name, message);
    return false;
}

bool import_out_of_memory(struct import *import)
{
    snprintf(import->error, sizeof import->error, "%s: out of memory", import->name);
    return false;
}

bool import_room(struct import *import, void **at, size_t *room, size_t item_bytes, uint64_t index)
{
    size_t wanted = *room ? *room : 256u;
    char *more;

    if (index < *room)
        return true;
    while (wanted <= index)
        wanted *= 2u;
    more = realloc(*at, wanted * item_bytes);
    if (!more)
        return import_out_of_memory(import);
    memset(more + *room * item_bytes, 0, (wanted - *room) * item_bytes);
    *at = more;
    *room = wanted;
    return true;
}

/* -- Lines ------------------------------------------------------------------------------------- */

/* The comments of the recordings that say where they come from. */
static bool keep_comment(struct import *import, const char *line)
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
        return import_text(import, kept[i].key, value);
    }
    return true;
}

bool import_line(struct import *import)
{
    for (char *line = import_next_line(import); line; line = import_next_line(import)) {
        char *state = NULL;
        if (line[0] == '#') {
            if (!keep_comment(import, line))
                return false;
            continue;
        }
        import->fields = 0;
        for (char *word = strtok_r(line, " \t", &state); word && import->fields < FIELDS_MAX;
             word = strtok_r(NULL, " \t", &state))
            import->field[import->fields++] = word;
        if (import->fields > 0)
            return true;
    }
    return false;
}

char *import_next_line(struct import *import)
{
    char *line = lines_next(import->lines);

    if (!line && import->lines->problem[0] != '\0')
        import_fail(import, "%s", import->lines->problem);
    return line;
}

bool import_fields(struct import *import, int count, const char *what)
{
    return import->fields >= count ||
           import_fail(import, "%d fields, expected %d: %s", import->fields, count, what);
}

bool import_number(struct import *import, int index, const char *what, uint64_t max,
                   uint64_t *ret_value)
{
    const char *word = index < import->fields ? import->field[index] : "";
    const char *digit = word;
    uint64_t value = 0;

    for (; *digit >= '0' && *digit <= '9'; digit++) {
        if (value > (UINT64_MAX - 9u) / 10u)
            break;
        value = value * 10u + (uint64_t)(*digit - '0');
    }
    if (digit == word || *digit != '\0' || value > max)
        return import_fail(import, "found '%.40s', expected %s (0 to %" PRIu64 ")", word, what,
                           max);
    *ret_value = value;
    return true;
}

/* -- Ops --------------------------------------------------------------------------------------- */

static bool write_op(struct import *import, const struct trace_op *op)
{
    if (trace_output_write(import->output, op))
        return true;
    if (errno == EINVAL)
        return import_fail(import, "the op does not fit a trace");
    return import_fail(import, "the trace cannot be written: %s", strerror(errno));
}

static bool write_time(struct import *import)
{
    if (import->with_time && import->time_ns > GAP_NS_MAX) {
        import->time_ns = GAP_NS_MAX;
        import->notes[NOTE_LONG_GAP]++;
    }
    while (import->with_time && import->time_ns > 0) {
        uint64_t step = import->time_ns < UINT32_MAX ? import->time_ns : UINT32_MAX;
        struct trace_op op = { .kind = TRACE_TIME, .delta_ns = (uint32_t)step };
        if (!write_op(import, &op))
            return false;
        import->time_ns -= step;
    }
    return true;
}

static bool write_cpu(struct import *import)
{
    struct trace_op cpu = { .kind = TRACE_CPU, .cpu = import->cpu };

    if (!import->with_labels || import->cpu == import->cpu_written)
        return true;
    import->cpu_written = import->cpu;
    return write_op(import, &cpu);
}

/* Right before the creation it is about: frees may come in between. */
static bool write_label(struct import *import, uint8_t kind)
{
    struct trace_op label = { .kind = TRACE_LABEL, .label = import->label };
    bool creation = kind == TRACE_ALLOC || kind == TRACE_ALLOC_ZEROED ||
                    kind == TRACE_ALLOC_ALIGNED || kind == TRACE_RESERVE;

    if (!import->has_label || !creation)
        return true;
    import->has_label = false;
    return write_op(import, &label);
}

bool import_emit(struct import *import, struct trace_op op)
{
    struct trace_op thread = { .kind = TRACE_THREAD, .thread = import->thread };

    if (!write_time(import) || !write_cpu(import))
        return false;
    if (import->thread != import->thread_written) {
        if (!write_op(import, &thread))
            return false;
        import->thread_written = import->thread;
    }
    return write_label(import, op.kind) && write_op(import, &op);
}

bool slot_take(struct import *import, enum trace_slot_kind kind, uint32_t *ret_slot)
{
    struct slot_pool *pool = &import->pools[kind];

    if (pool->freed_count > 0)
        *ret_slot = pool->freed[--pool->freed_count];
    else if (pool->next < TRACE_SLOTS_MAX)
        *ret_slot = pool->next++;
    else
        return import_fail(import, "more than %" PRIu32 " live objects", TRACE_SLOTS_MAX);
    return true;
}

bool slot_give(struct import *import, enum trace_slot_kind kind, uint32_t slot)
{
    struct slot_pool *pool = &import->pools[kind];
    void *freed = pool->freed;

    if (!import_room(import, &freed, &pool->freed_room, sizeof *pool->freed, pool->freed_count))
        return false;
    pool->freed = freed;
    pool->freed[pool->freed_count++] = slot;
    return true;
}

uint32_t import_pages(uint64_t bytes)
{
    uint64_t pages = bytes / 4096u + (bytes % 4096u != 0);

    return pages < UINT32_MAX ? (uint32_t)pages : UINT32_MAX;
}

/* -- Header text ------------------------------------------------------------------------------- */

bool import_text(struct import *import, const char *key, const char *value)
{
    size_t bytes = strlen(key) + 2u + strlen(value) + 1u;
    char *line = import->text + import->text_bytes;

    if (value[0] == '\0')
        return true;
    if (import->text_bytes + bytes > TRACE_TEXT_BYTES_MAX)
        return import_fail(import, "more than %u bytes of header text", TRACE_TEXT_BYTES_MAX);
    snprintf(line, bytes + 1u, "%s: %s\n", key, value);
    for (size_t i = 0; i + 1u < bytes; i++)
        if ((unsigned char)line[i] < 0x20u || line[i] == 0x7f)
            line[i] = '?';
    if (!trace_text_valid(line, (uint32_t)bytes)) {
        import_fail(import, "'%.40s' is no key for a header text (expected a-z, 0-9 and -)", key);
        *line = '\0';
        return false;
    }
    import->text_bytes += bytes;
    return true;
}

struct note_words {
    const char *key;
    const char *words;
};

static bool write_notes(struct import *import)
{
    static const struct note_words notes[NOTE_KINDS] = {
        [NOTE_UNKNOWN_FREE] = { "dropped", "frees of objects made before the recording" },
        [NOTE_IMPLIED_FREE] = { "implied", "frees seen because the address was given out again" },
        [NOTE_TOO_LARGE] = { "dropped", "requests of 4 GiB or more" },
        [NOTE_FAILED] = { "dropped", "calls that failed when they were recorded" },
        [NOTE_UNKNOWN_REALLOC] = { "changed", "reallocs of unknown objects, taken as allocations" },
        [NOTE_UNKNOWN_MAPPING] = { "dropped", "ops on mappings made before the recording" },
        [NOTE_FOREIGN_MAPPING] = { "dropped", "ops on mappings inherited by a fork" },
        [NOTE_ADVICE] = { "dropped", "madvise calls (contents only)" },
        [NOTE_STACK_PROTECTION] = { "dropped", "protection changes of stacks" },
        [NOTE_STACK_PARTIAL_UNMAP] = { "dropped", "partial unmaps of stacks" },
        [NOTE_PARTIAL_REMAP] = { "dropped", "mremap calls on stacks or parts of mappings" },
        [NOTE_NOT_SELECTED] = { "dropped", "ops on kinds of objects that were not selected" },
        [NOTE_UNKNOWN_STACK] = { "dropped", "ops on stacks made before the recording" },
        [NOTE_LONG_GAP] = { "changed", "gaps of more than a day, shortened to a day" },
        [NOTE_ABOVE_TOP] = { "changed", "touches above the first page seen, taken as page 0" },
        [NOTE_PAGES_APART] = { "changed", "pages freed apart from their block, which lives on" },
        [NOTE_TOP_GUESSED] = { "changed", "main stacks taken to begin above the first touch" },
        [NOTE_OWN] = { "dropped", "ops of the recorder itself" },
        [NOTE_OTHER_EVENT] = { "dropped", "events that no trace has" },
        [NOTE_NO_EVENT] = { "dropped", "lines that are no events" },
        [NOTE_LOST] = { "lost", "events while it was recorded" },
    };
    char value[160];

    for (int note = 0; note < NOTE_KINDS; note++) {
        if (import->notes[note] == 0)
            continue;
        snprintf(value, sizeof value, "%" PRIu64 " %s", import->notes[note], notes[note].words);
        if (!import_text(import, notes[note].key, value))
            return false;
    }
    return true;
}

/* -- The whole --------------------------------------------------------------------------------- */

static const struct format *find_format(struct import *import, const char *from)
{
    const uint8_t *first = NULL;
    size_t peeked = from ? 0 : input_peek(import->input, &first);
    const struct format *format;

    if (peeked == SIZE_MAX) {
        import_fail(import, "%s", input_problem(import->input));
        return NULL;
    }
    if (!from && peeked == 0) {
        import_fail(import, "offset 0: the file is empty");
        return NULL;
    }
    format = from ? format_named(from) : format_of((const char *)first, peeked);
    if (!format)
        import_fail(import, "offset 0: an unknown format (expected one that --help lists)");
    return format;
}

const char *const import_kernels[IMPORT_KERNELS] = { "kmalloc", "slab", "vmap", "pages", "stack" };

/* "kernel: slab, without time": how to get the same trace again. */
static bool write_conversion(struct import *import, const struct format *format)
{
    bool kernel = format->read == import_ntr_kernel || format->read == import_ftrace;
    char value[96];

    if (format->read == import_trace)
        return true; /* it has that line already, or never was anything else */

    snprintf(value, sizeof value, "from %s%s%s, %s time", format->name, kernel ? ", " : "",
             kernel ? import_kernels[import->kernel] : "", import->with_time ? "with" : "without");
    return import_text(import, "conversion", value);
}

static bool write_set(struct import *import, char **set, int count)
{
    char key[64];

    for (int i = 0; i < count; i++) {
        size_t bytes = strcspn(set[i], "=");
        snprintf(key, sizeof key, "%.*s", (int)bytes, set[i]);
        if (set[i][bytes] != '=')
            return import_fail(import, "--set '%.40s' has no value (expected KEY=VALUE)", set[i]);
        if (!import_text(import, key, set[i] + bytes + 1u))
            return false;
    }
    return true;
}

static bool read_file(struct import *import, const struct import_job *job)
{
    const struct format *format = find_format(import, job->from);

    if (format && job->report)
        job->report->format = format->name;
    import->lines = malloc(sizeof *import->lines);
    if (!import->lines)
        return import_out_of_memory(import);
    lines_init(import->lines, import->input);
    return format && format->read(import) && write_conversion(import, format);
}

static bool run(struct import *import, const struct import_job *job)
{
    import->text = calloc(1, TRACE_TEXT_BYTES_MAX + 2u);
    if (!import->text)
        return import_out_of_memory(import);
    if (!write_set(import, job->set, job->set_count))
        return false;
    return (job->read ? job->read(import, job->context) : read_file(import, job)) &&
           write_notes(import) && labels_write(import);
}

/* A message may quote a recording, and what is in there must not reach a terminal as it is. */
static void print_safely(const char *message, char *error, size_t error_size)
{
    snprintf(error, error_size, "%s", message);
    for (char *letter = error; *letter != '\0'; letter++)
        if ((unsigned char)*letter < 0x20u || *letter == 0x7f)
            *letter = '?';
}

bool import_run(const struct import_job *job, char *error, size_t error_size)
{
    struct import import = { .name = job->input,
                             .kernel = job->kernel,
                             .with_time = job->with_time,
                             .with_labels = job->with_labels };
    bool good = false;

    if (!job->read) {
        import.input = job->over ? job->over : input_open(job->input, error, error_size);
        if (!import.input)
            return false;
        import.name = input_path(import.input);
        input_watch(import.input, job->watch, job->watch_context);
    }
    import.output = job->into ? job->into : trace_output_open(job->output, error, error_size);
    if (import.output) {
        good = run(&import, job);
        if (good && job->report)
            job->report->ops = trace_output_ops(import.output);
        if (good)
            good = trace_output_commit(import.output, import.text, error, error_size);
        else {
            print_safely(import.error, error, error_size);
            trace_output_abandon(import.output);
        }
    }
    for (int kind = 0; kind < TRACE_HEAP; kind++)
        free(import.pools[kind].freed);
    if (good && job->report) {
        job->report->text = import.text;
        import.text = NULL;
    }
    labels_free(&import.labels);
    free(import.lines);
    free(import.text);
    input_close(import.input);
    return good;
}
