/* SPDX-License-Identifier: 0BSD */
/* The verb as a program of its own, for its test. */
#include "report_verb.h"

int main(int argc, char **argv)
{
    return verb_report(argc, argv);
}
