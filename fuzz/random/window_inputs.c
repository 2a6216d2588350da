/* SPDX-License-Identifier: 0BSD */
/* Operations on the host port's window: four bytes each, behind one that chooses the window. Few
 * pages and short ranges in most runs, so that commits and decommits fit what is there.
 */
#include "inputs.h"

#define OPS_MAX 256u

size_t inputs_make(uint64_t seed, uint64_t run, uint8_t *bytes)
{
    static const uint16_t pages[4] = { 4, 16, 64, 256 };
    uint64_t state = seed * UINT64_C(0x2545f4914f6cdd1d) + run;
    uint32_t page_limit = pages[inputs_below(&state, 4)];
    uint32_t length_limit = inputs_below(&state, 2) == 0 ? 3 : page_limit;
    uint32_t ops = 1u + inputs_below(&state, OPS_MAX);
    uint8_t kinds = (uint8_t)inputs_below(&state, 256);
    size_t count = 0;

    bytes[count++] = (uint8_t)inputs_below(&state, 4);
    for (uint32_t i = 0; i < ops; i++) {
        uint8_t kind = (uint8_t)inputs_below(&state, 8);

        if ((kinds >> kind & 1u) == 0 && kind > 2u) /* left out of this run */
            kind = (uint8_t)inputs_below(&state, 3);
        bytes[count++] = kind;
        bytes[count++] = (uint8_t)inputs_below(&state, page_limit);
        bytes[count++] = (uint8_t)inputs_below(&state, length_limit);
        bytes[count++] = (uint8_t)inputs_below(&state, 256);
    }
    return count;
}
