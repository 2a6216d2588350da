/* SPDX-License-Identifier: 0BSD */
/* Programs as files: good ones land where they say, and anything else is refused in words, whoever
 * made it. The hostile files are made from a good one.
 */
#include "fake_hooks.h"

#include "../elf32.h"

#define TEXT_OFFSET 0x1000u
#define DATA_OFFSET 0x2000u
#define FILE_BYTES  0x2100u
#define PHDR(i)     (52u + 32u * (i))

static uint8_t file[FILE_BYTES];
static struct uspace space;
static struct uspace_ledger ledger;

static void put16(uint32_t at, uint32_t value)
{
    file[at] = (uint8_t)value;
    file[at + 1] = (uint8_t)(value >> 8);
}

static void put32(uint32_t at, uint32_t value)
{
    put16(at, value);
    put16(at + 2, value >> 16);
}

static void put_load(uint32_t i, uint32_t offset, uint32_t va, uint32_t file_bytes,
                     uint32_t memory_bytes, uint32_t flags)
{
    put32(PHDR(i), 1);
    put32(PHDR(i) + 4, offset);
    put32(PHDR(i) + 8, va);
    put32(PHDR(i) + 16, file_bytes);
    put32(PHDR(i) + 20, memory_bytes);
    put32(PHDR(i) + 24, flags);
}

/* Text of one page, data of 0x100 bytes and 0x3000 of zero behind; an image also has a dynamic
 * section with two relocations: in the data, and far in the zeroes.
 */
static void make(bool anywhere)
{
    static const uint8_t magic[] = { 0x7f, 'E', 'L', 'F', 1, 1, 1 };
    uint32_t base = anywhere ? 0 : 0x100000;

    memset(file, 0, sizeof file);
    memcpy(file, magic, sizeof magic);
    put16(16, anywhere ? 3 : 2);
    put16(18, 3);
    put32(24, base + 0x10); /* entry */
    put32(28, 52);
    put16(42, 32);
    put16(44, anywhere ? 3 : 2);
    put_load(0, TEXT_OFFSET, base, 0x1000, 0x1000, 5);
    put_load(1, DATA_OFFSET, base + 0x11000, 0x100, 0x3100, 6);
    memset(file + TEXT_OFFSET, 0x90, 0x1000);
    put32(DATA_OFFSET, 0x12345678);
    if (!anywhere)
        return;
    put32(PHDR(2), 2); /* PT_DYNAMIC */
    put32(PHDR(2) + 4, DATA_OFFSET + 0x40);
    put32(PHDR(2) + 16, 32);
    put32(DATA_OFFSET + 0x40, 17); /* DT_REL */
    put32(DATA_OFFSET + 0x44, 0x11080);
    put32(DATA_OFFSET + 0x48, 18); /* DT_RELSZ */
    put32(DATA_OFFSET + 0x4c, 16);
    put32(DATA_OFFSET + 0x50, 19); /* DT_RELENT */
    put32(DATA_OFFSET + 0x54, 8);
    put32(DATA_OFFSET + 0x80, 0x11004); /* relocations */
    put32(DATA_OFFSET + 0x84, 8);
    put32(DATA_OFFSET + 0x88, 0x13000);
    put32(DATA_OFFSET + 0x8c, 8);
    put32(DATA_OFFSET + 4, 0x10); /* to be relocated */
}

static void start(uint32_t frames)
{
    fake_start(frames);
    ledger = (struct uspace_ledger){ 0 };
    uspace_init(&space, &ledger, &fake_hooks);
}

static void finish(void)
{
    CHECK(uspace_check(&space) == NULL);
    uspace_destroy(&space);
    fake_drop_tables();
    CHECK_EQ(fake.used, 0);
}

static uint32_t word_at(va32_t va)
{
    uint32_t word;

    CHECK(fake.page[va >> LA_PAGE_SHIFT] != NULL);
    memcpy(&word, fake.page[va >> LA_PAGE_SHIFT] + va % LA_PAGE_BYTES, 4);
    return word;
}

static void a_program_lands_where_it_says(void)
{
    struct elf32_plan plan;
    uint32_t bias = 1;

    make(false);
    start(1000);
    CHECK(elf32_plan(file, FILE_BYTES, &plan) == NULL);
    CHECK(!plan.anywhere);
    CHECK_EQ(plan.entry, 0x100010);
    CHECK_EQ(plan.first_va, 0x100000);
    CHECK_EQ(plan.bytes, 0x14100);
    CHECK_EQ(elf32_place(&space, file, &plan, UABI_LABEL(UABI_PROGRAM, 0), &bias), LA_OK);
    CHECK_EQ(bias, 0);
    CHECK_EQ(word_at(0x100ffc), 0x90909090);
    CHECK_EQ(word_at(0x111000), 0x12345678);
    CHECK_EQ(word_at(0x111100), 0);
    CHECK_EQ(uspace_page_access(&space, 0x100000), UABI_READ_ONLY);
    CHECK_EQ(uspace_page_access(&space, 0x101000), 0); /* nothing between the segments */
    CHECK_EQ(uspace_page_access(&space, 0x114000), UABI_READ_WRITE);
    CHECK_EQ(uspace_page_access(&space, 0x115000), 0);
    CHECK_EQ(space.promised_pages, 3); /* of zeroes nobody has touched */
    CHECK_EQ(elf32_place(&space, file, &plan, 0, &bias), LA_IN_USE);
    finish();
}

static void an_image_goes_wherever_it_fits_and_is_relocated(void)
{
    struct elf32_plan plan;
    uint32_t bias[2];

    make(true);
    start(1000);
    CHECK(elf32_plan(file, FILE_BYTES, &plan) == NULL);
    CHECK(plan.anywhere);
    CHECK_EQ(plan.relocations, 2);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(elf32_place(&space, file, &plan, UABI_LABEL(UABI_LIBRARY, i), &bias[i]), LA_OK);
        CHECK_EQ(word_at(bias[i] + 0x11000), 0x12345678);
        CHECK_EQ(word_at(bias[i] + 0x11004), bias[i] + 0x10);
        CHECK_EQ(word_at(bias[i] + 0x13000), bias[i]);
    }
    CHECK(bias[0] != bias[1]);
    finish();
}

static const struct {
    bool anywhere;
    uint32_t at, value;
    const char *words;
} hostile_files[] = {
    { false, 0, 0x7f454c47, "not a 32-bit little-endian ELF file" },
    { false, 4, 0x00010102, "not a 32-bit little-endian ELF file" },
    { false, 16, 0x00030001, "neither a program nor a position-independent image" },
    { false, 16, 0x003e0002, "for another processor" },
    { false, 24, 0xc0000000, "the entry lies outside the segments" },
    { false, 24, 0x101000, "the entry lies outside the segments" },
    { false, 28, 0xffffffff, "program headers of a wrong size, number or place" },
    { false, 28, FILE_BYTES - 63, "program headers of a wrong size, number or place" },
    { false, 42, 0x00020021, "program headers of a wrong size, number or place" },
    { false, 44, 0xffff, "program headers of a wrong size, number or place" },
    { false, 44, 0, "program headers of a wrong size, number or place" },
    { false, PHDR(0), 0, "segment" },
    { false, PHDR(0), 3, "it needs an interpreter" },
    { false, PHDR(0), 7, "it has thread-local storage" },
    { false, PHDR(0) + 4, 0xfffffff0, "a segment lies outside the file" },
    { false, PHDR(0) + 8, 0, "a segment lies outside user addresses" },
    { false, PHDR(0) + 8, 0xf000, "a segment lies outside user addresses" },
    { false, PHDR(1) + 8, 0xc0000000, "a segment lies outside user addresses" },
    { false, PHDR(1) + 8, 0xffffff00, "a segment lies outside user addresses" },
    { false, PHDR(1) + 8, 0xbffff000, "a segment lies outside user addresses" },
    { false, PHDR(1) + 8, 0x100800, "segments overlap, share a page or do not ascend" },
    { false, PHDR(1) + 8, 0x20000, "segments overlap, share a page or do not ascend" },
    { false, PHDR(1) + 16, 0x101, "a segment lies outside the file" },
    { false, PHDR(1) + 16, 0xffffffff, "a segment is longer in the file than in memory" },
    { false, PHDR(1) + 20, 0xff, "a segment is longer in the file than in memory" },
    { false, PHDR(1) + 20, 0, "a segment is longer in the file than in memory" },
    { false, PHDR(1) + 20, 0xffffffff, "a segment lies outside user addresses" },
    { true, PHDR(1) + 20, 0x20000000, "a segment lies outside user addresses" },
    { true, PHDR(2) + 4, 0xfffffff0, "the dynamic section lies outside the file" },
    { true, PHDR(2) + 16, 0x7fffffff, "the dynamic section lies outside the file" },
    { true, DATA_OFFSET + 0x40, 1, "it needs another library" },
    { true, DATA_OFFSET + 0x40, 7, "relocations of a kind that is not served" },
    { true, DATA_OFFSET + 0x40, 2, "relocations of a kind that is not served" },
    { true, DATA_OFFSET + 0x54, 12, "relocations of a kind that is not served" },
    { true, DATA_OFFSET + 0x44, 0x110f8, "the relocations lie outside the file" },
    { true, DATA_OFFSET + 0x44, 0x12000, "the relocations lie outside the file" },
    { true, DATA_OFFSET + 0x4c, 0xfffffff8, "the relocations lie outside the file" },
    { true, DATA_OFFSET + 0x4c, 12, "the relocations lie outside the file" },
    { true, DATA_OFFSET + 0x80, 0xffe, "a relocation outside the segments" },
    { true, DATA_OFFSET + 0x80, 0xfffffffe, "a relocation outside the segments" },
    { true, DATA_OFFSET + 0x88, 0x140fd, "a relocation outside the segments" },
    { true, DATA_OFFSET + 0x84, 1, "a relocation that is not R_386_RELATIVE" },
    { true, 16, 0x00030002, "a segment lies outside user addresses" },
};

/* One change to a good file; `at` 0 with no value cuts the file to that length instead. */
static void hostile_files_are_refused_in_words(void)
{
    struct elf32_plan plan;

    for (size_t i = 0; i < sizeof hostile_files / sizeof hostile_files[0]; i++) {
        make(hostile_files[i].anywhere);
        put32(hostile_files[i].at, hostile_files[i].value);

        const char *wrong = elf32_plan(file, FILE_BYTES, &plan);

        if (hostile_files[i].at == PHDR(0) &&
            hostile_files[i].value == 0) /* its entry is gone with its text */
            CHECK_STR(wrong, "the entry lies outside the segments");
        else if (wrong == NULL || strcmp(wrong, hostile_files[i].words) != 0)
            CHECK_FAIL("row %zu: \"%s\", expected \"%s\"", i, wrong ? wrong : "(accepted)",
                       hostile_files[i].words);
    }
    make(true);
    for (uint32_t bytes = 0; bytes < FILE_BYTES; bytes++) { /* every length but the full one */
        uint8_t *cut = malloc(bytes); /* exactly so long: a sanitizer sees what lies behind */

        memcpy(cut, file, bytes);
        CHECK(elf32_plan(cut, bytes, &plan) != NULL);
        free(cut);
    }
}

static void whatever_is_accepted_can_be_placed(void)
{
    uint32_t seed = 3;
    uint32_t accepted = 0;
    struct elf32_plan plan;

    start(30000);
    for (uint32_t step = 0; step < 60000; step++) {
        make(step % 2 != 0);
        for (uint32_t i = 0; i < 1 + step % 3; i++) { /* in the headers, tables and relocations */
            seed = seed * 1664525u + 1013904223u;
            uint32_t at = (seed >> 8) % 280u;

            file[at < 150 ? at : DATA_OFFSET + at - 150] ^= (uint8_t)(1u << (seed >> 29));
        }
        if (elf32_plan(file, FILE_BYTES, &plan) != NULL)
            continue;

        uint32_t bias;
        enum la_status status = elf32_place(&space, file, &plan, 0, &bias);

        accepted++;
        CHECK(status == LA_OK || status == LA_NO_MEMORY);
        if (status == LA_OK)
            CHECK_EQ(uspace_release(&space, plan.first_va + bias), LA_OK);
        CHECK_EQ(space.promised_pages + space.backed_pages, 0);
    }
    CHECK(accepted > 10000);
    finish();
}

static void a_failing_request_places_nothing(void)
{
    struct elf32_plan plan;
    enum la_status status = LA_NO_MEMORY;

    make(true);
    for (uint32_t k = 1; status != LA_OK; k++) {
        uint32_t bias = 77;

        start(1000);
        CHECK(elf32_plan(file, FILE_BYTES, &plan) == NULL);
        fake.fail_in = k;
        status = elf32_place(&space, file, &plan, UABI_LABEL(UABI_LIBRARY, 1), &bias);
        fake.fail_in = 0;
        if (status != LA_OK) {
            CHECK_EQ(status, LA_NO_MEMORY);
            CHECK_EQ(bias, 77);
            CHECK_EQ(space.vas.free_segments, 0xbfff);
        }
        finish();
    }
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(a_program_lands_where_it_says),
        CASE(an_image_goes_wherever_it_fits_and_is_relocated),
        CASE(hostile_files_are_refused_in_words),
        CASE(whatever_is_accepted_can_be_placed),
        CASE(a_failing_request_places_nothing),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
