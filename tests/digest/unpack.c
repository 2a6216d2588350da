/* SPDX-License-Identifier: 0BSD */
/* Copy a trace to stdout with its zstd wrapper peeled, for programs that know no zstd. */
#include <stdio.h>
#include <stdlib.h>

#include "input.h"

int main(int argc, char **argv)
{
    static char buffer[65536];
    char error[512];
    size_t bytes;

    if (argc != 2) {
        fprintf(stderr, "usage: %s TRACE\n", argv[0]);
        return 2;
    }
    struct input *input = input_open(argv[1], error, sizeof error);
    if (!input) {
        fprintf(stderr, "%s\n", error);
        return EXIT_FAILURE;
    }
    while ((bytes = input_read(input, buffer, sizeof buffer)) != 0 && bytes != SIZE_MAX) {
        if (fwrite(buffer, 1, bytes, stdout) != bytes)
            break;
    }
    if (bytes == SIZE_MAX)
        fprintf(stderr, "%s: %s\n", argv[1], input_problem(input));
    input_close(input);
    if (bytes == 0 && fflush(stdout) != 0)
        perror("standard output");
    return bytes == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
