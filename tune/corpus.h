/* SPDX-License-Identifier: 0BSD */
/* The traces of one tuning run, in memory with their histograms, and which of them belong together.
 *
 * A family is one program or one recorded kernel workload. Its traces are held out together: a
 * table trained on redis for x86-64 knows redis for i386, and judging it there would be a lie.
 */
#ifndef LOOKASIDE_TUNE_CORPUS_H
#define LOOKASIDE_TUNE_CORPUS_H

#include "histogram.h"
#include "ops.h"

#define CORPUS_TRACES_MAX   512u
#define CORPUS_MESSAGE_SIZE 640u

/* Traces with fewer heap ops than this count in every table but not in the geometric means: a heap
 * that holds a few dozen blocks is all metadata and half-used pages, whatever its buckets are.
 */
#define CORPUS_SCORED_OPS_MIN 100000u

struct corpus_trace {
    struct tune_trace ops;
    struct histogram histogram;
    uint32_t family; /* index into corpus.families */
    bool training;   /* the table is made from it; false: it only judges */
};

struct corpus {
    struct corpus_trace **traces; /* ascending by name within what one call added */
    uint32_t count;
    char **families;
    uint32_t family_count;
    uint32_t crc32c; /* of names and ops, in order: names the corpus in reports */
};

/* Add one trace file under `name` (copied); NULL: the file's own without folder and extensions.
 * Files whose heap ops ask for no byte are left out, *ret_added says so. A kernel's traces lie in a
 * folder whose name begins with "kernel". False and a message naming file and place if it cannot be
 * read whole; nothing is added then.
 */
bool corpus_add_file(struct corpus *corpus, const char *path, const char *name, bool training,
                     bool *ret_added, char *message, size_t message_size);

/* Add every .lat and .lat.zst file below `directory`, in order of name. */
bool corpus_add_directory(struct corpus *corpus, const char *directory, bool training,
                          char *message, size_t message_size);

/* Take over a trace made in memory: its fields move into the corpus, name and family set. */
bool corpus_add_trace(struct corpus *corpus, struct tune_trace *trace, bool training);

/* The family a trace's name says, into `family`: the last part of the name, lower case, without a
 * trailing "32" (the same program for i386), pyraw and py being python (one interpreter with its
 * own allocator on and off). kernel-kmalloc/k1a and kernel-slab/k1a are two views of one recording
 * and have the same last part. A header key "family" overrules all this.
 */
void corpus_family_of_name(const char *name, char *family, size_t family_size);

/* Drop traces that only judge but are of a family that trains: they would not be unseen. Answers
 * how many.
 */
uint32_t corpus_drop_seen(struct corpus *corpus);

/* The families that have a training trace. */
uint32_t corpus_training_families(const struct corpus *corpus);

void corpus_free(struct corpus *corpus);

#endif
