/* SPDX-License-Identifier: 0BSD */
/* The place of a replay, set up and taken down. No canaries are written: a picture needs none, and
 * the figures are the same.
 */
#include "plot_machine.h"

#include <stdlib.h>

enum la_status plot_machine_open(struct plot_machine *machine, uint32_t end_segment)
{
    const struct host_window_options wanted = { .cheap = true,
                                                .first_segment = REPLAY_FIRST_SEGMENT,
                                                .end_segment = end_segment };
    enum la_status status =
        bucket_table_init(&machine->buckets, bucket_default_bytes, bucket_default_count);

    LA_ASSERT(status == LA_OK); /* the default table is one */
    machine->end_segment = end_segment;
    return host_window_open(&machine->window, &wanted);
}

void plot_machine_close(struct plot_machine *machine)
{
    host_window_close(&machine->window);
}

/* One entry more than there are slots, so that none is still an array. */
static bool take_memory(struct replay_memory *memory, const struct trace_header *header)
{
    memory->block_slots = header->block_slots;
    memory->region_slots = header->region_slots;
    memory->stack_slots = header->stack_slots;
    memory->heap_slots = header->heap_slots;
    memory->blocks = calloc((size_t)memory->block_slots + 1u, sizeof *memory->blocks);
    memory->regions = calloc((size_t)memory->region_slots + 1u, sizeof *memory->regions);
    memory->stacks = calloc((size_t)memory->stack_slots + 1u, sizeof *memory->stacks);
    memory->heaps = calloc((size_t)memory->heap_slots + 1u, sizeof *memory->heaps);
    return memory->blocks && memory->regions && memory->stacks && memory->heaps;
}

enum la_status plot_machine_begin(struct plot_machine *machine, const struct trace_loaded *trace)
{
    const struct replay_config config = { .first_segment = REPLAY_FIRST_SEGMENT,
                                          .end_segment = machine->end_segment,
                                          .buckets = &machine->buckets };
    enum la_status status = LA_NO_MEMORY;

    machine->memory = (struct replay_memory){ .vas = &machine->vas, .space = &machine->space };
    if (take_memory(&machine->memory, &trace->header))
        status = replay_init(&machine->replay, &machine->memory, &config,
                             host_window_port(&machine->window));
    if (status != LA_OK)
        plot_machine_end(machine);
    return status;
}

void plot_machine_end(struct plot_machine *machine)
{
    free(machine->memory.blocks);
    free(machine->memory.regions);
    free(machine->memory.stacks);
    free(machine->memory.heaps);
    machine->memory = (struct replay_memory){ .blocks = NULL };
    host_window_reset(&machine->window);
}
