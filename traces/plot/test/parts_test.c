/* SPDX-License-Identifier: 0BSD */
/* The parts of `plot` one by one: bins, columns, rows, words, looks. */
#include "check.h"

#include "plot_curve.h"
#include "plot_files.h"
#include "plot_looks.h"
#include "plot_rows.h"
#include "plot_sizes.h"
#include "plot_words.h"

/* -- Sizes ------------------------------------------------------------------------------------- */

static void bins_are_eighths_of_doublings(void)
{
    static const struct {
        uint64_t bytes;
        uint64_t first;
        uint64_t last;
    } cases[] = {
        { 0, 1, 8 },
        { 1, 1, 8 },
        { 8, 1, 8 },
        { 9, 9, 16 },
        { 63, 57, 64 },
        { 64, 57, 64 },
        { 65, 65, 72 },
        { 128, 121, 128 },
        { 129, 129, 144 },
        { 256, 241, 256 },
        { 257, 257, 288 },
        { 32768, 30721, 32768 },
        { 32769, 32769, 36864 },
        { 100000, 98305, 106496 },
        { UINT64_C(1) << 32, UINT64_C(15) << 28 | 1u, UINT64_C(1) << 32 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t bin = plot_bin_of(cases[i].bytes);

        CHECK_EQ(plot_bin_first(bin), cases[i].first);
        CHECK_EQ(plot_bin_last(bin), cases[i].last);
    }
}

static void bins_leave_no_size_out(void)
{
    for (uint32_t bin = 0; bin < PLOT_BINS; bin++) {
        CHECK_EQ(plot_bin_of(plot_bin_first(bin)), bin);
        CHECK_EQ(plot_bin_of(plot_bin_last(bin)), bin);
        CHECK_EQ(plot_bin_first(bin + 1u), plot_bin_last(bin) + 1u);
    }
}

/* -- Curves ------------------------------------------------------------------------------------ */

static struct plot_curve curve;

static void add(uint64_t position, uint32_t live_bytes)
{
    const uint32_t levels[PLOT_LEVELS] = { [PLOT_LIVE_BYTES] = live_bytes };

    plot_curve_add(&curve, position, levels);
}

static uint32_t low(uint32_t column)
{
    return curve.column[column].low[PLOT_LIVE_BYTES];
}

static uint32_t high(uint32_t column)
{
    return curve.column[column].high[PLOT_LIVE_BYTES];
}

static void short_trace_has_a_column_an_op(void)
{
    plot_curve_init(&curve, 3);
    add(0, 7);
    add(1, 9);
    add(2, 5);
    plot_curve_finish(&curve);
    CHECK_EQ(curve.count, 3);
    CHECK_EQ(curve.width, 1);
    for (uint32_t i = 0; i < 3; i++)
        CHECK_EQ(low(i), high(i));
    CHECK_EQ(high(0), 7);
    CHECK_EQ(high(1), 9);
    CHECK_EQ(high(2), 5);
    CHECK_EQ(plot_curve_end(&curve, 2), 3);
}

static void peak_of_one_op_is_kept(void)
{
    plot_curve_init(&curve, 10u * PLOT_COLUMNS_MAX + 1u);
    for (uint64_t i = 0; i < curve.length; i++)
        add(i, i == 777 ? 11 : 10);
    plot_curve_finish(&curve);
    CHECK_EQ(curve.width, 11);
    CHECK_EQ(curve.count, (10u * PLOT_COLUMNS_MAX + 11u) / 11u);
    CHECK_EQ(curve.peak[PLOT_LIVE_BYTES], 11);
    for (uint32_t i = 0; i < curve.count; i++) {
        CHECK_EQ(low(i), 10);
        CHECK_EQ(high(i), i == 777 / 11 ? 11 : 10);
    }
    CHECK_EQ(plot_curve_end(&curve, curve.count - 1u), curve.length);
}

static void levels_last_through_a_pause(void)
{
    plot_curve_init(&curve, 5u * PLOT_COLUMNS_MAX); /* columns of 5 */
    add(0, 3);
    add(12, 8);
    add(14, 4);
    add(30, 6);
    plot_curve_finish(&curve);
    static const uint32_t expected[][2] = { { 3, 3 }, { 3, 3 }, { 3, 8 }, { 4, 4 },
                                            { 4, 4 }, { 4, 4 }, { 6, 6 }, { 6, 6 } };
    for (uint32_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        CHECK_EQ(low(i), expected[i][0]);
        CHECK_EQ(high(i), expected[i][1]);
    }
    CHECK_EQ(high(PLOT_COLUMNS_MAX - 1u), 6);
}

static void empty_trace_has_no_column(void)
{
    plot_curve_init(&curve, 0);
    plot_curve_finish(&curve);
    CHECK_EQ(curve.count, 0);
}

/* -- Rows -------------------------------------------------------------------------------------- */

static struct plot_map map;
static struct plot_rows rows;

/* Segment 0 outside, everything else free, as in an empty space. */
static void clear_map(void)
{
    memset(&map, 0, sizeof map);
    map.segment[0].state = PLOT_OUTSIDE;
}

/* A region of one state. */
static void put_region(uint32_t first, uint32_t segments, enum plot_state state)
{
    for (uint32_t i = 0; i < segments; i++)
        map.segment[first + i].state = (uint8_t)state;
    map.segment[first].first = true;
}

static void check_row(uint32_t row, uint32_t first, uint32_t segments, enum plot_state gap)
{
    CHECK_EQ(rows.row[row].first_segment, first);
    CHECK_EQ(rows.row[row].segments, segments);
    CHECK_EQ(rows.row[row].gap, gap);
}

static void empty_space_is_one_gap(void)
{
    clear_map();
    plot_rows_find(&rows, &map);
    CHECK_EQ(rows.scale, 1);
    CHECK_EQ(rows.count, 1);
    check_row(0, 0, LA_SEGMENTS, PLOT_FREE);
}

static void middle_of_a_region_is_a_gap(void)
{
    clear_map();
    put_region(70, 300, PLOT_RESERVED); /* [70, 370): rows 1 to 5, whole ones 2 to 4 */
    plot_rows_find(&rows, &map);
    CHECK_EQ(rows.count, 5);
    check_row(0, 0, 64, PLOT_STATES); /* one free row needs no word */
    check_row(1, 64, 64, PLOT_STATES);
    check_row(2, 128, 192, PLOT_RESERVED);
    check_row(3, 320, 64, PLOT_STATES);
    check_row(4, 384, LA_SEGMENTS - 384u, PLOT_FREE);
}

static void neighbouring_regions_are_two_gaps(void)
{
    clear_map();
    put_region(64, 128, PLOT_COMMITTED);
    put_region(192, 128, PLOT_COMMITTED);
    plot_rows_find(&rows, &map);
    CHECK_EQ(rows.count, 4);
    check_row(1, 64, 128, PLOT_COMMITTED);
    check_row(2, 192, 128, PLOT_COMMITTED);
}

static void guards_and_backed_pages_are_always_shown(void)
{
    clear_map();
    put_region(128, 64, PLOT_GUARD);
    put_region(256, 128, PLOT_STACK);
    map.segment[320].pages = 1;
    plot_rows_find(&rows, &map);
    check_row(0, 0, 128, PLOT_FREE);
    check_row(1, 128, 64, PLOT_STATES);
    check_row(3, 256, 64, PLOT_STATES);
    check_row(4, 320, 64, PLOT_STATES);
}

static void full_space_has_a_coarse_scale(void)
{
    clear_map();
    for (uint32_t i = 1; i < LA_SEGMENTS; i += 2)
        put_region(i, 1, PLOT_COMMITTED);
    plot_rows_find(&rows, &map);
    CHECK_EQ(rows.scale, 32); /* 2,048 segments a row: 32 rows; 64 are too many */
    CHECK_EQ(rows.count, 32);
}

/* -- Words ------------------------------------------------------------------------------------- */

static void amounts_have_three_digits(void)
{
    static const struct {
        uint64_t bytes;
        const char *words;
    } cases[] = {
        { 0, "0 bytes" },
        { 24, "24 bytes" },
        { 1023, "1023 bytes" },
        { 1024, "1 KiB" },
        { 1536, "1.5 KiB" },
        { 5283840, "5.04 MiB" },
        { 65536, "64 KiB" },
        { 104857600, "100 MiB" },
        { 103809024, "99 MiB" },
        { 104700000, "99.8 MiB" },
        { 4293918720, "4 GiB" },
        { UINT64_C(1) << 40, "1 TiB" },
        { UINT64_MAX, "16777216 TiB" },
    };
    char word[PLOT_WORD_BYTES];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_STR(plot_amount(word, cases[i].bytes), cases[i].words);
    CHECK_STR(plot_duration(word, 999), "999 ns");
    CHECK_STR(plot_duration(word, 1500000), "1.5 ms");
    CHECK_STR(plot_duration(word, 12345678901), "12.3 s");
}

static void numbers_are_grouped_by_three(void)
{
    static const struct {
        uint64_t number;
        const char *words;
    } cases[] = {
        { 0, "0" },          { 999, "999" },        { 1000, "1,000" },
        { 65535, "65,535" }, { 641337, "641,337" }, { UINT64_MAX, "18,446,744,073,709,551,615" },
    };
    char word[PLOT_WORD_BYTES];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_STR(plot_grouped(word, cases[i].number), cases[i].words);
}

static void titles_become_valid_and_fit(void)
{
    static const struct {
        const char *text;
        uint32_t columns;
        const char *title;
    } cases[] = {
        { "", 5, "" },
        { "plain", 5, "plain" },
        { "longer", 5, "long\xe2\x80\xa6" },
        { "\xc3\xa9t\xc3\xa9", 3, "\xc3\xa9t\xc3\xa9" },
        { "\xc3\xa9t\xc3\xa9s", 3, "\xc3\xa9t\xe2\x80\xa6" },
        { "\xe6\xbc\xa2\xe5\xad\x97x", 4, "\xe6\xbc\xa2\xe2\x80\xa6" }, /* two columns each */
        { "\xe6\xbc\xa2\xe5\xad\x97", 4, "\xe6\xbc\xa2\xe5\xad\x97" },
        { "a\xff"
          "b",
          9, "a?b" },
        { "cut \xe6\xbc", 9, "cut ??" },
        { "\xc0\xaf", 9, "??" },           /* overlong */
        { "\xed\xa0\x80", 9, "???" },      /* a surrogate */
        { "\xef\xbf\xbe", 9, "???" },      /* U+FFFE: not for XML */
        { "\xf4\x90\x80\x80", 9, "????" }, /* above U+10FFFF */
        { "\xf0\x9f\x98\x80", 9, "\xf0\x9f\x98\x80" },
        { "\xc2\x85x", 9, "??x" }, /* a control character */
        { "<&>'\"", 9, "<&>'\"" },
    };
    char title[PLOT_TITLE_BYTES];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plot_clean(title, cases[i].text, cases[i].columns);
        CHECK_STR(title, cases[i].title);
    }
}

static void folder_is_named_after_the_trace(void)
{
    static const struct {
        const char *path;
        const char *name;
    } cases[] = {
        { "cc1", "cc1" },          { "traces/data/user/cc1.lat.zst", "cc1" },
        { "/a.b/c.d.lat", "c.d" }, { "x.txt", "x" },
        { "x.lat.gz", "x" },       { "x.txt.xz", "x" },
        { ".lat", ".lat" },        { "-", "stdin" },
    };
    char name[PLOT_PATH_BYTES];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plot_name_of(name, cases[i].path);
        CHECK_STR(name, cases[i].name);
    }
}

static void heading_prefers_what_the_trace_says(void)
{
    struct plot_heading heading;

    plot_heading(&heading, "title: a title\nworkload: the work\nwhy: a reason\n", "name");
    CHECK_STR(heading.title, "a title");
    CHECK_STR(heading.subtitle, "a reason");
    plot_heading(&heading, "workload: the work\n", "name");
    CHECK_STR(heading.title, "name");
    CHECK_STR(heading.subtitle, "the work");
    plot_heading(&heading, "", "name");
    CHECK_STR(heading.subtitle, "");
}

/* -- Looks ------------------------------------------------------------------------------------- */

static void first_five_heaps_have_looks_of_their_own(void)
{
    static const uint32_t slots[] = { 9, 3, 3, 70000, 5, 8, 4, 9 };
    static const uint32_t shades[] = { 4, 0, 0, 5, 2, 3, 1, 4 };
    struct plot_looks looks;
    char word[PLOT_WORD_BYTES];

    clear_map();
    for (uint32_t i = 0; i < 8; i++) {
        put_region(i + 1u, 1, PLOT_HEAP);
        map.segment[i + 1u].heap = slots[i];
    }
    plot_looks_find(&looks, &map, PLOT_BY_HEAP);
    for (uint32_t i = 0; i < 8; i++)
        CHECK_EQ(plot_look_of(&looks, i + 1u), PLOT_LOOK_HEAP + shades[i]);
    CHECK_EQ(looks.segments[PLOT_LOOK_HEAP], 2);
    CHECK_EQ(looks.segments[PLOT_LOOK_FREE], LA_SEGMENTS - 9u);
    plot_look_words(&looks, (enum plot_look)(PLOT_LOOK_HEAP + 2), word);
    CHECK_STR(word, "heap 5");
    plot_look_words(&looks, (enum plot_look)(PLOT_LOOK_HEAP + 5), word);
    CHECK_STR(word, "other heaps");
}

static void fill_and_blocks_decide_the_other_looks(void)
{
    static const struct {
        uint8_t bucket;
        uint16_t live;
        uint16_t full;
        uint32_t by_fill;
        uint32_t by_bucket;
    } cases[] = {
        { PLOT_BUCKET_NONE, 0, 0, 0, 0 },
        { 0, 0, 0, 0, 1 },
        { 0, 1, 0, 1, 1 },
        { 1, 30, 249, 1, 2 },
        { 1, 30, 250, 2, 2 },
        { 2, 2, 500, 3, 3 },
        { 3, 2, 999, 4, 4 },
        { 3, 2, 1000, 5, 4 },
        { PLOT_BUCKET_LARGE, 0, 62, 1, 5 },
    };
    struct plot_looks looks;

    clear_map();
    map.block_bytes[0] = 64;
    map.block_bytes[1] = 72;
    map.block_bytes[2] = 4096;
    map.block_bytes[3] = 32768;
    put_region(1, 1, PLOT_HEAP);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        map.segment[1].bucket = cases[i].bucket;
        map.segment[1].live_blocks = cases[i].live;
        map.segment[1].full_permille = cases[i].full;
        plot_looks_find(&looks, &map, PLOT_BY_FILL);
        CHECK_EQ(plot_look_of(&looks, 1), PLOT_LOOK_HEAP + cases[i].by_fill);
        plot_looks_find(&looks, &map, PLOT_BY_BUCKET);
        CHECK_EQ(plot_look_of(&looks, 1), PLOT_LOOK_HEAP + cases[i].by_bucket);
    }
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(bins_are_eighths_of_doublings),
        CASE(bins_leave_no_size_out),
        CASE(short_trace_has_a_column_an_op),
        CASE(peak_of_one_op_is_kept),
        CASE(levels_last_through_a_pause),
        CASE(empty_trace_has_no_column),
        CASE(empty_space_is_one_gap),
        CASE(middle_of_a_region_is_a_gap),
        CASE(neighbouring_regions_are_two_gaps),
        CASE(guards_and_backed_pages_are_always_shown),
        CASE(full_space_has_a_coarse_scale),
        CASE(amounts_have_three_digits),
        CASE(numbers_are_grouped_by_three),
        CASE(titles_become_valid_and_fit),
        CASE(folder_is_named_after_the_trace),
        CASE(heading_prefers_what_the_trace_says),
        CASE(first_five_heaps_have_looks_of_their_own),
        CASE(fill_and_blocks_decide_the_other_looks),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
