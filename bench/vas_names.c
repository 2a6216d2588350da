/* SPDX-License-Identifier: 0BSD */
/* Names: the sizes, then the percentage of segments in use. Adversarial ones: how many free runs
 * of how many segments, and what is asked of them, which none can serve.
 */
#include "vas_names.h"

const char *const vas_work_names[VAS_WORKS] = {
    "mix/50",
    "mix/90",
    "mix/98",
    "kernel/50",
    "kernel/90",
    "kernel/98",
    "stack/50",
    "stack/90",
    "stack/98",
    "kernela/50",
    "kernela/90",
    "kernela/98",
    "adversarial/500x130-ask-135",
    "adversarial/2047x30-ask-16-aligned",
    "adversarial/32767x1-ask-2",
};
