/* SPDX-License-Identifier: 0BSD */
/* The table as C source, and writing files whole or not at all. The one fact to know: the emitted
 * file names the run by what decides it (options, corpus digest), never by place or date.
 */
#include "report.h"

#include "aside.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool report_file(const char *path, report_write_fn write, const void *context, char *message,
                 size_t message_size)
{
    struct aside aside;
    FILE *out = NULL;
    bool good;
    int copy;

    if (!aside_open(&aside, path)) {
        snprintf(message, message_size, "%s: %s", path, strerror(errno));
        return false;
    }
    copy = dup(aside.fd); /* fclose() must not close what aside_commit() flushes */
    if (copy >= 0)
        out = fdopen(copy, "w");
    good = out && write(out, context);
    if (out)
        good = fclose(out) == 0 && good;
    else if (copy >= 0)
        close(copy);
    if (good)
        good = aside_commit(&aside);
    else
        aside_abandon(&aside);
    if (!good)
        snprintf(message, message_size, "%s: %s", path,
                 errno ? strerror(errno) : "cannot be written");
    return good;
}

/* Text inside a C comment: nothing in it may end the comment. */
static void put_comment_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        fputc(*text, out);
        if (*text == '*' && text[1] == '/')
            fputc(' ', out);
    }
}

static void put_sizes(FILE *out, const struct judge_table *table)
{
    for (uint32_t i = 0; i < table->count; i++)
        fprintf(out, "%s%u,%s", i % 12u == 0 ? "    " : " ", table->bytes[i],
                i % 12u == 11u || i + 1u == table->count ? "\n" : "");
}

void report_emit(FILE *out, const struct tuning *tuning, const char *command)
{
    const struct outcome *answer = tuning_answer(tuning);
    const struct judge_table *table = outcome_table(answer, tuning->corpus);

    fprintf(out,
            "/* SPDX-License-Identifier: 0BSD */\n"
            "/* The default bucket table: %u sizes, written by\n"
            " *   ",
            table->count);
    put_comment_text(out, command);
    fprintf(out,
            "\n"
            " * from %u traces with crc32c %08x (guard %.2f, price of a bucket %.2f pages%s).\n",
            tuning->corpus->count, tuning->corpus->crc32c, answer->setting.guard_permille / 1000.0,
            answer->setting.stranded_pages_q8 / 256.0,
            tuning->improved_kept ? ", improved by replay" : "");
    fprintf(out, " * %s: footprint %.4f times live bytes, rounding waste %.2f %%.\n */\n",
            corpus_training_families(tuning->corpus) > 1
                ? "Judged on programs not seen"
                : "Measured on the program it was made from",
            (double)answer->judged_ppm / 1e6, ((double)answer->judged_waste_ppm - 1e6) / 1e4);
    fprintf(out, "#include <lookaside/bucket.h>\n\n"
                 "/* clang-format off */\n"
                 "const uint16_t bucket_default_bytes[] = {\n");
    put_sizes(out, table);
    fprintf(out, "};\n"
                 "/* clang-format on */\n\n"
                 "const uint32_t bucket_default_count = "
                 "sizeof bucket_default_bytes / sizeof bucket_default_bytes[0];\n");
}
