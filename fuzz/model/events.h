/* SPDX-License-Identifier: 0BSD */
/* What a call of the heap or of a stack asked of the layers below, in order, and what they
 * answered. A model that predicts the call goes through the same list: it says what it would ask
 * next and gets the answer that the core got. So a refused commit needs no prediction, and whatever
 * the core asked beyond it, or did not ask, is a difference.
 */
#ifndef LOOKASIDE_FUZZ_MODEL_EVENTS_H
#define LOOKASIDE_FUZZ_MODEL_EVENTS_H

#include <lookaside/port.h>
#include <lookaside/vas.h>

enum event_kind {
    EVENT_RESERVE,  /* count segments at va, if it was granted */
    EVENT_RELEASE,  /* of the region at va */
    EVENT_RESIZE,   /* of the region at va to count segments */
    EVENT_COMMIT,   /* count pages from va */
    EVENT_DECOMMIT, /* the same */
};

struct event {
    uint8_t kind; /* enum event_kind */
    int8_t status;
    uint8_t state; /* of a reservation */
    uint32_t va;
    uint32_t count;
};

/* A call goes on: what is asked below is noted. Calls do not nest. */
void events_begin(void);

/* How often the call has made a pointer of an address: of each segment's entry a few times at most,
 * when it looks at all of them. The most that the core was seen to make is 2.3 times the segments.
 */
#define EVENTS_LOOKS_MAX (16u * LA_SEGMENTS + 1024u)

extern uint32_t events_looks;

/* Told by the port's spy; outside of a call it may look as often as it likes. */
void events_too_many_looks(void);

/* From the spies below. Nothing happens outside of a call. */
void events_note(enum event_kind kind, enum la_status status, enum vas_state state, va32_t va,
                 uint32_t count);

/* What the model asks next. The answer is the one that the core got; if the core asked something
 * else, I24 is broken and events_lost() until the next call.
 */
enum la_status events_reserve(uint32_t segments, enum vas_state state, va32_t *ret_va);
enum la_status events_resize(va32_t va, uint32_t segments);
enum la_status events_commit(va32_t va, uint32_t pages);
void events_release(va32_t va);
void events_decommit(va32_t va, uint32_t pages);

/* The call is over and its model has asked everything: I23 or I24 if the core did more. */
void events_end(const char *call);

/* The same for a call that is not modelled step by step. */
void events_drop(void);

/* Commits and reservations that were refused during the call. */
bool events_refused_memory(void);
bool events_refused_space(void);

/* Whether model and core went different ways in this call, and the oracles that would say so are
 * off.
 */
bool events_lost(void);

#endif
