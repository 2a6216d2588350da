/* SPDX-License-Identifier: 0BSD */
/* `lookaside-import`: the verb as a program of its own, because the corpus is built with it. */
#include "verbs.h"

int main(int argc, char **argv)
{
    return verb_import(argc, argv);
}
