/* SPDX-License-Identifier: 0BSD */
/* What --kernel WHAT[,OPTION...] asks for. Private to traces/record. */
#ifndef LOOKASIDE_RECORD_KERNEL_OPTIONS_H
#define LOOKASIDE_RECORD_KERNEL_OPTIONS_H

#include "../import/import.h"

/* Words behind WHAT, for messages and --help. */
#define KERNEL_OPTIONS_HELP                                                                        \
    "tree (only what the command and its children do), plain (no call sites and CPUs), seconds=N " \
    "(stop after so long), buffer=MIB (for each CPU)"

struct kernel_options {
    enum import_kernel what;
    bool tree;
    bool plain;
    uint32_t seconds;    /* 0: until the command ends, or a signal comes */
    uint32_t buffer_mib; /* 0: what fits the machine */
};

/* Take `text` apart. False and a message if that is not possible. */
bool kernel_options_read(const char *text, struct kernel_options *ret_options, char *error,
                         size_t error_size);

#endif
