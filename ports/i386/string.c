/* SPDX-License-Identifier: 0BSD */
/* The four functions that compilers call even in freestanding code, by the string instructions: one
 * word is one instruction, where a loop takes four.
 */
#include <kernel/text.h>

void *memcpy(void *to, const void *from, size_t bytes)
{
    void *t = to;
    size_t words = bytes / 4u;
    size_t rest = bytes % 4u;

    __asm__ volatile("rep movsl" : "+D"(t), "+S"(from), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(t), "+S"(from), "+c"(rest) : : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    uint8_t *t = to;
    const uint8_t *f = from;

    if ((uintptr_t)to <= (uintptr_t)from || (uintptr_t)to >= (uintptr_t)from + bytes)
        return memcpy(to, from, bytes);
    while (bytes-- > 0)
        t[bytes] = f[bytes];
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    void *t = to;
    uint32_t word = (uint8_t)value * UINT32_C(0x01010101);
    size_t words = bytes / 4u;
    size_t rest = bytes % 4u;

    __asm__ volatile("rep stosl" : "+D"(t), "+c"(words) : "a"(word) : "memory");
    __asm__ volatile("rep stosb" : "+D"(t), "+c"(rest) : "a"(word) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const uint8_t *x = a;
    const uint8_t *y = b;

    for (; bytes > 0; bytes--, x++, y++)
        if (*x != *y)
            return *x < *y ? -1 : 1;
    return 0;
}
