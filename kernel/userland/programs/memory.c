/* SPDX-License-Identifier: 0BSD */
/* Every way to take memory once, each of which may be refused: then the program goes on without and
 * its status, below 50, counts them. Wrong data is status 50. For the sweep of failing frames.
 */
#include "../lib/user.h"

static uint32_t refused;

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            user_exit(50);                                                                         \
    } while (0)

static uint32_t dive(uint32_t depth)
{
    volatile uint32_t frame[500];

    frame[depth] = depth;
    return (depth == 0 ? 0 : dive(depth - 1u)) + frame[depth];
}

static USER_THREAD void diver(uint32_t depth)
{
    user_thread_exit(dive(depth));
}

static void threads(void)
{
    for (uint32_t flags = 0; flags < 2; flags++) {
        uint32_t number = user_thread_start(diver, 6, flags | UABI_THREAD_CONTAINED);
        struct uabi_exit end;

        if (user_is_error(number)) {
            MUST((int)number == UABI_NO_MEMORY);
            refused++;
            continue;
        }
        MUST(user_join(number, &end) == UABI_OK);
        MUST(end.end == UABI_EXITED || end.end == UABI_OUT_OF_MEMORY);
        MUST(end.end != UABI_EXITED || end.status == 21);
        refused += end.end != UABI_EXITED;
    }
}

static void pages(void)
{
    uint32_t va =
        user_reserve(16 * UABI_SEGMENT_BYTES, UABI_LABEL(UABI_HEAP, 9) << UABI_LABEL_SHIFT);
    int now;

    if (user_is_error(va)) {
        MUST((int)va == UABI_NO_MEMORY);
        refused++;
        return;
    }
    now = user_commit(va, 3 * UABI_PAGE_BYTES, UABI_READ_WRITE | UABI_COMMIT_NOW);
    MUST(now == UABI_OK || now == UABI_NO_MEMORY);
    if (now == UABI_OK)
        for (uint32_t i = 0; i < 3 * UABI_PAGE_BYTES; i += 4)
            MUST(*(uint32_t *)(uintptr_t)(va + i) == 0);
    else
        refused++;
    now = user_commit(va + 12 * UABI_SEGMENT_BYTES, UABI_SEGMENT_BYTES, UABI_READ_WRITE);
    MUST(now == UABI_OK || now == UABI_NO_MEMORY);
    if (now == UABI_OK) /* may end this process, but not with an error */
        for (uint32_t i = 0; i < 4 * UABI_PAGE_BYTES; i += UABI_PAGE_BYTES)
            *(uint32_t *)(uintptr_t)(va + 12 * UABI_SEGMENT_BYTES + i) = i;
    refused += now != UABI_OK;
    MUST(user_release(va) == UABI_OK);
}

static void blocks(void)
{
    static struct user_heap heap;
    static const uint32_t bytes[] = { 24, 3000, 40000, 100 };
    void *block[4];

    if (!user_heap_create(&heap)) {
        refused++;
        return;
    }
    for (uint32_t i = 0; i < 4; i++) {
        block[i] = user_heap_alloc(&heap, bytes[i]);
        refused += block[i] == NULL;
    }
    MUST(heap_check(&heap.heap) == NULL);
    for (uint32_t i = 0; i < 4; i++)
        MUST(block[i] == NULL || user_heap_free(&heap, block[i]) == LA_OK);
    user_heap_destroy(&heap);
}

static void others(void)
{
    struct uabi_image image;
    struct uabi_exit end;
    uint32_t child = user_spawn("crash", "");
    int mapped;

    if (user_is_error(child)) {
        MUST((int)child == UABI_NO_MEMORY);
        refused++;
    } else {
        MUST(user_wait_child(child, &end) == child);
        MUST(end.end == UABI_EXITED || end.end == UABI_OUT_OF_MEMORY);
        refused += end.end != UABI_EXITED;
    }
    mapped = (int)user_call(UABI_IMAGE_MAP, user_address("library"), user_address(&image), 0, 0, 0);
    MUST(mapped == UABI_OK || mapped == UABI_NO_MEMORY);
    if (mapped == UABI_OK)
        MUST(user_release(image.base) == UABI_OK);
    else
        refused++;
}

uint32_t user_main(const char *argument)
{
    (void)argument;
    threads();
    pages();
    blocks();
    others();
    return refused < 50 ? refused : 49;
}
