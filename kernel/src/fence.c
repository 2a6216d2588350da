/* SPDX-License-Identifier: 0BSD */
/* Fences around blocks of a heap. Whether an address is a live block is asked of the heap first, so
 * nothing is believed that a wrong pointer leads to.
 */
#include <kernel/fence.h>

#define HEAD_BYTES  24u /* two words and the front fence */
#define FENCE_BYTES 16u
#define FENCE_FILL  0xfdu
#define FREED_FILL  0xddu

static uint8_t *host(va32_t va)
{
    return la_host(0, va);
}

static uint32_t *head_of(va32_t block_va)
{
    return la_host(0, block_va - HEAD_BYTES);
}

static void fill(va32_t va, uint32_t bytes, uint8_t value)
{
    for (uint32_t i = 0; i < bytes; i++)
        host(va)[i] = value;
}

/* The first byte of [va, va + bytes) that is not `value`, mended; 0 if all are. */
static va32_t first_wrong(va32_t va, uint32_t bytes, uint8_t value)
{
    for (uint32_t i = 0; i < bytes; i++)
        if (host(va)[i] != value) {
            host(va)[i] = value;
            return va + i;
        }
    return 0;
}

static struct fence_report report(enum fence_finding finding, va32_t va, va32_t block_va,
                                  uint32_t bytes)
{
    return (
        struct fence_report){ .finding = finding, .va = va, .block_va = block_va, .bytes = bytes };
}

/* Bytes behind a block's end: all that the heap gave. */
static uint32_t back_bytes(const struct fence *fence, va32_t block_va, uint32_t bytes)
{
    return heap_usable(fence->heap, block_va - HEAD_BYTES) - HEAD_BYTES - bytes;
}

va32_t fence_alloc(struct fence *fence, uint32_t bytes)
{
    if (bytes > UINT32_MAX - HEAD_BYTES - FENCE_BYTES) {
        fence->heap->error = LA_NO_SPACE;
        return 0;
    }

    va32_t va = heap_alloc(fence->heap, HEAD_BYTES + bytes + FENCE_BYTES);

    if (va == 0)
        return 0;
    head_of(va + HEAD_BYTES)[0] = bytes;
    head_of(va + HEAD_BYTES)[1] = ~bytes;
    fill(va + HEAD_BYTES - FENCE_BYTES, FENCE_BYTES, FENCE_FILL);
    fill(va + HEAD_BYTES + bytes, back_bytes(fence, va + HEAD_BYTES, bytes), FENCE_FILL);
    return va + HEAD_BYTES;
}

static bool is_kept(const struct fence *fence, va32_t block_va)
{
    for (uint32_t i = 0; i < FENCE_KEPT; i++)
        if (fence->kept[i] == block_va)
            return true;
    return false;
}

/* Whether the head of a live block can be believed: what is written far in front is seen here. */
static bool is_head(const struct fence *fence, va32_t block_va)
{
    uint32_t usable = heap_usable(fence->heap, block_va - HEAD_BYTES);
    const uint32_t *head = head_of(block_va);

    return usable >= HEAD_BYTES + FENCE_BYTES && head[1] == ~head[0] &&
           head[0] <= usable - HEAD_BYTES - FENCE_BYTES;
}

static struct fence_report check_fences(const struct fence *fence, va32_t block_va)
{
    uint32_t bytes = head_of(block_va)[0];
    va32_t wrong = first_wrong(block_va - FENCE_BYTES, FENCE_BYTES, FENCE_FILL);

    if (wrong != 0)
        return report(FENCE_BEFORE, wrong, block_va, bytes);
    wrong = first_wrong(block_va + bytes, back_bytes(fence, block_va, bytes), FENCE_FILL);
    return report(wrong != 0 ? FENCE_BEHIND : FENCE_INTACT, wrong, block_va, bytes);
}

static struct fence_report check_freed(va32_t block_va)
{
    uint32_t bytes = head_of(block_va)[0];
    va32_t wrong = first_wrong(block_va, bytes, FREED_FILL);

    return report(wrong != 0 ? FENCE_AFTER_FREE : FENCE_INTACT, wrong, block_va, bytes);
}

static void give_back(struct fence *fence, va32_t block_va)
{
    enum la_status status = heap_free(fence->heap, block_va - HEAD_BYTES);

    LA_ASSERT(status == LA_OK);
}

struct fence_report fence_free(struct fence *fence, va32_t block_va)
{
    if (is_kept(fence, block_va) || heap_usable(fence->heap, block_va - HEAD_BYTES) == 0)
        return report(FENCE_NO_BLOCK, block_va, 0, 0);
    if (!is_head(fence, block_va)) { /* its length is gone, so it is not kept */
        give_back(fence, block_va);
        return report(FENCE_BEFORE, block_va - HEAD_BYTES, block_va, 0);
    }

    struct fence_report found = check_fences(fence, block_va);
    va32_t *kept = &fence->kept[fence->next];

    fill(block_va, found.bytes, FREED_FILL);
    if (*kept != 0) {
        if (found.finding == FENCE_INTACT)
            found = check_freed(*kept);
        give_back(fence, *kept);
    }
    *kept = block_va;
    fence->next = (fence->next + 1u) % FENCE_KEPT;
    return found;
}

struct fence_report fence_check(struct fence *fence)
{
    for (uint32_t i = 0; i < FENCE_KEPT; i++) {
        if (fence->kept[i] == 0)
            continue;

        struct fence_report found = check_freed(fence->kept[i]);

        if (found.finding != FENCE_INTACT)
            return found;
    }
    return report(FENCE_INTACT, 0, 0, 0);
}

void fence_end(struct fence *fence)
{
    for (uint32_t i = 0; i < FENCE_KEPT; i++) {
        if (fence->kept[i] != 0)
            give_back(fence, fence->kept[i]);
        fence->kept[i] = 0;
    }
}
