/* SPDX-License-Identifier: 0BSD */
/* The text babeltrace2 (or babeltrace) makes of LTTng-UST's libc wrapper, an event a line:
 *
 *     [15:45:04.242150845] (+0.000000661) host lttng_ust_libc:malloc: { cpu_id = 0 }, ...
 *         ... { vtid = 1497 }, { size = 8, ptr = 0x5603C731CB40 }
 *
 * The time may be of the day, with a date, in seconds or in cycles, or told by a name ("timestamp =
 * ..."); fields and contexts may come in any order, so they are found by name. Without vtid all is
 * one thread, without vpid one process. babeltrace2 orders events by time itself.
 */
#include "formats.h"

#include "events.h"
#include "scan.h"
#include "threads.h"

#include <string.h>

#define PROVIDER   "lttng_ust_libc:"
#define SECOND_NS  UINT64_C(1000000000)
#define DAY_NS     (86400u * SECOND_NS)
#define SECOND_MAX (UINT64_MAX / SECOND_NS - 1u)

enum field { NMEMB, SIZE, ALIGNMENT, PTR, IN_PTR, OUT_PTR, RESULT, VTID, VPID, FIELDS };

static const char *const field_names[FIELDS] = { "nmemb",   "size",   "alignment", "ptr", "in_ptr",
                                                 "out_ptr", "result", "vtid",      "vpid" };

struct event {
    uint64_t value[FIELDS];
    bool has[FIELDS];
};

struct babeltrace {
    struct objects objects;
    struct threads pids;
    struct threads tids;
    struct event_clock clock;
    uint64_t days_ns; /* midnights passed, where only the time of day is told */
};

/* -- Time -------------------------------------------------------------------------------------- */

/* ".242150845": as many digits as there are, of which nine count. */
static uint64_t scan_fraction(const char **at)
{
    uint64_t ns = 0;
    uint64_t unit = SECOND_NS;

    if (!scan_text(at, "."))
        return 0;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        unit /= 10u;
        ns += unit * (uint64_t)(**at - '0');
    }
    return ns;
}

/* A time in any of the clocks' ways. Cycles are taken for nanoseconds, as LTTng's clock counts. */
static bool scan_time(const char **at, uint64_t *ret_ns, bool *ret_of_day)
{
    uint64_t number;
    uint64_t minutes;
    uint64_t seconds;

    if (!scan_decimal(at, &number))
        return false;
    if (scan_text(at, "-")) { /* the date does not matter: days are counted by their midnights */
        if (!scan_past(at, " ") || !scan_decimal(at, &number))
            return false;
    }
    *ret_of_day = scan_text(at, ":");
    if (!*ret_of_day && **at != '.') {
        *ret_ns = number;
        return true;
    }
    seconds = number;
    if (*ret_of_day) {
        if (!scan_decimal(at, &minutes) || !scan_text(at, ":") || !scan_decimal(at, &seconds))
            return false;
        if (number > 23u || minutes > 59u || seconds > 60u)
            return false;
        seconds += 3600u * number + 60u * minutes;
    }
    if (seconds > SECOND_MAX)
        return false;
    *ret_ns = seconds * SECOND_NS + scan_fraction(at);
    return true;
}

/* The line's time, if it tells one. */
static bool take_time(struct import *import, struct babeltrace *babeltrace, const char *line)
{
    const char *at = line;
    const char *time;
    uint64_t ns;
    bool of_day;

    if (!scan_text(&at, "[") && !scan_text(&at, "timestamp = "))
        return true;
    time = at;
    if (!scan_time(&at, &ns, &of_day))
        return scan_fail(import, time, "a time (hours:minutes:seconds, seconds or cycles)");
    if (of_day && babeltrace->clock.started && babeltrace->days_ns + ns < babeltrace->clock.now_ns)
        babeltrace->days_ns += DAY_NS;
    return event_time(import, &babeltrace->clock, ns + (of_day ? babeltrace->days_ns : 0),
                      "the order babeltrace2 makes");
}

/* -- Fields ------------------------------------------------------------------------------------ */

/* Behind a field's value, which may be a string with anything in it. */
static const char *past_string(const char *at)
{
    for (at++; *at != '\0' && *at != '"'; at++)
        if (*at == '\\' && at[1] != '\0')
            at++;
    return *at == '"' ? at + 1 : at;
}

static bool take_field(struct import *import, struct event *event, const char *name, size_t bytes,
                       const char *at)
{
    for (int field = 0; field < FIELDS; field++) {
        if (strlen(field_names[field]) != bytes || memcmp(field_names[field], name, bytes) != 0)
            continue;
        event->has[field] = true;
        if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X'))
            return scan_need_hex(import, &at, field_names[field], &event->value[field]);
        if (field == PTR || field == IN_PTR || field == OUT_PTR)
            return scan_need_hex(import, &at, field_names[field], &event->value[field]);
        if (field == RESULT && scan_text(&at, "-")) /* an error number */
            return scan_need_decimal(import, &at, field_names[field], &event->value[field]);
        return scan_need_decimal(import, &at, field_names[field], &event->value[field]);
    }
    return true;
}

/* All "name = value" in the braces, the last of which ends the line: else it was cut. */
static bool take_fields(struct import *import, struct event *event, const char *at)
{
    char last = '\0';

    while (*at != '\0') {
        const char *name = at;
        size_t bytes = strcspn(at, " {},=\"");
        at += bytes;
        if (bytes > 0 && scan_text(&at, " = ") && !take_field(import, event, name, bytes, at))
            return false;
        if (bytes > 0)
            last = '\0';
        else if (*at == '"')
            at = past_string(at);
        else if (*at++ != ' ')
            last = at[-1];
    }
    return last == '}' || scan_fail(import, at, "'}'");
}

/* -- Events ------------------------------------------------------------------------------------ */

/* The field that an argument's letter stands for. */
static enum field argument_field(const struct event_function *function, char letter)
{
    switch (letter) {
    case 'n': return NMEMB;
    case 'a': return ALIGNMENT;
    case 'p': return function->kind == TRACE_FREE ? PTR : IN_PTR;
    default: return SIZE;
    }
}

static bool need_field(struct import *import, const struct event *event, enum field field)
{
    return event->has[field] ||
           import_fail(import, "no field '%s' (expected what babeltrace2 prints without --names)",
                       field_names[field]);
}

static bool do_event(struct import *import, struct babeltrace *babeltrace,
                     const struct event_function *function, const struct event *event)
{
    enum field answer = event->has[OUT_PTR] ? OUT_PTR : PTR;
    uint64_t arguments[EVENT_ARGUMENTS_MAX] = { 0 };
    bool failed = event->has[RESULT] && event->value[RESULT] != 0;
    uint32_t space;

    for (size_t i = 0; function->arguments[i] != '\0'; i++) {
        enum field field = argument_field(function, function->arguments[i]);
        if (!need_field(import, event, field))
            return false;
        arguments[i] = event->value[field];
    }
    return need_field(import, event, answer) &&
           threads_number(import, &babeltrace->pids, event->value[VPID], &space) &&
           threads_number(import, &babeltrace->tids, event->value[VTID], &import->thread) &&
           event_call(import, &babeltrace->objects, space, function, arguments,
                      failed ? 0 : event->value[answer]);
}

/* "WARNING: Tracer discarded 12 events between [...", on stderr; a packet has one event or more. */
static bool is_loss(struct import *import, const char *line)
{
    uint64_t count = 1;

    if (!scan_past(&line, "Tracer ") || !scan_past(&line, "discarded "))
        return false;
    if (scan_decimal(&line, &count) && !scan_text(&line, " event"))
        count = 1;
    import->notes[NOTE_LOST] += count;
    return true;
}

static bool read_line(struct import *import, struct babeltrace *babeltrace, const char *line)
{
    const struct event_function *function;
    struct event event = { .has = { false } };
    const char *at = line;
    size_t bytes;

    if (!scan_past(&at, PROVIDER)) {
        if (!scan_at_end(line) && !is_loss(import, line))
            import->notes[strstr(line, " }") ? NOTE_OTHER_EVENT : NOTE_NO_EVENT]++;
        return true;
    }
    bytes = strcspn(at, ":, ");
    function = event_function(at, bytes);
    if (!function)
        return scan_fail(import, at, EVENT_FUNCTIONS);
    return take_time(import, babeltrace, line) && take_fields(import, &event, at + bytes) &&
           do_event(import, babeltrace, function, &event);
}

bool import_babeltrace(struct import *import)
{
    struct babeltrace babeltrace = { .days_ns = 0 };
    bool good = true;
    char *line;

    while (good && (line = import_next_line(import)) != NULL)
        good = read_line(import, &babeltrace, line);
    threads_free(&babeltrace.pids);
    threads_free(&babeltrace.tids);
    objects_free_all(&babeltrace.objects);
    return good && import->error[0] == '\0';
}

static enum scan_verdict judge(const char *line)
{
    const char *at = line;

    return scan_past(&at, PROVIDER) && strchr(at, '{') ? SCAN_PROOF : SCAN_NEUTRAL;
}

bool looks_babeltrace(const char *first, size_t bytes)
{
    return scan_looks(first, bytes, judge);
}
