/* SPDX-License-Identifier: 0BSD */
/* The books of what should be mapped agree with the page tables, whatever the kernel is doing; and
 * at each of these places somebody outside may look too.
 */
#include "groups.h"

#include <kernel/books.h>
#include <kernel/faults.h>
#include <kernel/heaps.h>
#include <kernel/kstack.h>
#include <kernel/memory.h>
#include <kernel/space.h>

#include "places.h"

#define BLOCKS  200u
#define KSTACKS 5u

static struct space space; /* too large for a stack */

static bool agree(const char *name)
{
    EXPECT(books_write());

    const char *broken = books_check();
    if (broken != NULL) {
        selftest_fail(__FILE__, __LINE__, "%s: %s", name, broken);
        return false;
    }
    books_checkpoint(name);
    return true;
}

static void agree_at_rest(void)
{
    CHECK(agree("rest"));
}

static void agree_with_blocks_in_use(void)
{
    static void *blocks[BLOCKS];

    for (uint32_t i = 0; i < BLOCKS; i++)
        blocks[i] = kernel_alloc(i % 50u == 0 ? 100000u : 16u + 37u * i);
    for (uint32_t i = 0; i < BLOCKS; i += 3u) {
        kernel_free(blocks[i]);
        blocks[i] = NULL;
    }
    CHECK(agree("blocks"));
    for (uint32_t i = 0; i < BLOCKS; i++)
        kernel_free(blocks[i]);
    CHECK(agree("blocks-freed"));
}

static void agree_with_kernel_stacks(void)
{
    static struct kstack kstacks[KSTACKS];

    for (uint32_t i = 0; i < KSTACKS; i++)
        CHECK(kstack_create(&kstacks[i], "books") == LA_OK);
    kstack_destroy(&kstacks[1]);
    CHECK(agree("kernel-stacks"));
    for (uint32_t i = 0; i < KSTACKS; i++)
        if (i != 1u)
            kstack_destroy(&kstacks[i]);
}

/* Some pages of a committed region, and a stack that grew. */
static bool fill_space(struct stack *ret_stack)
{
    const struct stack_layout layout = { .pages = 64, .committed_pages = 2, .guard_pages = 16 };
    const struct vas_request request = { .segments = 3, .state = VAS_COMMITTED };
    va32_t va;

    EXPECT(vas_reserve(&space.vas, &request, &va) == LA_OK);
    for (uint32_t page = 0; page < 48u; page += 5u)
        EXPECT(port_probe_write(va + (page << LA_PAGE_SHIFT), page, NULL));
    EXPECT(stack_create(ret_stack, &space.vas, &space.port, &layout) == LA_OK);
    fault_set_stack(ret_stack);
    EXPECT(port_probe_write(stack_end_va(ret_stack) - 9u * LA_PAGE_BYTES, 1, NULL));
    return true;
}

static void agree_in_a_user_space(void)
{
    struct stack stack;

    CHECK(space_create(&space, la_segment_of(place_user_va(0)),
                       la_segment_of(port_geometry->user_end), true) == LA_OK);
    space_activate(&space);
    if (fill_space(&stack) && agree("user")) {
        stack_destroy(&stack, &space.port);
        agree("user-without-stack");
    }
    fault_set_stack(NULL);
    space_activate(NULL);
    space_destroy(&space);
}

/* A page that nobody entered, and one with other rights, are seen. */
static void do_not_agree_with_what_is_wrong(void)
{
    uint32_t frame = memory_take_zeroed(FRAMES_LOW);
    struct kstack kstack;
    va32_t va;

    CHECK(place_kernel_take(&va));
    CHECK(frame != PORT_NO_FRAME && port_map(&port_kernel_space, va, frame, PORT_WRITE) == LA_OK);
    CHECK(books_write());
    CHECK(books_check() != NULL);
    CHECK_EQUAL(port_unmap(&port_kernel_space, va), frame);
    place_kernel_give(va);
    memory_give(frame);

    CHECK(kstack_create(&kstack, "books") == LA_OK);
    va = stack_end_va(&kstack.stack) - LA_PAGE_BYTES;
    CHECK(books_write());
    CHECK(books_check() == NULL);
    CHECK(port_protect(&port_kernel_space, va, PORT_READ));
    CHECK(books_check() != NULL);
    CHECK(port_protect(&port_kernel_space, va, PORT_WRITE));
    kstack_destroy(&kstack);
}

const struct selftest books_tests[] = {
    { "agree_at_rest", agree_at_rest },
    { "agree_with_blocks_in_use", agree_with_blocks_in_use },
    { "agree_with_kernel_stacks", agree_with_kernel_stacks },
    { "agree_in_a_user_space", agree_in_a_user_space },
    { "do_not_agree_with_what_is_wrong", do_not_agree_with_what_is_wrong },
    { NULL, NULL },
};
