/* SPDX-License-Identifier: 0BSD */
/* The one word of test programs: what was wanted, or say so and answer 1. */
#ifndef KERNEL_USERLAND_TRIAL_H
#define KERNEL_USERLAND_TRIAL_H

#include "../lib/user.h"

#define WANT(got, wanted)                                                                          \
    do {                                                                                           \
        uint32_t got_ = (uint32_t)(got);                                                           \
        uint32_t wanted_ = (uint32_t)(wanted);                                                     \
        if (got_ != wanted_) {                                                                     \
            say("%s:%d: %s is %u (%x), wanted %s = %u\n", __FILE__, __LINE__, #got, got_, got_,    \
                #wanted, wanted_);                                                                 \
            return 1;                                                                              \
        }                                                                                          \
    } while (0)

#endif
