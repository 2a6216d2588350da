/* SPDX-License-Identifier: 0BSD */
/* One line of strace's output, cut into who, when and what. */
#include "strace_line.h"

#include "scan.h"

#include <ctype.h>
#include <string.h>

#define THREAD_MAX 4194304u /* PID_MAX_LIMIT of Linux: a larger number is a time */
#define SECOND_NS  UINT64_C(1000000000)
#define EPOCH_S    100000000u /* -r never reaches three years, -ttt is always above them */

/* -- Who and when ------------------------------------------------------------------------------ */

/* "<comm>" behind a thread's number, strace -Y. The name may hold anything; `after` follows it. */
static void skip_comm(const char **at, char after)
{
    const char *end = **at == '<' ? strchr(*at, '>') : NULL;

    while (end && end[1] != after)
        end = strchr(end + 1, '>');
    if (end)
        *at = end + 1;
}

/* "[pid 123] ", "[pid   123<comm>] " or "123 ". */
static void cut_thread(const char **at, struct strace_line *line)
{
    const char *next = *at;
    bool bracket = scan_text(&next, "[pid ");
    uint64_t number;

    scan_blanks(&next);
    if (!scan_decimal(&next, &number) || number == 0 || number > THREAD_MAX)
        return;
    skip_comm(&next, bracket ? ']' : ' ');
    if ((bracket && !scan_text(&next, "]")) || !scan_blanks(&next))
        return;
    line->has_thread = true;
    line->thread = (uint32_t)number;
    *at = next;
}

/* ".123456" or nothing, as nanoseconds. */
static uint64_t fraction(const char **at)
{
    uint64_t ns = 0;
    uint64_t unit = SECOND_NS / 10u;

    if (!scan_text(at, "."))
        return 0;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        ns += (uint64_t)(**at - '0') * unit;
        unit /= 10u;
    }
    return ns;
}

static void cut_time(const char **at, struct strace_line *line)
{
    const char *next = *at;
    uint64_t seconds;
    uint64_t minutes;
    uint64_t hours = 0;
    enum strace_clock clock = STRACE_STEP;

    if (!scan_decimal(&next, &seconds) || seconds > UINT64_MAX / SECOND_NS - 1u)
        return;
    if (seconds > EPOCH_S)
        clock = STRACE_TIME;
    if (scan_text(&next, ":")) {
        hours = seconds;
        if (hours > 23u || !scan_decimal(&next, &minutes) || minutes > 59u ||
            !scan_text(&next, ":") || !scan_decimal(&next, &seconds) || seconds > 60u)
            return;
        seconds += 60u * (minutes + 60u * hours);
        clock = STRACE_TIME_OF_DAY;
    }
    line->time_ns = seconds * SECOND_NS + fraction(&next);
    if (!scan_blanks(&next))
        return;
    line->clock = clock;
    *at = next;
}

/* "(+ 0.000123)" of -r beside another clock, "[ 257]" of -n, "[00007f...]" of -i. */
static void skip_others(const char **at)
{
    const char *next = *at;

    if (scan_text(&next, "(+") && scan_past(&next, ")")) {
        scan_blanks(&next);
        *at = next;
    }
    for (next = *at; scan_text(&next, "["); *at = next) {
        next += strspn(next, " 0123456789abcdef?");
        if (!scan_text(&next, "]"))
            return;
        scan_blanks(&next);
    }
}

/* -- What -------------------------------------------------------------------------------------- */

/* Take `end` away if the line ends in it (but for blanks). */
static bool cut_end(char *text, const char *end)
{
    size_t bytes = strlen(text);
    size_t end_bytes = strlen(end);

    while (bytes > 0 && text[bytes - 1u] == ' ')
        bytes--;
    if (bytes < end_bytes || memcmp(text + bytes - end_bytes, end, end_bytes) != 0)
        return false;
    text[bytes - end_bytes] = '\0';
    return true;
}

/* "PREFIX 123 SUFFIX", where the suffix may be followed by anything. */
static bool number_between(const char *text, const char *prefix, const char *suffix,
                           uint32_t *ret_number)
{
    uint64_t number;

    if (!scan_text(&text, prefix) || !scan_decimal(&text, &number) || !scan_text(&text, suffix) ||
        number > THREAD_MAX)
        return false;
    *ret_number = (uint32_t)number;
    return true;
}

/* A letter of a system call's name. */
static bool name_letter(char letter)
{
    return isalnum((unsigned char)letter) || letter == '_';
}

static void take_name(struct strace_line *line, const char *name, size_t bytes)
{
    if (bytes >= sizeof line->name)
        bytes = sizeof line->name - 1u;
    memcpy(line->name, name, bytes);
    line->name[bytes] = '\0';
}

/* "name(..." with whatever end. A thread that calls execve goes on as its process's first one. */
static bool cut_begun(char *text, struct strace_line *line)
{
    size_t bytes = 0;
    char *changed;

    while (name_letter(text[bytes]))
        bytes++;
    if (bytes == 0 || text[bytes] != '(')
        return false;
    take_name(line, text, bytes);
    line->text = text + bytes + 1u;
    changed = strstr(line->text, " <pid changed to ");
    line->kind = STRACE_CALL;
    if (cut_end(line->text, "<unfinished ...>") || cut_end(line->text, "<detached ...>")) {
        line->kind = STRACE_UNFINISHED;
    } else if (changed && cut_end(line->text, " ...>")) {
        line->kind = STRACE_UNFINISHED;
        *changed = '\0';
    }
    return true;
}

/* "<... name resumed>rest" */
static bool cut_resumed(char *text, struct strace_line *line)
{
    const char *rest = text;
    const char *name;

    if (!scan_text(&rest, "<... "))
        return false;
    name = rest;
    while (name_letter(*rest))
        rest++;
    take_name(line, name, (size_t)(rest - name));
    if (!scan_text(&rest, " resumed>"))
        return false;
    line->kind = STRACE_RESUMED;
    line->text = text + (rest - text);
    return true;
}

static bool cut_message(const char *text, struct strace_line *line)
{
    const char *own = text;

    scan_text(&own, "strace: ");
    if (number_between(own, "Process ", " attached", &line->other))
        line->kind = STRACE_ATTACHED;
    else if (number_between(text, "+++ superseded by execve in pid ", " +++", &line->other))
        line->kind = STRACE_SUPERSEDED;
    else if (strncmp(text, "+++ exited with ", 16) == 0 || strncmp(text, "+++ killed by ", 14) == 0)
        line->kind = STRACE_EXITED;
    else if (own != text || strncmp(text, "--- ", 4) == 0 ||
             strncmp(text, "[ Process PID=", 14) == 0)
        line->kind = STRACE_MESSAGE;
    return line->kind != STRACE_FOREIGN;
}

void strace_cut(char *line, struct strace_line *ret_line)
{
    const char *at = line;
    char *text;

    *ret_line = (struct strace_line){ .kind = STRACE_FOREIGN };
    scan_blanks(&at);
    cut_thread(&at, ret_line);
    cut_time(&at, ret_line);
    skip_others(&at);
    text = line + (at - line);
    if (cut_begun(text, ret_line) || cut_resumed(text, ret_line))
        return;
    cut_message(text, ret_line);
}

bool strace_interrupted(char *line, uint32_t *ret_thread)
{
    char *words = strstr(line, "strace: Process ");
    const char *begun = strchr(line, '(');

    if (!words || !begun || begun > words ||
        !number_between(words, "strace: Process ", " attached", ret_thread) ||
        !cut_end(words, " attached"))
        return false;
    *words = '\0';
    return true;
}

/* -- Calls ------------------------------------------------------------------------------------- */

/* The last " = " of a line is the one before the result: what follows is a number and perhaps an
 * error's name and text, or how long it took. Before it are the ')' and blanks.
 */
static const char *find_result(const char *text)
{
    const char *found = NULL;
    const char *close;

    for (const char *next = strstr(text, " = "); next; next = strstr(next + 1, " = "))
        found = next;
    for (close = found; close && close > text && *close == ' ';)
        close--;
    return found && *close == ')' ? found + 3 : NULL;
}

void strace_cut_arguments(const char *text, struct strace_call *ret_call)
{
    *ret_call = (struct strace_call){ .all = text };
    if (*text == '{') /* old_mmap's are a struct */
        text++;
    for (int i = 0; i < STRACE_ARGUMENTS; i++) {
        text += strspn(text, " ");
        ret_call->argument[i] = text;
        text += strcspn(text, ",");
        text += *text == ',';
    }
}

bool strace_cut_call(const char *text, struct strace_call *ret_call)
{
    const char *result = find_result(text);

    if (!result)
        return false;
    strace_cut_arguments(text, ret_call);
    ret_call->failed = *result == '-' || *result == '?';
    return ret_call->failed || strace_number(result, &ret_call->result);
}

bool strace_number(const char *argument, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (!scan_text(&argument, "NULL") &&
        !(strncmp(argument, "0x", 2) == 0 ? scan_hex : scan_decimal)(&argument, &value))
        return false;
    if (!strchr(" ,)}<|\t", *argument)) /* the end is one of them too */
        return false;
    *ret_value = value;
    return true;
}

bool strace_flag(const char *argument, const char *name, uint64_t bit)
{
    size_t bytes = strcspn(argument, ",)");
    size_t name_bytes = strlen(name);
    uint64_t value;

    if (strace_number(argument, &value) && (value & bit) != 0)
        return true;
    for (size_t at = 0; at + name_bytes <= bytes; at++)
        if (memcmp(argument + at, name, name_bytes) == 0)
            return true;
    return false;
}
