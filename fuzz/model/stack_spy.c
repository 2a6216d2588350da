/* SPDX-License-Identifier: 0BSD */
/* Stacks beside their model: three numbers a stack, and the byte of every page of it. */
#define LOOKASIDE_FUZZ_UNSPIED
#include "../world/spy_core.h"

#include "events.h"
#include "heap_model.h"
#include "oracle.h"
#include "spies.h"
#include "vas_model.h"

#include <string.h>

#define STACKS_MAX 64u

struct stack_model {
    const struct stack *stack; /* the one it is the model of; NULL: none */
    va32_t base_va;
    uint32_t pages;
    uint32_t guard_pages;
    uint32_t low_page;
    uint32_t low_page_min;
};

static struct stack_model stacks[STACKS_MAX];
static uint32_t stacks_end; /* those from here on are not in use */

static struct stack_model *model_of(const struct stack *stack)
{
    for (uint32_t i = 0; i < stacks_end; i++)
        if (stacks[i].stack == stack)
            return &stacks[i];
    return NULL;
}

uint32_t spies_stack_pages(void)
{
    uint32_t pages = 0;

    for (uint32_t i = 0; i < stacks_end; i++)
        if (stacks[i].stack)
            pages += stacks[i].stack->pages - stacks[i].stack->low_page;
    return pages;
}

/* -- Comparing --------------------------------------------------------------------------------- */

/* Pages [0, low_page) are not committed, the others are. */
static void compare_page_set(const struct stack_model *model)
{
    const uint8_t *pages = &spies_committed[model->base_va / LA_PAGE_BYTES];
    bool low = pages[0] == 0 && memcmp(pages, pages + 1, model->low_page - 1u) == 0;
    uint32_t count = model->pages - model->low_page;
    const uint8_t *high = pages + model->low_page;

    ORACLE(I21_STACK, low, "the stack at 0x%x has pages below page %u", model->base_va,
           model->low_page);
    ORACLE(I21_STACK, count == 0 || (high[0] == 1 && memcmp(high, high + 1, count - 1u) == 0),
           "the stack at 0x%x lacks pages from page %u on", model->base_va, model->low_page);
}

/* The core asked something else than was due, and who says so is off: what it says of the stack is
 * held against the pages.
 */
static void follow(struct stack_model *model)
{
    model->low_page = model->stack->low_page;
    model->low_page_min = model->stack->low_page_min;
}

static void compare(const struct stack_model *model)
{
    const struct stack *stack = model->stack;

    ORACLE(I21_STACK,
           stack->base_va == model->base_va && stack->pages == model->pages &&
               stack->guard_pages == model->guard_pages && stack->low_page == model->low_page &&
               stack->low_page_min == model->low_page_min,
           "the stack at 0x%x says %u pages, %u guard, low %u, deepest %u; expected 0x%x, %u, %u, "
           "%u, %u",
           stack->base_va, stack->pages, stack->guard_pages, stack->low_page, stack->low_page_min,
           model->base_va, model->pages, model->guard_pages, model->low_page, model->low_page_min);
    compare_page_set(model);
    spies_compare_pages();
    if (spies_depth == SPIES_ALL)
        spies_compare_stacks();
}

void spies_compare_stacks(void)
{
    for (uint32_t i = 0; i < stacks_end; i++) {
        if (!stacks[i].stack)
            continue;
        compare_page_set(&stacks[i]);
        const char *broken = stack_check(stacks[i].stack);

        ORACLE(I15_SOUND, !broken, "stack_check(): %s", broken);
    }
}

/* -- Create and destroy ------------------------------------------------------------------------ */

/* What stack_create() must answer before it asks anybody; LA_OK: it asks. */
static enum la_status judge_layout(const struct stack_layout *layout, uint32_t *ret_pages)
{
    uint32_t segments =
        layout->pages / LA_PAGES_PER_SEGMENT + (layout->pages % LA_PAGES_PER_SEGMENT != 0);

    if (layout->guard_pages == 0 || layout->committed_pages == 0)
        return LA_BAD_ARGUMENT;
    if (segments >= LA_SEGMENTS)
        return LA_NO_SPACE;
    *ret_pages = segments * LA_PAGES_PER_SEGMENT;
    if ((uint64_t)layout->guard_pages + layout->committed_pages > *ret_pages)
        return LA_BAD_ARGUMENT;
    return LA_OK;
}

/* Go through the calls below; with LA_OK *ret_base is the stack's. */
static enum la_status predict_create(const struct stack_layout *layout, uint32_t pages,
                                     va32_t *ret_base)
{
    enum la_status status = events_reserve(pages / LA_PAGES_PER_SEGMENT, VAS_STACK, ret_base);

    if (status != LA_OK)
        return status;
    status = events_commit(*ret_base + (pages - layout->committed_pages) * LA_PAGE_BYTES,
                           layout->committed_pages);
    if (status != LA_OK)
        events_release(*ret_base);
    return status;
}

static void check_create_status(enum la_status status, enum la_status expected)
{
    if (status == expected)
        return;
    oracle_broken(expected == LA_OK ? I19_FALSE_FAILURE : I25_REFUSAL,
                  "stack_create() answers %d, expected %d", status, expected);
}

enum la_status spied_stack_create(struct stack *ret_stack, struct vas *vas,
                                  const struct la_port *port, const struct stack_layout *layout)
{
    const struct vas_request highest = { .segments = layout->pages / LA_PAGES_PER_SEGMENT +
                                                     (layout->pages % LA_PAGES_PER_SEGMENT != 0),
                                         .placement = VAS_HIGHEST };
    const struct stack before = *ret_stack;
    uint32_t place = LA_SEGMENTS;
    uint32_t pages = 0;
    va32_t base = 0;
    enum la_status expected = judge_layout(layout, &pages);

    if (expected == LA_OK)
        (void)vas_model_place(&highest, &place);
    events_begin();
    enum la_status status = stack_create(ret_stack, vas, spies_port(port), layout);

    if (expected == LA_OK)
        expected = predict_create(layout, pages, &base);
    events_end("stack_create()");
    if (!events_lost())
        check_create_status(status, expected);
    if (status != LA_OK) {
        ORACLE(I20_STRONG, memcmp(ret_stack, &before, sizeof before) == 0,
               "stack_create() failed and wrote its answer");
        spies_compare_pages();
        return status;
    }
    ORACLE(I24_EXACT, ret_stack->base_va == place * LA_SEGMENT_BYTES,
           "stack_create() answers 0x%x, expected segment %u", ret_stack->base_va, place);

    struct stack_model *model = model_of(NULL);

    if (!model && stacks_end == STACKS_MAX)
        return status;
    if (!model)
        model = &stacks[stacks_end++];
    *model = (struct stack_model){ .stack = ret_stack,
                                   .base_va = ret_stack->base_va,
                                   .pages = pages,
                                   .guard_pages = layout->guard_pages,
                                   .low_page = pages - layout->committed_pages,
                                   .low_page_min = pages - layout->committed_pages };
    if (events_lost())
        follow(model);
    compare(model);
    return status;
}

void spied_stack_destroy(struct stack *stack, const struct la_port *port)
{
    struct stack_model *model = model_of(stack);

    events_begin();
    stack_destroy(stack, spies_port(port));
    if (model) {
        if (model->low_page < model->pages)
            events_decommit(model->base_va + model->low_page * LA_PAGE_BYTES,
                            model->pages - model->low_page);
        events_release(model->base_va);
        model->stack = NULL;
    }
    events_end("stack_destroy()");
    ORACLE(I21_STACK, stack->base_va == 0 && stack->pages == 0,
           "a destroyed stack still says where it was");
    spies_compare_pages();
}

/* -- Growing and trimming ---------------------------------------------------------------------- */

/* Who grows a stack without a verdict that says so: nothing is asked of the port. Whoever is too
 * late finds the page there; the guard and what is not of the stack are refused.
 */
static void check_needless_growth(struct stack *stack, const struct la_port *port,
                                  const struct stack_model *model)
{
    va32_t low_va = model->base_va + model->low_page * LA_PAGE_BYTES;
    va32_t guard_va = model->base_va + (model->guard_pages - 1u) * LA_PAGE_BYTES;

    events_begin();
    ORACLE(I25_REFUSAL, stack_grow(stack, spies_port(port), low_va) == LA_OK,
           "stack_grow() to a page that is there is refused");
    ORACLE(I25_REFUSAL, stack_grow(stack, spies_port(port), guard_va) == LA_BAD_ADDRESS,
           "stack_grow() takes a page of the guard");
    ORACLE(I25_REFUSAL, stack_grow(stack, spies_port(port), model->base_va - 1u) == LA_BAD_ADDRESS,
           "stack_grow() takes a page below the stack");
    events_end("stack_grow()");
}

enum la_status spied_stack_grow(struct stack *stack, const struct la_port *port, va32_t va)
{
    struct stack_model *model = model_of(stack);
    uint32_t page = model ? (va - model->base_va) / LA_PAGE_BYTES : 0;
    enum la_status expected = LA_OK;

    events_begin();
    enum la_status status = stack_grow(stack, spies_port(port), va);

    if (!model) {
        events_drop();
        return status;
    }
    if (page < model->guard_pages || page >= model->pages)
        expected = LA_BAD_ADDRESS;
    else if (page < model->low_page)
        expected = events_commit(model->base_va + page * LA_PAGE_BYTES, model->low_page - page);
    events_end("stack_grow()");
    if (!events_lost())
        ORACLE(I25_REFUSAL, status == expected, "stack_grow() to page %u answers %d, expected %d",
               page, status, expected);
    if (status == LA_OK && expected == LA_OK && page < model->low_page) {
        model->low_page = page;
        if (page < model->low_page_min)
            model->low_page_min = page;
        check_needless_growth(stack, port, model);
    }
    if (events_lost())
        follow(model);
    compare(model);
    return status;
}

uint32_t spied_stack_trim(struct stack *stack, const struct la_port *port, va32_t sp,
                          uint32_t keep_pages)
{
    struct stack_model *model = model_of(stack);
    uint64_t sp_bytes;
    uint64_t unused = 0;

    events_begin();
    uint32_t pages = stack_trim(stack, spies_port(port), sp, keep_pages);

    if (!model) {
        events_drop();
        return pages;
    }
    /* The stack's end may be address 0. */
    sp_bytes = (va32_t)(sp - model->base_va);
    if (sp_bytes <= (uint64_t)model->pages * LA_PAGE_BYTES)
        for (uint32_t page = model->low_page; (uint64_t)(page + 1u) * LA_PAGE_BYTES <= sp_bytes;
             page++)
            unused++;
    unused = unused > keep_pages ? unused - keep_pages : 0;
    if (unused != 0)
        events_decommit(model->base_va + model->low_page * LA_PAGE_BYTES, (uint32_t)unused);
    events_end("stack_trim()");
    ORACLE(I21_STACK, pages == unused, "stack_trim() answers %u pages, expected %u", pages,
           (uint32_t)unused);
    model->low_page += (uint32_t)unused;
    if (events_lost())
        follow(model);
    compare(model);
    return pages;
}

/* -- Faults ------------------------------------------------------------------------------------ */

/* What lies at an address, by the model's books alone: its segments, its stacks' ranges, and which
 * pages were committed.
 */
enum what { NOBODYS, MAPPED_ON_DEMAND, GUARD, STACK_PAGE, STACK_HOLE, ANOTHERS_STACK };

static const struct stack_model *stack_over(va32_t va)
{
    uint32_t page = va / LA_PAGE_BYTES;

    for (uint32_t i = 0; i < stacks_end; i++) {
        uint32_t first = stacks[i].base_va / LA_PAGE_BYTES;

        if (stacks[i].stack && page >= first && page < first + stacks[i].pages)
            return &stacks[i];
    }
    return NULL;
}

static enum what what_is_at(va32_t va, const struct stack *running)
{
    const struct stack_model *owner = stack_over(va);
    uint32_t segment = va / LA_SEGMENT_BYTES;

    if (segment >= LA_SEGMENTS || vas_model.state[segment] <= VAS_RESERVED)
        return NOBODYS;
    if (vas_model.state[segment] == VAS_COMMITTED)
        return MAPPED_ON_DEMAND;
    if (!owner || owner->stack != running)
        return ANOTHERS_STACK;
    if ((va - owner->base_va) / LA_PAGE_BYTES < owner->guard_pages)
        return GUARD;
    return spies_committed[va / LA_PAGE_BYTES] ? STACK_PAGE : STACK_HOLE;
}

/* Pages from `va` up to the first that is there, or to the stack's end. */
static uint32_t hole_pages(va32_t va)
{
    const struct stack_model *owner = stack_over(va);
    uint32_t first = va / LA_PAGE_BYTES;
    uint32_t end = owner->base_va / LA_PAGE_BYTES + owner->pages;
    uint32_t page = first;

    while (page < end && !spies_committed[page])
        page++;
    return page - first;
}

/* The verdict for each of them if the access was not allowed and no page was there. */
static const enum fault_verdict verdicts[] = {
    [NOBODYS] = FAULT_VIOLATION, [MAPPED_ON_DEMAND] = FAULT_MAP_ZERO,
    [GUARD] = FAULT_OVERFLOW,    [STACK_PAGE] = FAULT_RETRY,
    [STACK_HOLE] = FAULT_GROW,   [ANOTHERS_STACK] = FAULT_VIOLATION,
};

static struct fault_answer judge(const struct stack *stack, const struct fault_access *access,
                                 uint32_t free_pages)
{
    enum what what = what_is_at(access->va, stack);
    struct fault_answer answer = { .verdict = verdicts[what],
                                   .page_va = access->va - access->va % LA_PAGE_BYTES };

    if (what != NOBODYS && (access->allowed_now || access->present || access->execute)) {
        answer.verdict = access->allowed_now ? FAULT_RETRY : FAULT_VIOLATION;
        return answer;
    }
    if (what == MAPPED_ON_DEMAND)
        answer.pages = 1;
    else if (what == STACK_HOLE)
        answer.pages = hole_pages(access->va);
    if (answer.pages > free_pages)
        answer.verdict = FAULT_OUT_OF_MEMORY;
    return answer;
}

/* A stack of another space decides nothing here, and each verdict has a name. */
static void check_other_words(const struct vas *vas, const struct stack *stack,
                              const struct fault_access *access, uint32_t free_pages)
{
    struct stack foreign = stack ? *stack : (struct stack){ .pages = 0 };

    foreign.vas = NULL;
    ORACLE(I22_FAULT,
           fault_judge(vas, &foreign, access, free_pages).verdict ==
               judge(NULL, access, free_pages).verdict,
           "a stack of another space decides on the fault at 0x%x", access->va);
    for (int verdict = FAULT_MAP_ZERO; verdict <= FAULT_OUT_OF_MEMORY + 1; verdict++)
        ORACLE(I22_FAULT,
               (strcmp(fault_verdict_name((enum fault_verdict)verdict), "unknown verdict") == 0) ==
                   (verdict > FAULT_OUT_OF_MEMORY),
               "the name of verdict %d is '%s'", verdict,
               fault_verdict_name((enum fault_verdict)verdict));
}

struct fault_answer spied_fault_judge(const struct vas *vas, const struct stack *stack,
                                      const struct fault_access *access, uint32_t free_pages)
{
    struct fault_answer answer = fault_judge(vas, stack, access, free_pages);

    if (vas != spies_vas)
        return answer;

    struct fault_answer expected = judge(stack, access, free_pages);

    ORACLE(I22_FAULT,
           answer.verdict == expected.verdict && answer.page_va == expected.page_va &&
               answer.pages == expected.pages,
           "the fault at 0x%x is judged '%s' (%u pages), expected '%s' (%u pages)", access->va,
           fault_verdict_name(answer.verdict), answer.pages, fault_verdict_name(expected.verdict),
           expected.pages);
    if (spies_depth == SPIES_ALL)
        check_other_words(vas, stack, access, free_pages);
    return answer;
}

void spies_reset_stacks(void)
{
    stacks_end = 0;
}
