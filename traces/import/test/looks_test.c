/* SPDX-License-Identifier: 0BSD */
/* Recordings are told by content: each sample is claimed by the format it is of and by no other,
 * whatever the order of the table. The samples are all fixtures, and a few lines of what has none.
 */
#include "claims.h"

#include "../formats.h"

static const struct {
    const char *part; /* of a fixture's name */
    const char *format;
} fixtures_of[] = {
    { ".rep", "rep" },
    { ".android", "android" },
    { ".mtrace", "mtrace" },
    { ".ltrace", "ltrace" },
    { ".valgrind", "valgrind" },
    { ".ntr", "ntr-user" },
    { ".heaptrack", "heaptrack" },
    { ".logalloc", "logalloc" },
    { ".babeltrace", "babeltrace" },
    { ".bpftrace", "bpftrace" },
    { ".strace", "strace" },
    { ".dhat", "aggregate" },
    { ".massif", "aggregate" },
    { ".cc.txt", NULL },
    { ".c.txt", NULL },
};

static const struct {
    const char *format;
    const char *first;
    size_t bytes; /* 0: to the end */
} samples[] = {
    { "trace", "\x89LAT\r\n\x1a\n", 8 },
    { "trace", "# lookaside trace 1\nalloc 0 1\n", 0 },
    { "ntr-user", "# ntr-user 1\n0 1 m 1 8\n", 0 },
    { "ntr-kernel", "# ntr-kernel 1\n0 0 1 K 1 30 32 1 -\n", 0 },
    { "ntr-vas", "# ntr-vas 1\n0 1 1 E\n", 0 },
    { "ntr-stack", "# ntr-stack 1\n0 1 N 1 8388608 m\n", 0 },
    { "vas-trace", "# vas-trace v1 source=x\n0 P 127 300 12 rw\n", 0 },
    { "mtrace1", "MTRACE1\0\0\0\0\0", 12 },
    { "rep", "1\n2\n4\n120\na 0 24\n", 0 },
    { "rep", "2\n4\r\na 0\n", 0 },
    { "rep", "\r\n20000\n2\n4\n1\nr 0 24\nf -1\n", 0 },
    { "android", "186: malloc 0xb6038060 20\n186: thread_done 0x0\n", 0 },
    { "mtrace", "= Start\n", 0 },
    { "mtrace", "@ [0x8064cc8] - 0x8e45e40\n", 0 },
    { "ltrace", "malloc(8)        = 0x55643208e2a0\n", 0 },
    { "ltrace", "1043 free(0x55643208e2a0)     = <void>\n", 0 },
    { "ltrace", "hello\n[pid 7] 1795207881.507325 a->malloc(50)      = 0x560e6e9bbeb0\n", 0 },
    { "ltrace", "__libc_start_main(0x4004ed)  = 0\na->strlen(\"x\")  = 1\n", 0 },
    { "valgrind", "hello\n--1047-- malloc(8) = 0x4A44040\n", 0 },
    { "valgrind", "==1== Memcheck\n--1-- _ZnwmSt11align_val_t(size 256, al 64) = 0x4D6FE00\n", 0 },
    { "heaptrack", "v 10500 3\nX ./tiny\nI 1000 5e5d\n", 0 },
    { "logalloc", "1190 malloc(0x40)=0x7f01\n1190 free(0x7f01)\n", 0 },
    { "logalloc", "1190 1190 malloc(8)=#1\n1190 1190 free(#1)\n", 0 },
    { "bpftrace", "2923085932143 1420 1420 malloc 8 0x5614117c12a0\n", 0 },
    { "strace",
      "1234 execve(\"./a\", [\"./a\"], 0x7ffd /* 20 vars */) = 0\n1234 brk(NULL) = 0x5555\n", 0 },
    { "ftrace",
      "  ls  1203 [000]   421.130111:  kmem:kmalloc: (single_open+0x3d) call_site=single_open+0x3d "
      "ptr=0xffff88810a2b1f40 bytes_req=32 bytes_alloc=32 gfp_flags=GFP_KERNEL node=-1 "
      "accounted=false\n",
      0 },
    { "aggregate", "desc: --massif-out-file=x\ncmd: ./tiny\ntime_unit: i\n", 0 },
    { "aggregate", "heap_v2/524288\n  t*: 1: 2 [0: 0]\n", 0 },
    { NULL, "int main(void) { return malloc(8) == 0; }\n", 0 },
    { NULL, "1 2 3\n4 5 6\n", 0 },
    { NULL, "1\n2\n3\n", 0 },
    { NULL, "a 0 24\nf 0\n", 0 },
    { NULL, "\x28\xb5\x2f\xfd\0\0", 6 },
    { NULL, "malloc\n", 0 },
};

static bool claims(const struct format *format, const char *first, size_t bytes)
{
    return format->magic ? bytes >= format->magic_bytes &&
                               memcmp(first, format->magic, format->magic_bytes) == 0
                         : format->looks(first, bytes);
}

/* `expected` claims the bytes and nobody else does. NULL: nobody at all. */
static void check_sample(const char *name, const char *expected, const char *first, size_t bytes)
{
    const struct format *format;
    bool claimed = false;

    for (size_t i = 0; (format = format_at(i)) != NULL; i++) {
        if (!claims(format, first, bytes))
            continue;
        if (!expected || strcmp(format->name, expected) != 0)
            CHECK_FAIL("%s is claimed by %s, expected %s", name, format->name,
                       expected ? expected : "nobody");
        claimed = true;
    }
    if (!claimed && expected)
        CHECK_FAIL("%s is claimed by nobody, expected %s", name, expected);
}

static void each_fixture_is_of_one_format(void)
{
    DIR *dir = opendir(fixtures);
    int checked = 0;

    CHECK(dir != NULL);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        for (size_t i = 0; i < sizeof fixtures_of / sizeof fixtures_of[0]; i++) {
            char error[TRACE_MESSAGE_BYTES];
            const uint8_t *first;
            struct input *input;
            size_t bytes;
            if (!strstr(entry->d_name, fixtures_of[i].part))
                continue;
            input = input_open(fixture(entry->d_name), error, sizeof error);
            if (!input)
                CHECK_FAIL("%s", error);
            bytes = input_peek(input, &first);
            check_sample(entry->d_name, fixtures_of[i].format, (const char *)first, bytes);
            input_close(input);
            checked++;
            break;
        }
    closedir(dir);
    CHECK(checked >= (int)(sizeof fixtures_of / sizeof fixtures_of[0]));
}

static void each_sample_is_of_one_format(void)
{
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        size_t bytes = samples[i].bytes ? samples[i].bytes : strlen(samples[i].first);
        check_sample(samples[i].first, samples[i].format, samples[i].first, bytes);
    }
}

/* A format without a magic that nothing here stands for could claim anything unseen. */
static void every_format_told_by_its_looks_has_a_sample(void)
{
    const struct format *format;

    for (size_t i = 0; (format = format_at(i)) != NULL; i++) {
        bool has_one = format->magic != NULL;
        for (size_t k = 0; k < sizeof samples / sizeof samples[0]; k++)
            has_one =
                has_one || (samples[k].format && strcmp(samples[k].format, format->name) == 0);
        for (size_t k = 0; k < sizeof fixtures_of / sizeof fixtures_of[0]; k++)
            has_one = has_one ||
                      (fixtures_of[k].format && strcmp(fixtures_of[k].format, format->name) == 0);
        if (!has_one)
            CHECK_FAIL("%s has no sample", format->name);
    }
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = {
        CASE(each_fixture_is_of_one_format),
        CASE(each_sample_is_of_one_format),
        CASE(every_format_told_by_its_looks_has_a_sample),
    };

    return converted_run(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
