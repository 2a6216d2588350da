/* SPDX-License-Identifier: 0BSD */
/* What fixtures/tiny.c.txt does, as a text twin: written down from the program, so that the file of
 * a recorder and its importer can be judged by it. A view says what the recorder does not tell.
 */
#ifndef LOOKASIDE_IMPORT_TEST_TINY_MODEL_H
#define LOOKASIDE_IMPORT_TEST_TINY_MODEL_H

#include "check.h"

#include <stdbool.h>

struct tiny_view {
    bool has_no_threads;
    bool has_only_malloc;     /* every allocation is one, and a realloc is free and malloc */
    bool hides_memalign;      /* but not what posix_memalign and aligned_alloc do */
    bool hides_aligned_alloc; /* it alone */
    uint32_t thread_bytes;    /* the calloc in pthread_create() */
};

/* The twin so far; slots are given out last freed first. Zeroed but for `view` is a beginning. */
struct tiny_model {
    struct tiny_view view;
    char text[16384];
    size_t bytes;
    uint32_t freed[256];
    size_t freed_count;
    uint32_t next;
};

#define TINY_HIDDEN UINT32_MAX

/* An op on a new slot: "alloc" and the fields behind the slot. */
static inline uint32_t tiny_new(struct tiny_model *model, const char *op, const char *fields)
{
    uint32_t slot = model->freed_count > 0 ? model->freed[--model->freed_count] : model->next++;

    model->bytes += (size_t)sprintf(model->text + model->bytes, "%s %u %s\n", op, slot, fields);
    return slot;
}

static inline uint32_t tiny_malloc(struct tiny_model *model, uint32_t bytes)
{
    char field[16];

    snprintf(field, sizeof field, "%u", bytes);
    return tiny_new(model, "alloc", field);
}

static inline uint32_t tiny_calloc(struct tiny_model *model, uint32_t bytes)
{
    char field[16];

    snprintf(field, sizeof field, "%u", bytes);
    return tiny_new(model, model->view.has_only_malloc ? "alloc" : "alloc-zeroed", field);
}

static inline uint32_t tiny_aligned(struct tiny_model *model, uint32_t bytes, uint32_t align)
{
    char fields[32];

    snprintf(fields, sizeof fields, model->view.has_only_malloc ? "%u" : "%u %u", bytes, align);
    return tiny_new(model, model->view.has_only_malloc ? "alloc" : "alloc-aligned", fields);
}

static inline void tiny_free(struct tiny_model *model, uint32_t slot)
{
    if (slot == TINY_HIDDEN)
        return;
    model->bytes += (size_t)sprintf(model->text + model->bytes, "free %u\n", slot);
    model->freed[model->freed_count++] = slot;
}

static inline uint32_t tiny_realloc(struct tiny_model *model, uint32_t slot, uint32_t bytes)
{
    if (model->view.has_only_malloc) {
        tiny_free(model, slot);
        return tiny_malloc(model, bytes);
    }
    model->bytes += (size_t)sprintf(model->text + model->bytes, "realloc %u %u\n", slot, bytes);
    return slot;
}

static inline void tiny_thread(struct tiny_model *model, uint32_t thread)
{
    if (!model->view.has_no_threads)
        model->bytes += (size_t)sprintf(model->text + model->bytes, "thread %u\n", thread);
}

/* main(), and the thread while main() waits for it. */
static inline void tiny_run(struct tiny_model *model)
{
    const struct tiny_view *view = &model->view;
    uint32_t slot[64];
    uint32_t c;
    uint32_t p;
    uint32_t q = TINY_HIDDEN;
    uint32_t m = TINY_HIDDEN;
    uint32_t r;

    for (uint32_t i = 0; i < 64; i++)
        slot[i] = tiny_malloc(model, 8u << i % 12u);
    c = tiny_calloc(model, 7 * 33);
    p = tiny_aligned(model, 1000, 256);
    if (!view->hides_aligned_alloc)
        q = tiny_aligned(model, 640, 64);
    if (!view->hides_memalign)
        m = tiny_aligned(model, 5000, 4096);
    r = tiny_malloc(model, 50);
    r = tiny_realloc(model, r, 5000);
    r = tiny_realloc(model, r, 20);
    tiny_calloc(model, view->thread_bytes);
    tiny_thread(model, 1);
    for (uint32_t i = 0; i < 32; i++) {
        tiny_free(model, slot[i]);
        slot[i] = tiny_malloc(model, 100 + i);
    }
    tiny_thread(model, 0);
    for (uint32_t i = 0; i < 64; i += 2)
        tiny_free(model, slot[i]);
    tiny_free(model, c);
    tiny_free(model, p);
    tiny_free(model, q);
    tiny_free(model, m);
    tiny_free(model, r);
    tiny_free(model, tiny_malloc(model, 0));
    tiny_free(model, tiny_realloc(model, tiny_malloc(model, 300000), 600000));
}

#endif
