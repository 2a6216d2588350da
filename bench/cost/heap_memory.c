/* SPDX-License-Identifier: 0BSD */
/* How much memory a replay takes: of every target what the system says is resident, of ours and the
 * rivals also exactly what they committed.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "clock.h"
#include "heap_serve.h"
#include "serve.h"

#define SAMPLES 500u

/* What is told over time: the highest of so many samples in a row, HEAP_MOMENTS times. */
#define MOMENT_SAMPLES 10u
#define HEAP_MOMENTS   (SAMPLES / MOMENT_SAMPLES)

/* Requested bytes of what is live. */
struct live_block {
    uint32_t bytes;
    uint32_t usable_bytes; /* as the allocator says; 0: it cannot say */
};

struct live {
    struct live_block *blocks; /* by slot */
    size_t blocks_bytes;
    uint64_t bytes;
    uint64_t bytes_peak;
    uint64_t usable_bytes;
};

static bool live_begin(struct live *ret_live, const struct heap_target *target)
{
    struct live live = { .blocks_bytes = ((size_t)target->slots + 1u) * sizeof *live.blocks };

    live.blocks = mmap(NULL, live.blocks_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    *ret_live = live;
    return live.blocks != MAP_FAILED;
}

static void live_end(struct live *live)
{
    (void)munmap(live->blocks, live->blocks_bytes);
}

static uint32_t usable_bytes(const struct heap_target *target, uintptr_t block)
{
    if (target->is_ours)
        return heap_usable(&target->heap, (va32_t)block);
    if (target->way == HEAP_RIVAL)
        return target->world.rival->usable(target->world.rival_state, (va32_t)block);
    return target->peer.usable != NULL ? (uint32_t)target->peer.usable((void *)block) : 0;
}

/* One op, and its part in what is live. Whether there is a new block. */
static bool live_op(struct live *live, struct heap_target *target, const struct heap_op *op)
{
    struct live_block *block = &live->blocks[op->slot];
    uint32_t failed = target->world.failed;
    uint32_t usable;

    target->pass(&target->world, op, op + 1);
    if (target->world.failed != failed)
        return false;
    usable = op->code == OP_FREE ? 0 : usable_bytes(target, target->world.slots[op->slot]);
    live->bytes = live->bytes + op->bytes - block->bytes;
    live->usable_bytes = live->usable_bytes + usable - block->usable_bytes;
    *block = (struct live_block){ op->code == OP_FREE ? 0 : op->bytes, usable };
    if (live->bytes_peak < live->bytes)
        live->bytes_peak = live->bytes;
    return op->code != OP_FREE;
}

/* Of the window's VAS, metadata included. */
static uint32_t used_segments(const struct heap_target *target)
{
    return target->vas.end_segment - target->vas.first_segment - target->vas.free_segments;
}

/* -- Resident ---------------------------------------------------------------------------------- */

struct resident {
    uint64_t at_start_bytes;
    uint64_t addresses_peak_bytes;
    uint64_t peak_bytes;
    uint64_t sum_bytes;
    uint64_t live_sum_bytes;
    uint64_t usable_sum_bytes;
    uint32_t samples;
    uint64_t moment_bytes[HEAP_MOMENTS];
    uint64_t moment_live_bytes[HEAP_MOMENTS];
};

/* What a window reserves is not yet taken from anybody; what its VAS has given out is. */
static uint64_t addresses_now(const struct heap_target *target)
{
    uint64_t bytes;

    if (target->is_ours)
        return (uint64_t)used_segments(target) * LA_SEGMENT_BYTES;
    bytes = memory_addresses_bytes();
    return bytes > target->addresses_before_bytes ? bytes - target->addresses_before_bytes : 0;
}

static void touch_pages(const struct heap_target *target, const struct heap_op *op)
{
    volatile uint8_t *memory =
        (volatile uint8_t *)(target->world.base + target->world.slots[op->slot]);

    for (uint32_t at = 0; at < op->bytes; at += LA_PAGE_BYTES) {
        memory[at] = 1;
        if (op->bytes - at <= LA_PAGE_BYTES)
            break; /* `at` must not wrap */
    }
}

static uint64_t resident_now(const struct resident *resident)
{
    uint64_t bytes = memory_anonymous_bytes();

    return bytes > resident->at_start_bytes ? bytes - resident->at_start_bytes : 0;
}

static void sample(struct resident *resident, const struct heap_target *target,
                   const struct live *live)
{
    uint64_t bytes = resident_now(resident);
    uint64_t addresses = addresses_now(target);
    uint32_t moment = resident->samples / MOMENT_SAMPLES;

    if (moment < HEAP_MOMENTS && resident->moment_bytes[moment] < bytes)
        resident->moment_bytes[moment] = bytes;
    if (moment < HEAP_MOMENTS && resident->moment_live_bytes[moment] < live->bytes)
        resident->moment_live_bytes[moment] = live->bytes;
    resident->samples++;
    resident->sum_bytes += bytes;
    resident->live_sum_bytes += live->bytes;
    resident->usable_sum_bytes += live->usable_bytes;
    if (resident->peak_bytes < bytes)
        resident->peak_bytes = bytes;
    if (resident->addresses_peak_bytes < addresses)
        resident->addresses_peak_bytes = addresses;
}

/* CPU time of giving back what is not in use; 0 where there is no such call. */
static uint64_t trim_ns(struct heap_target *target)
{
    uint64_t before = clock_cpu_ns();

    if (target->is_ours)
        (void)heap_trim(&target->heap);
    else if (target->peer.trim != NULL)
        (void)target->peer.trim(&target->peer);
    else
        return 0;
    return clock_cpu_ns() - before;
}

/* "over_00_kib" and "live_00_kib": resident and live memory through the trace. */
static void add_moments(struct answer *answer, const struct resident *resident)
{
    uint32_t count = (resident->samples + MOMENT_SAMPLES - 1u) / MOMENT_SAMPLES;
    char key[24];

    for (uint32_t i = 0; i < count && i < HEAP_MOMENTS; i++) {
        snprintf(key, sizeof key, "over_%02u_kib", i);
        answer_add_count(answer, key, resident->moment_bytes[i] / 1024u);
        snprintf(key, sizeof key, "live_%02u_kib", i);
        answer_add_count(answer, key, resident->moment_live_bytes[i] / 1024u);
    }
}

const char *heap_memory(void *context, struct answer *answer)
{
    struct heap_subject *subject = context;
    struct heap_target *target = &subject->target;
    uint32_t count = subject->ops.facts.count;
    uint32_t step = count / SAMPLES + 1u;
    struct resident resident = { .samples = 0 };
    uint64_t ns = 0;
    uint64_t before;
    struct live live;

    if (subject->used)
        return "not the first pass any more";
    if (!live_begin(&live, target))
        return "no memory for lengths";
    target->addresses_before_bytes += live.blocks_bytes;
    resident.at_start_bytes = memory_anonymous_bytes();
    if (resident.at_start_bytes == 0)
        return "the system does not say what is resident (/proc/self/smaps_rollup)";
    subject->used = true;
    before = clock_cpu_ns();
    for (uint32_t i = 0; i < count; i++) {
        if (live_op(&live, target, &subject->ops.heap[i]))
            touch_pages(target, &subject->ops.heap[i]);
        if (i % step != step - 1u && i != count - 1u)
            continue;
        ns += clock_cpu_ns() - before;
        sample(&resident, target, &live);
        before = clock_cpu_ns();
    }
    answer_add(answer, "ns", (double)ns / count);
    answer_add_count(answer, "failed", target->world.failed);
    answer_add_count(answer, "live_peak_bytes", live.bytes_peak);
    answer_add_count(answer, "live_mean_bytes", resident.live_sum_bytes / resident.samples);
    if (resident.usable_sum_bytes > 0)
        answer_add_count(answer, "usable_mean_bytes", resident.usable_sum_bytes / resident.samples);
    answer_add_count(answer, "peak_bytes", resident.peak_bytes);
    answer_add_count(answer, "mean_bytes", resident.sum_bytes / resident.samples);
    answer_add_count(answer, "addresses_bytes", resident.addresses_peak_bytes);
    answer_add_count(answer, "live_end_bytes", live.bytes);
    answer_add_count(answer, "end_bytes", resident_now(&resident));
    answer_add_count(answer, "trim_ns", trim_ns(target));
    answer_add_count(answer, "trimmed_bytes", resident_now(&resident));
    heap_target_release(target);
    answer_add_count(answer, "freed_bytes", resident_now(&resident));
    (void)trim_ns(target);
    answer_add_count(answer, "empty_bytes", resident_now(&resident));
    add_moments(answer, &resident);
    live_end(&live);
    return NULL;
}

/* -- Exact ------------------------------------------------------------------------------------- */

/* FNV-1a over 32-bit words instead of bytes. */
#define DIGEST_START UINT64_C(0xcbf29ce484222325)
#define DIGEST_PRIME UINT64_C(0x100000001b3)

static uint64_t digest_word(uint64_t digest, uint32_t word)
{
    return (digest ^ word) * DIGEST_PRIME;
}

static void add_exact(struct answer *answer, const struct heap_target *target, uint32_t count,
                      uint64_t pages_sum, uint64_t digest)
{
    const struct heap_counts *counts = &target->counts;

    answer_add_count(answer, "pages_peak", counts->pages_peak);
    answer_add_count(answer, "pages_mean", pages_sum / count);
    answer_add_count(answer, "commits", counts->commits);
    answer_add_count(answer, "decommits", counts->decommits);
    answer_add_count(answer, "committed_pages", counts->committed_pages);
    if (target->way == HEAP_RIVAL) {
        struct heap_figures figures;

        target->world.rival->figures(target->world.rival_state, &figures);
        answer_add_count(answer, "static_bytes", figures.static_bytes);
    }
    answer_add_digest(answer, "digest", digest);
}

/* What stays committed when all is freed, and when that is trimmed. */
static void add_end(struct answer *answer, struct heap_target *target)
{
    heap_target_release(target);
    answer_add_count(answer, "pages_freed", target->counts.pages);
    (void)heap_trim(&target->heap);
    answer_add_count(answer, "pages_empty", target->counts.pages);
}

const char *heap_space(void *context, struct answer *answer)
{
    struct heap_subject *subject = context;
    struct heap_target *target = &subject->target;
    uint32_t count = subject->ops.facts.count;
    uint64_t pages_sum = 0;
    uint64_t live_sum = 0;
    uint64_t usable_sum = 0;
    uint64_t digest = DIGEST_START;
    uint32_t segments_peak = 0;
    uint64_t began_ns = clock_cpu_ns();
    struct live live;

    if ((!target->is_ours && target->way != HEAP_RIVAL) || target->is_floor || target->as_shipped)
        return "exact figures are those of a port that counts";
    if (subject->used)
        return "not the first pass any more";
    if (!live_begin(&live, target))
        return "no memory for lengths";
    subject->used = true;
    for (uint32_t i = 0; i < count; i++) {
        const struct heap_op *op = &subject->ops.heap[i];
        uint32_t segments;

        (void)live_op(&live, target, op);
        pages_sum += target->counts.pages;
        live_sum += live.bytes;
        usable_sum += live.usable_bytes;
        digest = digest_word(digest, op->slot);
        digest = digest_word(digest, (uint32_t)target->world.slots[op->slot]);
        segments = used_segments(target);
        if (segments_peak < segments)
            segments_peak = segments;
        if (i % 64u == 63u && clock_cpu_ns() - began_ns > SERVE_SLOW_NS) {
            answer->slow = true;
            return "more than 2 s";
        }
    }
    answer_add(answer, "ns", (double)(clock_cpu_ns() - began_ns) / count);
    answer_add_count(answer, "ops", count);
    answer_add_count(answer, "failed", target->world.failed);
    answer_add_count(answer, "live_peak_bytes", live.bytes_peak);
    answer_add_count(answer, "live_mean_bytes", live_sum / count);
    answer_add_count(answer, "usable_mean_bytes", usable_sum / count);
    if (target->is_ours)
        answer_add_count(answer, "segments_peak", segments_peak);
    add_exact(answer, target, count, pages_sum, digest);
    if (target->is_ours)
        add_end(answer, target);
    live_end(&live);
    return NULL;
}
