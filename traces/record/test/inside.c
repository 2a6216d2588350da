/* SPDX-License-Identifier: 0BSD */
/* A program that allocates once. Linked statically, or together with alloc.c, no library that is
 * preloaded sees that.
 */
#include <stdlib.h>

int main(void)
{
    void *block = malloc(5701);

    __asm__ volatile("" : "+r"(block)::"memory");
    free(block);
    return 0;
}
