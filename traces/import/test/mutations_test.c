/* SPDX-License-Identifier: 0BSD */
/* Real recordings with random damage: whatever it is, there is a trace or a message with the line
 * it is about, never anything else. (Under the sanitizers this says the most.)
 */
#include "converted.h"

static uint64_t state;

static uint32_t next_below(uint32_t end)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % end;
}

/* One change: a byte turned into one that matters, a piece left out, or a piece twice. */
static size_t mutate(char *text, size_t bytes, size_t room)
{
    static const char letters[] = "0123456789abcdefx#+-=(),:[]{} \n\r\t\"";
    size_t at = next_below((uint32_t)bytes);
    size_t piece = 1u + next_below(40);

    if (piece > bytes - at)
        piece = bytes - at;
    switch (next_below(4)) {
    case 0: memmove(text + at, text + at + piece, bytes - at - piece); return bytes - piece;
    case 1:
        if (bytes + piece > room)
            return bytes;
        memmove(text + at + piece, text + at, bytes - at);
        return bytes + piece;
    case 2: text[at] = (char)next_below(256); return bytes;
    default: text[at] = letters[next_below(sizeof letters - 1u)]; return bytes;
    }
}

static void check_answer(const char *format, const char *text, size_t bytes)
{
    const char *answer = converted_job((struct import_job){
        .input = put_file("in", text, bytes), .from = format, .with_time = false });
    const char *at = answer;
    char *end;

    if (strncmp(answer, "# ", 2) == 0)
        return; /* a trace: converted_job() saw its first line */
    CHECK(strncmp(at, "in:", 3) == 0);
    CHECK(strtoul(at + 3, &end, 10) > 0 && *end == ':');
    CHECK(strlen(end) > 10);
}

static void check_mutations(const char *format, const char *name)
{
    static char changed[8192];
    size_t bytes;
    char *whole = get_file(fixture(name), &bytes);

    if (bytes > 3000)
        bytes = 3000;
    state = 7;
    for (int round = 0; round < 60; round++) {
        size_t count = bytes;
        memcpy(changed, whole, bytes);
        for (uint32_t i = 1 + next_below(4); i > 0 && count > 0; i--)
            count = mutate(changed, count, sizeof changed);
        check_answer(format, changed, count);
    }
    free(whole);
}

static void every_change_has_an_answer(void)
{
    static const char *const rows[][2] = {
        { "heaptrack", "tiny.heaptrack-raw" },   { "heaptrack", "tiny.heaptrack" },
        { "logalloc", "tiny.logalloc" },         { "logalloc", "tiny.logalloc-munged" },
        { "babeltrace", "tiny.babeltrace.txt" }, { "bpftrace", "tiny.bpftrace-all" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_mutations(rows[i][0], rows[i][1]);
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = { CASE(every_change_has_an_answer) };

    return converted_run(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
