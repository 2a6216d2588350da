/* SPDX-License-Identifier: 0BSD */
/* A recorded program lives again in ring 3: its trace, a module of the argument's name, through the
 * very interpreter and core that the host runs, with the kernel's page faults under it. The range
 * is the host's default one, 64 KiB to 2 GiB, so this program lies above. Prints the digest;
 * status 0 if the trace went through, 1 if not, 3 if there is no such trace.
 *
 *   00010000            80000000                    bfffffff
 *   | the trace's space | interpreter | its arrays | stack |
 */
#include <lookaside/replay.h>

#include "../lib/user.h"

#define SPACE_FIRST (REPLAY_FIRST_SEGMENT * LA_SEGMENT_BYTES)
#define SPACE_BYTES ((REPLAY_END_SEGMENT - REPLAY_FIRST_SEGMENT) * LA_SEGMENT_BYTES)

static struct vas vas;
static struct heap_space heap_space;
static struct bucket_table buckets;
static struct replay replay;
static struct trace_reader reader;

struct source {
    const char *name;
    uint32_t offset;
};

static size_t read_module(void *context, void *buffer, size_t size)
{
    struct source *source = context;
    uint32_t bytes = size < UABI_WRITE_MAX ? size : UABI_WRITE_MAX;
    uint32_t got = user_call(UABI_MODULE_READ, user_address(source->name), source->offset,
                             user_address(buffer), bytes, 0);

    if (user_is_error(got))
        return 0;
    source->offset += got;
    return got;
}

/* -- The port ---------------------------------------------------------------------------------- */

static enum la_status commit(void *context, va32_t va, uint32_t pages)
{
    (void)context;
    return (enum la_status)user_commit(va, pages * LA_PAGE_BYTES, UABI_READ_WRITE);
}

static void decommit(void *context, va32_t va, uint32_t pages)
{
    int status = user_decommit(va, pages * LA_PAGE_BYTES);

    (void)context;
    LA_ASSERT(status == UABI_OK);
}

/* -- The interpreter's memory ------------------------------------------------------------------ */

/* Zeroed; committed pages cost no frame until they are used. */
static void *array(uint32_t count, uint32_t bytes)
{
    uint32_t all = (count + 1u) * bytes;
    uint32_t va = user_reserve(all, UABI_PLACE_LOW);

    if (user_is_error(va) || user_commit(va, all, UABI_READ_WRITE) != UABI_OK) {
        say("replay: no memory for %u slots\n", count);
        user_exit(1);
    }
    return (void *)(uintptr_t)va;
}

static struct replay_memory memory_for(const struct trace_header *header)
{
    uint32_t heaps = header->heap_slots != 0 ? header->heap_slots : 1u;

    return (struct replay_memory){
        .vas = &vas,
        .space = &heap_space,
        .blocks = array(header->block_slots, sizeof(struct replay_block)),
        .block_slots = header->block_slots,
        .regions = array(header->region_slots, sizeof(struct replay_region)),
        .region_slots = header->region_slots,
        .stacks = array(header->stack_slots, sizeof(struct stack)),
        .stack_slots = header->stack_slots,
        .heaps = array(heaps, sizeof(struct replay_heap)),
        .heap_slots = heaps,
    };
}

/* -- Running ----------------------------------------------------------------------------------- */

static bool step_all(uint32_t upto)
{
    enum trace_error error = TRACE_OK;
    struct trace_op op;

    while (upto == 0 || replay.steps < upto) {
        error = trace_next(&reader, &op);
        if (error != TRACE_OK)
            break;
        if (!replay_step(&replay, &op))
            return false;
    }
    if (error != TRACE_OK && error != TRACE_DONE) {
        say("replay: %s\n", trace_error_text(error));
        return false;
    }
    return replay_finish(&replay);
}

static bool run(const char *name, uint32_t upto)
{
    const struct replay_config config = { .buckets = &buckets, .canaries = true };
    const struct la_port port = { .commit = commit, .decommit = decommit };
    struct replay_memory memory = memory_for(&reader.header);

    if (bucket_table_init(&buckets, bucket_default_bytes, bucket_default_count) != LA_OK ||
        replay_init(&replay, &memory, &config, &port) != LA_OK)
        return false;
    if (!step_all(upto)) {
        say("replay: %s: op %llu: %s\n", name, (unsigned long long)replay.broken_op,
            replay.broken != NULL ? replay.broken : "the trace ends early");
        return false;
    }

    struct uabi_stats stats = user_stats();

    say("trace %s digest %016llx ops %llu no-memory %llu zero-faults %u ring %u\n", name,
        (unsigned long long)replay.result.digest, (unsigned long long)replay.result.ops,
        (unsigned long long)replay.result.no_memory, stats.zero_faults, user_ring());
    return true;
}

uint32_t user_main(const char *argument)
{
    static char name[UABI_NAME_BYTES];
    struct source source = { .name = name };
    uint32_t length = 0;
    enum trace_error error;

    while (argument[length] != '\0' && argument[length] != ' ' && length < UABI_NAME_BYTES - 1u) {
        name[length] = argument[length];
        length++;
    }
    if (user_reserve_at(SPACE_FIRST, SPACE_BYTES) != SPACE_FIRST)
        return 1;
    error = trace_open(&reader, read_module, &source, NULL, 0, NULL);
    if (error != TRACE_OK) {
        say("replay: %s: %s\n", name, trace_error_text(error));
        return 3;
    }
    return run(name, text_option_number(argument, "upto", 0)) ? 0 : 1;
}
