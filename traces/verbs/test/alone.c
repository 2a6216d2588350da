/* SPDX-License-Identifier: 0BSD */
/* The verbs without the `lookaside` program around them. */
#include "../verbs.h"

#include <string.h>

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    if (strcmp(argv[1], "info") == 0)
        return verb_info(argc - 1, argv + 1);
    if (strcmp(argv[1], "dump") == 0)
        return verb_dump(argc - 1, argv + 1);
    if (strcmp(argv[1], "export") == 0)
        return verb_export(argc - 1, argv + 1);
    return verb_import(argc - 1, argv + 1);
}
