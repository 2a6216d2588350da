/* SPDX-License-Identifier: 0BSD */
/* Boundary tags: see the header. A chunk begins 4 bytes before a multiple of 8, so that its payload
 * is aligned. No two free chunks touch, and no free chunk touches the top.
 */
#include "heap_tags.h"

#define USED        1u /* flags in the low bits of a chunk's first word */
#define LOWER_USED  2u /* the chunk below is in use, or there is none */
#define FLAGS       7u
#define TAG_BYTES   4u
#define CHUNK_MIN   16u /* tag, two links, size again */
#define LINKS_BYTES 12u /* a free chunk's tag and links */
#define SMALL_BYTES 512u
#define COMPARE_MAX 64u

/* Pages [first, end). */
struct pages {
    uint32_t first;
    uint32_t end;
};

static uint32_t *word_at(const struct heap_tags *tags, va32_t va)
{
    return la_host(tags->window.port->host_base, va);
}

static uint32_t size_of(const struct heap_tags *tags, va32_t chunk)
{
    return *word_at(tags, chunk) & ~FLAGS;
}

static uint32_t page_up(va32_t va)
{
    return la_pages_up(va);
}

/* -- Bins: exact ones of 8 bytes up to 504, then four per doubling ----------------------------- */

static uint32_t bin_of(uint32_t size)
{
    uint32_t log2;

    if (size < SMALL_BYTES)
        return size / 8u;
    log2 = 31u - (uint32_t)__builtin_clz(size);
    return 64u + (log2 - 9u) * 4u + (size >> (log2 - 2u) & 3u);
}

static void push(struct heap_tags *tags, va32_t chunk)
{
    uint32_t bin = bin_of(size_of(tags, chunk));
    va32_t next = tags->bin[bin];

    word_at(tags, chunk)[1] = next;
    word_at(tags, chunk)[2] = 0;
    if (next != 0)
        word_at(tags, next)[2] = chunk;
    tags->bin[bin] = chunk;
    tags->mask[bin / 32u] |= UINT32_C(1) << (bin % 32u);
}

static void pull(struct heap_tags *tags, va32_t chunk)
{
    uint32_t bin = bin_of(size_of(tags, chunk));
    va32_t next = word_at(tags, chunk)[1];
    va32_t prev = word_at(tags, chunk)[2];

    if (next != 0)
        word_at(tags, next)[2] = prev;
    if (prev != 0)
        word_at(tags, prev)[1] = next;
    else
        tags->bin[bin] = next;
    if (tags->bin[bin] == 0)
        tags->mask[bin / 32u] &= ~(UINT32_C(1) << (bin % 32u));
}

/* The first bin from `bin` on that is not empty; HEAP_TAGS_BINS: none. */
static uint32_t next_bin(const struct heap_tags *tags, uint32_t bin)
{
    for (uint32_t word = bin / 32u; word < HEAP_TAGS_WORDS; word++) {
        uint32_t mask = tags->mask[word];

        if (word == bin / 32u)
            mask &= UINT32_MAX << (bin % 32u);
        if (mask != 0)
            return word * 32u + (uint32_t)__builtin_ctz(mask);
    }
    return HEAP_TAGS_BINS;
}

/* The smallest chunk of at least `size` bytes among the first ones of its bin, or of a later bin.
 * 0: none.
 */
static va32_t find(struct heap_tags *tags, uint32_t size)
{
    va32_t best = 0;
    uint32_t bin = next_bin(tags, bin_of(size));

    for (; bin < HEAP_TAGS_BINS && best == 0; bin = next_bin(tags, bin + 1u)) {
        va32_t chunk = tags->bin[bin];

        for (uint32_t i = 0; chunk != 0 && i < COMPARE_MAX; i++) {
            tags->probes++;
            if (size_of(tags, chunk) >= size &&
                (best == 0 || size_of(tags, chunk) < size_of(tags, best)))
                best = chunk;
            if (best != 0 && size_of(tags, best) == size)
                break;
            chunk = word_at(tags, chunk)[1];
        }
    }
    return best;
}

/* -- Pages ------------------------------------------------------------------------------------- */

/* Pages that are wholly inside a free chunk, behind its links and before its last word; none where
 * the policy keeps them.
 */
static struct pages inner_pages(const struct heap_tags *tags, va32_t chunk, uint32_t size)
{
    struct pages pages = { page_up(chunk + LINKS_BYTES), 0 };

    if (size >= CHUNK_MIN)
        pages.end = (chunk + size - TAG_BYTES) >> LA_PAGE_SHIFT;
    if (!tags->policy.frees_inner_pages || pages.end < pages.first)
        pages.end = pages.first;
    return pages;
}

static bool is_empty(struct pages pages)
{
    return pages.first >= pages.end;
}

static bool commit(const struct heap_tags *tags, struct pages pages)
{
    const struct la_port *port = tags->window.port;

    return is_empty(pages) || port->commit(port->context, pages.first << LA_PAGE_SHIFT,
                                           pages.end - pages.first) == LA_OK;
}

static void decommit(const struct heap_tags *tags, struct pages pages)
{
    const struct la_port *port = tags->window.port;

    if (!is_empty(pages))
        port->decommit(port->context, pages.first << LA_PAGE_SHIFT, pages.end - pages.first);
}

/* Commit what is missing below `end_va`, the future end of the chunks. */
static bool commit_below(struct heap_tags *tags, va32_t end_va)
{
    struct pages pages = { tags->committed_end_page, page_up(end_va) };

    if (!commit(tags, pages))
        return false;
    if (pages.end > pages.first)
        tags->committed_end_page = pages.end;
    return true;
}

/* Make `top_va` the top's beginning, and give pages back if there are too many. `inner` were given
 * back before: those of the free chunk that became part of the top.
 */
static void lower_top(struct heap_tags *tags, va32_t top_va, struct pages inner)
{
    struct pages spare = { page_up(top_va), tags->committed_end_page };

    tags->top_va = top_va;
    if (is_empty(spare) || spare.end - spare.first <= tags->policy.top_pages_max)
        return;
    if (is_empty(inner)) {
        decommit(tags, spare);
    } else {
        decommit(tags, (struct pages){ spare.first, inner.first });
        decommit(tags, (struct pages){ inner.end, spare.end });
    }
    tags->committed_end_page = spare.first;
}

/* -- Allocation -------------------------------------------------------------------------------- */

bool heap_tags_init(struct heap_tags *tags, const struct heap_window *window,
                    const struct heap_tags_policy *policy)
{
    uint32_t pages = window->end_page - window->first_page;

    *tags = (struct heap_tags){ .window = *window,
                                .policy = *policy,
                                .committed_end_page = window->first_page };
    if (policy->pages_max != 0 && pages > policy->pages_max)
        pages = policy->pages_max;
    tags->first_va = (window->first_page << LA_PAGE_SHIFT) + TAG_BYTES;
    tags->limit_va = ((window->first_page + pages) << LA_PAGE_SHIFT) - TAG_BYTES; /* may wrap */
    tags->top_va = tags->first_va;
    return pages > 0;
}

/* The chunk size for a request. */
static uint32_t chunk_bytes(uint32_t bytes)
{
    uint32_t size = heap_rival_round(bytes + TAG_BYTES, 3);

    return size < CHUNK_MIN ? CHUNK_MIN : size;
}

/* Bytes to leave free at the start of a chunk at `chunk`, so that the payload behind them is
 * aligned: none, or enough for a chunk, but for none with a whole page inside.
 */
static uint32_t front_of(va32_t chunk, uint32_t align_log2)
{
    uint32_t mask = (UINT32_C(1) << align_log2) - 1u;
    uint32_t front = (0u - (chunk + TAG_BYTES)) & mask;

    return front > 0 && front < CHUNK_MIN ? front + mask + 1u : front;
}

/* Make [chunk, chunk + size) a free chunk below a used one or below what follows it in use. */
static void make_free(struct heap_tags *tags, va32_t chunk, uint32_t size)
{
    *word_at(tags, chunk) = size | LOWER_USED;
    *word_at(tags, chunk + size - TAG_BYTES) = size;
    push(tags, chunk);
}

/* Cut a chunk of `size` bytes out of a free one, `front` bytes behind its start. */
static enum rival_answer carve(struct heap_tags *tags, va32_t chunk, uint32_t front, uint32_t size,
                               va32_t *ret_chunk)
{
    uint32_t all = size_of(tags, chunk);
    uint32_t back = all - front - size;

    if (back < CHUNK_MIN) {
        size += back;
        back = 0;
    }

    va32_t used = chunk + front;
    struct pages needed = inner_pages(tags, chunk, all);
    struct pages high = inner_pages(tags, used + size, back);

    if (!is_empty(high)) /* in front there is never a whole page: front_of() */
        needed.end = high.first;
    if (!commit(tags, needed))
        return RIVAL_NO_MEMORY;
    pull(tags, chunk);
    if (front > 0)
        make_free(tags, chunk, front);
    *word_at(tags, used) = size | USED | (front > 0 ? 0u : LOWER_USED);
    if (back > 0)
        make_free(tags, used + size, back);
    else
        *word_at(tags, used + size) |=
            LOWER_USED; /* there is one: free chunks do not touch the top */
    *ret_chunk = used;
    return RIVAL_OK;
}

static enum rival_answer take_from_top(struct heap_tags *tags, uint32_t front, uint32_t size,
                                       va32_t *ret_chunk)
{
    va32_t chunk = tags->top_va;

    if (size > tags->limit_va - chunk || front > tags->limit_va - chunk - size)
        return RIVAL_NO_SPACE;
    if (!commit_below(tags, chunk + front + size))
        return RIVAL_NO_MEMORY;
    *word_at(tags, chunk + front) = size | USED | (front > 0 ? 0u : LOWER_USED);
    if (front > 0)
        make_free(tags, chunk, front);
    tags->top_va = chunk + front + size;
    *ret_chunk = chunk + front;
    return RIVAL_OK;
}

enum rival_answer heap_tags_alloc(struct heap_tags *tags, uint32_t bytes, uint32_t align_log2,
                                  va32_t *ret_va)
{
    enum rival_answer answer;
    uint32_t slack = 0; /* as much as front_of() can answer */

    if (!heap_rival_asks(bytes, align_log2))
        return RIVAL_BAD;
    if (align_log2 > HEAP_RIVAL_ALIGN_LOG2)
        slack = (UINT32_C(1) << align_log2) + CHUNK_MIN;

    uint32_t size = chunk_bytes(bytes);
    va32_t chunk = find(tags, size + slack);

    if (chunk != 0)
        answer = carve(tags, chunk, front_of(chunk, align_log2), size, &chunk);
    else
        answer = take_from_top(tags, front_of(tags->top_va, align_log2), size, &chunk);
    if (answer == RIVAL_OK)
        *ret_va = chunk + TAG_BYTES;
    return answer;
}

/* -- Free -------------------------------------------------------------------------------------- */

/* Whether `chunk` looks like one in use. What it says of itself can be checked against its
 * neighbour only, so that a payload made to look like a chunk is believed.
 */
static bool is_used(const struct heap_tags *tags, va32_t chunk)
{
    if (chunk < tags->first_va || chunk >= tags->top_va || chunk % 8u != TAG_BYTES)
        return false;

    uint32_t size = size_of(tags, chunk);

    if (!(*word_at(tags, chunk) & USED) || size < CHUNK_MIN || size > tags->top_va - chunk)
        return false;
    return chunk + size == tags->top_va || (*word_at(tags, chunk + size) & LOWER_USED);
}

static void free_chunk(struct heap_tags *tags, va32_t chunk)
{
    uint32_t size = size_of(tags, chunk);
    struct pages below = { 0, 0 }; /* given back before: of the free chunks on both sides */
    struct pages above = { 0, 0 };
    va32_t higher = chunk + size;

    tags->probes++;
    if (!(*word_at(tags, chunk) & LOWER_USED)) {
        uint32_t lower_size = *word_at(tags, chunk - TAG_BYTES);

        chunk -= lower_size;
        below = inner_pages(tags, chunk, lower_size);
        pull(tags, chunk);
        size += lower_size;
    }
    if (higher == tags->top_va) {
        lower_top(tags, chunk, below);
        return;
    }
    if (!(*word_at(tags, higher) & USED)) {
        above = inner_pages(tags, higher, size_of(tags, higher));
        pull(tags, higher);
        size += size_of(tags, higher);
    }
    make_free(tags, chunk, size);
    *word_at(tags, chunk + size) &= ~LOWER_USED;

    struct pages inner = inner_pages(tags, chunk, size);

    if (!is_empty(below))
        inner.first = below.end;
    if (!is_empty(above))
        inner.end = above.first;
    decommit(tags, inner);
}

enum rival_answer heap_tags_free(struct heap_tags *tags, va32_t va)
{
    if (!is_used(tags, va - TAG_BYTES))
        return RIVAL_BAD;
    free_chunk(tags, va - TAG_BYTES);
    return RIVAL_OK;
}

uint32_t heap_tags_usable(const struct heap_tags *tags, va32_t va)
{
    return size_of(tags, va - TAG_BYTES) - TAG_BYTES;
}

/* -- Resize ------------------------------------------------------------------------------------ */

static void shrink(struct heap_tags *tags, va32_t chunk, uint32_t size)
{
    uint32_t rest = size_of(tags, chunk) - size;

    if (rest < CHUNK_MIN)
        return;
    *word_at(tags, chunk) -= rest;
    *word_at(tags, chunk + size) = rest | USED | LOWER_USED;
    free_chunk(tags, chunk + size);
}

enum rival_answer heap_tags_resize(struct heap_tags *tags, va32_t va, uint32_t bytes)
{
    va32_t chunk = va - TAG_BYTES;
    enum rival_answer answer = RIVAL_NO_SPACE;

    if (!is_used(tags, chunk) || !heap_rival_asks(bytes, 0))
        return RIVAL_BAD;

    uint32_t size = chunk_bytes(bytes);
    uint32_t old = size_of(tags, chunk);
    va32_t higher = chunk + old;
    va32_t taken;

    if (size <= old) {
        shrink(tags, chunk, size);
        return RIVAL_OK;
    }
    if (higher == tags->top_va)
        answer = take_from_top(tags, 0, size - old, &taken);
    else if (!(*word_at(tags, higher) & USED) && size_of(tags, higher) >= size - old)
        answer = carve(tags, higher, 0, size - old, &taken);
    if (answer == RIVAL_OK)
        *word_at(tags, chunk) += size_of(tags, higher);
    return answer;
}

/* -- Check ------------------------------------------------------------------------------------- */

static bool is_filed(const struct heap_tags *tags, va32_t chunk)
{
    va32_t other = tags->bin[bin_of(size_of(tags, chunk))];

    while (other != 0 && other != chunk)
        other = word_at(tags, other)[1];
    return other == chunk;
}

const char *heap_tags_check(const struct heap_tags *tags)
{
    bool lower_used = true;
    va32_t chunk = tags->first_va;

    while (chunk < tags->top_va) {
        uint32_t word = *word_at(tags, chunk);
        uint32_t size = size_of(tags, chunk);

        if (size < CHUNK_MIN || size > tags->top_va - chunk)
            return "a chunk's size is impossible";
        if (!(word & LOWER_USED) != !lower_used)
            return "a chunk is wrong about the one below";
        if (!(word & USED) && !lower_used)
            return "two free chunks touch";
        if (!(word & USED) && *word_at(tags, chunk + size - TAG_BYTES) != size)
            return "a free chunk's two sizes differ";
        if (!(word & USED) && !is_filed(tags, chunk))
            return "a free chunk is in no bin";
        lower_used = word & USED;
        chunk += size;
    }
    if (chunk != tags->top_va || !lower_used)
        return "the chunks do not end at the top";
    if (page_up(tags->top_va) > tags->committed_end_page && tags->top_va != tags->first_va)
        return "the last chunk is not committed";
    return NULL;
}
