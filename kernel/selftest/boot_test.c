/* SPDX-License-Identifier: 0BSD */
/* What the loader told is sane, and nothing of it was lost. */
#include "groups.h"

#include <kernel/memory.h>
#include <kernel/text.h>

static void check_rows(const struct boot_memory *rows, uint32_t count)
{
    uint32_t end = 0;

    for (uint32_t i = 0; i < count; i++) {
        CHECK(rows[i].count > 0);
        CHECK(rows[i].first >= end);
        end = rows[i].first + rows[i].count;
        CHECK(end <= UINT32_C(1) << 20);
    }
}

static void memory_map_ascends_without_overlap(void)
{
    CHECK(selftest_boot()->memory_count > 0);
    check_rows(selftest_boot()->free, selftest_boot()->free_count);
}

/* Every free frame is in usable memory, and frame 0 is not free. */
static void free_memory_is_usable_memory(void)
{
    const struct boot_info *boot = selftest_boot();

    CHECK(boot->free_count > 0);
    for (uint32_t i = 0; i < boot->free_count; i++) {
        bool inside = false;

        CHECK(boot->free[i].first > 0);
        for (uint32_t j = 0; j < boot->memory_count && !inside; j++)
            inside = boot->memory[j].kind == BOOT_USABLE &&
                     boot->memory[j].first <= boot->free[i].first &&
                     boot->free[i].first + boot->free[i].count <=
                         boot->memory[j].first + boot->memory[j].count;
        CHECK(inside);
    }
}

static void modules_are_not_free_memory(void)
{
    const struct boot_info *boot = selftest_boot();

    for (uint32_t i = 0; i < boot->module_count; i++) {
        uint32_t end = boot->modules[i].frame + la_pages_up(boot->modules[i].bytes);

        CHECK(boot->modules[i].words != NULL);
        for (uint32_t j = 0; j < boot->free_count; j++)
            CHECK(end <= boot->free[j].first ||
                  boot->free[j].first + boot->free[j].count <= boot->modules[i].frame);
    }
}

static void options_are_found_among_words(void)
{
    uint32_t length = 0;
    const char *line = "a=1 only=boot frames= onlyx=7 b=x";

    const char *value = text_option(line, "only", &length);

    CHECK(value != NULL && text_is(value, length, "boot"));
    CHECK(text_option(line, "nly", &length) == NULL);
    CHECK(text_option(line, "onl", &length) == NULL);
    CHECK(text_option(line, "frames", &length) != NULL && length == 0);
    CHECK_EQUAL(text_option_number(line, "onlyx", 3), 7);
    CHECK_EQUAL(text_option_number(line, "b", 3), 3);
}

/* What was asked for is what runs: a word whose value means nothing must not be silence. */
static void command_line(void)
{
    uint32_t length = 0;
    const char *line = selftest_boot()->command_line;
    const char *frames = text_option(line, "frames", &length);

    if (frames != NULL && !text_is(frames, length, memory_strategy()->name))
        selftest_fail(__FILE__, __LINE__, "frames=: no such strategy; %s runs instead",
                      memory_strategy()->name);
    if (text_option(line, "upto", &length) != NULL &&
        text_option_number(line, "upto", UINT32_MAX) == UINT32_MAX)
        selftest_fail(__FILE__, __LINE__, "upto=: expected a number");
}

static void numbers_print_as_in_books(void)
{
    char text[64];

    print_to(text, sizeof text, "%u|%08x|%-4s|%4u|%d", 4294967295u, 0xBEEFu, "ab", 7u, -12);
    CHECK(text_equal(text, "4294967295|0000beef|ab  |   7|-12"));
    print_to(text, sizeof text, "%llu %016llx", 18446744073709551615ull, 0x123456789abcdefull);
    CHECK(text_equal(text, "18446744073709551615 0123456789abcdef"));
    CHECK_EQUAL(print_to(text, 4, "12345"), 5);
    CHECK(text_equal(text, "123"));
}

const struct selftest boot_tests[] = {
    { "command-line", command_line },
    { "memory_map_ascends_without_overlap", memory_map_ascends_without_overlap },
    { "free_memory_is_usable_memory", free_memory_is_usable_memory },
    { "modules_are_not_free_memory", modules_are_not_free_memory },
    { "options_are_found_among_words", options_are_found_among_words },
    { "numbers_print_as_in_books", numbers_print_as_in_books },
    { NULL, NULL },
};
