/* SPDX-License-Identifier: 0BSD */
/* The list of events of one call: noted by the spies, taken up by the model. */
#include "events.h"

#include "oracle.h"

/* More than any call may do: it looks at each segment it owns a few times at most. */
#define EVENTS_MAX (4u * LA_SEGMENTS + 256u)

static struct {
    bool active;
    bool lost;
    bool refused_memory;
    bool refused_space;
    uint32_t count;
    uint32_t next;
    struct event list[EVENTS_MAX];
} events;

uint32_t events_looks;

static const char *const kind_words[] = { "reserve", "release", "resize", "commit", "decommit" };

bool events_lost(void)
{
    return events.lost;
}

void events_begin(void)
{
    events_looks = 0;
    events.active = true;
    events.lost = false;
    events.refused_memory = false;
    events.refused_space = false;
    events.count = 0;
    events.next = 0;
}

void events_too_many_looks(void)
{
    events_looks = 0;
    if (events.active)
        oracle_broken(I28_BOUNDED, "a call looked at entries and tables more than %u times",
                      EVENTS_LOOKS_MAX);
}

void events_note(enum event_kind kind, enum la_status status, enum vas_state state, va32_t va,
                 uint32_t count)
{
    if (!events.active)
        return;
    if (events.count == EVENTS_MAX) {
        oracle_broken(I28_BOUNDED, "a call asked the layers below more than %u times", EVENTS_MAX);
        return;
    }
    if (status != LA_OK && kind == EVENT_COMMIT)
        events.refused_memory = true;
    if (status != LA_OK && kind == EVENT_RESERVE)
        events.refused_space = true;
    events.list[events.count++] = (struct event){ .kind = (uint8_t)kind,
                                                  .status = (int8_t)status,
                                                  .state = (uint8_t)state,
                                                  .va = va,
                                                  .count = count };
}

bool events_refused_memory(void)
{
    return events.refused_memory;
}

bool events_refused_space(void)
{
    return events.refused_space;
}

static bool is_event(uint32_t number, enum event_kind kind, va32_t va, uint32_t count)
{
    const struct event *event = &events.list[number];

    return number < events.count && event->kind == kind && event->count == count &&
           (va == 0 || event->va == va);
}

/* Whether event `number` takes something: needless where the model asks for nothing, or for what
 * comes behind it.
 */
static bool takes(uint32_t number)
{
    const struct event *event = &events.list[number];

    return number < events.count && (event->kind == EVENT_RESERVE || event->kind == EVENT_COMMIT);
}

static void needless(const struct event *event)
{
    events.lost = true;
    oracle_broken(I23_NEEDLESS, "the core did %s of %u at 0x%x, which nothing asks for",
                  kind_words[event->kind], event->count, event->va);
}

/* The next event if it is `kind` at `va` (0: anywhere) of `count`. */
static const struct event *take(enum event_kind kind, va32_t va, uint32_t count)
{
    const struct event *event = &events.list[events.next];

    if (events.lost)
        return NULL;
    if (is_event(events.next, kind, va, count)) {
        events.next++;
        return event;
    }
    if (takes(events.next) && is_event(events.next + 1u, kind, va, count)) {
        needless(event);
        return NULL;
    }
    events.lost = true;
    if (events.next == events.count)
        oracle_broken(I24_EXACT, "the call ended where %s of %u at 0x%x was due", kind_words[kind],
                      count, va);
    else
        oracle_broken(I24_EXACT, "%s of %u at 0x%x was due, the core asked %s of %u at 0x%x",
                      kind_words[kind], count, va, kind_words[event->kind], event->count,
                      event->va);
    return NULL;
}

enum la_status events_reserve(uint32_t segments, enum vas_state state, va32_t *ret_va)
{
    const struct event *event = take(EVENT_RESERVE, 0, segments);

    if (!event)
        return LA_NO_SPACE;
    ORACLE(I24_EXACT, event->state == state, "a region of state %u was due, the core asked for %u",
           state, event->state);
    if (event->status == LA_OK)
        *ret_va = event->va;
    return (enum la_status)event->status;
}

enum la_status events_resize(va32_t va, uint32_t segments)
{
    const struct event *event = take(EVENT_RESIZE, va, segments);

    return event ? (enum la_status)event->status : LA_NO_SPACE;
}

enum la_status events_commit(va32_t va, uint32_t pages)
{
    const struct event *event = take(EVENT_COMMIT, va, pages);

    return event ? (enum la_status)event->status : LA_NO_MEMORY;
}

void events_release(va32_t va)
{
    (void)take(EVENT_RELEASE, va, 0);
}

void events_decommit(va32_t va, uint32_t pages)
{
    (void)take(EVENT_DECOMMIT, va, pages);
}

void events_end(const char *call)
{
    events.active = false;
    if (events.lost || events.next == events.count)
        return;

    const struct event *event = &events.list[events.next];

    if (takes(events.next)) {
        needless(event);
        return;
    }
    events.lost = true;
    oracle_broken(I24_EXACT, "%s did %s of %u at 0x%x, which nothing asks for", call,
                  kind_words[event->kind], event->count, event->va);
}

void events_drop(void)
{
    events.active = false;
}
