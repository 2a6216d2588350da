/* SPDX-License-Identifier: 0BSD */
/* A library that is loaded while a program runs: it allocates when it comes and when it is asked,
 * and frees when it goes.
 */
#include <stdlib.h>

static void *own;

void *plugin_take(void);

void *plugin_take(void)
{
    return malloc(5352);
}

__attribute__((constructor)) static void come(void)
{
    own = malloc(5351);
}

__attribute__((destructor)) static void go(void)
{
    free(own);
}
