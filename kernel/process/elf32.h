/* SPDX-License-Identifier: 0BSD */
/* Programs as ELF files: what is in one (a plan that was checked to the last byte, because anybody
 * may hand in anything), and placing it in a space through its VAS.
 *
 * Two kinds: a program for fixed addresses (ET_EXEC), and a position-independent image (ET_DYN,
 * R_386_RELATIVE relocations only) that goes wherever it fits. No interpreter, no needed libraries.
 */
#ifndef LOOKASIDE_KERNEL_ELF32_H
#define LOOKASIDE_KERNEL_ELF32_H

#include "uspace.h"

#define ELF32_LOADS_MAX 16u

struct elf32_load {
    va32_t va;       /* as the file says; of an ET_DYN from 0 up */
    uint32_t offset; /* in the file */
    uint32_t file_bytes;
    uint32_t memory_bytes; /* the rest is zero */
    enum uabi_access access;
};

struct elf32_plan {
    bool anywhere;               /* ET_DYN */
    va32_t first_va;             /* a multiple of a segment */
    uint32_t bytes;              /* from there to the last load's end */
    va32_t entry;                /* in a load */
    uint32_t loads;              /* ascending, no two on one page */
    uint32_t relocations_offset; /* in the file, 8 bytes each */
    uint32_t relocations;
    struct elf32_load load[ELF32_LOADS_MAX];
};

/* NULL, and *ret_plan is filled; or what is wrong with the file, in words (*ret_plan is anything
 * then). Reads nothing outside [image, image + bytes).
 */
const char *elf32_plan(const uint8_t *image, uint32_t bytes, struct elf32_plan *ret_plan);

/* Reserve, commit, fill, relocate, protect. *ret_bias is added to the plan's addresses. LA_IN_USE:
 * fixed addresses that are not free. LA_NO_SPACE, LA_NO_MEMORY. Nothing has changed then.
 */
enum la_status elf32_place(struct uspace *space, const uint8_t *image,
                           const struct elf32_plan *plan, uint32_t label, uint32_t *ret_bias);

#endif
