/* SPDX-License-Identifier: 0BSD */
/* One line of strace's output, cut into who, when and what. All of it is text: what it means for
 * processes and mappings is not known here. Private to traces/import.
 *
 *     [pid  123] 12:00:01.5 mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, 3</a b>, 0 <unfinished ...>
 *     123  1795207944.02 <... mmap resumed>) = 0x7f0000000000 <0.000012>
 */
#ifndef LOOKASIDE_IMPORT_STRACE_LINE_H
#define LOOKASIDE_IMPORT_STRACE_LINE_H

#include <stdbool.h>
#include <stdint.h>

enum strace_kind {
    STRACE_FOREIGN,    /* not strace's: the program's own output, or cut in half */
    STRACE_MESSAGE,    /* signals, modes, strace's own words: nothing to do */
    STRACE_CALL,       /* name(arguments) = result; `text` begins behind the '(' */
    STRACE_UNFINISHED, /* the same up to where it breaks off */
    STRACE_RESUMED,    /* the rest of it; `text` begins behind the '>' */
    STRACE_ATTACHED,   /* `other` is traced from now on */
    STRACE_EXITED,     /* the thread is gone */
    STRACE_SUPERSEDED, /* the thread is gone: `other` called execve and goes on under its number */
};

enum strace_clock {
    STRACE_NO_TIME,
    STRACE_TIME_OF_DAY, /* -t, -tt */
    STRACE_TIME,        /* -ttt: since 1970 */
    STRACE_STEP,        /* -r: since the line before */
};

struct strace_line {
    enum strace_kind kind;
    enum strace_clock clock;
    uint64_t time_ns;
    bool has_thread;
    uint32_t thread; /* a task's number: its thread id */
    uint32_t other;
    char name[24]; /* of the call, cut: no call of interest has a longer one */
    char *text;
};

/* Cut a line; text becomes part of `line`, which is changed. O(line). */
void strace_cut(char *line, struct strace_line *ret_line);

/* Whether the line breaks off in the middle because strace said "strace: Process 5 attached" there:
 * then *ret_thread is 5, those words are cut off, and the next line goes on.
 */
bool strace_interrupted(char *line, uint32_t *ret_thread);

/* -- Calls ------------------------------------------------------------------------------------- */

#define STRACE_ARGUMENTS 5 /* as many as any call of interest needs */

struct strace_call {
    const char
        *argument[STRACE_ARGUMENTS]; /* each up to its ',' or the end; "" if it is not there */
    const char *all;
    uint64_t result;
    bool failed; /* or it never returned */
};

/* Cut the text of a call that has returned; false if it is not whole. */
bool strace_cut_call(const char *text, struct strace_call *ret_call);

/* The same without a result: as many arguments as the text has. */
void strace_cut_arguments(const char *text, struct strace_call *ret_call);

/* An argument or a result: a number, "NULL", or (-X verbose) a number with words behind it. */
bool strace_number(const char *argument, uint64_t *ret_value);

/* Whether an argument of "NAME|NAME" or of a number has the flag. */
bool strace_flag(const char *argument, const char *name, uint64_t bit);

#endif
