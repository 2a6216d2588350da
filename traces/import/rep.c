/* SPDX-License-Identifier: 0BSD */
/* rep */
#include "formats.h"

bool looks_rep(const char *first, size_t bytes)
{
    (void)first;
    (void)bytes;
    return false;
}

bool import_rep(struct import *import)
{
    return import_fail(import, "this format is not read yet");
}
