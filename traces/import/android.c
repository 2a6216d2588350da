/* SPDX-License-Identifier: 0BSD */
/* android */
#include "formats.h"

bool looks_android(const char *first, size_t bytes)
{
    (void)first;
    (void)bytes;
    return false;
}

bool import_android(struct import *import)
{
    return import_fail(import, "this format is not read yet");
}
