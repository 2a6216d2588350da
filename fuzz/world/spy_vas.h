/* SPDX-License-Identifier: 0BSD */
/* Included before every file above the VAS (-include): its calls of the VAS go through the model,
 * which compares each answer with its own. The files of the VAS itself are compiled without.
 */
#ifndef LOOKASIDE_FUZZ_WORLD_SPY_VAS_H
#define LOOKASIDE_FUZZ_WORLD_SPY_VAS_H

#include <lookaside/port.h>
#include <lookaside/vas.h>

void spied_vas_init(struct vas *vas, uint32_t first_segment, uint32_t end_segment);
enum la_status spied_vas_reserve(struct vas *vas, const struct vas_request *request,
                                 va32_t *ret_base);
enum la_status spied_vas_release(struct vas *vas, va32_t base);
enum la_status spied_vas_resize(struct vas *vas, va32_t base, uint32_t segments);
enum la_status spied_vas_commit(struct vas *vas, va32_t va, uint32_t segments);
enum la_status spied_vas_decommit(struct vas *vas, va32_t va, uint32_t segments);
bool spied_vas_query(const struct vas *vas, va32_t va, struct vas_region *ret_region);

/* Every place where the core turns an address into a pointer asks this one: the page must be
 * committed. `base` may also be a pointer of the core's own, which is passed on.
 */
void *spied_host(uintptr_t base, va32_t va);

/* The core's own calls, with both ends of what they touch checked. */
void *spied_memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *spied_memset(void *to, int value, size_t bytes);

#ifndef LOOKASIDE_FUZZ_UNSPIED
#define vas_init     spied_vas_init
#define vas_reserve  spied_vas_reserve
#define vas_release  spied_vas_release
#define vas_resize   spied_vas_resize
#define vas_commit   spied_vas_commit
#define vas_decommit spied_vas_decommit
#define vas_query    spied_vas_query
#define la_host      spied_host
#define memcpy       spied_memcpy
#define memset       spied_memset
#endif

#endif
