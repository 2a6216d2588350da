/* SPDX-License-Identifier: 0BSD */
/* bpftrace */
#include "formats.h"

bool looks_bpftrace(const char *first, size_t bytes)
{
    (void)first;
    (void)bytes;
    return false;
}

bool import_bpftrace(struct import *import)
{
    return import_fail(import, "this format is not read yet");
}
