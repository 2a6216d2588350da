/* SPDX-License-Identifier: 0BSD */
/* The importer of raw recordings, on files made here: record by record on one side, the text of the
 * trace on the other.
 */
#define _GNU_SOURCE
#include "../../import/raw.h"
#include "raw_files.h"

static char error[TRACE_MESSAGE_BYTES];
static char text[1 << 16];

/* -- Converting them --------------------------------------------------------------------------- */

static bool convert_with(const char *name, struct raw_watch *watch, bool with_time)
{
    const char *output = in_folder("trace.txt");
    struct import_job job = { .input = in_folder(name),
                              .output = output,
                              .with_time = with_time,
                              .read = raw_read,
                              .context = watch };
    bool good;
    int fd;

    unlink(output);
    memset(text, 0, sizeof text);
    error[0] = '\0';
    good = import_run(&job, error, sizeof error);
    fd = open(output, O_RDONLY);
    CHECK_EQ(fd >= 0, good);
    CHECK(!good || read(fd, text, sizeof text - 1u) > 0);
    if (fd >= 0)
        close(fd);
    return good;
}

static void convert(const char *name)
{
    if (!convert_with(name, NULL, false))
        CHECK_FAIL("%s", error);
}

/* The ops alone. */
static const char *ops(void)
{
    const char *at = text;

    while (*at == '#')
        at = strchr(at, '\n') + 1;
    return at;
}

static void check_says(const char *line)
{
    if (!strstr(text, line))
        CHECK_FAIL("no '%s' in\n%s", line, text);
}

static void check_fails(const char *name, const char *message)
{
    if (convert_with(name, NULL, false))
        CHECK_FAIL("%s: expected a failure", name);
    if (!strstr(error, message))
        CHECK_FAIL("'%s', expected '%s' in it", error, message);
}

/* -- Cases ------------------------------------------------------------------------------------- */

static void every_kind_becomes_its_op(void)
{
    static const struct raw_record records[] = {
        ALLOC(0x1000, 10),
        ZEROED(0x2000, 20),
        { 0x3000, 30, RAW_ALLOC_ALIGNED | 6u << RAW_ALIGN_SHIFT | 1u << RAW_THREAD_SHIFT },
        BEGIN(1, 0x1000),
        END(1, 0x1000, 11),
        FREE(0x2000),
        BEGIN(1, 0),
        END(1, 0x2000, 12),
        FREE(0x1000),
    };

    put_records("1-1.raw", records, COUNT(records));
    convert("1-1.raw");
    CHECK_STR(ops(), "alloc 0 10\nalloc-zeroed 1 20\nalloc-aligned 2 30 64\nrealloc 0 11\nfree 1\n"
                     "alloc 1 12\nfree 0\n");
    check_says("# title: a\n# system: Linux\n");
    check_says("# workload: a b c\n");
    check_says("# recording: 7 calls, 1 thread, 0 holes, 0 unknown frees, without time\n");
}

static void another_thread_may_get_the_old_address_within_a_realloc(void)
{
    static const struct raw_record records[] = {
        BY(7, RAW_ALLOC, 0x1000, 10), BEGIN(7, 0x1000),           BY(3, RAW_ALLOC, 0x1000, 20),
        END(7, 0x2000, 11),           BY(3, RAW_FREE, 0x1000, 0), BY(3, RAW_FREE, 0x2000, 0),
    };

    put_records("1-1.raw", records, COUNT(records));
    convert("1-1.raw");
    CHECK_STR(ops(), "alloc 0 10\nthread 1\nalloc 1 20\nthread 0\nrealloc 0 11\nthread 1\nfree 1\n"
                     "free 0\n");
    check_says("2 threads, 0 holes, 0 unknown frees");
}

static void a_failed_realloc_changes_nothing(void)
{
    static const struct raw_record records[] = { ALLOC(0x1000, 10), BEGIN(1, 0x1000), END(1, 0, 99),
                                                 FREE(0x1000) };

    put_records("1-1.raw", records, COUNT(records));
    convert("1-1.raw");
    CHECK_STR(ops(), "alloc 0 10\nfree 0\n");
}

static void holes_and_unknown_frees_are_counted(void)
{
    static const struct raw_record records[] = {
        HOLE, FREE(0x5000), ALLOC(0x1000, 10), HOLE, BEGIN(1, 0x6000), END(1, 0x7000, 70),
    };

    put_records("1-1.raw", records, COUNT(records));
    convert("1-1.raw");
    CHECK_STR(ops(), "alloc 0 10\nalloc 1 70\n");
    check_says("2 holes, 2 unknown frees");
}

/* A realloc of which one half is a hole: the block is gone, or comes from nowhere. */
static void half_a_realloc_is_no_error(void)
{
    static const struct raw_record records[] = {
        ALLOC(0x1000, 10),  BEGIN(1, 0x1000), BEGIN(1, 0x9000), HOLE,
        END(2, 0x4000, 40), BEGIN(2, 0x4000),
    };

    put_records("1-1.raw", records, COUNT(records));
    convert("1-1.raw");
    CHECK_STR(ops(), "alloc 0 10\nfree 0\nthread 1\nalloc 0 40\n");
}

static void blocks_of_4_gib_are_left_out_with_their_frees(void)
{
    static const struct raw_record records[] = {
        ALLOC(0x1000, UINT32_MAX),  ALLOC(0x2000, 5), FREE(0x1000),      BEGIN(1, 0x2000),
        END(1, 0x3000, UINT32_MAX), BEGIN(1, 0x3000), END(1, 0x3000, 6), FREE(0x3000),
    };

    put_records("1-1.raw", records, COUNT(records));
    convert("1-1.raw");
    CHECK_STR(ops(), "alloc 0 5\nfree 0\nalloc 0 6\nfree 0\n");
    check_says("0 unknown frees");
    check_says("# dropped: 2 requests of 4 GiB or more\n");
}

static void exec_frees_everything(void)
{
    static const struct raw_record first[] = { ALLOC(0x1000, 10), ALLOC(0x2000, 20),
                                               BEGIN(1, 0x1000) };
    static const struct raw_record second[] = { ALLOC(0x1000, 30), FREE(0x1000) };

    put_records("1-1.raw", first, COUNT(first));
    put_records("1-2.raw", second, COUNT(second));
    convert("1-1.raw");
    CHECK_STR(ops(), "alloc 0 10\nalloc 1 20\nfree 0\nfree 1\nmark 2\nalloc 1 30\nfree 1\n");
    check_says("# implied: 2 frees of what was alive at an exec\n");
}

/* The text of a trace's header has an end. */
static void many_long_programs_fit(void)
{
    struct raw_header header = header_of(1);
    const struct raw_record record = ALLOC(0x1000, 10);
    char name[32];

    memset(header.command, 'x', sizeof header.command);
    header.command_bytes = sizeof header.command;
    for (int i = 1; i <= 60; i++) {
        snprintf(name, sizeof name, "1-%d.raw", i);
        put_raw(name, &header, &record, sizeof record);
    }
    convert("1-1.raw");
    CHECK(strstr(ops(), "mark 60\nalloc 0 10\n"));
    folder_empty();
}

/* The number of the process was used again, or is a fork's. */
static void another_process_is_not_the_next_program(void)
{
    static const struct raw_record records[] = { ALLOC(0x1000, 10) };
    struct raw_header header = header_of(1);

    put_records("1-1.raw", records, 1);
    header.process_start++;
    put_raw("1-2.raw", &header, records, sizeof records);
    convert("1-1.raw");
    CHECK_STR(ops(), "alloc 0 10\n");
    put_child("1-2.raw", "1-1.raw", 1, records, 1);
    convert("1-1.raw");
    CHECK_STR(ops(), "alloc 0 10\n");
}

static void forks_inherit_what_was_alive(void)
{
    static const struct raw_record parent[] = {
        ALLOC(0x1000, 10), ALLOC(0x2000, 20),  FREE(0x1000),     ZEROED(0x3000, 30),
        BEGIN(1, 0x3000),  END(1, 0x4000, 31), BEGIN(2, 0x2000), ALLOC(0x9000, 90),
    };
    static const struct raw_record child[] = { FREE(0x4000), ALLOC(0x5000, 50) };
    static const struct raw_record grandchild[] = { FREE(0x5000), FREE(0x2000) };

    put_records("1-1.raw", parent, COUNT(parent));
    put_child("2-1.raw", "1-1.raw", 7, child, COUNT(child));
    put_child("3-1.raw", "2-1.raw", 2, grandchild, COUNT(grandchild));
    convert("2-1.raw");
    CHECK_STR(ops(), "alloc 0 20\nalloc-zeroed 1 31\nmark 1\nfree 1\nalloc 1 50\n");
    check_says("# implied: 2 allocations at the start: alive in 1-1.raw when it forked\n");
    convert("3-1.raw");
    CHECK_STR(ops(), "alloc 0 20\nalloc 1 50\nmark 1\nfree 1\nfree 0\n");
    check_says("0 unknown frees");
}

static void a_missing_parent_is_told(void)
{
    static const struct raw_record records[] = { FREE(0x1000) };

    put_child("2-1.raw", "8-1.raw", 7, records, 1);
    convert("2-1.raw");
    CHECK_STR(ops(), "mark 1\n");
    check_says("# dropped: blocks inherited by a fork: ");
    check_says("1 unknown frees");
}

static void a_damaged_grandparent_is_refused(void)
{
    static const struct raw_record bad[] = { { 0x1000, 10, 15 } };

    put_child("6-1.raw", "8-1.raw", 0, bad, 1);
    put_child("7-1.raw", "6-1.raw", 1, NULL, 0);
    check_fails("7-1.raw", "6-1.raw: offset 65536: an unknown kind of record");
}

static void a_ring_of_parents_is_refused(void)
{
    put_child("4-1.raw", "5-1.raw", 0, NULL, 0);
    put_child("5-1.raw", "4-1.raw", 0, NULL, 0);
    check_fails("4-1.raw", "forks");
}

static void time_goes_forward(void)
{
    static const struct raw_timed_record records[] = { { ALLOC(0x1000, 1), 5000 },
                                                       { ALLOC(0x2000, 2), 5300 },
                                                       { ALLOC(0x3000, 3), 5200 },
                                                       { ALLOC(0x4000, 4), 5400 } };
    struct raw_header header = header_of(COUNT(records));

    header.record_bytes = sizeof records[0];
    put_raw("1-1.raw", &header, records, sizeof records);
    CHECK(convert_with("1-1.raw", NULL, true));
    CHECK_STR(ops(), "alloc 0 1\ntime 300\nalloc 1 2\nalloc 2 3\ntime 100\nalloc 3 4\n");
    check_says("with time");
}

static void a_stopped_recording_ends_there(void)
{
    static const struct raw_record records[] = { ALLOC(0x1000, 10), ALLOC(0x2000, 20) };
    struct raw_header header = header_of(9000);
    struct raw_watch watch = { .alive = NULL };

    header.stop = 1;
    header.stop_errno = 28;
    put_raw("1-1.raw", &header, records, sizeof records);
    CHECK(convert_with("1-1.raw", &watch, false));
    CHECK_STR(ops(), "alloc 0 10\n");
    check_says("# truncated: after 1 records there was no room: No space left on device\n");
    CHECK(watch.totals.stopped);
    CHECK_EQ(watch.totals.calls, 1);
}

static void what_was_converted_before_is_told(void)
{
    static const struct raw_record records[] = { HOLE, HOLE, ALLOC(0x2000, 20) };
    struct raw_header header = header_of(COUNT(records));

    header.first = 2;
    put_raw("1-1.raw", &header, records, sizeof records);
    convert("1-1.raw");
    CHECK_STR(ops(), "alloc 0 20\n");
    check_says("# dropped: 2 records at the beginning, which were converted before\n");
    check_says(" 0 holes");
}

static void damage_is_refused(void)
{
    static const struct raw_record good[] = { ALLOC(0x1000, 10) };
    static const struct raw_record bad[] = { { 0x1000, 10, 15 } };
    struct raw_header header = header_of(1);

    put_raw("1-1.raw", &header, bad, sizeof bad);
    check_fails("1-1.raw", "1-1.raw: offset 65536: an unknown kind of record");
    header.next = 2;
    put_raw("1-1.raw", &header, good, sizeof good);
    check_fails("1-1.raw", "1-1.raw: offset 65552: the file is cut short");
    CHECK_EQ(truncate(in_folder("1-1.raw"), 100), 0);
    check_fails("1-1.raw", "offset 0: no whole header");
    header = header_of(1);
    header.record_bytes = 17;
    put_raw("1-1.raw", &header, good, sizeof good);
    check_fails("1-1.raw", "offset 12: the header is damaged");
    header = header_of(1);
    header.version = 0x1000000;
    put_raw("1-1.raw", &header, good, sizeof good);
    check_fails("1-1.raw", "offset 8: a raw recording of another version");
    header = header_of(1);
    memset(header.parent, 'x', sizeof header.parent);
    put_raw("1-1.raw", &header, good, sizeof good);
    check_fails("1-1.raw", "texts are damaged");
    header = header_of(1);
    header.magic[0] = 'X';
    put_raw("1-1.raw", &header, good, sizeof good);
    check_fails("1-1.raw", "this is no raw recording");
}

/* -- A recording that grows -------------------------------------------------------------------- */

#define GROWTH 20000u /* records a step; the file has 3 steps, of 320,000 bytes */

struct growth {
    int fd;
    uint64_t records;
    uint64_t unfinished; /* a record that is written one step late */
    bool over;
};

static void write_record(const struct growth *growth, uint64_t number)
{
    struct raw_record record = ALLOC(0x1000 + number * 16, 16);

    if (number % 2 != 0)
        record = (struct raw_record)FREE(0x1000 + (number - 1u) * 16);
    CHECK_EQ(pwrite(growth->fd, &record, sizeof record,
                    (off_t)(RAW_HEADER_BYTES + number * sizeof record)),
             sizeof record);
}

static void step(void *context)
{
    struct growth *growth = context;
    uint64_t next = growth->records + GROWTH;

    if (growth->over)
        return;
    if (growth->records == 3u * GROWTH) {
        write_record(growth, growth->unfinished);
        growth->over = true;
        return;
    }
    if (growth->unfinished != UINT64_MAX)
        write_record(growth, growth->unfinished);
    for (; growth->records < next; growth->records++)
        if (growth->records != next - 7u)
            write_record(growth, growth->records);
    growth->unfinished = next - 7u;
    CHECK_EQ(pwrite(growth->fd, &next, sizeof next, offsetof(struct raw_header, next)),
             sizeof next);
}

static bool grows(void *context)
{
    return !((struct growth *)context)->over;
}

/* Records are taken when they are finished, whatever comes later; not one is missed. What was
 * converted is no longer in the file.
 */
static void a_growing_file_is_followed(void)
{
    struct growth growth = { .unfinished = UINT64_MAX };
    struct raw_watch watch = {
        .alive = grows, .wait = step, .context = &growth, .backlog_bytes = 4096
    };
    struct raw_header header = header_of(0);
    struct raw_record record = ALLOC(1, 1);

    folder_empty();
    put_raw("1-1.raw", &header, NULL, 0);
    growth.fd = open(in_folder("1-1.raw"), O_RDWR);
    CHECK(convert_with("1-1.raw", &watch, false));
    CHECK_EQ(watch.totals.calls, 3u * GROWTH);
    CHECK_EQ(watch.totals.holes, 0);
    CHECK_EQ(watch.totals.unknown_frees, 0);
    CHECK_EQ(pread(growth.fd, &header, sizeof header, 0), sizeof header);
    CHECK(header.first > GROWTH && header.first < header.next);
    CHECK_EQ(pread(growth.fd, &record, sizeof record, RAW_HEADER_BYTES), sizeof record);
    CHECK_EQ(record.what, 0);
    close(growth.fd);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(every_kind_becomes_its_op),
        CASE(another_thread_may_get_the_old_address_within_a_realloc),
        CASE(a_failed_realloc_changes_nothing),
        CASE(holes_and_unknown_frees_are_counted),
        CASE(half_a_realloc_is_no_error),
        CASE(blocks_of_4_gib_are_left_out_with_their_frees),
        CASE(exec_frees_everything),
        CASE(many_long_programs_fit),
        CASE(another_process_is_not_the_next_program),
        CASE(forks_inherit_what_was_alive),
        CASE(a_missing_parent_is_told),
        CASE(a_damaged_grandparent_is_refused),
        CASE(a_ring_of_parents_is_refused),
        CASE(time_goes_forward),
        CASE(a_stopped_recording_ends_there),
        CASE(what_was_converted_before_is_told),
        CASE(damage_is_refused),
        CASE(a_growing_file_is_followed),
    };
    int status;

    folder_begin();
    status = check_run(cases, sizeof cases / sizeof cases[0]);
    folder_end();
    return status;
}
