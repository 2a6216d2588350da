/* SPDX-License-Identifier: 0BSD */
/* The wrappers that are known. */
#include "unpack.h"

#include <stdio.h>

const struct unpack_kind *unpack_kind_of(const uint8_t *first, size_t count)
{
    static const struct unpack_kind *const kinds[] = { &unpack_zstd, &unpack_gzip, &unpack_xz };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i]->looks(first, count))
            return kinds[i];
    return NULL;
}

enum unpack_answer unpack_fail(struct unpack_io *io, const char *what, const char *expected)
{
    snprintf(io->problem, sizeof io->problem, "%s (expected %s)", what, expected);
    return UNPACK_FAILED;
}
