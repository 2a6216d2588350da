/* SPDX-License-Identifier: 0BSD */
/* heaptrack */
#include "formats.h"

bool looks_heaptrack(const char *first, size_t bytes)
{
    (void)first;
    (void)bytes;
    return false;
}

bool import_heaptrack(struct import *import)
{
    return import_fail(import, "this format is not read yet");
}
