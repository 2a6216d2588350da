/* SPDX-License-Identifier: 0BSD */
/* The steps over a line, and thread numbers. */
#include "converted.h"

#include "../scan.h"
#include "../threads.h"

/* Each step takes what it should and no more; what does not fit is left where it is. */
static void steps_take_what_fits(void)
{
    const char *line = "ab \t12 0xfF 7";
    const char *at = line;
    const char *word;
    size_t bytes;
    uint64_t value = 99;

    CHECK(!scan_text(&at, "b") && !scan_blanks(&at) && !scan_decimal(&at, &value));
    CHECK(at == line && value == 99);
    CHECK(scan_text(&at, "a") && scan_word(&at, &word, &bytes) && bytes == 1 && *word == 'b');
    CHECK(!scan_word(&at, &word, &bytes) && scan_blanks(&at) && scan_decimal(&at, &value));
    CHECK_EQ(value, 12);
    CHECK(scan_blanks(&at) && scan_hex(&at, &value));
    CHECK_EQ(value, 255);
    CHECK(!scan_past(&at, "8") && scan_past(&at, "7") && scan_at_end(at) && *at == '\0');
    CHECK(!scan_decimal(&at, &value) && !scan_hex(&at, &value) && scan_text(&at, ""));
}

static void numbers_of_more_than_64_bits_do_not_fit(void)
{
    static const struct {
        const char *text;
        bool hex;
        bool fits;
        uint64_t value;
    } rows[] = {
        { "18446744073709551615", false, true, UINT64_MAX },
        { "18446744073709551616", false, false, 0 },
        { "18446744073709551620", false, false, 0 },
        { "99999999999999999999999", false, false, 0 },
        { "00000000000000000000000001", false, true, 1 },
        { "ffffffffffffffff", true, true, UINT64_MAX },
        { "0xFFFFFFFFFFFFFFFF", true, true, UINT64_MAX },
        { "10000000000000000", true, false, 0 },
        { "0x", true, false, 0 },
        { "0xg", true, false, 0 },
        { "-1", false, false, 0 },
        { "", false, false, 0 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *at = rows[i].text;
        uint64_t value = 0;
        bool fits = rows[i].hex ? scan_hex(&at, &value) : scan_decimal(&at, &value);
        if (fits != rows[i].fits || value != rows[i].value || (at != rows[i].text) != rows[i].fits)
            CHECK_FAIL("'%s' gives %d, %" PRIu64, rows[i].text, fits, value);
    }
}

static void products_saturate(void)
{
    CHECK_EQ(scan_product(0, UINT64_MAX), 0);
    CHECK_EQ(scan_product(UINT64_MAX, 0), 0);
    CHECK_EQ(scan_product(7, 33), 231);
    CHECK(scan_product(UINT64_C(1) << 32, UINT64_C(1) << 32) == UINT64_MAX);
    CHECK(scan_product(UINT64_C(1) << 32, (UINT64_C(1) << 32) - 1u) == UINT64_MAX - UINT32_MAX);
    CHECK(scan_product(UINT64_MAX, 1) == UINT64_MAX);
}

static void alignments_are_powers_of_two(void)
{
    uint8_t log2 = 99;

    for (uint8_t i = 0; i < 32; i++) {
        CHECK(scan_align_log2(UINT64_C(1) << i, &log2));
        CHECK_EQ(log2, i);
        CHECK(!scan_align_log2((UINT64_C(1) << i) * 3u, &log2));
    }
    CHECK(!scan_align_log2(0, &log2) && !scan_align_log2(UINT64_C(1) << 32, &log2));
    CHECK(!scan_align_log2(UINT64_MAX, &log2));
    CHECK_EQ(log2, 31);
}

static enum scan_verdict by_letter(const char *line)
{
    return line[0] == 'p' && line[1] == '\0'   ? SCAN_PROOF
           : line[0] == 'n' && line[1] == '\0' ? SCAN_NEUTRAL
                                               : SCAN_FOREIGN;
}

/* One line of proof, none that is foreign; a line that the peek cuts is not judged. */
static void looks_by_the_first_lines(void)
{
    static const struct {
        const char *text;
        bool claimed;
    } rows[] = {
        { "p\n", true },     { "p", true },     { "n\np\r\n", true }, { "\n \t\np\n", true },
        { "n\n", false },    { "", false },     { "\n\n", false },    { "p\nx\n", false },
        { "x\np\n", false }, { "p\nx", false }, { "p\np \n", false },
    };
    char peek[INPUT_PEEK_BYTES + 1u];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (scan_looks(rows[i].text, strlen(rows[i].text), by_letter) != rows[i].claimed)
            CHECK_FAIL("'%s' is %s", rows[i].text, rows[i].claimed ? "not claimed" : "claimed");
    CHECK(!scan_looks("p\n\0n\n", 5, by_letter));
    for (size_t i = 0; i + 2u < INPUT_PEEK_BYTES; i += 2)
        memcpy(peek + i, "p\n", 2);
    memcpy(peek + INPUT_PEEK_BYTES - 2u, "\nx", 2); /* 'x' might go on as anything */
    CHECK(scan_looks(peek, INPUT_PEEK_BYTES, by_letter));
    CHECK(!scan_looks(peek + 1, INPUT_PEEK_BYTES - 1u, by_letter));
    memset(peek, 'p', sizeof peek);
    CHECK(!scan_looks(peek, INPUT_PEEK_BYTES, by_letter));
}

static void threads_are_numbered_as_they_come(void)
{
    struct import import = { .name = "none" };
    struct threads threads = { .count = 0 };
    uint32_t number;

    for (int round = 0; round < 2; round++)
        for (uint64_t i = 0; i < 1000; i++) {
            CHECK(threads_number(&import, &threads, i * UINT64_C(0x9e3779b97f4a7c15), &number));
            CHECK_EQ(number, i);
            CHECK(threads_number(&import, &threads, i * UINT64_C(0x9e3779b97f4a7c15), &number));
            CHECK_EQ(number, i);
        }
    CHECK_EQ(threads.count, 1000);
    threads_free(&threads);
    CHECK(threads_number(&import, &threads, UINT64_MAX, &number));
    CHECK_EQ(number, 0);
    threads_free(&threads);
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = {
        CASE(steps_take_what_fits),     CASE(numbers_of_more_than_64_bits_do_not_fit),
        CASE(products_saturate),        CASE(alignments_are_powers_of_two),
        CASE(looks_by_the_first_lines), CASE(threads_are_numbered_as_they_come),
    };

    return converted_run(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
