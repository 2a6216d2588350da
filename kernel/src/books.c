/* SPDX-License-Identifier: 0BSD */
/* What should be mapped, and a place to stop at while somebody compares. */
#include <kernel/books.h>
#include <kernel/kstack.h>
#include <kernel/print.h>
#include <kernel/space.h>
#include <kernel/text.h>

struct book_extent book_extents[BOOK_EXTENTS_MAX];
uint32_t book_extent_count;
uint32_t book_partial_pages[2];

static bool complete; /* everything fitted */
static bool stopping; /* at checkpoints */

/* -- Writing ----------------------------------------------------------------------------------- */

static void add(va32_t first_va, uint32_t pages, uint32_t first_pa, uint32_t flags)
{
    if (pages == 0)
        return;
    if (book_extent_count == BOOK_EXTENTS_MAX) {
        complete = false;
        return;
    }
    book_extents[book_extent_count++] = (struct book_extent){
        .first_va = first_va, .pages = pages, .first_pa = first_pa, .flags = flags
    };
}

static bool is_kstack(va32_t va)
{
    for (const struct kstack *kstack = kstack_next(NULL); kstack; kstack = kstack_next(kstack))
        if (stack_contains(&kstack->stack, va))
            return true;
    return false;
}

/* A kernel stack never grows: what is committed is mapped, the guard is not. */
static uint32_t add_kstacks(void)
{
    uint32_t pages = 0;

    for (const struct kstack *kstack = kstack_next(NULL); kstack; kstack = kstack_next(kstack)) {
        const struct stack *stack = &kstack->stack;
        uint32_t committed = stack->pages - stack->low_page;

        add(stack->base_va + (stack->low_page << LA_PAGE_SHIFT), committed, BOOK_ANY_FRAME,
            BOOK_WRITABLE);
        pages += committed;
    }
    return pages;
}

/* Runs of segments in which pages may be mapped, region by region. Reserved ones get pages by eager
 * commits only, as the table of the device heap does, for which a fault is an error all the same.
 */
static void add_region(const struct space *space, const struct vas_region *region, uint32_t flags)
{
    uint32_t end = region->first_segment + region->segments;

    for (uint32_t first = region->first_segment; first < end;) {
        enum vas_state state = vas_state(&space->vas, la_segment_va(first));
        uint32_t after = first + 1u;

        while (after < end && vas_state(&space->vas, la_segment_va(after)) == state)
            after++;
        if ((state != VAS_RESERVED || !space->lazy) && !is_kstack(la_segment_va(first)))
            add(la_segment_va(first), (after - first) << (LA_SEGMENT_SHIFT - LA_PAGE_SHIFT),
                BOOK_ANY_FRAME, flags | BOOK_PARTIAL);
        first = after;
    }
}

static void add_space(const struct space *space, uint32_t flags)
{
    struct vas_region region;
    uint32_t cursor = 0;

    while (vas_next_region(&space->vas, &cursor, &region))
        add_region(space, &region, flags);
}

bool books_write(void)
{
    const struct space *user = space_active();

    complete = true;
    book_extent_count = port_fixed_extents(book_extents, BOOK_EXTENTS_MAX);
    book_partial_pages[0] = kernel_space.pages - add_kstacks();
    add_space(&kernel_space, BOOK_WRITABLE);
    book_partial_pages[1] = 0;
    if (user != NULL) {
        add_space(user, BOOK_WRITABLE | BOOK_USER);
        book_partial_pages[1] = user->pages;
    }
    return complete;
}

/* -- Checking from inside ---------------------------------------------------------------------- */

struct check {
    uint32_t partial_pages[2];
    uint32_t exact_pages;
    const char *broken;
};

static const struct book_extent *extent_of(va32_t va)
{
    for (uint32_t i = 0; i < book_extent_count; i++)
        if ((va - book_extents[i].first_va) >> LA_PAGE_SHIFT < book_extents[i].pages)
            return &book_extents[i];
    return NULL;
}

static bool check_page(void *context, va32_t va, const struct port_page *page)
{
    struct check *check = context;
    const struct book_extent *extent = extent_of(va);

    if (extent == NULL) {
        check->broken = "a page is mapped that is not in the books";
        return false;
    }
    uint32_t flags = ((page->protection & PORT_WRITE) != 0 ? BOOK_WRITABLE : 0) |
                     ((page->protection & PORT_USER) != 0 ? BOOK_USER : 0);
    uint32_t pa = extent->first_pa + (va - extent->first_va);
    if (flags != (extent->flags & (BOOK_WRITABLE | BOOK_USER)))
        check->broken = "a page has other rights than in the books";
    else if (extent->first_pa != BOOK_ANY_FRAME && page->frame != pa >> LA_PAGE_SHIFT)
        check->broken = "a page has another frame than in the books";
    if ((extent->flags & BOOK_PARTIAL) != 0)
        check->partial_pages[(extent->flags & BOOK_USER) != 0]++;
    else
        check->exact_pages++;
    return check->broken == NULL;
}

const char *books_check(void)
{
    struct check check = { .broken = NULL };
    uint32_t exact = 0;

    for (uint32_t i = 0; i < book_extent_count; i++)
        if ((book_extents[i].flags & BOOK_PARTIAL) == 0)
            exact += book_extents[i].pages;
    port_walk(port_space_active(), 0, port_geometry->ranges_end - LA_PAGE_BYTES, check_page,
              &check);
    if (check.broken != NULL)
        return check.broken;
    if (check.exact_pages != exact)
        return "a page of the books is not mapped";
    if (check.partial_pages[0] != book_partial_pages[0])
        return "another number of the kernel's pages is mapped than in the books";
    if (check.partial_pages[1] != book_partial_pages[1])
        return "another number of user pages is mapped than in the books";
    return NULL;
}

/* -- Stopping ---------------------------------------------------------------------------------- */

void books_start(const char *command_line)
{
    stopping = text_option_number(command_line, "checkpoints", 0) != 0;
}

void books_checkpoint(const char *name)
{
    if (!stopping)
        return;

    uint32_t saved = port_irq_save();
    if (!books_write())
        la_panic("more extents than the books have room for", __FILE__, __LINE__);
    print("# checkpoint %s\n", name);
    while (port_console_read() < 0)
        ;
    port_irq_restore(saved);
}
