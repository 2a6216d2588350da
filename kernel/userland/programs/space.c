/* SPDX-License-Identifier: 0BSD */
/* How much of a process's addresses heaps and stacks can use together before one of them is
 * refused, beside a space that is parted beforehand: half for heaps, half for stacks. Heaps are
 * real ones, their blocks are promised and not touched; stacks are those of threads.
 */
#include "trial.h"

#define SPACE_MIB   3072u
#define HEAPS       8u
#define BLOCK_BYTES 32768u
#define TOO_SMALL   77u

static struct user_heap heaps[HEAPS];
static uint32_t word; /* what the threads wait at */

/* So much of each, in turn, until something is refused. */
struct mix {
    const char *name;
    uint32_t stacks;   /* of 1 MiB, each turn */
    uint32_t heap_mib; /* each turn */
};

static const struct mix mixes[] = {
    { "heaps", 1, 48 },
    { "stacks", 12, 1 },
    { "both", 4, 4 },
};

static USER_THREAD void wait_for_ever(uint32_t argument)
{
    (void)user_wait(&word, 0, UABI_FOREVER);
    user_thread_exit(argument);
}

struct use {
    uint32_t stacks;
    uint32_t heap_blocks;
    int refused; /* why it ended */
};

static bool turn(const struct mix *mix, struct use *use)
{
    for (uint32_t i = 0; i < mix->stacks; i++) {
        uint32_t number = user_thread_start(wait_for_ever, 0, UABI_STACK_LARGE);

        if (user_is_error(number)) {
            use->refused = (int)number;
            return false;
        }
        use->stacks++;
    }
    for (uint32_t i = 0; i < mix->heap_mib * (1048576u / BLOCK_BYTES); i++) {
        struct user_heap *heap = &heaps[use->heap_blocks % HEAPS];

        if (user_heap_alloc(heap, BLOCK_BYTES) == NULL) {
            use->refused = user_heap_error(heap);
            return false;
        }
        use->heap_blocks++;
    }
    return true;
}

/* MiB in use when the first request of this mix is refused in a space of two halves. */
static uint32_t fixed_mib(const struct mix *mix)
{
    uint32_t half = SPACE_MIB / 2u;
    uint32_t turns_stacks = half / mix->stacks;
    uint32_t turns_heaps = half / mix->heap_mib;
    uint32_t turns = turns_stacks < turns_heaps ? turns_stacks : turns_heaps;

    return turns * (mix->stacks + mix->heap_mib);
}

static uint32_t fill_space(const struct mix *mix)
{
    struct use use = { .refused = 0 };
    uint32_t mib;

    for (uint32_t i = 0; i < HEAPS; i++)
        WANT(user_heap_create(&heaps[i]), true);
    while (turn(mix, &use))
        continue;
    mib = use.stacks + use.heap_blocks / (1048576u / BLOCK_BYTES);
    if (use.refused == UABI_NO_MEMORY) {
        say("space: memory ends at %u MiB of addresses\n", mib);
        return TOO_SMALL;
    }
    WANT((uint32_t)use.refused, (uint32_t)UABI_NO_SPACE);
    say("space, mix %s: %u stacks of 1 MiB and %u heaps of %u MiB together: %u of %u MiB used at "
        "the first refusal; parted in halves: %u\n",
        mix->name, use.stacks, HEAPS, use.heap_blocks / (1048576u / BLOCK_BYTES), mib, SPACE_MIB,
        fixed_mib(mix));
    WANT(mib >= SPACE_MIB * 99u / 100u, true);
    return 0;
}

uint32_t space_trial(const char *argument);

uint32_t space_trial(const char *argument)
{
    for (uint32_t i = 0; i < sizeof mixes / sizeof mixes[0]; i++)
        if (text_equal(argument, mixes[i].name))
            return fill_space(&mixes[i]);
    say("heaps: no trial is called \"%s\"\n", argument);
    return 2;
}
