/* SPDX-License-Identifier: 0BSD */
/* The timed loop's three copies. Each calls its target directly. */
#include "vas_work.h"

#define LOOP_NAME                       vas_pass_lookaside
#define LOOP_RESERVE(request, ret_base) vas_reserve(&world->vas, request, ret_base)
#define LOOP_RELEASE(base, segments)    vas_release(&world->vas, base)
#include "vas_loop.h"

#define LOOP_NAME                       vas_pass_empty
#define LOOP_RESERVE(request, ret_base) empty_vas_reserve(&world->vas, request, ret_base)
#define LOOP_RELEASE(base, segments)    empty_vas_release(&world->vas, base)
#include "vas_loop.h"

#define LOOP_NAME                       vas_pass_naive
#define LOOP_RESERVE(request, ret_base) vas_naive_reserve(&world->naive, request, ret_base)
#define LOOP_RELEASE(base, segments)    vas_naive_release(&world->naive, base, segments)
#include "vas_loop.h"

const char *const vas_target_names[VAS_TARGETS] = { "empty", "lookaside", "naive" };

vas_pass_fn vas_pass_of(enum vas_target_id target)
{
    static const vas_pass_fn passes[VAS_TARGETS] = { vas_pass_empty, vas_pass_lookaside,
                                                     vas_pass_naive };

    return passes[target];
}
