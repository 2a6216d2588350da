/* SPDX-License-Identifier: 0BSD */
/* The verb as a program of its own, for its test. */
#include "bench.h"

int main(int argc, char **argv)
{
    return verb_bench(argc, argv);
}
