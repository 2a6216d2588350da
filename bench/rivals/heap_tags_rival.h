/* SPDX-License-Identifier: 0BSD */
/* The calls that the rivals over heap_tags share, included once by each, which defines
 *   TAGS_RIVAL   the struct heap_rival, for realloc()
 *   TAGS_POLICY  a struct heap_tags_policy in braces
 */
#include "heap_tags.h"

static size_t bytes(const struct heap_window *window)
{
    (void)window;
    return sizeof(struct heap_tags);
}

static bool init(void *state, size_t state_bytes, const struct heap_window *window)
{
    static const struct heap_tags_policy policy = TAGS_POLICY;

    return state_bytes >= sizeof(struct heap_tags) && heap_tags_init(state, window, &policy);
}

static enum rival_answer alloc(void *state, uint32_t wanted, uint32_t align_log2, va32_t *ret_va)
{
    return heap_tags_alloc(state, wanted, align_log2, ret_va);
}

static enum rival_answer free_block(void *state, va32_t va)
{
    return heap_tags_free(state, va);
}

static uint32_t usable(const void *state, va32_t va)
{
    return heap_tags_usable(state, va);
}

static enum rival_answer realloc_block(void *state, va32_t va, uint32_t wanted, va32_t *ret_va)
{
    const struct heap_tags *tags = state;
    enum rival_answer answer = heap_tags_resize(state, va, wanted);

    if (answer == RIVAL_OK)
        *ret_va = va;
    if (answer != RIVAL_NO_SPACE)
        return answer;
    return heap_rival_move(&TAGS_RIVAL, state, tags->window.port->host_base, va, wanted, ret_va);
}

static void figures(const void *state, struct heap_figures *ret_figures)
{
    const struct heap_tags *tags = state;

    *ret_figures = (struct heap_figures){ .static_bytes = sizeof *tags, .probes = tags->probes };
}

static const char *check(const void *state)
{
    return heap_tags_check(state);
}
