/* SPDX-License-Identifier: 0BSD */
/* The proof: one pass, one op at a time. After each allocation: whose memory is it, is it as long
 * and as aligned as asked; before each free and after each realloc: does it still hold what was
 * written when it was given out.
 *
 * Whose memory: ours and the rivals' lies in their window. A peer's is mapped by nobody who was
 * there before the peer, and glibc, the only other allocator of the process, says that it handed
 * out nothing meanwhile; of glibc's own it says that it handed out at least what is live.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "heap_serve.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "clock.h"
#include "serve.h"

#define MARK_AT      1u     /* byte 0 and the last one belong to the loop */
#define MARKED_BYTES 8u     /* blocks from this size on carry a mark */
#define LOOK_EVERY   65536u /* ops between looks at glibc's figures and at the clock */

struct proof {
    struct heap_subject *subject;
    uint64_t live_bytes;
    size_t libc_bytes; /* that glibc had handed out before */
    uint32_t *lengths; /* by slot, of live blocks */
};

static const char *say(struct heap_target *target, const char *what, uint32_t op)
{
    snprintf(target->message, sizeof target->message, "%s: op %u: %s", target->name, op, what);
    return target->message;
}

/* -- Marks ------------------------------------------------------------------------------------- */

static uint32_t mark_of(uint32_t slot)
{
    return (slot + 1u) * UINT32_C(0x9e3779b9);
}

static void *mark_place(const struct heap_target *target, uint32_t slot)
{
    return (void *)(target->world.base + target->world.slots[slot] + MARK_AT);
}

static void put_mark(const struct heap_target *target, uint32_t slot, uint32_t bytes)
{
    uint32_t mark = mark_of(slot);

    if (bytes >= MARKED_BYTES)
        memcpy(mark_place(target, slot), &mark, sizeof mark);
}

static bool has_mark(const struct heap_target *target, uint32_t slot, uint32_t bytes)
{
    uint32_t mark = mark_of(slot);

    return bytes < MARKED_BYTES || memcmp(mark_place(target, slot), &mark, sizeof mark) == 0;
}

/* -- Blocks ------------------------------------------------------------------------------------ */

static const char *prove_ours(struct heap_target *target, uintptr_t block, uint32_t bytes)
{
    va32_t va;

    if (!host_window_va(&target->window, (void *)(target->world.base + block), &va) || va != block)
        return "a block lies outside of the window";
    if (target->is_ours && heap_usable(&target->heap, va) < bytes)
        return "the heap does not know its block";
    if (!target->is_ours && target->world.rival->usable(target->world.rival_state, va) < bytes)
        return "the rival's block is too small";
    return NULL;
}

static const char *prove_peer(struct heap_target *target, uintptr_t block, uint32_t bytes)
{
    if (!target->peer.is_libc && memory_map_has(&target->before, block))
        return "a block lies in memory that was there before the library";
    if (target->peer.usable != NULL && target->peer.usable((void *)block) < bytes)
        return "the library says that its block is too small";
    return NULL;
}

static const char *prove_block(struct heap_target *target, uint32_t slot, const struct heap_op *op)
{
    uint32_t align_log2 = op->code >= OP_ALIGNED ? op->code - (uint32_t)OP_ALIGNED : 0;
    uintptr_t block = target->world.slots[slot];
    uint32_t wanted = op->bytes < MARKED_BYTES ? 1u : MARKED_BYTES;
    uint32_t align = UINT32_C(1) << align_log2;

    if ((block & ((align > wanted ? align : wanted) - 1u)) != 0)
        return "a block is not aligned";
    return target->way == HEAP_LIBC ? prove_peer(target, block, op->bytes)
                                    : prove_ours(target, block, op->bytes);
}

/* Whom glibc served; asked now and then, because it walks its lists for the answer. */
static const char *prove_libc(const struct proof *proof)
{
    const struct heap_target *target = &proof->subject->target;
    size_t bytes = peer_libc_bytes();

    if (target->way != HEAP_LIBC || bytes == 0)
        return NULL;
    if (!target->peer.is_libc)
        return bytes == proof->libc_bytes ? NULL : "glibc served blocks of it";
    return bytes - proof->libc_bytes >= proof->live_bytes ? NULL : "glibc did not serve its blocks";
}

/* -- Passes ------------------------------------------------------------------------------------ */

static const char *prove_op(struct proof *proof, const struct heap_op *op)
{
    struct heap_target *target = &proof->subject->target;
    uintptr_t *slot = &target->world.slots[op->slot];
    uint32_t failed = target->world.failed;
    uint32_t length = *slot != 0 ? proof->lengths[op->slot] : 0;

    if (length != 0 && !has_mark(target, op->slot, length))
        return "a live block was changed";
    target->pass(&target->world, op, op + 1);
    if (target->world.failed != failed)
        return NULL;
    if (op->code == OP_REALLOC && length >= MARKED_BYTES && op->bytes >= MARKED_BYTES &&
        !has_mark(target, op->slot, length))
        return "realloc lost what a block held";
    proof->live_bytes += op->bytes;
    proof->live_bytes -= length;
    proof->lengths[op->slot] = op->bytes;
    if (op->code == OP_FREE)
        return NULL;

    const char *problem = prove_block(target, op->slot, op);

    if (problem == NULL)
        put_mark(target, op->slot, op->bytes);
    return problem;
}

static const char *prove_all(struct proof *proof)
{
    struct heap_subject *subject = proof->subject;
    struct heap_target *target = &subject->target;
    uint64_t began_ns = clock_cpu_ns();

    for (uint32_t i = 0; i < subject->ops.facts.count; i++) {
        const char *problem = prove_op(proof, &subject->ops.heap[i]);

        if (problem == NULL && i % LOOK_EVERY == 0)
            problem = prove_libc(proof);
        if (problem != NULL)
            return say(target, problem, i);
        /* A list with a hundred thousand entries: what was done until now must do. */
        if (target->way == HEAP_RIVAL && i % 64u == 63u &&
            clock_cpu_ns() - began_ns > SERVE_SLOW_NS / 4u)
            subject->ops.facts.count = i + 1u;
    }
    if (target->way == HEAP_RIVAL && target->world.rival->check(target->world.rival_state) != NULL)
        return say(target, target->world.rival->check(target->world.rival_state),
                   subject->ops.facts.count);
    return prove_libc(proof);
}

/* The floor serves one block only, to everybody. */
static const char *prove_floor(struct heap_subject *subject)
{
    struct heap_target *target = &subject->target;

    target->pass(&target->world, subject->ops.heap, subject->ops.heap + subject->ops.facts.count);
    for (uint32_t slot = 0; slot < target->slots; slot++)
        if (target->world.slots[slot] != 0 && target->world.slots[slot] != HEAP_EMPTY_BLOCK)
            return "the floor allocates";
    return target->world.failed == 0 ? NULL : "the floor refuses";
}

const char *heap_prove(struct heap_subject *subject)
{
    size_t bytes = ((size_t)subject->target.slots + 1u) * sizeof(uint32_t);
    struct proof proof = { .subject = subject, .libc_bytes = peer_libc_bytes() };
    const char *problem;

    if (subject->target.is_floor)
        return prove_floor(subject);
    /* Not from malloc(): glibc shall hand out nothing meanwhile. */
    proof.lengths = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (proof.lengths == MAP_FAILED)
        return "no memory for the proof";
    problem = prove_all(&proof);
    (void)munmap(proof.lengths, bytes);
    return problem;
}
