/* SPDX-License-Identifier: 0BSD */
/* strace */
#include "formats.h"

bool looks_strace(const char *first, size_t bytes)
{
    (void)first;
    (void)bytes;
    return false;
}

bool import_strace(struct import *import)
{
    return import_fail(import, "this format is not read yet");
}
