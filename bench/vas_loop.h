/* SPDX-License-Identifier: 0BSD */
/* The timed loop over an address space, included once for each target, which defines
 *   LOOP_NAME                        the function's name
 *   LOOP_RESERVE(request, ret_base)  answers LA_OK or a refusal
 *   LOOP_RELEASE(base, segments)
 * and uses `world`. This file undefines them again. A refused region has base 0, and no op
 * releases it.
 */
void LOOP_NAME(struct vas_world *world, const struct vas_op *op, const struct vas_op *end)
{
    for (; op < end; op++) {
        if (op->release) {
            (void)LOOP_RELEASE(world->slots[op->slot], op->segments);
            world->slots[op->slot] = 0;
            continue;
        }

        struct vas_request request = { .segments = op->segments, .align_log2 = op->align_log2 };

        if (LOOP_RESERVE(&request, &world->slots[op->slot]) != LA_OK)
            world->failed++;
    }
}

#undef LOOP_NAME
#undef LOOP_RESERVE
#undef LOOP_RELEASE
