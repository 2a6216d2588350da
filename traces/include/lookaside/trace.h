/* SPDX-License-Identifier: 0BSD */
/* A trace: operations on slots, and the binary form they are stored in. Freestanding: the kernel
 * decodes traces with this code and one buffer. docs/trace-format.md is the specification.
 *
 *   header (magic, version, counts, text) | chunk | chunk | ... | end chunk (totals)
 *
 * A slot names one live object and is reused when the object is gone, so a replay needs an array of
 * known size and no map. There are four kinds of slots, counted apart: blocks, regions, stacks and
 * heaps. Every op is total: an op on an empty slot (or a creation on a full one) is skipped by a
 * replay and counted, never an error of the file.
 */
#ifndef LOOKASIDE_TRACE_H
#define LOOKASIDE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum trace_kind {
    TRACE_ALLOC = 1,     /* slot, bytes, recorded_bytes */
    TRACE_ALLOC_ZEROED,  /* slot, bytes, recorded_bytes */
    TRACE_ALLOC_ALIGNED, /* slot, bytes, recorded_bytes, align_log2 */
    TRACE_REALLOC,       /* slot, bytes; on an empty slot it allocates */
    TRACE_FREE,          /* slot */
    TRACE_HEAP_CREATE,   /* slot */
    TRACE_HEAP_DESTROY,  /* slot; its live blocks go with it */
    TRACE_HEAP_USE,     /* slot; the heap of the allocations that follow. 0 exists from the start */
    TRACE_HEAP_TRIM,    /* trims the heap in use */
    TRACE_RESERVE,      /* slot, pages, align_log2 (of pages), placement, window_page (fixed) */
    TRACE_COMMIT,       /* slot, offset_pages, pages */
    TRACE_DECOMMIT,     /* slot, offset_pages, pages */
    TRACE_RESIZE,       /* slot, pages */
    TRACE_RELEASE,      /* slot */
    TRACE_STACK_CREATE, /* slot, pages, committed_pages, guard_pages */
    TRACE_STACK_TOUCH,  /* slot, depth_page: 0 is the topmost page */
    TRACE_STACK_DESTROY, /* slot */
    TRACE_THREAD,        /* thread: who does what follows (0 at the start) */
    TRACE_TIME,          /* delta_ns since the op before */
    TRACE_MARK,          /* mark: the start of a phase of the program */
    TRACE_CPU,           /* cpu: where what follows happens (0 at the start) */
    TRACE_LABEL,         /* label: of the next op; "label: NUMBER TEXT" in the header text */
    TRACE_FREE_AT,       /* slot, offset_bytes; placement 1: realloc_bytes */
    TRACE_RELEASE_AT,    /* slot, distance_pages; placement 1: resize_segments */
    TRACE_COMMIT_AT,     /* slot, distance_pages, range_segments */
    TRACE_DECOMMIT_AT,   /* slot, distance_pages, range_segments */
    TRACE_RESERVE_AT,    /* slot, segments, window_first, window_end, align_log2, placement */
    TRACE_FAIL,          /* nth; placement 1: from the nth commit on all */
    TRACE_MEMORY,        /* limit_pages */
    TRACE_ACCESS,        /* slot (of a region), distance_pages, access, stack_plus_1 */
    TRACE_STACK_TRIM,    /* slot, depth_bytes, keep_pages */
    TRACE_KINDS          /* number of kinds + 1 */
};

/* Bits of an access, as far as a verdict can depend on them. */
enum trace_access_bit {
    TRACE_ACCESS_WRITE = 1,
    TRACE_ACCESS_FETCH = 2,   /* of an instruction */
    TRACE_ACCESS_PRESENT = 4, /* the page was mapped, the access not allowed */
    TRACE_ACCESS_ALLOWED = 8, /* by now it is */
};

/* One op, decoded. Fields a kind does not list are 0. */
struct trace_op {
    uint8_t kind;       /* enum trace_kind */
    uint8_t align_log2; /* 0 to 31 */
    uint8_t placement;  /* enum vas_placement of a reservation; else 0 or 1 */
    uint32_t slot;
    union {
        uint32_t bytes;
        uint32_t pages;
        uint32_t depth_page;
        uint32_t thread;
        uint32_t delta_ns;
        uint32_t mark;
        uint32_t cpu;
        uint32_t label;
        uint32_t offset_bytes;   /* signed, from the slot's block */
        uint32_t distance_pages; /* signed, from the slot's region */
        uint32_t segments;
        uint32_t nth;
        uint32_t limit_pages; /* UINT32_MAX: none */
        uint32_t depth_bytes; /* below the stack's end */
    };
    union {
        uint32_t recorded_bytes; /* what the recorded allocator took for it; 0: not known */
        uint32_t offset_pages;
        uint32_t committed_pages;
        uint32_t window_page;
        uint32_t realloc_bytes;
        uint32_t resize_segments;
        uint32_t range_segments;
        uint32_t window_first; /* segment */
        uint32_t access;       /* enum trace_access_bit */
        uint32_t keep_pages;
    };
    union {
        uint32_t guard_pages;
        uint32_t window_end;   /* segment */
        uint32_t stack_plus_1; /* stack slot of the thread that accesses, + 1; 0: it has none */
    };
};

#define TRACE_CHUNK_BYTES_MAX  65536u /* payload of a chunk */
#define TRACE_OP_BYTES_MAX     32u    /* no encoded op is longer */
#define TRACE_TEXT_BYTES_MAX   65536u /* header text */
#define TRACE_HEADER_BYTES     64u    /* fixed part of the header, before the text */
#define TRACE_CHUNK_HEAD_BYTES 32u
#define TRACE_SLOTS_MAX        (UINT32_C(1) << 24)
#define TRACE_OPS_OPEN         UINT64_MAX /* header.ops of a recording that is not finished */
#define TRACE_PLACEMENT_FIXED  3u         /* VAS_FIXED, the only placement with a window_page */

struct trace_header {
    uint64_t ops;         /* all ops; TRACE_OPS_OPEN while a recording is still open */
    uint32_t block_slots; /* slots 0 .. n-1 are used; TRACE_SLOTS_MAX while open */
    uint32_t region_slots;
    uint32_t stack_slots;
    uint32_t heap_slots; /* at least 1 */
    uint32_t text_bytes; /* "key: value\n" lines, UTF-8, not terminated */
};

/* -- Decoding ---------------------------------------------------------------------------------- */

/* Why decoding stopped. TRACE_OK and TRACE_DONE are the only good answers. */
enum trace_error {
    TRACE_OK = 0,
    TRACE_DONE,        /* after the last op of an intact file */
    TRACE_E_EMPTY,     /* no bytes at all */
    TRACE_E_MAGIC,     /* not a trace */
    TRACE_E_VERSION,   /* of a later major version */
    TRACE_E_HEADER,    /* the header's checksum or a count is wrong */
    TRACE_E_CHUNK,     /* no chunk where one must begin */
    TRACE_E_CHECKSUM,  /* a chunk's bytes were changed */
    TRACE_E_OP,        /* a checked chunk holds a malformed op (a writer's bug) */
    TRACE_E_TRUNCATED, /* the bytes end before the end chunk */
    TRACE_E_COUNT,     /* the end chunk's totals do not match what was read */
    TRACE_E_READ,      /* the source failed */
};

/* Fill `buffer` with up to `bytes` bytes; answers how many (0: the end), or SIZE_MAX on failure. */
typedef size_t (*trace_read_fn)(void *context, void *buffer, size_t bytes);

#define TRACE_RECENT 1024u /* objects a chunk can refer back to by age */

/* Private: which block slots were created and freed lately in the chunk at hand. */
struct trace_recent {
    uint32_t created_count; /* in this chunk; the last TRACE_RECENT of them are known */
    uint32_t freed_at;      /* next entry of `freed` */
    uint32_t freed_count;   /* entries of `freed` that are good, up to TRACE_RECENT */
    uint32_t created[TRACE_RECENT];
    uint32_t freed[TRACE_RECENT];
};

/* A reader over any source. Caller-supplied; about 72 KiB, no other memory. Everything but
 * `header`, `error`, `offset` and `ops_read` is private.
 */
struct trace_reader {
    trace_read_fn read;
    void *context;
    struct trace_header header;
    enum trace_error error;
    uint64_t offset;      /* of the byte that `error` is about, in the (unpacked) file */
    uint64_t ops_read;    /* of the whole file: a chunk skipped by trace_resync() counts too */
    uint64_t file_offset; /* bytes taken from the source */
    uint32_t window_at;   /* chunk[window_at] is the first byte of the current chunk's head */
    uint32_t window_end;  /* chunk[0 .. window_end) are bytes of the file */
    uint32_t chunk_bytes; /* payload bytes of the current chunk */
    uint32_t chunk_at;    /* next payload byte */
    uint32_t chunk_ops_left;
    uint32_t sequence;         /* of the next chunk */
    uint32_t slots_seen[4];    /* high-water marks, in the order of trace_header */
    uint32_t previous_slot[4]; /* per kind of slot: deltas in a chunk start from 0 */
    bool salvaging;            /* totals cannot be checked any more */
    struct trace_recent recent;
    uint8_t chunk[TRACE_CHUNK_HEAD_BYTES + TRACE_CHUNK_BYTES_MAX];
};

/* Read and check the header. TRACE_OK, or an error with reader->offset set. The first `text_size`
 * bytes of the header's text go to `text` (NULL: none), their number to *ret_text_bytes (or NULL);
 * reader->header.text_bytes is the whole length. O(text).
 */
enum trace_error trace_open(struct trace_reader *reader, trace_read_fn read, void *context,
                            char *text, uint32_t text_size, uint32_t *ret_text_bytes);

/* The next op. TRACE_OK, TRACE_DONE, or an error; every later call repeats the same answer. */
enum trace_error trace_next(struct trace_reader *reader, struct trace_op *ret_op);

/* After an error of the header's checksum or counts, or inside the body: skip to the next chunk
 * that checks out. TRACE_OK if there is one (then trace_next() goes on with it), TRACE_E_TRUNCATED
 * if there is none, TRACE_E_READ, or the old error where skipping cannot help. Slots may be stale,
 * which every consumer tolerates. After a damaged header the counts are the largest ones. O(file).
 */
enum trace_error trace_resync(struct trace_reader *reader);

/* "the chunk's checksum does not match" and so on: a clause for error messages. */
const char *trace_error_text(enum trace_error error);

/* -- Encoding ---------------------------------------------------------------------------------- */

/* Take `bytes` bytes; false on failure (then every later call fails too). */
typedef bool (*trace_write_fn)(void *context, const void *buffer, size_t bytes);

struct trace_writer {
    trace_write_fn write;
    void *context;
    uint64_t ops;
    uint32_t chunk_at;
    uint32_t chunk_ops;
    uint32_t sequence;
    uint32_t slots[4]; /* high-water marks seen, in the order of trace_header */
    uint32_t previous_slot[4];
    bool failed;
    struct trace_recent recent;
    uint8_t chunk[TRACE_CHUNK_HEAD_BYTES + TRACE_CHUNK_BYTES_MAX];
};

/* Encode a header into `buffer` of TRACE_HEADER_BYTES bytes; header->text_bytes bytes of `text`
 * follow it in the file. Writers put it at offset 0 first with ops = TRACE_OPS_OPEN and all slot
 * counts TRACE_SLOTS_MAX, and again with the totals once they are known. O(text).
 */
void trace_encode_header(const struct trace_header *header, const char *text, uint8_t *buffer);

void trace_writer_init(struct trace_writer *writer, trace_write_fn write, void *context);

/* Append one op. False when the sink failed (for good) or the op is outside the format's domain: an
 * unknown kind, a slot of TRACE_SLOTS_MAX or more, a field that the kind does not list and that is
 * not 0. Then nothing is written and the writer can go on.
 */
bool trace_write(struct trace_writer *writer, const struct trace_op *op);

/* Give what is buffered to the sink as a chunk, so that a recorder that dies later does not take it
 * along. Without ops buffered nothing happens. False when the sink failed.
 */
bool trace_flush(struct trace_writer *writer);

/* Write the last chunk and the end chunk; fills the header's counts (text_bytes is 0). */
bool trace_finish(struct trace_writer *writer, struct trace_header *ret_header);

/* -- Facts about kinds ------------------------------------------------------------------------- */

enum trace_slot_kind { TRACE_BLOCK, TRACE_REGION, TRACE_STACK, TRACE_HEAP, TRACE_NO_SLOT };

/* Which kind of slot an op's `slot` is. TRACE_NO_SLOT for none and for unknown kinds. */
enum trace_slot_kind trace_slot_kind(uint8_t kind);

/* Whether a kind only tells who, when, where or why (thread, time, mark, CPU, label). Such an op
 * does nothing: a replay leaves it out of the digest.
 */
static inline bool trace_kind_is_note(uint8_t kind)
{
    return kind >= TRACE_THREAD && kind <= TRACE_LABEL;
}

/* Whether a kind is one that no recording has: it misuses a call, takes memory away, or asks for
 * what only tests ask for. What is counted and drawn of a program leaves it out.
 */
static inline bool trace_kind_is_probe(uint8_t kind)
{
    return kind >= TRACE_FREE_AT && kind < TRACE_KINDS;
}

/* Whether `text` is a header text: lines "key: value\n", keys of [a-z0-9-], values of at least one
 * byte and without control characters, TRACE_TEXT_BYTES_MAX bytes at most. "" is one.
 */
bool trace_text_valid(const char *text, uint32_t bytes);

/* CRC-32C (Castagnoli) of `bytes` bytes, continuing from `crc` (0 to start). */
uint32_t trace_crc32c(uint32_t crc, const void *data, size_t bytes);

#endif
