/* SPDX-License-Identifier: 0BSD */
/* The invariants of the fuzz world, each with a number that never changes its meaning. A broken one
 * is told as "ORACLE I07: what was found" on stderr and aborts, so that any engine, a shell and a
 * test all see which one it was.
 *
 * An oracle can be switched off to learn what the others see: the environment variable
 * LOOKASIDE_ORACLES_OFF holds numbers with commas between them, or "all". The run goes on as if
 * nothing were wrong then, with what the core answered taken as true; the first time in a process
 * it is told as "noted I07: what was found". Until an oracle speaks, a run does not depend on which
 * of them are off, so one run with all of them off tells each that would have spoken alone.
 */
#ifndef LOOKASIDE_FUZZ_MODEL_ORACLE_H
#define LOOKASIDE_FUZZ_MODEL_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

enum oracle {
    I01_PLACE = 1,     /* what is handed out lies in the managed range and is aligned as asked */
    I02_WAS_FREE,      /* segments handed out were free */
    I03_STATES,        /* the bitmap says what was done, where it was done */
    I04_FRAME,         /* ... and nothing else changed */
    I05_FREE_SEGMENTS, /* the count of free segments, and the figures of vas_stats() */
    I06_ENOUGH,        /* a block is at least as large as asked */
    I07_BUCKET,        /* it is of the bucket that its size belongs to, or of one that may lend */
    I08_OVERLAP,       /* blocks do not overlap, nor do the entries of segments */
    I09_CONTENT,       /* nobody else writes into a live block */
    I10_ZERO,          /* what must read as zero does */
    I11_MEMORY,        /* the core touches committed pages of its own only */
    I12_COMMIT,   /* commits and decommits are balanced, whole pages, never twice, never nothing */
    I13_PAGES,    /* every count of pages is the number of committed pages */
    I14_OWNER,    /* pages are committed in regions of the right kind and go before the region */
    I15_SOUND,    /* the core's own checks find nothing */
    I16_COMPLETE, /* a segment with room can be found, one without is not looked at */
    I17_MAP,      /* block maps hold exactly the live blocks */
    I18_LIVE,     /* walks and figures show exactly the live blocks */
    I19_FALSE_FAILURE, /* no failure without a reason */
    I20_STRONG,        /* a failure changes nothing */
    I21_STACK,         /* a stack's pages are one range up to its end; the guard has none */
    I22_FAULT,         /* the verdict on a fault */
    I23_NEEDLESS,      /* no segment or page is taken while a free block serves */
    I24_EXACT,         /* the address is the one that the policy says */
    I25_REFUSAL,       /* wrong addresses are refused, with the right status */
    I26_ALL_RETURNED,  /* after everything was given back all is as in the beginning */
    I27_SAME,          /* the same ops give the same digest */
    I28_BOUNDED,       /* a call does a bounded amount of work */
    ORACLES            /* number of oracles + 1 */
};

/* Whether to go on regardless: bit i for oracle i. Set from the environment by oracle_setup(). */
extern uint32_t oracle_off;

/* Oracles that were broken and are switched off: from then on the model may differ. */
extern uint32_t oracle_ignored;

/* Read LOOKASIDE_ORACLES_OFF. A malformed list ends the program with code 2. */
void oracle_setup(void);

/* One clause on what oracle `id` sees; NULL for none. */
const char *oracle_text(uint32_t id);

/* Tell that `id` is broken and abort; returns only if that oracle is switched off. */
__attribute__((format(printf, 2, 3), cold, noinline)) void oracle_broken(uint32_t id,
                                                                         const char *format, ...);

/* A condition that holds unless invariant `id` is broken. */
#define ORACLE(id, condition, ...)                                                                 \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            oracle_broken(id, __VA_ARGS__);                                                        \
    } while (0)

#endif
