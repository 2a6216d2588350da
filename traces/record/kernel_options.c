/* SPDX-License-Identifier: 0BSD */
/* --kernel WHAT[,OPTION...] */
#define _GNU_SOURCE /* strsep */
#include "kernel_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_MAX    (30u * 24u * 3600u) /* a month */
#define BUFFER_MIB_MAX 16384u

/* "KEY=NUMBER" with a number of 1 to `max`. */
static bool read_number(const char *word, const char *key, uint32_t max, uint32_t *ret_value)
{
    size_t bytes = strlen(key);
    char *end;
    unsigned long value;

    if (strncmp(word, key, bytes) != 0 || word[bytes] < '0' || word[bytes] > '9')
        return false;
    value = strtoul(word + bytes, &end, 10);
    if (*end != '\0' || value == 0 || value > max)
        return false;
    *ret_value = (uint32_t)value;
    return true;
}

static bool read_word(const char *word, struct kernel_options *options)
{
    if (strcmp(word, "tree") == 0)
        options->tree = true;
    else if (strcmp(word, "plain") == 0)
        options->plain = true;
    else
        return read_number(word, "seconds=", SECONDS_MAX, &options->seconds) ||
               read_number(word, "buffer=", BUFFER_MIB_MAX, &options->buffer_mib);
    return true;
}

static bool read_what(const char *word, enum import_kernel *ret_what)
{
    for (int what = 0; what < IMPORT_KERNELS; what++)
        if (strcmp(word, import_kernels[what]) == 0) {
            *ret_what = (enum import_kernel)what;
            return true;
        }
    return false;
}

bool kernel_options_read(const char *text, struct kernel_options *ret_options, char *error,
                         size_t error_size)
{
    struct kernel_options options = { .what = IMPORT_KMALLOC };
    char *copy = strdup(text);
    char *rest = copy;
    char *word = copy ? strsep(&rest, ",") : NULL;
    bool good = word && read_what(word, &options.what);

    if (!good)
        snprintf(error, error_size,
                 "--kernel '%.40s' (expected kmalloc, slab, vmap, pages or stack)",
                 word ? word : text);
    while (good && (word = strsep(&rest, ","))) {
        good = read_word(word, &options);
        if (!good)
            snprintf(error, error_size, "--kernel: '%.40s' (expected " KERNEL_OPTIONS_HELP ")",
                     word);
    }
    free(copy);
    if (good)
        *ret_options = options;
    return good;
}
