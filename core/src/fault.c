/* SPDX-License-Identifier: 0BSD */
/* The fault verdict. It reads two words of the bitmap and the stack's numbers, takes no lock and
 * changes nothing, so it cannot deadlock with an interrupted call of the VAS.
 */
#include <lookaside/fault.h>

/* Map or grow if there is memory for it. */
static enum fault_verdict if_affordable(enum fault_verdict verdict, uint32_t pages,
                                        uint32_t free_pages)
{
    return pages <= free_pages ? verdict : FAULT_OUT_OF_MEMORY;
}

/* A missing page in a STACK segment. */
static void judge_stack(struct fault_answer *answer, const struct vas *vas,
                        const struct stack *stack, uint32_t free_pages)
{
    answer->verdict = FAULT_VIOLATION;
    if (stack == NULL || stack->vas != vas || !stack_contains(stack, answer->page_va))
        return;

    uint32_t page = (answer->page_va - stack->base_va) >> LA_PAGE_SHIFT;

    if (page < stack->guard_pages) {
        answer->verdict = FAULT_OVERFLOW;
    } else if (page >= stack->low_page) {
        answer->verdict = FAULT_RETRY;
    } else {
        answer->pages = stack->low_page - page;
        answer->verdict = if_affordable(FAULT_GROW, answer->pages, free_pages);
    }
}

struct fault_answer fault_judge(const struct vas *vas, const struct stack *stack,
                                const struct fault_access *access, uint32_t free_pages)
{
    struct fault_answer answer = { .verdict = FAULT_VIOLATION,
                                   .page_va = access->va & ~(LA_PAGE_BYTES - 1u),
                                   .pages = 0 };

    if (la_segment_of(access->va) >= LA_SEGMENTS) /* only in a small geometry */
        return answer;

    enum vas_state state = vas_state(vas, access->va);

    if (state == VAS_FREE || state == VAS_RESERVED)
        return answer;
    if (access->allowed_now) {
        answer.verdict = FAULT_RETRY;
        return answer;
    }
    /* The page was there and said no, or a page without any contents was to be executed. */
    if (access->present || access->execute)
        return answer;
    if (state == VAS_STACK) {
        judge_stack(&answer, vas, stack, free_pages);
        return answer;
    }
    answer.pages = 1;
    answer.verdict = if_affordable(FAULT_MAP_ZERO, 1, free_pages);
    return answer;
}

const char *fault_verdict_name(enum fault_verdict verdict)
{
    switch (verdict) {
    case FAULT_MAP_ZERO: return "map zeroed page";
    case FAULT_GROW: return "grow";
    case FAULT_RETRY: return "retry";
    case FAULT_OVERFLOW: return "stack overflow";
    case FAULT_VIOLATION: return "violation";
    case FAULT_OUT_OF_MEMORY: return "out of memory";
    }
    return "unknown verdict";
}
