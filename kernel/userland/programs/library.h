/* SPDX-License-Identifier: 0BSD */
/* What library.c offers: the address its header calls its entry has this table. */
#ifndef KERNEL_USERLAND_LIBRARY_H
#define KERNEL_USERLAND_LIBRARY_H

#include <stdint.h>

struct library {
    uint32_t (*add)(uint32_t value); /* to the copy's count, which it answers */
    const char *(*word)(uint32_t index);
    uint32_t *(*zero)(void); /* a word that is 0 at first */
};

#endif
