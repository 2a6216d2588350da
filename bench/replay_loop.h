/* SPDX-License-Identifier: 0BSD */
/* The timed loop, included once for each target, which defines
 *   LOOP_NAME                           the function's name
 *   LOOP_ALLOC(bytes)                   these answer a block as a number, 0: refused
 *   LOOP_ALLOC_ZEROED(bytes)
 *   LOOP_ALLOC_ALIGNED(bytes, align_log2)
 *   LOOP_REALLOC(block, bytes)
 *   LOOP_FREE(block)                    0 is allowed
 * and may use `heap`. This file undefines them again.
 */
void LOOP_NAME(struct lean_world *world, const struct lean_op *op, const struct lean_op *end)
{
    struct heap *heap = world->heap;
    uintptr_t *slots = world->slots;
    uintptr_t base = world->base;

    (void)heap;
    for (; op < end; op++) {
        uintptr_t *slot = &slots[op->slot];
        uint32_t bytes = op->bytes;
        uintptr_t block;

        switch (op->code) {
        case LEAN_FREE:
            LOOP_FREE(*slot);
            *slot = 0;
            continue;
        case LEAN_ALLOC: block = LOOP_ALLOC(bytes); break;
        case LEAN_ALLOC_ZEROED:
            block = LOOP_ALLOC_ZEROED(bytes);
            if (__builtin_expect(bytes > world->clear_above_bytes, 0))
                clear_large(world, block, bytes);
            break;
        case LEAN_REALLOC: block = LOOP_REALLOC(*slot, bytes); break;
        default: block = LOOP_ALLOC_ALIGNED(bytes, op->code - (uint32_t)LEAN_ALIGNED); break;
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
#undef LOOP_ALLOC
#undef LOOP_ALLOC_ZEROED
#undef LOOP_ALLOC_ALIGNED
#undef LOOP_REALLOC
#undef LOOP_FREE
