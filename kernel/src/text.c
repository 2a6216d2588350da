/* SPDX-License-Identifier: 0BSD */
/* Strings, and options on a command line. */
#include <kernel/text.h>

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
