/* SPDX-License-Identifier: 0BSD */
/* The verb alone, for its test: a program whose first argument would be the verb's name. */
#include "../tune.h"

int main(int argc, char **argv)
{
    return verb_tune(argc, argv);
}
