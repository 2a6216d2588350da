/* SPDX-License-Identifier: 0BSD */
/* Calls of the malloc family as tracers print them. */
#include "calls.h"

#include "scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAGE_BYTES 4096u

/* -- Functions --------------------------------------------------------------------------------- */

static const struct call_function functions[] = {
    { "malloc", "b", TRACE_ALLOC, false },
    { "free", "p", TRACE_FREE, false },
    { "calloc", "nb", TRACE_ALLOC_ZEROED, false },
    { "realloc", "pb", TRACE_REALLOC, false },
    { "posix_memalign", "-ab", TRACE_ALLOC_ALIGNED, true },
    { "memalign", "ab", TRACE_ALLOC_ALIGNED, false },
    { "aligned_alloc", "ab", TRACE_ALLOC_ALIGNED, false },
    { "reallocarray", "pnb", TRACE_REALLOC, false },
    { "valloc", "v", TRACE_ALLOC_ALIGNED, false },
    { "pvalloc", "w", TRACE_ALLOC_ALIGNED, false },
    { "cfree", "p", TRACE_FREE, false },
    { "free_sized", "p", TRACE_FREE, false },
    { "free_aligned_sized", "p", TRACE_FREE, false },
    { "__builtin_new", "b", TRACE_ALLOC, false },
    { "__builtin_vec_new", "b", TRACE_ALLOC, false },
    { "__builtin_delete", "p", TRACE_FREE, false },
    { "__builtin_vec_delete", "p", TRACE_FREE, false },
};

static const struct call_function operator_new = { "operator new", "b", TRACE_ALLOC, false };
static const struct call_function aligned_new = { "operator new", "ba", TRACE_ALLOC_ALIGNED,
                                                  false };
static const struct call_function operator_delete = { "operator delete", "p", TRACE_FREE, false };

/* Operators of all kinds: n(ew) w or d(elete) l, a for arrays; size_t is m (64 bits) or j (32).
 * Source: Itanium C++ ABI, 5.1.3 and 5.1.5.
 */
static const struct call_function *mangled(const char *name)
{
    static const char *const new[] = { "_Znwm", "_Znam", "_Znwj", "_Znaj" };

    if (scan_text(&name, "_ZdlPv") || scan_text(&name, "_ZdaPv"))
        return &operator_delete;
    for (size_t i = 0; i < sizeof new / sizeof new[0]; i++)
        if (scan_text(&name, new[i]))
            return scan_text(&name, "St11align_val_t") ? &aligned_new : &operator_new;
    return NULL;
}

/* "operator new[](unsigned long, std::align_val_t)(", the way ltrace -C writes it. */
static const struct call_function *demangled(const char **at)
{
    const char *rest = *at;
    const struct call_function *function = &operator_delete;
    const char *types;

    if (!scan_text(&rest, "operator delete")) {
        if (!scan_text(&rest, "operator new"))
            return NULL;
        function = &operator_new;
    }
    scan_text(&rest, "[]");
    types = rest;
    if (!scan_text(&rest, "(") || !scan_past(&rest, ")") || !scan_text(&rest, "("))
        return NULL;
    *at = rest;
    if (function == &operator_new && scan_past(&types, "align_val_t") && types < rest)
        return &aligned_new;
    return function;
}

const struct call_function *call_scan_name(const char **at)
{
    size_t bytes = strcspn(*at, "( \t");
    const struct call_function *function = NULL;

    if ((*at)[bytes] != '(')
        return demangled(at);
    for (size_t i = 0; !function && i < sizeof functions / sizeof functions[0]; i++)
        if (strncmp(functions[i].name, *at, bytes) == 0 && functions[i].name[bytes] == '\0')
            function = &functions[i];
    if (!function)
        function = mangled(*at);
    if (function)
        *at += bytes + 1u;
    return function;
}

/* -- Arguments --------------------------------------------------------------------------------- */

bool call_scan_value(const char **at, uint64_t *ret_value)
{
    if (scan_text(at, "nil") || scan_text(at, "(nil)") || scan_text(at, "NULL")) {
        *ret_value = 0;
        return true;
    }
    if ((*at)[0] == '0' && (*at)[1] == 'x')
        return scan_hex(at, ret_value);
    if (**at == '-') {
        const char *digits = *at + 1;
        if (!scan_decimal(&digits, ret_value))
            return false;
        *ret_value = UINT64_C(0) - *ret_value;
        *at = digits;
        return true;
    }
    return scan_decimal(at, ret_value);
}

static uint64_t whole_pages(uint64_t bytes)
{
    return bytes > UINT64_MAX - PAGE_BYTES ? bytes
                                           : (bytes + PAGE_BYTES - 1u) / PAGE_BYTES * PAGE_BYTES;
}

static bool take_argument(struct import *import, const char **at, char letter, struct call *call)
{
    uint64_t value;

    if (scan_text(at, "al "))
        letter = 'a';
    else if (scan_text(at, "size "))
        letter = 'b';
    if (!call_scan_value(at, &value))
        return scan_fail(import, *at, "an argument (a number or a pointer)");
    switch (letter) {
    case 'p': call->from = value; break;
    case 'a': call->align = value; break;
    case 'b': call->bytes = scan_product(call->bytes, value); break;
    case 'n': call->bytes = value; break;
    case 'w': value = whole_pages(value); /* fall through */
    case 'v':
        call->bytes = value;
        call->align = PAGE_BYTES;
        break;
    default: break;
    }
    return true;
}

bool call_arguments(struct import *import, const char **at, const struct call_function *function,
                    struct call *ret_call)
{
    const char *letters = function->arguments;
    struct call call = { .function = function, .bytes = 1 };

    if (*letters == '-' && strncmp(*at, "al ", 3) == 0)
        letters++; /* valgrind does not print what is of no interest */
    for (; *letters != '\0'; letters++) {
        if (!take_argument(import, at, *letters, &call))
            return false;
        if (letters[1] != '\0' && !scan_need_text(import, at, ","))
            return false;
        scan_blanks(at);
    }
    *ret_call = call;
    return true;
}

bool call_op(struct import *import, const struct call *call, struct trace_op *ret_op)
{
    struct trace_op op = { .kind = call->function->kind };

    if (op.kind == TRACE_ALLOC_ALIGNED) {
        while (op.align_log2 < 31u && UINT64_C(1) << op.align_log2 < call->align)
            op.align_log2++;
        if (UINT64_C(1) << op.align_log2 < call->align)
            return import_fail(import, "alignment %" PRIu64 " (expected at most 2147483648)",
                               call->align);
    }
    *ret_op = op;
    return true;
}
