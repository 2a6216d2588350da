/* SPDX-License-Identifier: 0BSD */
/* The timed loop over a heap, included once for each way of calling, which defines
 *   LOOP_NAME                           the function's name
 *   LOOP_LOCALS                         the functions to call, in local variables
 *   LOOP_ALLOC(bytes)                   these answer a block as a number, 0: refused
 *   LOOP_ALLOC_ZEROED(bytes)
 *   LOOP_ALLOC_ALIGNED(bytes, align_log2)
 *   LOOP_REALLOC(block, bytes)
 *   LOOP_FREE(block)                    0 is allowed
 * and may use `world` and `base`. This file undefines them again.
 */
static void LOOP_NAME(struct heap_world *world, const struct heap_op *op, const struct heap_op *end)
{
    LOOP_LOCALS;
    uintptr_t *slots = world->slots;
    uintptr_t base = world->base;

    for (; op < end; op++) {
        uintptr_t *slot = &slots[op->slot];
        uint32_t bytes = op->bytes;
        uintptr_t block;

        switch (op->code) {
        case OP_FREE:
            LOOP_FREE(*slot);
            *slot = 0;
            continue;
        case OP_ALLOC: block = LOOP_ALLOC(bytes); break;
        case OP_ALLOC_ZEROED: block = LOOP_ALLOC_ZEROED(bytes); break;
        case OP_REALLOC: block = LOOP_REALLOC(*slot, bytes); break;
        default: block = LOOP_ALLOC_ALIGNED(bytes, op->code - (uint32_t)OP_ALIGNED); break;
        }
        if (__builtin_expect(block == 0, 0)) {
            world->failed++;
            continue;
        }
        *slot = block;

        volatile uint8_t *memory = (volatile uint8_t *)(base + block);

        memory[0] = 1;
        memory[bytes - 1u] = 1;
    }
}

#undef LOOP_NAME
#undef LOOP_LOCALS
#undef LOOP_ALLOC
#undef LOOP_ALLOC_ZEROED
#undef LOOP_ALLOC_ALIGNED
#undef LOOP_REALLOC
#undef LOOP_FREE
