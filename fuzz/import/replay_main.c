/* SPDX-License-Identifier: 0BSD */
/* Files through a fuzz target without an engine: what was found once stays found, and a build
 * without clang has the checks too. usage: fuzz-replay FORMAT|all|content FILE...
 */
#include "target.h"

#include "../../traces/import/formats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A whole file; NULL and a message. */
static uint8_t *read_file(const char *path, size_t *ret_count)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    size_t count = 0;
    size_t room = 0;
    size_t got = 1;

    while (file && got > 0) {
        uint8_t *more = bytes;
        if (count == room) {
            room = room ? 2u * room : 65536u;
            more = realloc(bytes, room);
        }
        if (!more)
            break;
        bytes = more;
        got = fread(bytes + count, 1, room - count, file);
        count += got;
    }
    if (!file || got > 0 || ferror(file)) {
        perror(path);
        free(bytes);
        bytes = NULL;
    }
    if (file)
        fclose(file);
    *ret_count = count;
    return bytes;
}

static void replay(const char *which, const uint8_t *bytes, size_t count)
{
    bool all = strcmp(which, "all") == 0;

    if (all || strcmp(which, "content") == 0)
        fuzz_import(NULL, bytes, count);
    for (size_t i = 0; all && format_at(i); i++)
        fuzz_import(format_at(i)->name, bytes, count);
    if (format_named(which))
        fuzz_import(which, bytes, count);
}

int main(int argc, char **argv)
{
    if (argc < 3 || (strcmp(argv[1], "all") != 0 && strcmp(argv[1], "content") != 0 &&
                     !format_named(argv[1]))) {
        fprintf(stderr, "usage: %s FORMAT|all|content FILE...\n", argv[0]);
        return 2;
    }
    for (int i = 2; i < argc; i++) {
        size_t count;
        uint8_t *bytes = read_file(argv[i], &count);
        if (!bytes)
            return 1;
        replay(argv[1], bytes, count);
        free(bytes);
    }
    printf("%d files\n", argc - 2);
    return 0;
}
