/* SPDX-License-Identifier: 0BSD */
/* A position-independent image: a table of functions and data with pointers that must be relocated.
 * It is placed wherever it fits, several times in one process if asked.
 */
#include "library.h"

static uint32_t count; /* each placed copy has its own */
static const char greeting[] = "placed";
static const char *const words[] = { greeting, greeting + 1, "by need" };
static uint32_t zeroes[3000]; /* beyond the file's part */
static uint32_t *const last_zero = &zeroes[2999];

static uint32_t add(uint32_t value)
{
    count += value;
    return count;
}

static const char *word(uint32_t index)
{
    return words[index % 3u];
}

static uint32_t *zero(void)
{
    return last_zero;
}

/* The image's entry is this table, not code. */
const struct library library __attribute__((used)) = { .add = add, .word = word, .zero = zero };
