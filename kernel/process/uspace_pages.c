/* SPDX-License-Identifier: 0BSD */
/* Pages of a process's regions: which are committed, with what access, and what was promised. */
#include "uspace_private.h"

#include "range.h"

#define PAGE_BITS 2u /* of a page in a segment's word */

_Static_assert(PAGE_BITS *LA_PAGES_PER_SEGMENT == 32u, "a segment's pages are one word");

/* -- Chunks ------------------------------------------------------------------------------------ */

static struct uspace_chunk *chunk_of(const struct uspace *space, uint32_t segment)
{
    return space->chunk[segment / USPACE_CHUNK_SEGMENTS];
}

enum la_status uspace_take_chunks(struct uspace *space, uint32_t first, uint32_t segments)
{
    const struct uspace_hooks *hooks = space->hooks;
    uint32_t last = (first + segments - 1u) / USPACE_CHUNK_SEGMENTS;

    for (uint32_t i = first / USPACE_CHUNK_SEGMENTS; i <= last; i++) {
        if (space->chunk[i] == NULL)
            space->chunk[i] = hooks->take(hooks->context, sizeof(struct uspace_chunk));
        if (space->chunk[i] == NULL)
            return LA_NO_MEMORY;
    }
    return LA_OK;
}

void uspace_set_label(struct uspace *space, va32_t base, uint32_t label)
{
    struct uspace_chunk *chunk = chunk_of(space, la_segment_of(base));

    if (chunk != NULL)
        chunk->label[la_segment_of(base) % USPACE_CHUNK_SEGMENTS] = (uint16_t)label;
}

uint32_t uspace_label(const struct uspace *space, va32_t base)
{
    const struct uspace_chunk *chunk = chunk_of(space, la_segment_of(base));

    return chunk == NULL ? 0 : chunk->label[la_segment_of(base) % USPACE_CHUNK_SEGMENTS];
}

/* -- One page ---------------------------------------------------------------------------------- */

static uint32_t shift_of(va32_t va)
{
    return PAGE_BITS * ((va >> LA_PAGE_SHIFT) % LA_PAGES_PER_SEGMENT);
}

uint32_t uspace_page_access(const struct uspace *space, va32_t va)
{
    uint32_t segment = la_segment_of(va);
    const struct uspace_chunk *chunk = chunk_of(space, segment);

    if (chunk == NULL)
        return 0;
    return (chunk->access[segment % USPACE_CHUNK_SEGMENTS] >> shift_of(va)) & 3u;
}

/* Its chunk exists. */
static void set_access(struct uspace *space, va32_t va, uint32_t access)
{
    uint32_t segment = la_segment_of(va);
    uint32_t *word = &chunk_of(space, segment)->access[segment % USPACE_CHUNK_SEGMENTS];

    *word = (*word & ~(UINT32_C(3) << shift_of(va))) | access << shift_of(va);
}

static uint32_t word_of(const struct uspace *space, uint32_t segment)
{
    const struct uspace_chunk *chunk = chunk_of(space, segment);

    return chunk == NULL ? 0 : chunk->access[segment % USPACE_CHUNK_SEGMENTS];
}

uint32_t uspace_count_pages(const struct uspace *space, va32_t va, uint32_t pages)
{
    uint32_t count = 0;

    while (pages > 0) {
        uint32_t here = LA_PAGES_PER_SEGMENT - shift_of(va) / PAGE_BITS;

        here = here < pages ? here : pages;
        if (word_of(space, la_segment_of(va)) != 0)
            for (uint32_t i = 0; i < here; i++)
                count += uspace_page_access(space, va + i * LA_PAGE_BYTES) != 0;
        va += here * LA_PAGE_BYTES;
        pages -= here;
    }
    return count;
}

/* -- Promises ---------------------------------------------------------------------------------- */

static void promise(struct uspace *space, uint32_t pages)
{
    space->promised_pages += pages;
    space->ledger->promised_pages += pages;
}

void uspace_keep_promise(struct uspace *space)
{
    LA_ASSERT(space->promised_pages > 0 && space->ledger->promised_pages > 0);
    space->promised_pages--;
    space->ledger->promised_pages--;
}

uint32_t uspace_frames_unpromised(const struct uspace *space)
{
    uint32_t frames = space->hooks->frames_free(space->hooks->context);
    uint32_t promised = space->ledger->promised_pages;

    return frames > promised ? frames - promised : 0;
}

static bool can_promise(const struct uspace *space, uint32_t pages)
{
    uint32_t frames = uspace_frames_unpromised(space);

    return pages == 0 || (frames >= USPACE_SPARE_FRAMES && pages <= frames - USPACE_SPARE_FRAMES);
}

/* -- Commit ------------------------------------------------------------------------------------ */

/* Give frames to the range's pages that have none. On failure those that were not committed before
 * have none again; a promise that was kept stays kept.
 */
static enum la_status back_pages(struct uspace *space, va32_t va, uint32_t pages, uint32_t access)
{
    const struct uspace_hooks *hooks = space->hooks;

    for (uint32_t i = 0; i < pages; i++) {
        va32_t page_va = va + i * LA_PAGE_BYTES;
        enum la_status status = hooks->map(hooks->context, page_va, (enum uabi_access)access);

        if (status == LA_NO_MEMORY) {
            while (i-- > 0)
                if (uspace_page_access(space, va + i * LA_PAGE_BYTES) == 0)
                    (void)hooks->unmap(hooks->context, va + i * LA_PAGE_BYTES);
            return LA_NO_MEMORY;
        }
        if (status == LA_OK && uspace_page_access(space, page_va) != 0) {
            uspace_keep_promise(space);
            space->backed_pages++;
        }
    }
    return LA_OK;
}

enum la_status uspace_commit(struct uspace *space, va32_t va, uint32_t bytes, uint32_t access)
{
    bool now = (access & UABI_COMMIT_NOW) != 0;
    uint32_t pages;
    enum la_status status = uspace_region_of(space, va, bytes, &pages);

    access &= ~UABI_COMMIT_NOW;
    if (access < UABI_NO_ACCESS || access > UABI_READ_WRITE)
        return LA_BAD_ARGUMENT;
    if (status != LA_OK)
        return status;

    const struct uspace_hooks *hooks = space->hooks;
    uint32_t fresh = pages - uspace_count_pages(space, va, pages);
    uint32_t first = la_segment_of(va);
    uint32_t segments = la_segment_of(va + (pages - 1u) * LA_PAGE_BYTES) - first + 1u;

    /* Asked twice: before page tables are made for a wish that cannot be granted, and after. */
    if (!can_promise(space, fresh) || uspace_take_chunks(space, first, segments) != LA_OK ||
        hooks->prepare(hooks->context, va, pages) != LA_OK || !can_promise(space, fresh))
        return LA_NO_MEMORY;
    if (now && back_pages(space, va, pages, access) != LA_OK)
        return LA_NO_MEMORY;

    for (uint32_t i = 0; i < pages; i++) {
        va32_t page_va = va + i * LA_PAGE_BYTES;

        if (uspace_page_access(space, page_va) != 0)
            hooks->protect(hooks->context, page_va, (enum uabi_access)access);
        set_access(space, page_va, access);
    }
    if (now)
        space->backed_pages += fresh;
    else
        promise(space, fresh);
    status = vas_commit(&space->vas, la_segment_va(first), segments);
    LA_ASSERT(status == LA_OK);
    return LA_OK;
}

/* -- Take back --------------------------------------------------------------------------------- */

void uspace_clear_pages(struct uspace *space, va32_t va, uint32_t pages)
{
    while (pages > 0) {
        uint32_t here = LA_PAGES_PER_SEGMENT - shift_of(va) / PAGE_BITS;

        here = here < pages ? here : pages;
        for (uint32_t i = 0; i < here && word_of(space, la_segment_of(va)) != 0; i++) {
            va32_t page_va = va + i * LA_PAGE_BYTES;

            if (uspace_page_access(space, page_va) == 0)
                continue;
            if (space->hooks->unmap(space->hooks->context, page_va))
                space->backed_pages--;
            else
                uspace_keep_promise(space);
            set_access(space, page_va, 0);
        }
        va += here * LA_PAGE_BYTES;
        pages -= here;
    }
}

enum la_status uspace_decommit(struct uspace *space, va32_t va, uint32_t bytes)
{
    uint32_t pages;
    enum la_status status = uspace_region_of(space, va, bytes, &pages);

    if (status != LA_OK)
        return status;

    uint32_t end = la_segment_of(va + (pages - 1u) * LA_PAGE_BYTES) + 1u;

    uspace_clear_pages(space, va, pages);
    for (uint32_t segment = la_segment_of(va); segment < end; segment++)
        if (word_of(space, segment) == 0) {
            status = vas_decommit(&space->vas, la_segment_va(segment), 1);
            LA_ASSERT(status == LA_OK);
        }
    return LA_OK;
}

enum la_status uspace_protect(struct uspace *space, va32_t va, uint32_t bytes, uint32_t access)
{
    uint32_t pages;
    enum la_status status = uspace_region_of(space, va, bytes, &pages);

    if (access < UABI_NO_ACCESS || access > UABI_READ_WRITE)
        return LA_BAD_ARGUMENT;
    if (status != LA_OK)
        return status;
    if (uspace_count_pages(space, va, pages) != pages)
        return LA_BAD_ADDRESS;
    for (uint32_t i = 0; i < pages; i++) {
        va32_t page_va = va + i * LA_PAGE_BYTES;

        space->hooks->protect(space->hooks->context, page_va, (enum uabi_access)access);
        set_access(space, page_va, access);
    }
    return LA_OK;
}

/* -- Invariants -------------------------------------------------------------------------------- */

const char *uspace_check(const struct uspace *space)
{
    uint32_t committed = 0;
    uint32_t stack_pages = 0;
    const char *broken = vas_check(&space->vas);

    if (broken != NULL)
        return broken;
    for (uint32_t segment = 0; segment < LA_SEGMENTS; segment++) {
        enum vas_state state = vas_state(&space->vas, la_segment_va(segment));
        uint32_t word = word_of(space, segment);

        if ((word != 0) != (state == VAS_COMMITTED))
            return "a segment is committed in the VAS and no page of it is, or the reverse";
        committed +=
            word == 0 ? 0 : uspace_count_pages(space, la_segment_va(segment), LA_PAGES_PER_SEGMENT);
    }
    if (committed != space->promised_pages + space->backed_pages)
        return "committed pages are neither promised nor backed";
    for (const struct uspace_stack *stack = space->stacks; stack != NULL; stack = stack->next) {
        broken = stack_check(&stack->stack);
        if (broken != NULL)
            return broken;
        stack_pages += stack_committed_pages(&stack->stack);
    }
    if (stack_pages != space->stack_pages)
        return "the pages of stacks do not add up";
    return space->ledger->promised_pages < space->promised_pages
               ? "the space promises more than the ledger knows"
               : NULL;
}
