/* SPDX-License-Identifier: 0BSD */
/* Pages of a kernel's page allocator as blocks. */
#include "kmem_pages.h"

#include <stdlib.h>

void kmem_pages_free_all(struct kmem_pages *pages)
{
    objects_free_all(&pages->pieces);
    free(pages->blocks);
    *pages = (struct kmem_pages){ .blocks = NULL };
}

/* The piece that has `frame`: pieces do not overlap. */
static const struct object *piece_of(const struct kmem_pages *pages, uint64_t frame)
{
    const struct object *piece = NULL;

    for (uint32_t order = 0; !piece && order <= pages->order_max; order++)
        piece = objects_find(&pages->pieces, order, (frame >> order << order) + 1u);
    return piece;
}

/* Take 2^order pages from `frame` on out of a piece: what is left is halves, halves of halves and
 * so on, as the kernel's own allocator has it.
 */
static bool cut(struct import *import, struct kmem_pages *pages, struct object piece,
                uint64_t frame, uint32_t order)
{
    objects_take(&pages->pieces, piece.space, piece.address, &piece);
    while (piece.space > order) {
        struct object half = piece;
        uint64_t half_pages;
        half.space = --piece.space;
        half_pages = UINT64_C(1) << half.space;
        if (frame + 1u >= piece.address + half_pages)
            piece.address += half_pages;
        else
            half.address += half_pages;
        if (!objects_put(import, &pages->pieces, half))
            return false;
    }
    return true;
}

/* `count` more pages of a block are gone; with the last one it is, too. */
static bool count_gone(struct import *import, struct kmem_pages *pages, uint32_t slot,
                       uint32_t count)
{
    struct kmem_page_block *block;

    if (slot >= KMEM_OWN)
        return true;
    block = &pages->blocks[slot];
    import->notes[NOTE_PAGES_APART] += count < block->pages ? count : 0;
    block->left -= count;
    if (block->left > 0)
        return true;
    return import_emit(import, (struct trace_op){ .kind = TRACE_FREE, .slot = slot }) &&
           slot_give(import, TRACE_BLOCK, slot);
}

/* Pages [frame, frame + 2^order) are gone. Answers how many of them were known. */
static bool end(struct import *import, struct kmem_pages *pages, uint64_t frame, uint32_t order,
                uint64_t *ret_known)
{
    uint64_t stop = frame + (UINT64_C(1) << order);

    *ret_known = 0;
    while (frame < stop) {
        const struct object *piece = piece_of(pages, frame);
        uint32_t gone = 1;
        if (piece) {
            uint32_t gone_order = piece->space < order ? piece->space : order;
            uint32_t slot = piece->slot;
            gone = UINT32_C(1) << gone_order;
            if (!cut(import, pages, *piece, frame, gone_order) ||
                !count_gone(import, pages, slot, gone))
                return false;
            *ret_known += gone;
        }
        frame += gone;
    }
    return true;
}

bool kmem_pages_create(struct import *import, struct kmem_pages *pages, uint64_t frame,
                       uint32_t order, uint64_t page_bytes, bool own)
{
    uint64_t bytes = page_bytes << order;
    struct trace_op op = { .kind = TRACE_ALLOC_ALIGNED, .bytes = (uint32_t)bytes };
    struct object block = { frame + 1u, order, own ? KMEM_OWN : 0 };
    void *blocks = pages->blocks;
    uint64_t known;

    if (!end(import, pages, frame, order, &known))
        return false;
    import->notes[NOTE_IMPLIED_FREE] += known != 0;
    if (order > pages->order_max)
        pages->order_max = order;
    import->notes[NOTE_OWN] += own;
    if (own)
        return objects_put(import, &pages->pieces, block);
    if (!slot_take(import, TRACE_BLOCK, &block.slot) ||
        !import_room(import, &blocks, &pages->room, sizeof *pages->blocks, block.slot))
        return false;
    pages->blocks = blocks;
    pages->blocks[block.slot] =
        (struct kmem_page_block){ UINT32_C(1) << order, UINT32_C(1) << order };
    op.slot = block.slot;
    while (op.align_log2 < 31u && bytes >> op.align_log2 != 1)
        op.align_log2++;
    return objects_put(import, &pages->pieces, block) && import_emit(import, op);
}

bool kmem_pages_end(struct import *import, struct kmem_pages *pages, uint64_t frame, uint32_t order,
                    bool own)
{
    uint64_t known;

    if (!end(import, pages, frame, order, &known))
        return false;
    if (known == 0)
        import->notes[own ? NOTE_OWN : NOTE_UNKNOWN_FREE]++;
    return true;
}
