/* SPDX-License-Identifier: 0BSD */
/* Ghost's chunk allocator: all chunks, used and free, in one list through the memory itself, first
 * fit; the heap grows by 1 MiB at its end.
 *
 *   | used, bytes, next | payload | used, bytes, next | payload | ...
 *
 * Source: Ghost's manual ("the g_chunk_allocator, a simple allocator that is used by the
 * kernel heap. It keeps a list of all free chunks and merges them when possibly"), and
 * maxdev1/ghost before 2024, chunk_allocator.cpp.
 * Cost: O(chunks) for everything; 12 bytes a chunk.
 * Cannot align. Never gives memory back.
 * Not copied: a free chunk that fits exactly and is passed over (the original wants room for
 * another header); an error path that keeps the lock; a free that trusts any pointer (here the walk
 * that finds the chunk below finds out); an expansion by more than 1 MiB that recurses once a MiB.
 * The merge of the whole list after each free is one of both neighbours: nothing else can merge.
 */
#include "heap_rival.h"

#define HEADER_BYTES 12u
#define CHUNK_MIN    24u /* header and 12 bytes of payload, so that chunks stay 8 apart */
#define STEP_PAGES   ((UINT32_C(1) << 20) / LA_PAGE_BYTES)

/* At 4 bytes past a multiple of 8, so that the payload is aligned. */
struct chunk {
    uint32_t used;
    uint32_t bytes; /* with the header */
    va32_t next;    /* 0: the last */
};

_Static_assert(sizeof(struct chunk) == HEADER_BYTES, "the payload follows");

struct ghost_chunks {
    struct heap_window window;
    va32_t first; /* 0: the heap is empty */
    va32_t last;
    uint32_t end_page; /* pages below are committed */
    uint64_t probes;
};

static struct chunk *at(const struct ghost_chunks *heap, va32_t va)
{
    return la_host(heap->window.port->host_base, va);
}

static size_t bytes(const struct heap_window *window)
{
    (void)window;
    return sizeof(struct ghost_chunks);
}

static bool init(void *state, size_t state_bytes, const struct heap_window *window)
{
    struct ghost_chunks *heap = state;

    if (state_bytes < sizeof *heap)
        return false;
    *heap = (struct ghost_chunks){ .window = *window, .end_page = window->first_page };
    return true;
}

/* -- Growing ----------------------------------------------------------------------------------- */

/* Commit whole steps, or what the window still has, until the last chunk is free and has
 * `bytes`.
 */
static enum rival_answer grow(struct ghost_chunks *heap, uint32_t wanted)
{
    const struct la_port *port = heap->window.port;
    uint32_t have =
        heap->last != 0 && !at(heap, heap->last)->used ? at(heap, heap->last)->bytes : 0;
    uint32_t missing =
        wanted - have + 8u; /* the first chunk begins 4 bytes late, the last ends so */
    uint32_t pages = (la_pages_up(missing) + STEP_PAGES - 1u) / STEP_PAGES * STEP_PAGES;
    uint32_t room = heap->window.end_page - heap->end_page;
    va32_t end = (heap->end_page << LA_PAGE_SHIFT) + 4u;

    if (pages > room)
        pages = room;
    if (pages < la_pages_up(missing))
        return RIVAL_NO_SPACE;
    if (port->commit(port->context, heap->end_page << LA_PAGE_SHIFT, pages) != LA_OK)
        return RIVAL_NO_MEMORY;
    heap->end_page += pages;
    if (have > 0) {
        at(heap, heap->last)->bytes += pages << LA_PAGE_SHIFT;
        return RIVAL_OK;
    }

    /* Behind the last chunk, which ends 4 bytes before a page's end. */
    va32_t chunk = heap->last != 0 ? end - 8u : end;
    uint32_t length = (pages << LA_PAGE_SHIFT) - (heap->last != 0 ? 0u : 8u);

    *at(heap, chunk) = (struct chunk){ .bytes = length };
    if (heap->last != 0)
        at(heap, heap->last)->next = chunk;
    else
        heap->first = chunk;
    heap->last = chunk;
    return RIVAL_OK;
}

/* -- Allocation -------------------------------------------------------------------------------- */

/* The first free chunk of at least `wanted` bytes; 0: none. */
static va32_t find(struct ghost_chunks *heap, uint32_t wanted)
{
    for (va32_t va = heap->first; va != 0; va = at(heap, va)->next) {
        heap->probes++;
        if (!at(heap, va)->used && at(heap, va)->bytes >= wanted)
            return va;
    }
    return 0;
}

static enum rival_answer alloc(void *state, uint32_t requested, uint32_t align_log2, va32_t *ret_va)
{
    struct ghost_chunks *heap = state;

    if (!heap_rival_asks(requested, align_log2))
        return RIVAL_BAD;
    if (align_log2 > HEAP_RIVAL_ALIGN_LOG2)
        return RIVAL_CANNOT;

    uint32_t wanted = heap_rival_round(requested + HEADER_BYTES, 3);

    if (wanted < CHUNK_MIN)
        wanted = CHUNK_MIN;

    va32_t va = find(heap, wanted);

    if (va == 0) {
        enum rival_answer answer = grow(heap, wanted);

        if (answer != RIVAL_OK)
            return answer;
        va = heap->last;
    }

    struct chunk *chunk = at(heap, va);

    if (chunk->bytes - wanted >= CHUNK_MIN) {
        va32_t rest = va + wanted;

        *at(heap, rest) = (struct chunk){ .bytes = chunk->bytes - wanted, .next = chunk->next };
        chunk->bytes = wanted;
        chunk->next = rest;
        if (heap->last == va)
            heap->last = rest;
    }
    chunk->used = 1;
    *ret_va = va + HEADER_BYTES;
    return RIVAL_OK;
}

/* Add the chunk behind `va` to it. */
static void swallow_next(struct ghost_chunks *heap, va32_t va)
{
    struct chunk *chunk = at(heap, va);
    va32_t next = chunk->next;

    chunk->bytes += at(heap, next)->bytes;
    chunk->next = at(heap, next)->next;
    if (heap->last == next)
        heap->last = va;
}

static enum rival_answer free_block(void *state, va32_t block)
{
    struct ghost_chunks *heap = state;
    va32_t below = 0;
    va32_t va = heap->first;

    for (; va != 0 && va + HEADER_BYTES < block; va = at(heap, va)->next) {
        heap->probes++;
        below = va;
    }
    if (va == 0 || va + HEADER_BYTES != block || !at(heap, va)->used)
        return RIVAL_BAD;
    at(heap, va)->used = 0;
    if (at(heap, va)->next != 0 && !at(heap, at(heap, va)->next)->used)
        swallow_next(heap, va);
    if (below != 0 && !at(heap, below)->used)
        swallow_next(heap, below);
    return RIVAL_OK;
}

static uint32_t usable(const void *state, va32_t block)
{
    const struct ghost_chunks *heap = state;

    return at(heap, block - HEADER_BYTES)->bytes - HEADER_BYTES;
}

static enum rival_answer realloc_block(void *state, va32_t va, uint32_t wanted, va32_t *ret_va)
{
    const struct ghost_chunks *heap = state;

    return heap_rival_move(&heap_ghost_chunks, state, heap->window.port->host_base, va, wanted,
                           ret_va);
}

/* -- Figures ----------------------------------------------------------------------------------- */

static void figures(const void *state, struct heap_figures *ret_figures)
{
    const struct ghost_chunks *heap = state;

    *ret_figures = (struct heap_figures){ .static_bytes = sizeof *heap, .probes = heap->probes };
}

static const char *check(const void *state)
{
    const struct ghost_chunks *heap = state;
    va32_t end = (heap->window.first_page << LA_PAGE_SHIFT) + 4u;
    va32_t last = 0;
    bool after_free = false;

    for (va32_t va = heap->first; va != 0; va = at(heap, va)->next) {
        if (va != end || at(heap, va)->bytes < CHUNK_MIN || at(heap, va)->bytes % 8u != 0)
            return "two chunks do not follow each other";
        if (after_free && !at(heap, va)->used)
            return "two free chunks touch";
        after_free = !at(heap, va)->used;
        end += at(heap, va)->bytes;
        last = va;
    }
    if (last != heap->last)
        return "the last chunk is another one";
    if (last != 0 && end != (heap->end_page << LA_PAGE_SHIFT) - 4u)
        return "the chunks are not the heap";
    return NULL;
}

const struct heap_rival heap_ghost_chunks = {
    .name = "ghost-chunks",
    .what = "one list of all chunks through the memory, first fit, grows by 1 MiB",
    .can = HEAP_FREES | HEAP_REFUSES,
    .bytes = bytes,
    .init = init,
    .alloc = alloc,
    .free = free_block,
    .realloc = realloc_block,
    .usable = usable,
    .figures = figures,
    .check = check,
};
