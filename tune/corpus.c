/* SPDX-License-Identifier: 0BSD */
/* Loading. The one fact to know: a damaged trace is an error, never a shorter trace; figures of
 * half a file would look like figures.
 */
#define _GNU_SOURCE /* nftw() */
#include "corpus.h"

#include "trace_file.h"

#include <ctype.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t end_length = strlen(end);

    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* The same interpreter under other names. */
static const char *const aliases[][2] = { { "py", "python" }, { "pyraw", "python" } };

void corpus_family_of_name(const char *name, char *family, size_t family_size)
{
    const char *slash = strrchr(name, '/');
    size_t length;

    snprintf(family, family_size, "%s", slash ? slash + 1 : name);
    length = strlen(family);
    for (size_t i = 0; i < length; i++)
        family[i] = (char)tolower((unsigned char)family[i]);
    if (length > 2 && ends_with(family, "32"))
        family[length - 2u] = '\0';
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
        const char *alias = aliases[i][1];
        if (strcmp(family, aliases[i][0]) == 0 && strlen(alias) < family_size)
            memcpy(family, alias, strlen(alias) + 1u);
    }
}

static bool find_family(struct corpus *corpus, const char *family, uint32_t *ret_family)
{
    char **families;

    for (uint32_t i = 0; i < corpus->family_count; i++) {
        if (strcmp(corpus->families[i], family) == 0) {
            *ret_family = i;
            return true;
        }
    }
    families = realloc(corpus->families, (corpus->family_count + 1u) * sizeof *families);
    if (!families)
        return false;
    corpus->families = families;
    families[corpus->family_count] = strdup(family);
    if (!families[corpus->family_count])
        return false;
    *ret_family = corpus->family_count++;
    return true;
}

bool corpus_add_trace(struct corpus *corpus, struct tune_trace *trace, bool training)
{
    struct corpus_trace *added = calloc(1, sizeof *added);
    struct corpus_trace **traces =
        realloc(corpus->traces, (corpus->count + 1u) * sizeof *corpus->traces);

    if (traces)
        corpus->traces = traces;
    if (!added || !traces || corpus->count == CORPUS_TRACES_MAX ||
        !find_family(corpus, trace->family, &added->family) ||
        !histogram_fill(&added->histogram, trace)) {
        free(added);
        return false;
    }
    added->ops = *trace;
    added->training = training;
    *trace = (struct tune_trace){ 0 };
    corpus->traces[corpus->count++] = added;
    corpus->crc32c = trace_crc32c(corpus->crc32c, added->ops.name, strlen(added->ops.name) + 1u);
    corpus->crc32c = trace_crc32c(corpus->crc32c, added->ops.ops,
                                  (size_t)added->ops.op_count * sizeof *added->ops.ops);
    return true;
}

/* Live bytes as the recorded allocator rounded them, summed over heap ops; by slot while reading.
 */
struct recorded {
    uint64_t rounded_bytes;
    uint64_t request_bytes;
    uint32_t slots;
    struct {
        uint32_t rounded, request;
    } * live;
};

static bool recorded_step(struct recorded *recorded, const struct trace_op *op)
{
    bool begins = op->kind == TRACE_ALLOC || op->kind == TRACE_ALLOC_ZEROED ||
                  op->kind == TRACE_ALLOC_ALIGNED;

    if (trace_slot_kind(op->kind) != TRACE_BLOCK || trace_kind_is_probe(op->kind))
        return true;
    if (op->slot >= recorded->slots) {
        uint32_t slots = recorded->slots ? recorded->slots : 1024u;
        void *live;
        while (slots <= op->slot)
            slots *= 2u;
        live = realloc(recorded->live, slots * sizeof *recorded->live);
        if (!live)
            return false;
        recorded->live = live;
        memset(recorded->live + recorded->slots, 0,
               (slots - recorded->slots) * sizeof *recorded->live);
        recorded->slots = slots;
    }
    if (begins && recorded->live[op->slot].rounded != 0)
        return true;
    recorded->rounded_bytes -= recorded->live[op->slot].rounded;
    recorded->request_bytes -= recorded->live[op->slot].request;
    recorded->live[op->slot].rounded = begins ? op->recorded_bytes : 0;
    recorded->live[op->slot].request = begins && op->recorded_bytes ? op->bytes : 0;
    recorded->rounded_bytes += recorded->live[op->slot].rounded;
    recorded->request_bytes += recorded->live[op->slot].request;
    return true;
}

static enum trace_answer read_ops(struct trace_file *file, struct tune_trace *trace,
                                  struct recorded *recorded, bool *ret_memory)
{
    struct trace_op op;
    enum trace_answer answer;
    uint32_t before;

    *ret_memory = true;
    while ((answer = trace_file_next(file, &op)) == TRACE_FILE_OP) {
        before = trace->op_count;
        if (!tune_trace_append(trace, &op) || !recorded_step(recorded, &op)) {
            *ret_memory = false;
            break;
        }
        if (trace->op_count == before)
            continue;
        trace->recorded_bytes_time += recorded->rounded_bytes;
        trace->recorded_request_time += recorded->request_bytes;
        if (trace_slot_kind(op.kind) == TRACE_BLOCK && op.slot >= trace->block_slots)
            trace->block_slots = op.slot + 1u;
        if (trace_slot_kind(op.kind) == TRACE_HEAP && op.slot >= trace->heap_slots)
            trace->heap_slots = op.slot + 1u;
    }
    return answer;
}

/* Whether the folder a file lies in is called kernel-something. */
static bool in_kernel_folder(const char *path)
{
    const char *end = strrchr(path, '/');
    const char *folder = end;

    if (!end)
        return false;
    while (folder > path && folder[-1] != '/')
        folder--;
    return strncmp(folder, "kernel", strlen("kernel")) == 0;
}

/* Names and kinds from the header text, else from where the file is. */
static bool name_trace(struct tune_trace *trace, const char *text, const char *name,
                       const char *path)
{
    char family[128];

    trace->name = strdup(name);
    trace->kernel = in_kernel_folder(path);
    if (!trace_text_value(text, "family", family, sizeof family))
        corpus_family_of_name(name, family, sizeof family);
    trace->family = strdup(family);
    return trace->name && trace->family;
}

static void name_without_extensions(const char *path, char *name, size_t name_size)
{
    static const char *const ends[] = { ".zst", ".lat", ".txt" };

    snprintf(name, name_size, "%s", path);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (ends_with(name, ends[i]))
            name[strlen(name) - strlen(ends[i])] = '\0';
    }
}

/* Whether any op asks for memory: a ratio to live bytes needs some. */
static bool keeps_bytes(const struct tune_trace *trace)
{
    for (uint32_t i = 0; i < trace->op_count; i++) {
        if (trace->ops[i].bytes != 0)
            return true;
    }
    return false;
}

bool corpus_add_file(struct corpus *corpus, const char *path, const char *name, bool training,
                     bool *ret_added, char *message, size_t message_size)
{
    struct tune_trace trace = { .heap_slots = 1 };
    struct recorded recorded = { 0 };
    struct trace_file *file = trace_file_open(path, NULL, message, message_size);
    const char *slash = strrchr(path, '/');
    char own_name[256];
    bool memory = true;
    bool good = false;

    *ret_added = false;
    if (!file)
        return false;
    name_without_extensions(slash ? slash + 1 : path, own_name, sizeof own_name);
    if (read_ops(file, &trace, &recorded, &memory) == TRACE_FILE_WRONG)
        snprintf(message, message_size, "%s", trace_file_message(file));
    else if (!memory || !name_trace(&trace, trace_file_text(file), name ? name : own_name, path))
        snprintf(message, message_size, "%s: out of memory", path);
    else
        good = true;
    trace_file_close(file);
    free(recorded.live);
    if (good && keeps_bytes(&trace)) {
        good = *ret_added = corpus_add_trace(corpus, &trace, training);
        if (!good)
            snprintf(message, message_size, "%s: out of memory, or more than %u traces", path,
                     CORPUS_TRACES_MAX);
    }
    tune_trace_free(&trace);
    return good;
}

/* nftw() has no context argument. */
static char **found_paths;
static size_t found_count;

static int note_path(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    char **paths;

    (void)status;
    (void)walk;
    if (type != FTW_F || (!ends_with(path, ".lat") && !ends_with(path, ".lat.zst")))
        return 0;
    paths = realloc(found_paths, (found_count + 1u) * sizeof *paths);
    if (!paths)
        return -1;
    found_paths = paths;
    paths[found_count] = strdup(path);
    return paths[found_count] ? (found_count++, 0) : -1;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool corpus_add_directory(struct corpus *corpus, const char *directory, bool training,
                          char *message, size_t message_size)
{
    size_t skip = strlen(directory) + !ends_with(directory, "/");
    bool good = true;

    found_paths = NULL;
    found_count = 0;
    errno = 0;
    if (nftw(directory, note_path, 16, FTW_PHYS) != 0) {
        snprintf(message, message_size, "%s: %s", directory,
                 errno ? strerror(errno) : "out of memory");
        good = false;
    }
    if (good && found_count != 0)
        qsort(found_paths, found_count, sizeof *found_paths, by_name);
    for (size_t i = 0; i < found_count; i++) {
        char name[256];
        bool added;
        if (good) {
            name_without_extensions(found_paths[i] + skip, name, sizeof name);
            good = corpus_add_file(corpus, found_paths[i], name, training, &added, message,
                                   message_size);
        }
        free(found_paths[i]);
    }
    free(found_paths);
    return good;
}

static bool family_trains(const struct corpus *corpus, uint32_t family)
{
    for (uint32_t i = 0; i < corpus->count; i++) {
        if (corpus->traces[i]->training && corpus->traces[i]->family == family)
            return true;
    }
    return false;
}

uint32_t corpus_drop_seen(struct corpus *corpus)
{
    bool *trains = calloc(corpus->family_count + 1u, sizeof *trains);
    uint32_t kept = 0;
    uint32_t dropped;

    for (uint32_t family = 0; trains && family < corpus->family_count; family++)
        trains[family] = family_trains(corpus, family);
    for (uint32_t i = 0; trains && i < corpus->count; i++) {
        struct corpus_trace *trace = corpus->traces[i];
        if (trace->training || !trains[trace->family]) {
            corpus->traces[kept++] = trace;
            continue;
        }
        tune_trace_free(&trace->ops);
        free(trace);
    }
    dropped = trains ? corpus->count - kept : 0;
    corpus->count -= dropped;
    free(trains);
    return dropped;
}

uint32_t corpus_training_families(const struct corpus *corpus)
{
    uint32_t count = 0;

    for (uint32_t family = 0; family < corpus->family_count; family++)
        count += family_trains(corpus, family);
    return count;
}

void corpus_free(struct corpus *corpus)
{
    for (uint32_t i = 0; i < corpus->count; i++) {
        tune_trace_free(&corpus->traces[i]->ops);
        free(corpus->traces[i]);
    }
    for (uint32_t i = 0; i < corpus->family_count; i++)
        free(corpus->families[i]);
    free(corpus->traces);
    free(corpus->families);
    *corpus = (struct corpus){ 0 };
}
