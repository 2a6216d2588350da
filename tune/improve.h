/* SPDX-License-Identifier: 0BSD */
/* Replay in the loop: small moves on a table, kept when the replayed objective on the training
 * traces gets better. Every fold is improved on its own training traces alone, so the judged
 * figures say whether the moves learned something or only the traces by heart.
 */
#ifndef LOOKASIDE_TUNE_IMPROVE_H
#define LOOKASIDE_TUNE_IMPROVE_H

#include "outcome.h"

/* Try `budget` tables for each fold and for the whole, on the first `op_limit` ops of each trace
 * that counts. Changes outcome->tables and nothing else. False when interrupted or failed; the
 * tables are as they were then.
 */
bool improve_tables(struct outcome *outcome, const struct corpus *corpus,
                    const struct tune_rules *rules, uint32_t budget, uint32_t op_limit);

#endif
