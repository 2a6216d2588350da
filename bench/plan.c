/* SPDX-License-Identifier: 0BSD */
/* Making plans. */
#include "plan.h"

#include <stdio.h>
#include <string.h>

/* What a quick look leaves out is slow and no news. */
static const char *const quick_vas[] = { "buddy", "radix", "augmented", "tags", "lookaside" };
static const char *const slow_vas[] = { "section-list", "section-window", "ghost-pool", "two-bit" };

static const char *const quick_things[] = {
    "user32/", "mix/98",      "kernel/90", "stack/90", "adversarial/single/98",
    "vas32/",  "kernel-vas/", "churn/",    "use/",
};

/* A quick look has fewer repetitions. */
enum { REPEAT_MANY = 9, REPEAT_SOME = 5, REPEAT_FEW = 3 };

/* Rivals are compared with each other, and the long traces repeat themselves. */
#define RIVAL_OPS "1000000"

/* What is the same in all cases of a group. */
struct group {
    struct plan *plan;
    const struct bench_options *options;
    const struct inventory *inventory;
    const struct plan_thing *thing;
    const char *kind;    /* "heap" */
    const char *subject; /* "--heap" */
    const char *variant;
    const char *command;
    uint32_t repetitions;
    const char *ops_max; /* NULL: as the options say */
    bool fresh;
    bool as_shipped;
    bool floors;
};

static struct group group_of(struct plan *plan, const struct bench_options *options,
                             const struct inventory *inventory, const struct plan_thing *thing,
                             const char *kind, const char *subject)
{
    plan->count = 0;
    return (struct group){ .plan = plan,
                           .options = options,
                           .inventory = inventory,
                           .thing = thing,
                           .kind = kind,
                           .subject = subject,
                           .variant = "",
                           .command = "pass",
                           .repetitions = REPEAT_MANY,
                           .floors = true };
}

/* The same group, asked something else. */
static struct group variant_of(const struct group *group, const char *variant, const char *command,
                               uint32_t repetitions)
{
    struct group other = *group;

    other.variant = variant;
    other.command = command;
    other.repetitions = repetitions;
    return other;
}

bool plan_is_quick(const char *name)
{
    for (size_t i = 0; i < sizeof quick_things / sizeof quick_things[0]; i++)
        if (strncmp(name, quick_things[i], strlen(quick_things[i])) == 0)
            return true;
    return false;
}

/* -- Cases ------------------------------------------------------------------------------------- */

static void add_arguments(struct plan_case *one, const struct group *group, const char *program,
                          const char *target, const char *library)
{
    size_t at = 0;
    bool ours_to_set = strcmp(group->subject, "--heap") == 0;
    const char *ops_max = group->options->ops != NULL ? group->options->ops : group->ops_max;

    one->argv[at++] = program;
    one->argv[at++] = group->subject;
    if (group->thing->work != NULL)
        one->argv[at++] = group->thing->work;
    one->argv[at++] = "--target";
    one->argv[at++] = target;
    if (library != NULL) {
        one->argv[at++] = "--library";
        one->argv[at++] = library;
    }
    if (group->as_shipped)
        one->argv[at++] = "--as-shipped";
    if (ours_to_set && group->options->buckets != NULL) {
        one->argv[at++] = "--buckets";
        one->argv[at++] = group->options->buckets;
    }
    if (ours_to_set && ops_max != NULL) {
        one->argv[at++] = "--ops";
        one->argv[at++] = ops_max;
    }
    one->argv[at] = NULL;
}

/* Add a case if it is wanted. `floor`: the target that is subtracted from it. */
static void add(const struct group *group, const char *program, const char *target,
                const char *library, const char *floor)
{
    struct plan *plan = group->plan;
    struct plan_case *one = &plan->cases[plan->count];
    const struct plan_thing *thing = group->thing;
    bool is_floor = strcmp(floor, target) == 0;

    if (plan->count == PLAN_CASES_MAX || program == NULL || (is_floor && !group->floors))
        return;
    *one = (struct plan_case){ .thing_at = (uint32_t)strlen(group->kind) + 1u,
                               .thing_bytes = (uint32_t)strlen(thing->name),
                               .abi = thing->abi,
                               .variant = group->variant,
                               .fresh = group->fresh,
                               .command = group->command,
                               .floor = group->floors ? floor : "",
                               .repetitions = group->repetitions };
    if (group->options->quick && one->repetitions > REPEAT_FEW)
        one->repetitions = REPEAT_FEW;
    if (group->options->repeat != 0 && one->repetitions > 1u) /* else it is exact */
        one->repetitions = group->options->repeat;
    snprintf(one->target, sizeof one->target, "%s", target);
    snprintf(one->name, sizeof one->name, "%s/%s/%s/%s%s%s", group->kind, thing->name,
             bench_abi_names[thing->abi], target, *group->variant ? "/" : "", group->variant);
    add_arguments(one, group, program, target, library);
    if (is_floor || options_want(group->options, one->name))
        plan->count++;
}

/* Floors were added for everybody; those that nothing is left above are not wanted, unless they
 * were asked for.
 */
static void drop_floors(const struct group *group, uint32_t from)
{
    struct plan *plan = group->plan;
    uint32_t kept = from;

    for (uint32_t i = from; i < plan->count; i++) {
        const struct plan_case *one = &plan->cases[i];
        bool needed = strcmp(one->floor, one->target) != 0 ||
                      (group->options->filtered && options_want(group->options, one->name));

        for (uint32_t j = i + 1u; j < plan->count && !needed; j++)
            needed = strcmp(plan->cases[j].floor, one->floor) == 0;
        if (needed)
            plan->cases[kept++] = *one;
    }
    plan->count = kept;
}

static void add_targets(const struct group *group, const char *const *targets, const char *floor)
{
    const char *program = group->inventory->programs[group->thing->abi];
    uint32_t from = group->plan->count;

    add(group, program, floor, NULL, floor);
    for (; *targets != NULL; targets++)
        add(group, program, *targets, NULL, floor);
    drop_floors(group, from);
}

/* -- Heaps ------------------------------------------------------------------------------------- */

static void add_heaps(const struct group *group)
{
    static const char *const ours[] = { "lookaside", NULL };
    static const char *const ours_warm[] = { "lookaside", "lookaside-keeps", NULL };
    const struct inventory *inventory = group->inventory;
    uint32_t from;

    add_targets(group, *group->variant ? ours : ours_warm, "floor-lookaside");
    from = group->plan->count;
    add(group, inventory->programs[group->thing->abi], "floor-libc", NULL, "floor-libc");
    for (uint32_t i = 0; i < inventory->peer_count; i++) {
        const struct bench_peer *peer = &inventory->peers[i];

        if (peer->abi == group->thing->abi)
            add(group, peer->program, peer->name, peer->library, "floor-libc");
    }
    drop_floors(group, from);
}

static void add_heap_rivals(const struct group *group)
{
    static char names[BENCH_NAMES_MAX][BENCH_NAME_BYTES + 8u];
    const char *targets[BENCH_NAMES_MAX + 1u] = { NULL };
    const struct bench_names *rivals = &group->inventory->heap_rivals;

    for (uint32_t i = 0; i < rivals->count; i++) {
        snprintf(names[i], sizeof names[i], "rival-%s", rivals->names[i]);
        targets[i] = names[i];
    }
    add_targets(group, targets, "floor-rival");
}

void plan_heap(struct plan *plan, const struct bench_options *options,
               const struct inventory *inventory, const struct plan_thing *thing)
{
    static const char *const ours[] = { "lookaside", NULL };
    struct group warm = group_of(plan, options, inventory, thing, "heap", "--heap");
    struct group rivals = variant_of(&warm, "", "pass", REPEAT_FEW);
    struct group latency = variant_of(&warm, "latency", "latency", 1);
    struct group shipped = variant_of(&warm, "shipped", "pass", REPEAT_FEW);
    struct group cold = variant_of(&warm, "cold", "first", REPEAT_FEW);
    struct group memory = variant_of(&warm, "memory", "memory", 1);
    struct group space = variant_of(&warm, "space", "space", 1);

    latency.floors = memory.floors = space.floors = false;
    cold.fresh = memory.fresh = space.fresh = true;
    shipped.as_shipped = memory.as_shipped = true;
    add_heaps(&warm);
    if (options->count)
        return;
    add_heaps(&memory);
    if (options->quick)
        return;
    add_heaps(&cold);
    add_heaps(&shipped);
    add_heaps(&latency);
    rivals.ops_max = space.ops_max = RIVAL_OPS;
    add_targets(&space, ours, "");
    add_heap_rivals(&rivals);
    add_heap_rivals(&space);
}

/* -- Address spaces ---------------------------------------------------------------------------- */

static bool is_among(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* The slow ones take seconds to reach an occupancy: one is enough. Recorded spaces are small. */
static bool is_in_time(const struct group *group, const char *target)
{
    size_t length = strlen(group->thing->name);
    bool is_90 = length > 3u && strcmp(group->thing->name + length - 3u, "/90") == 0;

    if (group->options->quick || group->options->count)
        return is_among(target, quick_vas, sizeof quick_vas / sizeof quick_vas[0]);
    return strcmp(group->subject, "--vas-ops") == 0 || is_90 ||
           !is_among(target, slow_vas, sizeof slow_vas / sizeof slow_vas[0]);
}

void plan_vas(struct plan *plan, const struct bench_options *options,
              const struct inventory *inventory, const struct plan_thing *thing, bool recorded)
{
    struct group warm =
        group_of(plan, options, inventory, thing, "vas", recorded ? "--vas-ops" : "--vas");
    struct group latency = variant_of(&warm, "latency", "latency", 1);
    struct group space = variant_of(&warm, "space", "space", 1);
    const char *targets[BENCH_NAMES_MAX + 1u] = { NULL };
    uint32_t count = 0;

    for (uint32_t i = inventory->vas_targets.count; i-- > 0;) /* ours first */
        if (is_in_time(&warm, inventory->vas_targets.names[i]))
            targets[count++] = inventory->vas_targets.names[i];
    warm.repetitions = REPEAT_SOME;
    latency.floors = space.floors = false;
    add_targets(&warm, targets, "floor");
    if (options->count)
        return;
    add_targets(&latency, targets, "floor");
    add_targets(&space, targets, "floor");
}

/* -- The rest ---------------------------------------------------------------------------------- */

void plan_stack(struct plan *plan, const struct bench_options *options,
                const struct inventory *inventory, const struct plan_thing *thing, bool recorded)
{
    static const char *const targets[] = { "lookaside", "lookaside+mmap", "linux", NULL };
    static const char *const ours[] = { "lookaside", NULL };
    struct group warm =
        group_of(plan, options, inventory, thing, "stack", recorded ? "--stack-ops" : "--stack");
    struct group latency = variant_of(&warm, "latency", "latency", 1);

    warm.repetitions = REPEAT_SOME;
    latency.floors = false;
    add_targets(&warm, options->count ? ours : targets, "floor");
    if (!options->count)
        add_targets(&latency, targets, "floor");
}

void plan_heaps(struct plan *plan, const struct bench_options *options,
                const struct inventory *inventory, const struct plan_thing *thing)
{
    static const char *const ours[] = { "lookaside", NULL };
    static const char *const theirs[] = { "mimalloc", NULL };
    struct group warm = group_of(plan, options, inventory, thing, "heaps", "--heaps");

    warm.repetitions = REPEAT_SOME;
    add_targets(&warm, ours, "floor-lookaside");
    for (uint32_t i = 0; i < inventory->peer_count; i++)
        if (inventory->peers[i].abi == thing->abi &&
            strcmp(inventory->peers[i].name, theirs[0]) == 0)
            add_targets(&warm, theirs, "floor-libc");
}

/* Rows are only asked of those that have them: the bitmap and the buddies. */
void plan_frames(struct plan *plan, const struct bench_options *options,
                 const struct inventory *inventory, const struct plan_thing *thing)
{
    static const char *const with_rows[] = { "bitmap", "buddy", NULL };
    const char *targets[BENCH_NAMES_MAX + 1u] = { NULL };
    struct group warm = group_of(plan, options, inventory, thing, "frames", "--frames");
    struct group latency = variant_of(&warm, "latency", "latency", 1);
    struct group space = variant_of(&warm, "space", "space", 1);
    const char *const *asked = strncmp(thing->name, "rows/", 5) == 0 ? with_rows : targets;

    for (uint32_t i = 0; i < inventory->frames_targets.count; i++)
        targets[i] = inventory->frames_targets.names[i];
    warm.repetitions = REPEAT_SOME;
    latency.floors = space.floors = false;
    add_targets(&warm, asked, "floor");
    if (options->count)
        return;
    add_targets(&latency, asked, "floor");
    add_targets(&space, asked, "floor");
}

void plan_fault(struct plan *plan, const struct bench_options *options,
                const struct inventory *inventory, uint32_t abi)
{
    static const char *const targets[] = { "lookaside", NULL };
    const struct plan_thing thing = { .name = "verdicts", .abi = abi };
    struct group warm = group_of(plan, options, inventory, &thing, "fault", "--fault");

    warm.repetitions = REPEAT_SOME;
    add_targets(&warm, targets, "floor");
}
