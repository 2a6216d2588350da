/* SPDX-License-Identifier: 0BSD */
/* The replay interpreter: one op in, one call of the core, one step of the digest and of the
 * figures. All figures are taken after an op; what a call uses and gives back meanwhile is not
 * seen.
 */
#include "replay_private.h"

/* An odd number, so that multiplying by it loses nothing: 2^64 / golden ratio.
 * Source: Knuth, TAOCP vol. 3, 6.4 (multiplicative hashing).
 */
#define DIGEST_MULTIPLIER UINT64_C(0x9e3779b97f4a7c15)

/* One word into the digest. Multiplying carries each bit upwards, the shift brings the upper half
 * down again; both can be undone, so no state is lost on the way. A multiplication and a shift by
 * 32 need no library on a 32-bit machine. Source: the step of MurmurHash3's fmix64 (Appleby 2011).
 */
static uint64_t digest_mix(uint64_t digest, uint64_t word)
{
    digest = (digest ^ word) * DIGEST_MULTIPLIER;
    return digest ^ (digest >> 32);
}

void replay_break(struct replay *replay, const char *broken)
{
    if (replay->broken)
        return;
    replay->broken = broken;
    replay->broken_op = replay->steps;
}

/* -- The port: pages are counted on their way down --------------------------------------------- */

/* Whether a fail or memory op wants this commit refused. */
static bool refused(struct replay *replay, uint32_t pages)
{
    if (replay->fail_in != 0 && --replay->fail_in == 0) {
        replay->fail_in = replay->fail_always;
        return true;
    }
    return pages > replay->limit_pages || replay->backed_pages > replay->limit_pages - pages;
}

static enum la_status counted_commit(void *context, va32_t va, uint32_t pages)
{
    struct replay *replay = context;

    replay->commits++;
    if (refused(replay, pages)) {
        replay->commits_failed++;
        return LA_NO_MEMORY;
    }

    enum la_status status = replay->port_below.commit(replay->port_below.context, va, pages);

    if (status != LA_OK)
        return status;
    replay->backed_pages += pages;
    replay->result.committed_pages += pages;
    return status;
}

static void counted_decommit(void *context, va32_t va, uint32_t pages)
{
    struct replay *replay = context;

    replay->port_below.decommit(replay->port_below.context, va, pages);
    replay->backed_pages -= pages;
}

/* -- Start ------------------------------------------------------------------------------------- */

enum la_status replay_init(struct replay *replay, const struct replay_memory *memory,
                           const struct replay_config *config, const struct la_port *port)
{
    uint32_t first_segment = config->first_segment;
    uint32_t end_segment = config->end_segment;

    if (first_segment == 0 && end_segment == 0) {
        first_segment = REPLAY_FIRST_SEGMENT;
        end_segment = REPLAY_END_SEGMENT;
    }
    if (!config->buckets || memory->heap_slots == 0)
        return LA_BAD_ARGUMENT;
    if (first_segment >= end_segment || end_segment > LA_SEGMENTS)
        return LA_BAD_ARGUMENT;

    __builtin_memset(replay, 0, sizeof *replay); /* a compound literal would be 1 KiB of stack */
    replay->memory = *memory;
    replay->config = *config;
    replay->port_below = *port;
    replay->config.first_segment = first_segment;
    replay->config.end_segment = end_segment;
    replay->port = (struct la_port){ .context = replay,
                                     .host_base = port->host_base,
                                     .commit = counted_commit,
                                     .decommit = counted_decommit };
    replay->result.digest =
        DIGEST_MULTIPLIER; /* anything but 0, which an all-zero word would keep */
    replay->check_in = config->check_every;
    replay->limit_pages = UINT32_MAX;

    vas_init(memory->vas, first_segment, end_segment);
    vas_stats(memory->vas, &replay->vas_at_start);
    enum la_status status = heap_space_init(memory->space, memory->vas, &replay->port);
    if (status != LA_OK)
        return status;
    status = heap_init(&memory->heaps[0].heap, memory->space, config->buckets, &config->policy);
    if (status != LA_OK) {
        heap_space_destroy(memory->space);
        return status;
    }
    memory->heaps[0].exists = true;
    replay_put_back_heap(replay, &memory->heaps[0].heap);
    return LA_OK;
}

/* -- One op ------------------------------------------------------------------------------------ */

static struct replay_answer perform(struct replay *replay, const struct trace_op *op)
{
    switch (op->kind) {
    case TRACE_ALLOC:
    case TRACE_ALLOC_ZEROED:
    case TRACE_ALLOC_ALIGNED: return replay_alloc(replay, op);
    case TRACE_REALLOC: return replay_realloc(replay, op);
    case TRACE_FREE: return replay_free(replay, op);
    case TRACE_HEAP_CREATE: return replay_heap_create(replay, op);
    case TRACE_HEAP_DESTROY: return replay_heap_destroy(replay, op);
    case TRACE_HEAP_USE: return replay_heap_use(replay, op);
    case TRACE_HEAP_TRIM: return replay_heap_trim(replay);
    case TRACE_RESERVE: return replay_reserve(replay, op);
    case TRACE_COMMIT: return replay_commit(replay, op);
    case TRACE_DECOMMIT: return replay_decommit(replay, op);
    case TRACE_RESIZE: return replay_resize(replay, op);
    case TRACE_RELEASE: return replay_release(replay, op);
    case TRACE_STACK_CREATE: return replay_stack_create(replay, op);
    case TRACE_STACK_TOUCH: return replay_stack_touch(replay, op);
    case TRACE_STACK_DESTROY: return replay_stack_destroy(replay, op);
    case TRACE_FREE_AT: return replay_free_at(replay, op);
    case TRACE_RELEASE_AT: return replay_release_at(replay, op);
    case TRACE_COMMIT_AT:
    case TRACE_DECOMMIT_AT: return replay_change_at(replay, op);
    case TRACE_RESERVE_AT: return replay_reserve_at(replay, op);
    case TRACE_FAIL: return replay_fail(replay, op);
    case TRACE_MEMORY: return replay_limit_memory(replay, op);
    case TRACE_ACCESS: return replay_access(replay, op);
    case TRACE_STACK_TRIM: return replay_stack_trim(replay, op);
    default: return replay_answer(REPLAY_SKIPPED, 0);
    }
}

static void count_answer(struct replay_result *result, int32_t status)
{
    switch (status) {
    case REPLAY_SKIPPED: result->skipped++; break;
    case LA_NO_SPACE: result->no_space++; break;
    case LA_NO_MEMORY: result->no_memory++; break;
    default: result->refused += status < 0; break;
    }
}

static void raise(uint32_t *peak, uint32_t value)
{
    if (value > *peak)
        *peak = value;
}

/* Everything below a page count is exact in 32 bits: the space is smaller than 4 GiB. */
static void note_footprint_peak(struct replay *replay)
{
    struct replay_result *result = &replay->result;

    result->footprint_pages_peak = result->footprint_pages;
    replay->peak_steps = replay->steps + 1u;
    result->at_peak_live = result->live_bytes;
    result->at_peak_internal = replay->usable_bytes_live - result->live_bytes;
    result->at_peak_metadata = replay->memory.space->pages << LA_PAGE_SHIFT;
    result->at_peak_rest = (replay->heap_pages << LA_PAGE_SHIFT) - replay->usable_bytes_live;
}

static void account(struct replay *replay)
{
    struct replay_result *result = &replay->result;

    result->footprint_pages = replay->heap_pages + replay->memory.space->pages;
    result->va_segments = replay->vas_at_start.free_segments - replay->memory.vas->free_segments;
    if (result->footprint_pages > result->footprint_pages_peak)
        note_footprint_peak(replay);
    raise(&result->live_bytes_peak, result->live_bytes);
    raise(&result->live_blocks_peak, result->live_blocks);
    raise(&result->heap_segments_peak, result->heap_segments);
    raise(&result->va_segments_peak, result->va_segments);
    raise(&result->stack_pages_peak, result->stack_pages);

    result->live_bytes_sum += result->live_bytes;
    result->footprint_pages_sum += result->footprint_pages;
    result->recorded_bytes_sum += replay->recorded_bytes_live;
    result->recorded_request_sum += replay->recorded_request_live;
    result->internal_bytes_sum += replay->usable_bytes_live - result->live_bytes;
}

/* Count down instead of dividing: the core has no 64-bit division. */
static void check_now_and_then(struct replay *replay)
{
    if (replay->config.check_every == 0 || --replay->check_in != 0)
        return;
    replay->check_in = replay->config.check_every;
    replay_check(replay);
}

bool replay_step(struct replay *replay, const struct trace_op *op)
{
    if (replay->broken)
        return false;
    if (trace_kind_is_note(op->kind)) {
        replay->steps++;
        return true;
    }

    struct replay_answer answer = perform(replay, op);
    uint64_t digest = replay->result.digest;

    digest = digest_mix(digest, ((uint64_t)op->slot << 32) | ((uint32_t)op->kind << 8) |
                                    (uint8_t)answer.status);
    replay->result.digest = digest_mix(digest, answer.value);
    replay->last = answer;
    replay->result.ops++;
    count_answer(&replay->result, answer.status);
    account(replay);
    check_now_and_then(replay);
    replay->steps++;
    return !replay->broken;
}

/* -- The end ----------------------------------------------------------------------------------- */

/* Free and release what every slot holds, through the ops themselves, all promises checked. */
static void give_back_slots(struct replay *replay)
{
    const struct replay_memory *memory = &replay->memory;
    struct trace_op op = { 0 };

    for (op.slot = 0; op.slot < memory->block_slots && !replay->broken; op.slot++)
        replay_free(replay, &op);
    for (op.slot = 0; op.slot < memory->region_slots && !replay->broken; op.slot++)
        replay_release(replay, &op);
    for (op.slot = 0; op.slot < memory->stack_slots && !replay->broken; op.slot++)
        replay_stack_destroy(replay, &op);
}

/* Heaps without a block have nothing to keep once trimmed. */
static void give_back_heaps(struct replay *replay)
{
    for (uint32_t i = 0; i < replay->memory.heap_slots; i++) {
        struct replay_heap *slot = &replay->memory.heaps[i];

        if (!slot->exists)
            continue;
        heap_trim(&slot->heap);
        if (slot->heap.pages != 0)
            replay_break(replay, "a heap without a block keeps pages after trimming");
        heap_destroy(&slot->heap);
        slot->exists = false;
    }
    replay->result_of_trace.trimmed_pages = replay->memory.space->pages;
}

static void check_nothing_left(struct replay *replay)
{
    const struct vas_stats *start = &replay->vas_at_start;
    struct vas_stats now;

    vas_stats(replay->memory.vas, &now);
    if (now.free_segments != start->free_segments || now.regions != start->regions ||
        now.free_runs != start->free_runs ||
        replay->memory.vas->free_segments != now.free_segments ||
        now.largest_free_run_segments != start->largest_free_run_segments)
        replay_break(replay, "the address space is not empty after everything was given back");
    if (replay->backed_pages != 0)
        replay_break(replay, "pages are still backed after everything was given back");
}

bool replay_finish(struct replay *replay)
{
    if (replay->broken)
        return false;
    replay_verify_blocks(replay, UINT32_MAX);
    replay_check(replay);
    if (replay->broken)
        return false;

    replay->result_of_trace = replay->result;
    give_back_slots(replay);
    replay->result_of_trace.freed_pages = replay->heap_pages + replay->memory.space->pages;
    if (!replay->broken)
        replay_check(replay);
    if (!replay->broken)
        give_back_heaps(replay);
    if (!replay->broken) {
        heap_space_destroy(replay->memory.space);
        check_nothing_left(replay);
    }
    replay->result = replay->result_of_trace;
    return !replay->broken;
}
