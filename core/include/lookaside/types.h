/* SPDX-License-Identifier: 0BSD */
/* Words, sizes and statuses shared by every header of the core. Addresses of the managed space are
 * plain 32-bit integers (va32_t), never host pointers: the same code serves a 4 GiB window in a
 * 64-bit process and the kernel that runs inside those 4 GiB.
 */
#ifndef LOOKASIDE_TYPES_H
#define LOOKASIDE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* -- Geometry: may be overridden by the build, so that a tiny space reaches every boundary ----- */

#ifndef LA_PAGE_SHIFT
#define LA_PAGE_SHIFT 12u /* 4 KiB, the i386 page */
#endif
#ifndef LA_SEGMENT_SHIFT
#define LA_SEGMENT_SHIFT 16u /* 64 KiB, 16 pages */
#endif
#ifndef LA_SEGMENTS
#define LA_SEGMENTS 65536u /* 65,536 x 64 KiB = 4 GiB */
#endif

/* -- Derived: do not modify -------------------------------------------------------------------- */

#define LA_PAGE_BYTES        (UINT32_C(1) << LA_PAGE_SHIFT)
#define LA_SEGMENT_BYTES     (UINT32_C(1) << LA_SEGMENT_SHIFT)
#define LA_PAGES_PER_SEGMENT (UINT32_C(1) << (LA_SEGMENT_SHIFT - LA_PAGE_SHIFT))

_Static_assert(LA_SEGMENT_SHIFT <= 16u, "offsets in a segment are 16-bit numbers");
_Static_assert(LA_SEGMENT_SHIFT >= LA_PAGE_SHIFT, "a segment is whole pages");
_Static_assert(LA_SEGMENT_SHIFT - LA_PAGE_SHIFT <= 4u, "a segment's pages fit a 16-bit mask");
_Static_assert(LA_SEGMENTS % 32u == 0u, "segments come in chunks of one 32-bit word");
_Static_assert(LA_SEGMENTS >= 32u && LA_SEGMENTS <= 65536u, "segment numbers are 16-bit numbers");

/* The hottest calls pass their arguments in registers on i386 too, as Linux builds its whole kernel
 * (-mregparm=3). Nothing changes for a caller that includes the header.
 */
#if defined(__i386__)
#define LA_REGISTER_CALL __attribute__((regparm(3)))
#else
#define LA_REGISTER_CALL
#endif

/* Off the fast paths: keeps what such a function needs out of the frame of its caller. */
#define LA_NOT_INLINE __attribute__((noinline))

/* An address in the managed space. 0 is never given out: it means "no address". */
typedef uint32_t va32_t;

/* What a call of the core answers. An error means that the world said no (or that the caller passed
 * on a wrong argument of its own caller); nothing has changed then, unless the call says otherwise.
 */
enum la_status {
    LA_OK = 0,
    LA_NO_SPACE = -1,     /* no run of free addresses fits */
    LA_NO_MEMORY = -2,    /* the port could not back an address with memory */
    LA_BAD_ARGUMENT = -3, /* outside the domain the call documents */
    LA_BAD_ADDRESS = -4,  /* not the base of a live block or region of this owner */
    LA_DOUBLE_FREE = -5,  /* a block of this heap, but not a live one */
    LA_IN_USE = -6,       /* the wanted addresses are not all free */
    LA_BAD_STATE = -7,    /* the region is of a kind the call does not serve */
};

/* The segment an address lies in, and a segment's first address. Segment numbers are 0 to
 * LA_SEGMENTS - 1; LA_SEGMENTS itself is only ever an exclusive end and has no address.
 */
static inline uint32_t la_segment_of(va32_t va)
{
    return va >> LA_SEGMENT_SHIFT;
}

static inline va32_t la_segment_va(uint32_t segment)
{
    return segment << LA_SEGMENT_SHIFT;
}

/* Bytes to whole units, rounding up, without wrapping near 4 GiB. */
static inline uint32_t la_pages_up(uint32_t bytes)
{
    return (bytes >> LA_PAGE_SHIFT) + ((bytes & (LA_PAGE_BYTES - 1u)) != 0u);
}

static inline uint32_t la_segments_up(uint32_t bytes)
{
    return (bytes >> LA_SEGMENT_SHIFT) + ((bytes & (LA_SEGMENT_BYTES - 1u)) != 0u);
}

#endif
