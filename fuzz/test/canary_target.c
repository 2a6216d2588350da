/* SPDX-License-Identifier: 0BSD */
/* A target that fails on purpose, in known ways, so that engines and campaigns can be tested: what
 * they do with a crash, and whether they find one. An input is a header of 8 bytes and records of
 * 4, as those of the real targets; a record's first byte is what happens.
 */
#include "../engines/afl_runtime.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEAD_BYTES = 8, RECORD_BYTES = 4 };

/* Two defects: each needs two records, one after the other but not at once. */
struct canary {
    int armed_first;
    int armed_second;
    unsigned steps;
};

__attribute__((noinline)) static void defect_first(void)
{
    fputs("oracle: I9: the canary's first defect\n", stderr);
    abort();
}

__attribute__((noinline)) static void defect_second(const char *oracle)
{
    fprintf(stderr, "oracle: %s: the canary's second defect\n", oracle);
    abort();
}

/* What only a test of the engines asks for, in capital letters. */
static void misbehave(uint8_t how)
{
    char *small = malloc(1);

    switch (how) {
    case 'E': exit(0);
    case 'H':
        for (;;)
            pause();
    case 'K': raise(SIGKILL); break;
    case 'R':
        if (small)
            ((volatile char *)small)[HEAD_BYTES] = 1; /* AddressSanitizer sees this */
        break;
    default: break;
    }
    free(small);
}

__attribute__((noinline)) static void step(struct canary *canary, const uint8_t *record)
{
    switch (record[0]) {
    case 'a':
        if (canary->steps > 2)
            canary->armed_first = record[1] & 1;
        break;
    case 'b':
        if (canary->armed_first)
            defect_first();
        break;
    case 'c': canary->armed_second = record[1] > 3; break;
    case 'd':
        if (canary->armed_second)
            defect_second("I1");
        break;
    case 'e': canary->armed_second = 0; break;
    default:
        if (getenv("CANARY_MISBEHAVES"))
            misbehave(record[0]);
        break;
    }
    canary->steps++;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct canary canary = { .steps = 0 };

    for (size_t at = HEAD_BYTES; at + RECORD_BYTES <= count; at += RECORD_BYTES)
        step(&canary, bytes + at);
    return 0;
}
