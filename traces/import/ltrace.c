/* SPDX-License-Identifier: 0BSD */
/* ltrace */
#include "formats.h"

bool looks_ltrace(const char *first, size_t bytes)
{
    (void)first;
    (void)bytes;
    return false;
}

bool import_ltrace(struct import *import)
{
    return import_fail(import, "this format is not read yet");
}
