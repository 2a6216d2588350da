/* SPDX-License-Identifier: 0BSD */
/* Reading answers. */
#include "answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES 64u

const char *answer_problem(char *line)
{
    static char message[1024];

    if (strcmp(line, "ok") == 0 || strncmp(line, "ok ", 3) == 0)
        return NULL;
    if (strncmp(line, "slow ", 5) == 0) {
        snprintf(message, sizeof message, ANSWER_SLOW "%s", line + 5);
        return message;
    }
    return strncmp(line, "problem ", 8) == 0 ? line + 8 : "unexpected answer";
}

struct search {
    const char *key;
    double *number;
    bool found;
};

static void look(void *context, const char *key, double number)
{
    struct search *search = context;

    if (strcmp(key, search->key) != 0)
        return;
    *search->number = number;
    search->found = true;
}

bool answer_number(const char *line, const char *key, double *ret_number)
{
    struct search search = { key, ret_number, false };

    answer_each(line, look, &search);
    return search.found;
}

void answer_each(const char *line, answer_fn take, void *context)
{
    for (const char *at = strchr(line, ' '); at != NULL; at = strchr(at, ' ')) {
        size_t length = strcspn(++at, "= ");
        char key[KEY_BYTES];

        if (length == 0 || length >= sizeof key || at[length] != '=')
            continue;
        memcpy(key, at, length);
        key[length] = '\0';
        take(context, key, strtod(at + length + 1u, NULL));
    }
}
