/* SPDX-License-Identifier: 0BSD */
/* A fuzz target for importers: any bytes are a trace or a message, and nothing else happens. Built
 * once for each format, -DFUZZ_FORMAT="\"rep\"", and once without, where the format is found by
 * content. What is made of the bytes is checked by oracle.c.
 *
 * -DFUZZ_CANARY="\"oracle\"" and "\"memory\"" have an importer instead that is wrong on purpose:
 * they must crash, or the net has a hole.
 */
#define _GNU_SOURCE /* memfd_create */
#include "target.h"

#include "oracle.h"

#include "../../traces/import/formats.h"
#include "../../traces/record/raw_layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef FUZZ_FORMAT
#define FUZZ_FORMAT NULL
#endif

/* -- Canaries ---------------------------------------------------------------------------------- */

#ifdef FUZZ_CANARY
/* The first line of text frees what was never allocated, or is copied without its end. */
static bool import_canary(struct import *import, void *context)
{
    (void)context;
    if (strcmp(FUZZ_CANARY, "oracle") == 0)
        return import_emit(import, (struct trace_op){ .kind = TRACE_FREE, .slot = 7 });
    for (size_t bytes = 8; bytes < 9; bytes++) {
        char *copy = malloc(bytes);
        volatile char *end = copy + bytes;
        if (copy)
            *end = '\0';
        free(copy);
    }
    return true;
}
#endif

/* -- Input ------------------------------------------------------------------------------------- */

/* The recorder's raw files are not read as a stream but by name: this one has no other. The bytes
 * are those of the header as far as it means anything, and the records, which begin far behind it.
 */
static const char *as_file(const uint8_t *bytes, size_t count)
{
    static char path[64];
    static int fd = -1;
    size_t head = count < sizeof(struct raw_header) ? count : sizeof(struct raw_header);
    size_t rest = count - head;

    if (fd < 0)
        fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, bytes, head, 0) != (ssize_t)head ||
        pwrite(fd, bytes + head, rest, RAW_HEADER_BYTES) != (ssize_t)rest)
        return NULL;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

/* The options follow from the bytes, so that a file is all there is to a finding. */
static struct import_job job_for(const char *format, size_t count)
{
    return (struct import_job){
        .input = "memory",
        .from = format,
        .with_time = count % 2u != 0,
        .with_labels = count / 2u % 2u != 0,
        .kernel = (enum import_kernel)(count / 4u % IMPORT_KERNELS),
    };
}

/* Some recordings have slots, some importers see to pages. */
static enum oracle_trust trust_in(const char *format)
{
    static const char *const any[] = { "trace", "mtrace1" };
    static const char *const pages[] = { "strace", "ntr-vas", "vas-trace" };

    for (size_t i = 0; format && i < sizeof any / sizeof any[0]; i++)
        if (strcmp(format, any[i]) == 0)
            return ORACLE_ANY;
    for (size_t i = 0; format && i < sizeof pages / sizeof pages[0]; i++)
        if (strcmp(format, pages[i]) == 0)
            return ORACLE_PAGES;
    return ORACLE_SLOTS;
}

/* The name of the format that the input is in; "" for none. */
static const char *content_of(struct input *input)
{
    const uint8_t *first;
    size_t bytes = input_peek(input, &first);
    const struct format *format = bytes != SIZE_MAX ? format_of((const char *)first, bytes) : NULL;

    return format ? format->name : "";
}

void fuzz_import(const char *format, const uint8_t *bytes, size_t count)
{
    struct import_job job = job_for(format, count);
    struct import_report report = { .text = NULL };
    char error[TRACE_MESSAGE_BYTES] = "";
    struct oracle *oracle;
    bool good;

#ifdef FUZZ_CANARY
    job.read = import_canary;
#endif
    if (format && strcmp(format, "raw") == 0)
        job.input = as_file(bytes, count);
    else if (!job.read)
        job.over = input_over_memory(bytes, count, error, sizeof error);
    oracle = oracle_begin(trust_in(format || !job.over ? format : content_of(job.over)));
    job.report = &report;
    job.into = trace_output_to(oracle_take, oracle, error, sizeof error);
    if (!job.into || !job.input || error[0] != '\0')
        abort(); /* no memory for the target itself */
    good = import_run(&job, error, sizeof error);
    oracle_end(oracle, good, good ? report.text : error);
    free(report.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    fuzz_import(FUZZ_FORMAT, bytes, count);
    return 0;
}
