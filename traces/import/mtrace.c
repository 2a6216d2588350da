/* SPDX-License-Identifier: 0BSD */
/* mtrace */
#include "formats.h"

bool looks_mtrace(const char *first, size_t bytes)
{
    (void)first;
    (void)bytes;
    return false;
}

bool import_mtrace(struct import *import)
{
    return import_fail(import, "this format is not read yet");
}
