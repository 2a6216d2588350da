/* SPDX-License-Identifier: 0BSD */
/* A verb as a program of its own, for its test: which one says the build. */
#include "bench.h"

int main(int argc, char **argv)
{
    return VERB(argc, argv);
}
