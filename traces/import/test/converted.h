/* SPDX-License-Identifier: 0BSD */
/* What the tests of the importers share: a recording goes in, the text twin or the message comes
 * out. Programs are started with the folder of fixtures as their argument.
 */
#ifndef LOOKASIDE_IMPORT_TEST_CONVERTED_H
#define LOOKASIDE_IMPORT_TEST_CONVERTED_H

#include "../../test/folder.h"

#include "../import.h"

static const char *fixtures; /* argv[1] */

/* The path of a fixture; valid until the next call. */
static inline const char *fixture(const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", fixtures, name);
    return path;
}

/* Run `job` with an output in the folder. Answers the text twin without its first line, or the
 * message without the folder in front; valid until the next call. A failure leaves no file.
 */
static inline const char *converted_job(struct import_job job)
{
    static char *text;
    static char error[TRACE_MESSAGE_BYTES];
    size_t bytes;
    int files = 0;

    free(text);
    text = NULL;
    job.output = in_folder("out.txt");
    unlink(job.output);
    files = folder_files();
    if (!import_run(&job, error, sizeof error)) {
        CHECK_EQ(folder_files(), files);
        return without_folder(error);
    }
    text = get_file(job.output, &bytes);
    CHECK(strncmp(text, "# lookaside trace 1\n", 20) == 0);
    return strchr(text, '\n') + 1;
}

/* `recording` in the format named `from` (NULL: found by content), without time. Messages name the
 * file "in".
 */
static inline const char *converted(const char *from, const char *recording)
{
    return converted_job((struct import_job){ .input = put_text("in", recording), .from = from });
}

/* The same, with time. */
static inline const char *converted_with_time(const char *from, const char *recording)
{
    return converted_job(
        (struct import_job){ .input = put_text("in", recording), .from = from, .with_time = true });
}

/* A row of a table: `recording` is `expected` when converted, be it ops or a message. */
struct conversion {
    const char *recording;
    const char *expected;
};

static inline void check_conversions(const char *from, const struct conversion *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        CHECK_STR(converted(from, rows[i].recording), rows[i].expected);
}

static inline int converted_run(int argc, char **argv, const struct check_case *cases, size_t count)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s FIXTURES\n", argv[0]);
        return 2;
    }
    fixtures = argv[1];
    return folder_run(cases, count);
}

#endif
