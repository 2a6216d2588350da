/* SPDX-License-Identifier: 0BSD */
/* Trace files: every form reads the same, every damage has a message, nothing is left half-written.
 */
#include "folder.h"
#include "memory.h"

#include "trace_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

static const char *const forms[] = { "a.lat", "a.lat.zst", "a.txt", "a.txt.zst" };

static const char sample[] = "# lookaside trace 1\n"
                             "# title: a sample\n"
                             "# why: \xc3\xa9very key: stays\n"
                             "alloc 0 24 recorded 32\n"
                             "thread 2\n"
                             "reserve 1 16 align 16 lowest\n"
                             "stack-create 0 256 2 16\n"
                             "free 0\n";

static void every_form_holds_the_same(void)
{
    struct trace_loaded first;
    char error[TRACE_MESSAGE_BYTES] = "";

    if (!trace_load(put_text("sample", sample), &first, error, sizeof error))
        CHECK_FAIL("%s", error);
    CHECK_EQ(first.header.ops, 5);
    CHECK_EQ(first.header.block_slots, 1);
    CHECK_EQ(first.header.region_slots, 2);
    CHECK_STR(first.text, "title: a sample\nwhy: \xc3\xa9very key: stays\n");
    for (size_t i = 0; i < 4; i++) {
        struct trace_loaded again;
        if (!trace_save(in_folder(forms[i]), &first, error, sizeof error) ||
            !trace_load(in_folder(forms[i]), &again, error, sizeof error))
            CHECK_FAIL("%s", error);
        CHECK_EQ(again.header.ops, first.header.ops);
        CHECK_STR(again.text, first.text);
        for (size_t op = 0; op < first.header.ops; op++)
            CHECK(same_op(&again.ops[op], &first.ops[op]));
        trace_unload(&again);
    }
    trace_unload(&first);
    CHECK_EQ(folder_files(), 5);
}

static void text_comes_back_byte_for_byte(void)
{
    struct trace_loaded trace;
    char error[TRACE_MESSAGE_BYTES];
    size_t count;
    char *bytes;

    CHECK(trace_load(put_text("sample", sample), &trace, error, sizeof error));
    CHECK(trace_save(in_folder("b.lat.zst"), &trace, error, sizeof error));
    trace_unload(&trace);
    CHECK(trace_load(in_folder("b.lat.zst"), &trace, error, sizeof error));
    CHECK(trace_save(in_folder("b.txt"), &trace, error, sizeof error));
    trace_unload(&trace);
    bytes = get_file(in_folder("b.txt"), &count);
    CHECK_STR(bytes, sample);
    free(bytes);
}

static void wrong_text_is_named_by_line(void)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        { "# lookaside trace 1\nalloc 1 2\nfree x\n",
          "t:3: found 'x', expected a block slot (0 to 16777215)" },
        { "# lookaside trace 1\n\n# a comment\nallok 1 2",
          "t:4: found 'allok', expected an op (alloc, free, reserve, ...)" },
        { "alloc 1 2\n", "t: offset 0: this is not a trace (expected a trace, its text twin, or "
                         "either in zstd, gzip or xz)" },
        { "", "t: offset 0: the file is empty (expected a header of 64 bytes)" },
    };
    struct trace_loaded trace;
    char error[TRACE_MESSAGE_BYTES];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK(!trace_load(put_text("t", cases[i].text), &trace, error, sizeof error));
        CHECK_STR(without_folder(error), cases[i].message);
    }
    CHECK(!trace_load(put_file("t", "# lookaside trace 1\nfree 1\nfr\0e 1\n", 34), &trace, error,
                      sizeof error));
    CHECK_STR(without_folder(error), "t:3: a zero byte (expected text)");
    CHECK(!trace_load(in_folder("nowhere"), &trace, error, sizeof error));
    CHECK_STR(without_folder(error), "nowhere: No such file or directory");
    CHECK(!trace_load(folder, &trace, error, sizeof error));
}

static void carriage_returns_are_forgiven(void)
{
    struct trace_loaded trace;
    char error[TRACE_MESSAGE_BYTES];

    if (!trace_load(put_text("t", "# lookaside trace 1\r\n# title: x\r\nfree 1\r\n"), &trace, error,
                    sizeof error))
        CHECK_FAIL("%s", error);
    CHECK_STR(trace.text, "title: x\n");
    trace_unload(&trace);
}

/* Save the sample as `name` and read its bytes back. */
static char *saved_sample(const char *name, size_t *ret_count)
{
    struct trace_loaded trace;
    char error[TRACE_MESSAGE_BYTES];

    CHECK(trace_load(put_text("sample", sample), &trace, error, sizeof error));
    CHECK(trace_save(in_folder(name), &trace, error, sizeof error));
    trace_unload(&trace);
    return get_file(in_folder(name), ret_count);
}

static void wrapper_cut_anywhere_is_an_error(void)
{
    size_t count;
    char *bytes = saved_sample("c.lat.zst", &count);
    struct trace_loaded trace;
    char error[TRACE_MESSAGE_BYTES];

    for (size_t cut = 0; cut < count; cut++)
        if (trace_load(put_file("cut.lat.zst", bytes, cut), &trace, error, sizeof error))
            CHECK_FAIL("%zu of %zu bytes were read as a whole trace", cut, count);
    CHECK(strstr(error, ": zstd: the frame is cut short (expected its end)") != NULL);
    for (size_t bit = 0; bit < count * 8u; bit++) {
        bytes[bit / 8u] = (char)(bytes[bit / 8u] ^ 1 << bit % 8u);
        if (trace_load(put_file("bit.lat.zst", bytes, count), &trace, error, sizeof error)) {
            /* zstd has a bit or two without meaning: then nothing may have changed */
            CHECK_EQ(trace.header.ops, 5);
            trace_unload(&trace);
        }
        bytes[bit / 8u] = (char)(bytes[bit / 8u] ^ 1 << bit % 8u);
    }
    free(bytes);
}

static void damage_under_zstd_says_unpacked_offset(void)
{
    char command[3 * PATH_MAX];
    struct trace_loaded trace;
    char error[TRACE_MESSAGE_BYTES];
    size_t count;
    char *bytes = saved_sample("d.lat", &count);

    bytes[count - 60] ^= 1;
    put_file("d.lat", bytes, count);
    free(bytes);
    CHECK(!trace_load(in_folder("d.lat"), &trace, error, sizeof error));
    CHECK(strstr(error, "d.lat: offset ") != NULL);
    snprintf(command, sizeof command, "zstd -q -f %s -o %s", in_folder("d.lat"),
             in_folder("e.lat.zst"));
    if (system(command) != 0)
        return; /* no zstd program here */
    CHECK(!trace_load(in_folder("e.lat.zst"), &trace, error, sizeof error));
    CHECK(strstr(error, "e.lat.zst: unpacked offset ") != NULL);
}

static void failure_leaves_old_file_alone(void)
{
    struct trace_op op = { .kind = TRACE_FREE };
    char error[TRACE_MESSAGE_BYTES];
    struct trace_output *output;
    size_t count;
    char *bytes;

    put_text("old.lat", "precious");
    output = trace_output_open(in_folder("old.lat"), error, sizeof error);
    CHECK(output != NULL);
    CHECK(trace_output_write(output, &op));
    CHECK_EQ(folder_files(), 1);
    CHECK(!trace_output_commit(output, "no header text", error, sizeof error));
    CHECK_STR(without_folder(error), "old.lat: the header text is not in \"key: value\" lines");
    output = trace_output_open(in_folder("old.lat"), error, sizeof error);
    trace_output_abandon(output);
    bytes = get_file(in_folder("old.lat"), &count);
    CHECK_STR(bytes, "precious");
    free(bytes);
    CHECK_EQ(folder_files(), 1);
    CHECK(!trace_output_open(in_folder("no/such/folder.lat"), error, sizeof error));
    CHECK_STR(without_folder(error), "no/such/folder.lat: cannot write: No such file or directory");
}

static void links_are_followed_and_pipes_not_replaced(void)
{
    struct trace_loaded trace = { .text = NULL };
    char error[TRACE_MESSAGE_BYTES];
    struct stat status;
    char bytes[256];
    int fd;

    put_text("real.lat", "");
    CHECK_EQ(symlink("real.lat", in_folder("link.lat")), 0);
    CHECK(trace_save(in_folder("link.lat"), &trace, error, sizeof error));
    CHECK_EQ(lstat(in_folder("link.lat"), &status), 0);
    CHECK(S_ISLNK(status.st_mode));
    CHECK_EQ(stat(in_folder("real.lat"), &status), 0);
    CHECK(status.st_size > 64);
    /* A pipe of the test's own stands for a device: a real one would be lost if this failed. */
    CHECK_EQ(mkfifo(in_folder("pipe.lat"), 0600), 0);
    fd = open(in_folder("pipe.lat"), O_RDWR | O_NONBLOCK);
    CHECK(fd >= 0);
    if (!trace_save(in_folder("pipe.lat"), &trace, error, sizeof error))
        CHECK_FAIL("%s", error);
    CHECK_EQ(stat(in_folder("pipe.lat"), &status), 0);
    CHECK(S_ISFIFO(status.st_mode));
    CHECK_EQ(read(fd, bytes, sizeof bytes), 64 + 48); /* header and end chunk */
    close(fd);
}

/* Write large traces until somebody ends it. */
static void write_for_ever(const char *path)
{
    char error[TRACE_MESSAGE_BYTES];
    uint64_t random = 1;

    for (;;) {
        struct trace_output *output = trace_output_open(path, error, sizeof error);
        for (int i = 0; output && i < 300000; i++) {
            struct trace_op op = random_op(&random, 1000);
            trace_output_write(output, &op);
        }
        if (!output || !trace_output_commit(output, "", error, sizeof error))
            _exit(3);
    }
}

static void killed_writers_leave_nothing_half_written(void)
{
    static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGTERM, SIGTERM };

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        const char *path = in_folder("killed.lat.zst");
        struct trace_loaded trace;
        char error[TRACE_MESSAGE_BYTES];
        int status;
        pid_t child = fork();
        if (child == 0) {
            /* Under nohup and in the background some are ignored. */
            (void)signal(signals[i], SIG_DFL);
            write_for_ever(path);
        }
        usleep(150000 + (useconds_t)i * 130000);
        kill(child, signals[i]);
        CHECK_EQ(waitpid(child, &status, 0), child);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == signals[i]);
        CHECK(folder_files() <= 1);
        if (folder_files() == 1) {
            if (!trace_load(path, &trace, error, sizeof error))
                CHECK_FAIL("%s", error);
            trace_unload(&trace);
        }
    }
}

static void values_are_found_by_key(void)
{
    char value[16];

    CHECK(trace_text_value("why: a\nwhy-not: b\n", "why-not", value, sizeof value));
    CHECK_STR(value, "b");
    CHECK(trace_text_value("x: why: c\nwhy: a\n", "why", value, sizeof value));
    CHECK_STR(value, "a");
    CHECK(!trace_text_value("x: y\n", "why", value, sizeof value));
    CHECK_STR(value, "");
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(every_form_holds_the_same),
        CASE(text_comes_back_byte_for_byte),
        CASE(wrong_text_is_named_by_line),
        CASE(carriage_returns_are_forgiven),
        CASE(wrapper_cut_anywhere_is_an_error),
        CASE(damage_under_zstd_says_unpacked_offset),
        CASE(failure_leaves_old_file_alone),
        CASE(links_are_followed_and_pipes_not_replaced),
        CASE(killed_writers_leave_nothing_half_written),
        CASE(values_are_found_by_key),
    };

    return folder_run(cases, sizeof cases / sizeof cases[0]);
}
