/* SPDX-License-Identifier: 0BSD */
/* What the files of uspace share. */
#ifndef LOOKASIDE_KERNEL_USPACE_PRIVATE_H
#define LOOKASIDE_KERNEL_USPACE_PRIVATE_H

#include "uspace.h"

/* Pages [va, va + pages) of a region that is no stack. Answers as the calls do. */
enum la_status uspace_region_of(const struct uspace *space, va32_t va, uint32_t bytes,
                                uint32_t *ret_pages);

/* The chunks of segments [first, first + segments) exist. */
enum la_status uspace_take_chunks(struct uspace *space, uint32_t first, uint32_t segments);

void uspace_set_label(struct uspace *space, va32_t base, uint32_t label);
uint32_t uspace_label(const struct uspace *space, va32_t base);

/* Take memory and promises of [va, va + pages) back, whatever the VAS says of it. */
void uspace_clear_pages(struct uspace *space, va32_t va, uint32_t pages);

/* A promised page has got its frame. */
void uspace_keep_promise(struct uspace *space);

/* Committed pages among [va, va + pages). */
uint32_t uspace_count_pages(const struct uspace *space, va32_t va, uint32_t pages);

#endif
