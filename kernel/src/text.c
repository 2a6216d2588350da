/* SPDX-License-Identifier: 0BSD */
/* Strings, options, and the four functions compilers call even in freestanding code. */
#include <kernel/text.h>

void *memcpy(void *to, const void *from, size_t bytes)
{
    uint8_t *t = to;
    const uint8_t *f = from;

    /* By words where both sides allow it; what is copied here is mostly structs and pages. */
    if ((((uintptr_t)to | (uintptr_t)from) & 3u) == 0) {
        for (; bytes >= 4u; bytes -= 4u, t += 4, f += 4)
            *(uint32_t *)(void *)t = *(const uint32_t *)(const void *)f;
    }
    while (bytes-- > 0)
        *t++ = *f++;
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    uint8_t *t = to;
    const uint8_t *f = from;

    if ((uintptr_t)to <= (uintptr_t)from)
        return memcpy(to, from, bytes);
    while (bytes-- > 0)
        t[bytes] = f[bytes];
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    uint8_t *t = to;
    uint32_t word = (uint8_t)value * UINT32_C(0x01010101);

    for (; bytes > 0 && ((uintptr_t)t & 3u) != 0; bytes--)
        *t++ = (uint8_t)value;
    for (; bytes >= 4u; bytes -= 4u, t += 4)
        *(uint32_t *)(void *)t = word;
    while (bytes-- > 0)
        *t++ = (uint8_t)value;
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

uint32_t text_length(const char *text)
{
    uint32_t length = 0;

    while (text[length] != '\0')
        length++;
    return length;
}

bool text_is(const char *a, uint32_t length, const char *b)
{
    return text_length(b) == length && memcmp(a, b, length) == 0;
}

bool text_equal(const char *a, const char *b)
{
    return text_is(a, text_length(a), b);
}

const char *text_option(const char *line, const char *name, uint32_t *ret_length)
{
    uint32_t name_length = text_length(name);

    for (const char *word = line; *word != '\0';) {
        uint32_t length = 0;

        while (word[length] != '\0' && word[length] != ' ')
            length++;
        if (length > name_length && word[name_length] == '=' &&
            memcmp(word, name, name_length) == 0) {
            *ret_length = length - name_length - 1u;
            return word + name_length + 1u;
        }
        word += length;
        while (*word == ' ')
            word++;
    }
    return NULL;
}

uint32_t text_option_number(const char *line, const char *name, uint32_t otherwise)
{
    uint32_t length;
    const char *text = text_option(line, name, &length);
    uint32_t number = 0;

    if (text == NULL || length == 0)
        return otherwise;
    for (uint32_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return otherwise;
        number = 10u * number + (uint32_t)(text[i] - '0');
    }
    return number;
}
