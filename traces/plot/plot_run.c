/* SPDX-License-Identifier: 0BSD */
/* The two replays. The peak's place is known only at the end of the first one, so its map needs the
 * second.
 */
#include "plot_run.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The peak of the segments in use, for traces without a heap. */
struct used_peak {
    uint32_t segments;
    struct plot_moment at;
};

__attribute__((format(printf, 3, 4))) static enum plot_outcome
fail(struct plot_run *run, enum plot_outcome outcome, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(run->message, sizeof run->message, format, arguments);
    va_end(arguments);
    return outcome;
}

/* -- Before: what the axes and the moment are -------------------------------------------------- */

static void survey(struct plot_run *run, const struct trace_loaded *trace)
{
    for (uint64_t i = 0; i < trace->header.ops; i++) {
        run->kinds[trace->ops[i].kind]++;
        if (trace->ops[i].kind == TRACE_TIME)
            run->end.ns += trace->ops[i].delta_ns;
    }
    run->end.ops = trace->header.ops;
}

/* The moment, in ops, if it is not a peak. */
static enum plot_outcome choose_moment(struct plot_run *run, const char *path,
                                       const struct plot_wish *wish)
{
    if (wish->at == PLOT_AT_OPS && wish->at_number > run->end.ops)
        return fail(run, PLOT_BAD_MOMENT, "--at %" PRIu64 ": %s has %" PRIu64 " operations",
                    wish->at_number, path, run->end.ops);
    if (wish->at == PLOT_AT_OPS)
        run->at.ops = wish->at_number;
    if (wish->at == PLOT_AT_PERCENT) /* in two parts: no product that wraps */
        run->at.ops =
            run->end.ops / 100u * wish->at_number + run->end.ops % 100u * wish->at_number / 100u;
    return PLOT_GOOD;
}

/* -- Through the whole trace ------------------------------------------------------------------- */

/* Only ops on regions and stacks leave more or less in use that is not committed. */
static bool changes_others(uint8_t kind)
{
    return trace_slot_kind(kind) == TRACE_REGION || trace_slot_kind(kind) == TRACE_STACK;
}

static void take_levels(const struct plot_machine *machine, uint8_t kind,
                        uint32_t levels[PLOT_LEVELS])
{
    const struct replay_result *result = &machine->replay.result;
    struct vas_stats stats;

    levels[PLOT_LIVE_BYTES] = result->live_bytes;
    levels[PLOT_FOOTPRINT_PAGES] = result->footprint_pages;
    levels[PLOT_STACK_PAGES] = result->stack_pages;
    levels[PLOT_COMMITTED_SEGMENTS] += result->va_segments - levels[PLOT_USED_SEGMENTS];
    levels[PLOT_USED_SEGMENTS] = result->va_segments;
    if (!changes_others(kind))
        return;
    vas_stats(&machine->vas, &stats);
    levels[PLOT_COMMITTED_SEGMENTS] = stats.committed_segments;
}

static void note_moments(struct plot_run *run, const struct plot_machine *machine,
                         const struct plot_moment *now, struct plot_moment *footprint,
                         struct used_peak *used)
{
    const struct replay *replay = &machine->replay;

    if (replay->peak_steps == now->ops && now->ops > 0)
        *footprint = *now;
    if (replay->result.va_segments > used->segments)
        *used = (struct used_peak){ replay->result.va_segments, *now };
    if (now->ops == run->at.ops)
        run->at.ns = now->ns;
}

static bool run_through(struct plot_run *run, struct plot_machine *machine,
                        const struct trace_loaded *trace, const struct plot_wish *wish)
{
    uint32_t levels[PLOT_LEVELS] = { 0 };
    struct plot_moment now = { 0 };
    struct plot_moment footprint = { 0 };
    struct used_peak used = { 0 };
    struct plot_held held;

    for (uint64_t i = 0; i < trace->header.ops; i++) {
        const struct trace_op *op = &trace->ops[i];

        plot_sizes_before(&run->sizes, &machine->memory, op, &held);
        if (!replay_step(&machine->replay, op))
            return false;
        plot_sizes_after(&run->sizes, &machine->memory, op, &held);
        take_levels(machine, op->kind, levels);
        if (op->kind == TRACE_TIME)
            now.ns += op->delta_ns;
        /* What happens at the very end is shown in the last column. */
        plot_curve_add(&run->curve,
                       !run->by_time          ? i
                       : now.ns < run->end.ns ? now.ns
                                              : run->end.ns - 1u,
                       levels);
        now.ops++;
        note_moments(run, machine, &now, &footprint, &used);
    }
    run->at_peak = wish->at == PLOT_AT_PEAK;
    if (run->at_peak) {
        run->at_footprint = footprint.ops > 0;
        run->at = run->at_footprint ? footprint : used.at;
    }
    plot_curve_finish(&run->curve);
    plot_sizes_finish(&run->sizes);
    run->result = machine->replay.result;
    return true;
}

/* -- Up to the moment -------------------------------------------------------------------------- */

static bool run_to_moment(struct plot_run *run, struct plot_machine *machine,
                          const struct trace_loaded *trace)
{
    for (uint64_t i = 0; i < run->at.ops; i++)
        if (!replay_step(&machine->replay, &trace->ops[i]))
            return false;
    plot_map_fill(&run->map, machine);
    return true;
}

/* One of the two; false and a message if it cannot be done. */
static bool replay_once(struct plot_run *run, struct plot_machine *machine,
                        const struct trace_loaded *trace, const char *path,
                        const struct plot_wish *wish, bool whole)
{
    enum la_status status = plot_machine_begin(machine, trace);
    bool good;

    if (status != LA_OK) {
        fail(run, PLOT_BAD_TRACE, "%s: %s", path,
             status == LA_NO_MEMORY ? "no memory for its slots"
                                    : "the range is too small for the heaps' segment table");
        return false;
    }
    good = whole ? run_through(run, machine, trace, wish) : run_to_moment(run, machine, trace);
    if (!good)
        fail(run, PLOT_BAD_TRACE, "%s: op %" PRIu64 ": %s", path, machine->replay.broken_op,
             machine->replay.broken);
    plot_machine_end(machine);
    return good;
}

enum plot_outcome plot_run(struct plot_run *run, struct plot_machine *machine,
                           const struct trace_loaded *trace, const char *path,
                           const struct plot_wish *wish)
{
    memset(run, 0, sizeof *run);
    survey(run, trace);
    if (choose_moment(run, path, wish) != PLOT_GOOD)
        return PLOT_BAD_MOMENT;
    run->by_time = run->end.ns > 0 && !wish->by_ops;
    plot_curve_init(&run->curve, run->by_time ? run->end.ns : run->end.ops);
    return replay_once(run, machine, trace, path, wish, true) &&
                   replay_once(run, machine, trace, path, wish, false)
               ? PLOT_GOOD
               : PLOT_BAD_TRACE;
}
