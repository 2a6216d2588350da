/* SPDX-License-Identifier: 0BSD */
/* Included before every file of the interpreter (-include): its calls of the heap, of stacks and of
 * the fault verdict go through the models too. It keeps its own view of memory: what it touches is
 * what it asked for.
 */
#ifndef LOOKASIDE_FUZZ_WORLD_SPY_CORE_H
#define LOOKASIDE_FUZZ_WORLD_SPY_CORE_H

#include <lookaside/fault.h>
#include <lookaside/heap.h>
#include <lookaside/stack.h>

#include "spy_vas.h"

/* The interpreter maps pages of its own too, which the core knows nothing of. */
#undef la_host
#undef memcpy
#undef memset

enum la_status spied_heap_space_init(struct heap_space *space, struct vas *vas,
                                     const struct la_port *port);
void spied_heap_space_destroy(struct heap_space *space);
enum la_status spied_heap_init(struct heap *heap, struct heap_space *space,
                               const struct bucket_table *buckets,
                               const struct heap_policy *policy);
void spied_heap_destroy(struct heap *heap);
va32_t spied_heap_alloc(struct heap *heap, uint32_t bytes);
va32_t spied_heap_alloc_zeroed(struct heap *heap, uint32_t bytes);
va32_t spied_heap_alloc_aligned(struct heap *heap, uint32_t bytes, uint32_t align_log2);
enum la_status spied_heap_free(struct heap *heap, va32_t va);
va32_t spied_heap_realloc(struct heap *heap, va32_t va, uint32_t bytes);
uint32_t spied_heap_usable(const struct heap *heap, va32_t va);
uint32_t spied_heap_trim(struct heap *heap);

enum la_status spied_stack_create(struct stack *ret_stack, struct vas *vas,
                                  const struct la_port *port, const struct stack_layout *layout);
void spied_stack_destroy(struct stack *stack, const struct la_port *port);
enum la_status spied_stack_grow(struct stack *stack, const struct la_port *port, va32_t va);
uint32_t spied_stack_trim(struct stack *stack, const struct la_port *port, va32_t sp,
                          uint32_t keep_pages);

struct fault_answer spied_fault_judge(const struct vas *vas, const struct stack *stack,
                                      const struct fault_access *access, uint32_t free_pages);

#ifndef LOOKASIDE_FUZZ_UNSPIED
#define heap_space_init    spied_heap_space_init
#define heap_space_destroy spied_heap_space_destroy
#define heap_init          spied_heap_init
#define heap_destroy       spied_heap_destroy
#define heap_alloc         spied_heap_alloc
#define heap_alloc_zeroed  spied_heap_alloc_zeroed
#define heap_alloc_aligned spied_heap_alloc_aligned
#define heap_free          spied_heap_free
#define heap_realloc       spied_heap_realloc
#define heap_usable        spied_heap_usable
#define heap_trim          spied_heap_trim
#define stack_create       spied_stack_create
#define stack_destroy      spied_stack_destroy
#define stack_grow         spied_stack_grow
#define stack_trim         spied_stack_trim
#define fault_judge        spied_fault_judge
#endif

#endif
