/* SPDX-License-Identifier: 0BSD */
/* The names of the works on an address space, known to both programs. */
#ifndef LOOKASIDE_BENCH_VAS_NAMES_H
#define LOOKASIDE_BENCH_VAS_NAMES_H

#define VAS_WORKS       15u
#define VAS_ADVERSARIAL 12u /* works from here on are adversarial */

/* "mix/90" and so on, then "adversarial/..."; in the order they are measured. */
extern const char *const vas_work_names[VAS_WORKS];

#endif
