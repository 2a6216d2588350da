/* SPDX-License-Identifier: 0BSD */
/* Regions of a process: reserving, releasing, resizing, looking. uspace_pages.c has their pages. */
#include "uspace_private.h"

#include "range.h"

#define KNOWN_FLAGS (UABI_PLACE_MASK | UINT32_C(0xffff) << UABI_LABEL_SHIFT)

/* -- Life -------------------------------------------------------------------------------------- */

static enum la_status stack_commit(void *context, va32_t va, uint32_t pages)
{
    struct uspace *space = context;
    const struct uspace_hooks *hooks = space->hooks;

    if (uspace_frames_unpromised(space) < pages ||
        hooks->prepare(hooks->context, va, pages) != LA_OK)
        return LA_NO_MEMORY;
    for (uint32_t i = 0; i < pages; i++)
        if (hooks->map(hooks->context, va + i * LA_PAGE_BYTES, UABI_READ_WRITE) != LA_OK) {
            while (i-- > 0)
                (void)hooks->unmap(hooks->context, va + i * LA_PAGE_BYTES);
            return LA_NO_MEMORY;
        }
    space->stack_pages += pages;
    return LA_OK;
}

static void stack_decommit(void *context, va32_t va, uint32_t pages)
{
    struct uspace *space = context;

    for (uint32_t i = 0; i < pages; i++) {
        bool had_frame = space->hooks->unmap(space->hooks->context, va + i * LA_PAGE_BYTES);

        LA_ASSERT(had_frame);
    }
    space->stack_pages -= pages;
}

void uspace_init(struct uspace *space, struct uspace_ledger *ledger,
                 const struct uspace_hooks *hooks)
{
    vas_init(&space->vas, la_segment_of(UABI_USER_FIRST), la_segment_of(UABI_USER_END));
    space->hooks = hooks;
    space->ledger = ledger;
    space->stack_port =
        (struct la_port){ .context = space, .commit = stack_commit, .decommit = stack_decommit };
    space->stacks = NULL;
    for (uint32_t i = 0; i < USPACE_CHUNKS; i++)
        space->chunk[i] = NULL;
    space->promised_pages = 0;
    space->backed_pages = 0;
    space->stack_pages = 0;
    space->zero_faults = 0;
    space->grow_faults = 0;
}

void uspace_destroy(struct uspace *space)
{
    struct vas_region region;
    uint32_t cursor = 0;

    while (space->stacks != NULL)
        uspace_stack_destroy(space, space->stacks);
    while (vas_next_region(&space->vas, &cursor, &region)) {
        enum la_status status = uspace_release(space, la_segment_va(region.first_segment));

        LA_ASSERT(status == LA_OK);
    }
    for (uint32_t i = 0; i < USPACE_CHUNKS; i++) {
        if (space->chunk[i] != NULL)
            space->hooks->give(space->hooks->context, space->chunk[i]);
        space->chunk[i] = NULL;
    }
    LA_ASSERT(space->promised_pages == 0);
    LA_ASSERT(space->backed_pages == 0);
}

/* -- Regions ----------------------------------------------------------------------------------- */

static bool request_from(va32_t va, uint32_t bytes, uint32_t flags, uint32_t align_log2,
                         struct vas_request *ret_request)
{
    static const enum vas_placement placements[] = {
        [UABI_PLACE_BEST] = VAS_BEST_FIT,
        [UABI_PLACE_LOW] = VAS_LOWEST,
        [UABI_PLACE_HIGH] = VAS_HIGHEST,
        [UABI_PLACE_FIXED] = VAS_FIXED,
    };
    struct vas_request request = { .segments = la_segments_up(bytes), .state = VAS_RESERVED };

    request.placement = placements[flags & UABI_PLACE_MASK];
    if (bytes == 0 || (flags & ~KNOWN_FLAGS) != 0 || align_log2 > 31u ||
        (flags >> (UABI_LABEL_SHIFT + 12u)) >= UABI_KINDS)
        return false;
    if (request.placement != VAS_FIXED && va != 0)
        return false;
    if (request.placement == VAS_FIXED && va % (UINT32_C(1) << align_log2) != 0)
        return false;
    if (align_log2 > LA_SEGMENT_SHIFT && request.placement != VAS_FIXED)
        request.align_log2 = align_log2 - LA_SEGMENT_SHIFT;
    if (request.placement == VAS_FIXED) {
        if (va % LA_SEGMENT_BYTES != 0)
            return false;
        request.window_first = la_segment_of(va);
        request.window_end = request.window_first + request.segments;
    }
    *ret_request = request;
    return true;
}

enum la_status uspace_reserve(struct uspace *space, va32_t va, uint32_t bytes, uint32_t flags,
                              uint32_t align_log2, va32_t *ret_va)
{
    struct vas_request request;
    uint32_t label = flags >> UABI_LABEL_SHIFT;
    va32_t base;

    if (!request_from(va, bytes, flags, align_log2, &request))
        return LA_BAD_ARGUMENT;
    if (request.placement == VAS_FIXED && !range_is_user(va, bytes))
        return LA_BAD_ADDRESS;

    enum la_status status = vas_reserve(&space->vas, &request, &base);

    if (status != LA_OK)
        return status;
    if (label != 0) {
        if (uspace_take_chunks(space, la_segment_of(base), 1) != LA_OK) {
            (void)vas_release(&space->vas, base);
            return LA_NO_MEMORY;
        }
        uspace_set_label(space, base, label);
    }
    *ret_va = base;
    return LA_OK;
}

/* The region that begins at exactly `va` and is no stack. */
static enum la_status region_at(const struct uspace *space, va32_t va,
                                struct vas_region *ret_region)
{
    struct vas_region region;

    if (!range_is_user(va, 1) || !vas_query(&space->vas, va, &region) || region.state == VAS_FREE ||
        la_segment_va(region.first_segment) != va)
        return LA_BAD_ADDRESS;
    if (region.state == VAS_STACK)
        return LA_BAD_STATE;
    *ret_region = region;
    return LA_OK;
}

enum la_status uspace_release(struct uspace *space, va32_t va)
{
    struct vas_region region;
    enum la_status status = region_at(space, va, &region);

    if (status != LA_OK)
        return status;
    uspace_clear_pages(space, va, region.segments * LA_PAGES_PER_SEGMENT);
    uspace_set_label(space, va, 0);
    return vas_release(&space->vas, va);
}

enum la_status uspace_resize(struct uspace *space, va32_t va, uint32_t bytes)
{
    uint32_t segments = la_segments_up(bytes);
    struct vas_region region;
    enum la_status status = region_at(space, va, &region);

    if (status != LA_OK)
        return status;
    if (bytes == 0)
        return LA_BAD_ARGUMENT;
    status = vas_resize(&space->vas, va, segments);
    if (status != LA_OK)
        return status;
    if (segments < region.segments)
        uspace_clear_pages(space, va + segments * LA_SEGMENT_BYTES,
                           (region.segments - segments) * LA_PAGES_PER_SEGMENT);
    else if (segments > region.segments) /* new segments take the last one's state; ours is none */
        status = vas_decommit(&space->vas, va + region.segments * LA_SEGMENT_BYTES,
                              segments - region.segments);
    return status;
}

enum la_status uspace_query(const struct uspace *space, va32_t va, struct uabi_region *ret_region)
{
    struct vas_region region;

    if (!range_is_user(va, 1) || !vas_query(&space->vas, va, &region))
        return LA_BAD_ADDRESS;

    va32_t base = la_segment_va(region.first_segment);

    *ret_region = (struct uabi_region){ .base = base,
                                        .bytes = region.segments * LA_SEGMENT_BYTES,
                                        .state = region.state };
    if (region.state == VAS_FREE)
        return LA_OK;
    ret_region->label = uspace_label(space, base);
    ret_region->access = uspace_page_access(space, va);
    ret_region->committed_pages =
        uspace_count_pages(space, base, region.segments * LA_PAGES_PER_SEGMENT);
    for (const struct uspace_stack *stack = space->stacks; stack != NULL; stack = stack->next)
        if (stack->stack.base_va == base) {
            ret_region->committed_pages = stack_committed_pages(&stack->stack);
            if (va - base >= stack->stack.low_page * LA_PAGE_BYTES)
                ret_region->access = UABI_READ_WRITE;
        }
    return LA_OK;
}

enum la_status uspace_region_of(const struct uspace *space, va32_t va, uint32_t bytes,
                                uint32_t *ret_pages)
{
    struct vas_region region;
    enum la_status status = range_pages(va, bytes, ret_pages);

    if (status != LA_OK)
        return status;
    if (!vas_query(&space->vas, va, &region) || region.state == VAS_FREE)
        return LA_BAD_ADDRESS;

    uint32_t end_segment = region.first_segment + region.segments;
    uint32_t last_segment = la_segment_of(va + (*ret_pages - 1u) * LA_PAGE_BYTES);

    if (last_segment >= end_segment)
        return LA_BAD_ADDRESS;
    return region.state == VAS_STACK ? LA_BAD_STATE : LA_OK;
}
