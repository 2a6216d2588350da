/* SPDX-License-Identifier: 0BSD */
/* ftrace */
#include "formats.h"

bool looks_ftrace(const char *first, size_t bytes)
{
    (void)first;
    (void)bytes;
    return false;
}

bool import_ftrace(struct import *import)
{
    return import_fail(import, "this format is not read yet");
}
