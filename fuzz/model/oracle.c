/* SPDX-License-Identifier: 0BSD */
/* Telling which invariant broke, and the list of those that are switched off. */
#include "oracle.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t oracle_off;
uint32_t oracle_ignored;

static uint32_t noted; /* bit i: oracle i was broken while it was off, in whatever run */

static const char *const texts[ORACLES] = {
    [I01_PLACE] = "what is handed out lies in the managed range and is aligned as asked",
    [I02_WAS_FREE] = "segments handed out were free",
    [I03_STATES] = "the bitmap says what was done, where it was done",
    [I04_FRAME] = "no other segment changed",
    [I05_FREE_SEGMENTS] = "the count of free segments and vas_stats() are right",
    [I06_ENOUGH] = "a block is at least as large as asked",
    [I07_BUCKET] = "a block is of its bucket, or of one that may lend",
    [I08_OVERLAP] = "blocks do not overlap, nor do the entries of segments",
    [I09_CONTENT] = "nobody else writes into a live block",
    [I10_ZERO] = "what must read as zero does",
    [I11_MEMORY] = "the core touches committed pages only",
    [I12_COMMIT] = "commits and decommits are balanced and whole pages",
    [I13_PAGES] = "every count of pages is the number of committed pages",
    [I14_OWNER] = "pages are committed in regions of the right kind and go before the region",
    [I15_SOUND] = "the core's own checks find nothing",
    [I16_COMPLETE] = "a segment with room can be found",
    [I17_MAP] = "block maps hold exactly the live blocks",
    [I18_LIVE] = "walks and figures show exactly the live blocks",
    [I19_FALSE_FAILURE] = "no failure without a reason",
    [I20_STRONG] = "a failure changes nothing",
    [I21_STACK] = "a stack's pages are one range up to its end, and none in the guard",
    [I22_FAULT] = "the verdict on a fault",
    [I23_NEEDLESS] = "no segment or page is taken while a free block serves",
    [I24_EXACT] = "the address is the one that the policy says",
    [I25_REFUSAL] = "wrong addresses are refused with the right status",
    [I26_ALL_RETURNED] = "after everything was given back all is as in the beginning",
    [I27_SAME] = "the same ops give the same digest",
    [I28_BOUNDED] = "a call does a bounded amount of work",
};

void oracle_setup(void)
{
    const char *list = getenv("LOOKASIDE_ORACLES_OFF");

    oracle_off = 0;
    if (list && strcmp(list, "all") == 0) {
        oracle_off = UINT32_MAX;
        return;
    }
    while (list && *list) {
        char *end;
        unsigned long id = strtoul(list, &end, 10);

        if (end == list || id == 0 || id >= ORACLES || (*end != '\0' && *end != ',')) {
            fprintf(stderr,
                    "LOOKASIDE_ORACLES_OFF: found '%s', expected \"all\", or numbers from 1 to %d "
                    "with commas between them\n",
                    list, ORACLES - 1);
            exit(2);
        }
        oracle_off |= UINT32_C(1) << id;
        list = *end == ',' ? end + 1 : end;
    }
}

const char *oracle_text(uint32_t id)
{
    return id < ORACLES ? texts[id] : NULL;
}

void oracle_broken(uint32_t id, const char *format, ...)
{
    uint32_t bit = UINT32_C(1) << id;
    bool off = (oracle_off & bit) != 0;
    va_list arguments;

    if (off) {
        oracle_ignored |= bit;
        if ((noted & bit) != 0)
            return;
        noted |= bit;
    }
    fflush(stdout);
    fprintf(stderr, "%s I%02u: ", off ? "noted" : "ORACLE", (unsigned)id);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
    if (!off)
        abort();
}
