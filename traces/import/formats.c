/* SPDX-License-Identifier: 0BSD */
/* The formats that can be imported. */
#include "formats.h"

#include "../record/raw_layout.h"

#include <string.h>

#define MAGIC(text) text, sizeof text - 1u, NULL
#define LOOKS(name) NULL, 0, looks_##name

/* Tried from the top: what has a magic comes before what is told by the look of its lines. */
static const struct format formats[] = {
    { "trace", "a trace of ours, binary or text", MAGIC("\x89LAT"), import_trace },
    { "trace", "a trace of ours, binary or text", MAGIC("# lookaside trace "), import_trace },
    { "ntr-user", "heaps of the corpus", MAGIC("# ntr-user 1"), import_ntr_user },
    { "ntr-kernel", "kernels of the corpus", MAGIC("# ntr-kernel 1"), import_ntr_kernel },
    { "ntr-vas", "address spaces of the corpus", MAGIC("# ntr-vas 1"), import_ntr_vas },
    { "ntr-stack", "stacks of the corpus", MAGIC("# ntr-stack 1"), import_ntr_stack },
    { "vas-trace", "i386 address spaces of the corpus", MAGIC("# vas-trace v1"), import_vas_trace },
    { "raw", "lookaside record, left over", MAGIC(RAW_MAGIC), import_raw },
    { "mtrace1", "i386 heaps of the corpus", MAGIC("MTRACE1\0"), import_mtrace1 },
    { "aggregate", "massif, DHAT and heap profiles: refused", LOOKS(aggregate), import_aggregate },
    { "mtrace", "glibc's mtrace()", LOOKS(mtrace), import_mtrace },
    { "valgrind", "valgrind --trace-malloc=yes", LOOKS(valgrind), import_valgrind },
    { "heaptrack", "heaptrack --raw, or (sizes only) heaptrack", LOOKS(heaptrack),
      import_heaptrack },
    { "babeltrace", "babeltrace2's text of LTTng's libc wrapper", LOOKS(babeltrace),
      import_babeltrace },
    { "ftrace", "perf script, trace-cmd report, trace_pipe", LOOKS(ftrace), import_ftrace },
    { "strace", "strace -f", LOOKS(strace), import_strace },
    { "ltrace", "ltrace -f", LOOKS(ltrace), import_ltrace },
    { "logalloc", "Mozilla's logalloc, raw or munged", LOOKS(logalloc), import_logalloc },
    { "android", "Android's memory_replay", LOOKS(android), import_android },
    { "bpftrace", "bpftrace traces/import/bpftrace.bt", LOOKS(bpftrace), import_bpftrace },
    { "rep", "malloc lab", LOOKS(rep), import_rep },
};

#define FORMATS (sizeof formats / sizeof formats[0])

const struct format *format_at(size_t index)
{
    return index < FORMATS ? &formats[index] : NULL;
}

const struct format *format_named(const char *name)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (strcmp(name, formats[i].name) == 0)
            return &formats[i];
    return NULL;
}

const struct format *format_of(const char *first, size_t bytes)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (formats[i].magic ? bytes >= formats[i].magic_bytes &&
                                   memcmp(first, formats[i].magic, formats[i].magic_bytes) == 0
                             : formats[i].looks(first, bytes))
            return &formats[i];
    return NULL;
}
