/* SPDX-License-Identifier: 0BSD */
/* What the monitor shows. */
#include <kernel/faults.h>
#include <kernel/heaps.h>
#include <kernel/memory.h>
#include <kernel/monitor.h>
#include <kernel/print.h>

#define ROW_CHARACTERS 64u

/* -- Processes --------------------------------------------------------------------------------- */

void view_processes(void)
{
    print("  number parent threads    calls committed  backed  stacks  faults name\n");
    for (struct process *process = process_next(NULL); process != NULL;
         process = process_next(process)) {
        const struct uspace *space = &process->space;

        print("  %6u %6u %7u %8u %9u %7u %7u %7u %s%s\n", process->number, process->parent,
              process->live_threads, process->calls, space->promised_pages + space->backed_pages,
              space->backed_pages, space->stack_pages, space->zero_faults + space->grow_faults,
              process->name, process->ended ? " (ended)" : "");
    }
}

static const char *kind_name(uint32_t label)
{
    static const char *const names[UABI_KINDS] = { "region", "program", "library", "heap",
                                                   "stack" };

    return label >> 12 < UABI_KINDS ? names[label >> 12] : "region";
}

void view_maps(const struct process *process)
{
    static const char *const states[] = { "free", "reserved", "committed", "stack" };
    struct uabi_region region = { .base = UABI_USER_FIRST };

    print("  first    last          KiB  pages state     what\n");
    while (uspace_query(&process->space, region.base + region.bytes, &region) == LA_OK) {
        if (region.state == UABI_FREE)
            continue;
        print("  %08x %08x %8u %6u %-9s %s", region.base, region.base + region.bytes - 1u,
              region.bytes / 1024u, region.committed_pages, states[region.state],
              kind_name(region.label));
        if ((region.label & 0xfffu) != 0)
            print(" %u", region.label & 0xfffu);
        print("\n");
    }
}

/* -- The picture ------------------------------------------------------------------------------- */

/* A letter for what is in [va, va + 2^shift): a small one if it is only reserved, a capital if some
 * of it has memory or the promise of it. Of several regions the last one with memory counts.
 */
static char letter(const struct process *process, va32_t va, uint32_t shift)
{
    static const char letters[UABI_KINDS + 1u] = "rplhs";
    char shown = '.';

    for (uint32_t i = 0; i < UINT32_C(1) << (shift - LA_SEGMENT_SHIFT); i++) {
        enum vas_state state = vas_state(&process->space.vas, va + i * LA_SEGMENT_BYTES);
        struct uabi_region region;

        if (state == VAS_FREE ||
            uspace_query(&process->space, va + i * LA_SEGMENT_BYTES, &region) != LA_OK)
            continue;

        uint32_t kind = region.label >> 12;
        char small = letters[kind < UABI_KINDS ? kind : 0u];
        bool memory = state == VAS_COMMITTED ||
                      (state == VAS_STACK &&
                       va + (i + 1u) * LA_SEGMENT_BYTES >
                           region.base + region.bytes - region.committed_pages * LA_PAGE_BYTES);

        if (memory)
            shown = (char)(small - 'a' + 'A');
        else if (shown == '.')
            shown = small;
    }
    return shown;
}

void view_picture(const struct process *process, va32_t first, uint32_t shift, uint32_t rows)
{
    for (uint32_t row = 0; row < rows; row++) {
        va32_t va = first + (row * ROW_CHARACTERS << shift);

        if (va < first || va >= UABI_USER_END)
            break;
        print("  %08x ", va);
        for (uint32_t i = 0; i < ROW_CHARACTERS && va + (i << shift) < UABI_USER_END; i++)
            port_console_write(letter(process, va + (i << shift), shift));
        print("\n");
    }
    print("  each %u KiB: . free; p program, l library, h heap, s stack, r other: reserved;\n"
          "  capitals: with memory\n",
          (UINT32_C(1) << shift) / 1024u);
}

/* -- The kernel's own -------------------------------------------------------------------------- */

void view_heap(void)
{
    static struct heap_stats stats; /* too large for a stack */

    heap_stats(&kernel_heap, &stats);
    print("  %u live blocks of %u bytes in all, %u pages (most ever %u), %u segments, %u large\n",
          stats.live_blocks, stats.block_bytes, stats.committed_pages, stats.committed_pages_peak,
          stats.segments, stats.large_blocks);
    print("  bucket segments   live  pages\n");
    for (uint32_t i = 0; i < kernel_heap.buckets->count; i++) {
        const struct heap_bucket_stats *bucket = &stats.bucket[i];

        if (bucket->segments != 0)
            print("  %6u %8u %6u %6u\n", bucket->block_bytes, bucket->segments, bucket->live_blocks,
                  bucket->committed_pages);
    }
}

void view_frames(void)
{
    static const char *const zones[FRAMES_ZONES] = { "DMA", "LOW", "HIGH" };
    struct frames_counts counts;

    memory_counts(&counts);
    print("  strategy %s: %u of %u frames free, %u of them promised\n", memory_strategy()->name,
          counts.free, counts.frames, process_ledger()->promised_pages);
    for (uint32_t zone = 0; zone < FRAMES_ZONES; zone++)
        print("  %-4s %7u free\n", zones[zone], counts.free_of_zone[zone]);
}

void view_faults(void)
{
    const struct process_counts *counts = process_counts();

    print("  %u page faults, %u calls, %u switches, %u of them by the timer, %u ms\n",
          fault_pages(), counts->calls, counts->switches, counts->preemptions, time_now_ms());
    print("  %u processes and %u threads were made\n", counts->spawned, counts->threads_made);
}
