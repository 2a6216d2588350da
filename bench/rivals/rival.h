/* SPDX-License-Identifier: 0BSD */
/* What the interfaces for address spaces and heaps share: how a rival answers. */
#ifndef LOOKASIDE_RIVALS_RIVAL_H
#define LOOKASIDE_RIVALS_RIVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An error leaves the rival as it was. */
enum rival_answer {
    RIVAL_OK = 0,
    RIVAL_NO_SPACE = -1,    /* no addresses fit */
    RIVAL_NO_METADATA = -2, /* the rival has no room to write down what it would have to know */
    RIVAL_NO_MEMORY = -3,   /* the port could not back an address with memory */
    RIVAL_BAD = -4,         /* refused: not what was given out, or outside the call's domain */
    RIVAL_CANNOT = -5,      /* this system has no such operation */
};

/* A rival that does not count its steps. */
#define RIVAL_NOT_COUNTED UINT64_MAX

#endif
