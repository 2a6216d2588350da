/* SPDX-License-Identifier: 0BSD */
/* Replay raw traces and print every exact figure, one line a trace. This one program is built in
 * several ways (compilers, optimisation, 32 bits, sanitizers); all must print the same bytes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lookaside/host.h>
#include <lookaside/replay.h>

/* Too large for a stack, and needed once at a time. */
static struct host_window window;
static struct bucket_table buckets;
static struct trace_reader reader;
static struct replay replay;
static struct vas vas;
static struct heap_space space;

static size_t read_stdio(void *context, void *buffer, size_t bytes)
{
    FILE *file = context;
    size_t got = fread(buffer, 1, bytes, file);

    return ferror(file) ? SIZE_MAX : got;
}

/* An array of slots; at least one, because calloc() may answer NULL for none. */
static void *slots(uint32_t count, size_t bytes)
{
    void *array = calloc(count ? count : 1u, bytes);

    if (!array) {
        fprintf(stderr, "digest: no memory for %" PRIu32 " slots\n", count);
        exit(3);
    }
    return array;
}

static void print_figures(const char *path)
{
    const struct replay_result *r = &replay.result;

    printf("%s\tdigest %016" PRIx64 "\tops %" PRIu64 "\tskipped %" PRIu64 "\tno_space %" PRIu64
           "\tno_memory %" PRIu64 "\trefused %" PRIu64,
           path, r->digest, r->ops, r->skipped, r->no_space, r->no_memory, r->refused);
    printf("\tlive_bytes %" PRIu32 " %" PRIu32 "\tlive_blocks %" PRIu32 " %" PRIu32, r->live_bytes,
           r->live_bytes_peak, r->live_blocks, r->live_blocks_peak);
    printf("\tfootprint_pages %" PRIu32 " %" PRIu32 "\theap_segments %" PRIu32 " %" PRIu32,
           r->footprint_pages, r->footprint_pages_peak, r->heap_segments, r->heap_segments_peak);
    printf("\tva_segments %" PRIu32 " %" PRIu32 "\tstack_pages %" PRIu32 " %" PRIu32,
           r->va_segments, r->va_segments_peak, r->stack_pages, r->stack_pages_peak);
    printf("\tsums %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, r->live_bytes_sum,
           r->footprint_pages_sum, r->recorded_bytes_sum, r->recorded_request_sum,
           r->internal_bytes_sum);
    printf("\tat_peak %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32, r->at_peak_live,
           r->at_peak_internal, r->at_peak_metadata, r->at_peak_rest);
    printf("\tstacks %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, r->stack_faults,
           r->stack_overflows, r->stack_violations, r->stack_jumps);
    printf("\tafter %" PRIu32 " %" PRIu32 "\n", r->freed_pages, r->trimmed_pages);
}

static bool fail(const char *path, const char *what, uint64_t where)
{
    fprintf(stderr, "digest: %s: %s (at %" PRIu64 ")\n", path, what, where);
    return false;
}

static bool replay_ops(const char *path)
{
    struct trace_op op;
    enum trace_error error;

    while ((error = trace_next(&reader, &op)) == TRACE_OK) {
        if (!replay_step(&replay, &op))
            return fail(path, replay.broken, replay.broken_op);
    }
    if (error != TRACE_DONE)
        return fail(path, trace_error_text(error), reader.offset);
    if (!replay_finish(&replay))
        return fail(path, replay.broken, replay.broken_op);
    print_figures(path);
    return true;
}

static bool replay_file(const char *path, FILE *file)
{
    const struct replay_config config = { .buckets = &buckets, .canaries = true };
    enum trace_error error = trace_open(&reader, read_stdio, file, NULL, 0, NULL);

    if (error != TRACE_OK)
        return fail(path, trace_error_text(error), reader.offset);

    const struct trace_header *header = &reader.header;
    struct replay_memory memory = {
        .vas = &vas,
        .space = &space,
        .blocks = slots(header->block_slots, sizeof(struct replay_block)),
        .block_slots = header->block_slots,
        .regions = slots(header->region_slots, sizeof(struct replay_region)),
        .region_slots = header->region_slots,
        .stacks = slots(header->stack_slots, sizeof(struct stack)),
        .stack_slots = header->stack_slots,
        .heaps = slots(header->heap_slots, sizeof(struct replay_heap)),
        .heap_slots = header->heap_slots ? header->heap_slots : 1u,
    };
    enum la_status status = replay_init(&replay, &memory, &config, host_window_port(&window));
    bool good = status == LA_OK ? replay_ops(path) : fail(path, "cannot begin", (uint64_t)-status);

    free(memory.blocks);
    free(memory.regions);
    free(memory.stacks);
    free(memory.heaps);
    return good;
}

/* The canaries of a replay that broke stay in the window; a reset makes it as new. */
static bool replay_path(const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");

    if (!file) {
        perror(path);
        return false;
    }
    bool good = replay_file(path, file);
    if (file != stdin)
        fclose(file);
    host_window_reset(&window);
    return good;
}

int main(int argc, char **argv)
{
    const struct host_window_options options = { .cheap = true,
                                                 .first_segment = REPLAY_FIRST_SEGMENT,
                                                 .end_segment = REPLAY_END_SEGMENT };
    int status = EXIT_SUCCESS;

    if (argc < 2) {
        fprintf(stderr, "usage: %s TRACE... (not compressed; - reads standard input)\n", argv[0]);
        return 2;
    }
    if (host_window_open(&window, &options) != LA_OK) {
        fprintf(stderr, "digest: no addresses for a window of 2 GiB\n");
        return 3;
    }
    if (bucket_table_init(&buckets, bucket_default_bytes, bucket_default_count) != LA_OK) {
        fprintf(stderr, "digest: the default bucket table is outside its domain\n");
        return 1;
    }
    for (int i = 1; i < argc; i++) {
        if (!replay_path(argv[i]))
            status = EXIT_FAILURE;
    }
    host_window_close(&window);
    return status;
}
