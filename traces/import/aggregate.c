/* SPDX-License-Identifier: 0BSD */
/* aggregate */
#include "formats.h"

bool looks_aggregate(const char *first, size_t bytes)
{
    (void)first;
    (void)bytes;
    return false;
}

bool import_aggregate(struct import *import)
{
    return import_fail(import, "this format is not read yet");
}
