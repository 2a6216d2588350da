/* SPDX-License-Identifier: 0BSD */
/* Programs that are hard to record, one a case, and what each of them does. Blocks that matter have
 * sizes from 5000 to 5999 bytes, which nothing else in these programs asks for.
 */
#ifndef LOOKASIDE_RECORD_TEST_HAZARDS_H
#define LOOKASIDE_RECORD_TEST_HAZARDS_H

/* What the command's own process does, and (with "child:") its child, in the words of
 * heap_test.py: "alloc 5001", "alloc-aligned 5002 64", "realloc 5001 5003", "free 5003", "mark 2",
 * or for more than one thread "1000 x alloc 5001" in any order.
 */
struct hazard {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *expected;
};

extern const struct hazard hazards_plain[];   /* calls and their failures */
extern const struct hazard hazards_process[]; /* forks, exec and ends */
extern const struct hazard hazards_thread[];  /* threads and signals */

#endif
