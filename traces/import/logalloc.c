/* SPDX-License-Identifier: 0BSD */
/* logalloc */
#include "formats.h"

bool looks_logalloc(const char *first, size_t bytes)
{
    (void)first;
    (void)bytes;
    return false;
}

bool import_logalloc(struct import *import)
{
    return import_fail(import, "this format is not read yet");
}
