/* SPDX-License-Identifier: 0BSD */
/* The verb `record` without the `lookaside` program around it. */
#include "../record_verb.h"

int main(int argc, char **argv)
{
    return verb_record(argc, argv);
}
