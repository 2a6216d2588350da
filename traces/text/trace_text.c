/* SPDX-License-Identifier: 0BSD */
/* The text twin's lines. Which fields an op has, and in which order, is not known here: it is read
 * from the codec's own table, so a field cannot be in one form and not in the other.
 */
#include "trace_text.h"

#include "../format/kinds.h"
#include "../format/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WORDS_MAX 10 /* word, slot, three fields, "align" and "fixed" with numbers, one too many */

static const char *const kind_names[TRACE_KINDS] = {
    [0] = "unknown",
    [TRACE_ALLOC] = "alloc",
    [TRACE_ALLOC_ZEROED] = "alloc-zeroed",
    [TRACE_ALLOC_ALIGNED] = "alloc-aligned",
    [TRACE_REALLOC] = "realloc",
    [TRACE_FREE] = "free",
    [TRACE_HEAP_CREATE] = "heap-create",
    [TRACE_HEAP_DESTROY] = "heap-destroy",
    [TRACE_HEAP_USE] = "heap-use",
    [TRACE_HEAP_TRIM] = "heap-trim",
    [TRACE_RESERVE] = "reserve",
    [TRACE_COMMIT] = "commit",
    [TRACE_DECOMMIT] = "decommit",
    [TRACE_RESIZE] = "resize",
    [TRACE_RELEASE] = "release",
    [TRACE_STACK_CREATE] = "stack-create",
    [TRACE_STACK_TOUCH] = "stack-touch",
    [TRACE_STACK_DESTROY] = "stack-destroy",
    [TRACE_THREAD] = "thread",
    [TRACE_TIME] = "time",
    [TRACE_MARK] = "mark",
    [TRACE_CPU] = "cpu",
    [TRACE_LABEL] = "label",
    [TRACE_FREE_AT] = "free-at",
    [TRACE_RELEASE_AT] = "release-at",
    [TRACE_COMMIT_AT] = "commit-at",
    [TRACE_DECOMMIT_AT] = "decommit-at",
    [TRACE_RESERVE_AT] = "reserve-at",
    [TRACE_FAIL] = "fail",
    [TRACE_MEMORY] = "memory",
    [TRACE_ACCESS] = "access",
    [TRACE_STACK_TRIM] = "stack-trim",
};

/* enum vas_placement; 0, best fit, is the default and has no word. */
static const char *const placement_names[] = { "", "lowest", "highest", "fixed" };

/* Bits of an access, from the lowest. */
static const char *const access_names[] = { "write", "fetch", "present", "allowed" };
#define ACCESS_NAMES (sizeof access_names / sizeof access_names[0])

static const char *with_name(uint8_t kind)
{
    return kind == TRACE_FREE_AT ? "realloc" : "resize";
}

const char *trace_kind_name(uint8_t kind)
{
    return kind_names[kind < TRACE_KINDS ? kind : 0];
}

/* -- Formatting -------------------------------------------------------------------------------- */

static size_t add(char *line, size_t at, const char *word, uint32_t value)
{
    int bytes = snprintf(line + at, TRACE_TEXT_OP_BYTES - at, "%s %" PRIu32, word, value);

    return at + (size_t)bytes;
}

static size_t add_word(char *line, size_t at, const char *word)
{
    return at + (size_t)snprintf(line + at, TRACE_TEXT_OP_BYTES - at, " %s", word);
}

/* As a number below or above 0. */
static size_t add_signed(char *line, size_t at, uint32_t value)
{
    int64_t number = value > INT32_MAX ? (int64_t)value - (INT64_C(1) << 32) : (int64_t)value;

    return at + (size_t)snprintf(line + at, TRACE_TEXT_OP_BYTES - at, " %" PRId64, number);
}

static size_t add_access(char *line, size_t at, uint32_t access)
{
    for (size_t i = 0; i < ACCESS_NAMES; i++)
        if (access >> i & 1u)
            at = add_word(line, at, access_names[i]);
    return at;
}

static size_t add_field(char *line, size_t at, const struct trace_op *op, uint8_t field)
{
    uint32_t value = kind_get(op, field);

    if (kind_tag_bit(field) != 0 && value == 0)
        return at;
    switch (field) {
    case FIELD_ALIGN: return add(line, at, "", UINT32_C(1) << value);
    case FIELD_RECORDED: return add(line, at, " recorded", value);
    case FIELD_ALIGN_OPT: return add(line, at, " align", UINT32_C(1) << value);
    case FIELD_PLACEMENT:
    case FIELD_WITH:
        at = add_word(line, at, field == FIELD_WITH ? with_name(op->kind) : placement_names[value]);
        return kind_has_tail(op) ? add(line, at, "", op->window_page) : at;
    case FIELD_SIGNED: return add_signed(line, at, value);
    case FIELD_LIMIT:
        return value == UINT32_MAX ? add_word(line, at, "unlimited") : add(line, at, "", value);
    case FIELD_ALWAYS: return add_word(line, at, "always");
    case FIELD_ACCESS: return add_access(line, at, value);
    case FIELD_STACK: return add(line, at, " stack", value - 1u);
    default: return add(line, at, "", value);
    }
}

size_t trace_text_format(const struct trace_op *op, char *line)
{
    const struct kind_layout *layout = kind_layout(op->kind);
    size_t at = (size_t)snprintf(line, TRACE_TEXT_OP_BYTES, "%s", trace_kind_name(op->kind));

    if (layout && layout->slot != TRACE_NO_SLOT)
        at = add(line, at, "", op->slot);
    for (uint32_t i = 0; layout && i < KIND_FIELDS_MAX && layout->fields[i] != FIELD_NONE; i++)
        at = add_field(line, at, op, layout->fields[i]);
    line[at++] = '\n';
    line[at] = '\0';
    return at;
}

/* -- Parsing ----------------------------------------------------------------------------------- */

/* A line cut into words, and the words already used. */
struct words {
    char text[TRACE_TEXT_LINE_BYTES_MAX + 1u];
    const char *word[WORDS_MAX];
    int count;
    int next;
    char *problem;
    size_t problem_size;
};

/* Say what was expected where the next word is. Always false. */
static bool expected(struct words *words, const char *what)
{
    if (words->next < words->count)
        snprintf(words->problem, words->problem_size, "found '%.40s', expected %s",
                 words->word[words->next], what);
    else
        snprintf(words->problem, words->problem_size, "the line ends early, expected %s", what);
    return false;
}

static bool cut(struct words *words, const char *line)
{
    size_t bytes = strcspn(line, "#");
    char *state = NULL;

    words->count = 0;
    words->next = 0;
    if (bytes > TRACE_TEXT_LINE_BYTES_MAX) {
        snprintf(words->problem, words->problem_size, "a line of %zu bytes, expected at most %u",
                 bytes, TRACE_TEXT_LINE_BYTES_MAX);
        return false;
    }
    memcpy(words->text, line, bytes);
    words->text[bytes] = '\0';
    for (char *word = strtok_r(words->text, " \t\r", &state); word && words->count < WORDS_MAX;
         word = strtok_r(NULL, " \t\r", &state))
        words->word[words->count++] = word;
    return true;
}

/* A word as a decimal number up to `max`: digits and nothing else. */
static bool parse_number(const char *digit, uint32_t max, uint32_t *ret_value)
{
    uint64_t value = 0;

    if (*digit == '\0')
        return false;
    for (; *digit != '\0'; digit++) {
        if (*digit < '0' || *digit > '9')
            return false;
        value = value * 10u + (uint64_t)(*digit - '0');
        if (value > max)
            return false;
    }
    *ret_value = (uint32_t)value;
    return true;
}

static const char *peek(const struct words *words)
{
    return words->next < words->count ? words->word[words->next] : "";
}

static bool take_number(struct words *words, uint32_t max, const char *what, uint32_t *ret_value)
{
    char wanted[80];

    if (parse_number(peek(words), max, ret_value)) {
        words->next++;
        return true;
    }
    snprintf(wanted, sizeof wanted, "%s (0 to %" PRIu32 ")", what, max);
    return expected(words, wanted);
}

/* A number on either side of 0, as 32 bits. */
static bool take_signed(struct words *words, const char *what, uint32_t *ret_value)
{
    const char *word = peek(words);
    bool below = word[0] == '-';
    char wanted[80];
    uint32_t value;

    if (parse_number(word + below, below ? UINT32_C(1) << 31 : (uint32_t)INT32_MAX, &value)) {
        *ret_value = below ? 0u - value : value;
        words->next++;
        return true;
    }
    snprintf(wanted, sizeof wanted, "%s (%" PRId32 " to %" PRId32 ")", what, INT32_MIN, INT32_MAX);
    return expected(words, wanted);
}

/* An alignment: 1, 2, 4 ... 2^31; stored as its logarithm. */
static bool take_align(struct words *words, const char *unit, struct trace_op *op)
{
    char what[48];
    uint32_t value;

    snprintf(what, sizeof what, "an alignment in %s", unit);
    if (!take_number(words, UINT32_C(1) << 31, what, &value))
        return false;
    if (value == 0 || (value & (value - 1u)) != 0) {
        words->next--;
        return expected(words, "a power of two");
    }
    while (value >>= 1)
        op->align_log2++;
    return true;
}

static bool next_is(const struct words *words, const char *word)
{
    return words->next < words->count && strcmp(words->word[words->next], word) == 0;
}

static bool take_placement(struct words *words, struct trace_op *op)
{
    for (uint8_t i = 1; i <= TRACE_PLACEMENT_FIXED; i++)
        if (next_is(words, placement_names[i]))
            op->placement = i;
    if (op->placement == 0)
        return true;
    words->next++;
    return !kind_has_tail(op) || take_number(words, UINT32_MAX, "a page number", &op->window_page);
}

/* Whether the next word is `word`; if so, it is used. */
static bool skip(struct words *words, const char *word)
{
    if (!next_is(words, word))
        return false;
    words->next++;
    return true;
}

static bool take_with(struct words *words, struct trace_op *op)
{
    if (!skip(words, with_name(op->kind)))
        return true;
    op->placement = 1;
    return take_number(words, UINT32_MAX, op->kind == TRACE_FREE_AT ? "bytes" : "segments",
                       &op->window_page);
}

static bool take_stack(struct words *words, struct trace_op *op)
{
    if (!skip(words, "stack"))
        return true;
    if (!take_number(words, TRACE_SLOTS_MAX - 1u, "a stack slot", &op->stack_plus_1))
        return false;
    op->stack_plus_1++;
    return true;
}

static bool take_limit(struct words *words, struct trace_op *op)
{
    op->limit_pages = UINT32_MAX;
    return skip(words, "unlimited") ||
           take_number(words, UINT32_MAX, "pages or 'unlimited'", &op->limit_pages);
}

/* In this order, each at most once: every op has one spelling. */
static bool take_access(struct words *words, struct trace_op *op)
{
    for (size_t i = 0; i < ACCESS_NAMES; i++)
        if (skip(words, access_names[i]))
            op->access |= UINT32_C(1) << i;
    return true;
}

/* What the plain numbers of a kind are, for messages. */
static const char *first_name(uint8_t kind)
{
    switch (kind) {
    case TRACE_ALLOC:
    case TRACE_ALLOC_ZEROED:
    case TRACE_ALLOC_ALIGNED:
    case TRACE_REALLOC: return "bytes";
    case TRACE_STACK_TOUCH: return "a page counted from the top";
    case TRACE_THREAD: return "a thread number";
    case TRACE_TIME: return "nanoseconds";
    case TRACE_MARK: return "a mark's number";
    case TRACE_CPU: return "a CPU's number";
    case TRACE_LABEL: return "a label's number";
    case TRACE_FREE_AT: return "an offset in bytes";
    case TRACE_RELEASE_AT:
    case TRACE_COMMIT_AT:
    case TRACE_DECOMMIT_AT:
    case TRACE_ACCESS: return "a distance in pages";
    case TRACE_RESERVE_AT: return "segments";
    case TRACE_FAIL: return "which commit fails";
    case TRACE_STACK_TRIM: return "bytes below the stack's end";
    default: return "pages";
    }
}

/* And the other plain numbers. */
static const char *second_name(uint8_t kind, uint8_t field)
{
    switch (kind) {
    case TRACE_STACK_CREATE: return field == FIELD_THIRD ? "guard pages" : "committed pages";
    case TRACE_COMMIT_AT:
    case TRACE_DECOMMIT_AT: return "segments";
    case TRACE_RESERVE_AT:
        return field == FIELD_THIRD ? "the window's end segment" : "the window's first segment";
    case TRACE_STACK_TRIM: return "pages to keep";
    default: return "the offset in pages";
    }
}

static bool take_field(struct words *words, struct trace_op *op, uint8_t field)
{
    uint32_t value;

    switch (field) {
    case FIELD_ALIGN: return take_align(words, "bytes", op);
    case FIELD_PLACEMENT: return take_placement(words, op);
    case FIELD_WITH: return take_with(words, op);
    case FIELD_ACCESS: return take_access(words, op);
    case FIELD_STACK: return take_stack(words, op);
    case FIELD_LIMIT: return take_limit(words, op);
    case FIELD_ALWAYS: op->placement = skip(words, "always"); return true;
    case FIELD_ALIGN_OPT:
        return !skip(words, "align") ||
               take_align(words, op->kind == TRACE_RESERVE ? "pages" : "segments", op);
    case FIELD_RECORDED:
        return !skip(words, "recorded") ||
               (take_number(words, UINT32_MAX, "recorded bytes", &value) &&
                kind_set(op, field, value));
    case FIELD_SIGNED:
        return take_signed(words, first_name(op->kind), &value) && kind_set(op, field, value);
    case FIELD_FIRST:
        return take_number(words, UINT32_MAX, first_name(op->kind), &value) &&
               kind_set(op, field, value);
    default:
        return take_number(words, UINT32_MAX, second_name(op->kind, field), &value) &&
               kind_set(op, field, value);
    }
}

static bool take_op(struct words *words, struct trace_op *op)
{
    static const char *const slot_names[] = { "a block slot", "a region slot", "a stack slot",
                                              "a heap slot" };
    const struct kind_layout *layout;

    *op = (struct trace_op){ .kind = 0 };
    for (uint8_t kind = 1; kind < TRACE_KINDS; kind++)
        if (next_is(words, kind_names[kind]))
            op->kind = kind;
    layout = kind_layout(op->kind);
    if (!layout)
        return expected(words, "an op (alloc, free, reserve, ...)");
    words->next++;
    if (layout->slot != TRACE_NO_SLOT &&
        !take_number(words, TRACE_SLOTS_MAX - 1u, slot_names[layout->slot], &op->slot))
        return false;
    for (uint32_t i = 0; i < KIND_FIELDS_MAX && layout->fields[i] != FIELD_NONE; i++)
        if (!take_field(words, op, layout->fields[i]))
            return false;
    return words->next == words->count || expected(words, "the end of the line");
}

enum trace_text_answer trace_text_parse(const char *line, struct trace_op *ret_op, char *problem,
                                        size_t problem_size)
{
    struct words words = { .problem = problem, .problem_size = problem_size };
    struct trace_op op;

    if (!cut(&words, line))
        return TRACE_TEXT_WRONG;
    if (words.count == 0)
        return TRACE_TEXT_EMPTY;
    if (!take_op(&words, &op))
        return TRACE_TEXT_WRONG;
    *ret_op = op;
    return TRACE_TEXT_OP;
}

bool trace_text_is_header(const char *line, const char **ret_text)
{
    enum text_state state = TEXT_LINE;

    if (strncmp(line, "# ", 2) != 0)
        return false;
    for (const char *at = line + 2; *at != '\0'; at++)
        state = text_step(state, (uint8_t)*at);
    *ret_text = line + 2;
    return state == TEXT_VALUE;
}
