/* SPDX-License-Identifier: 0BSD */
/* The importers, on recordings small enough to convert by hand: the text twin is the oracle. */
#include "folder.h"

#include "../import/import.h"

/* Convert `recording`; answers the text twin without its first line, or the message. Static. */
static const char *converted_bytes(const void *recording, size_t count, enum import_kernel kernel,
                                   bool with_time)
{
    static char answer[8192];
    static char error[TRACE_MESSAGE_BYTES];
    const char *input = put_file("in", recording, count);
    struct import_job job = {
        .input = input, .output = in_folder("out.txt"), .kernel = kernel, .with_time = with_time
    };
    size_t bytes;
    char *text;

    unlink(job.output);
    if (!import_run(&job, error, sizeof error)) {
        CHECK_EQ(folder_files(), 1); /* only the recording */
        return without_folder(error);
    }
    text = get_file(job.output, &bytes);
    CHECK(bytes < sizeof answer);
    snprintf(answer, sizeof answer, "%s", strchr(text, '\n') + 1);
    free(text);
    return answer;
}

static const char *converted(const char *recording)
{
    return converted_bytes(recording, strlen(recording), IMPORT_KMALLOC, false);
}

static void program_heap(void)
{
    CHECK_STR(converted("# ntr-user 1\n"
                        "# workload: by hand\n"
                        "# columns: dt_ns tid op id [size] [align]\n"
                        "0 1 m 1 48\n"
                        "5 1 c 2 200\n"
                        "5 2 a 3 100 64\n"
                        "5 2 r 1 96\n"
                        "5 1 f 0\n"
                        "5 1 R 4 0\n"
                        "5 1 x 2\n"
                        "5 1 m 5 5000000000\n"
                        "5 2 t\n"
                        "5 1 f 5\n"
                        "5 3 f 4\n"),
              "# workload: by hand\n"
              "# conversion: from ntr-user, without time\n"
              "# dropped: 1 frees of objects made before the recording\n"
              "# implied: 1 frees seen because the address was given out again\n"
              "# dropped: 1 requests of 4 GiB or more\n"
              "# dropped: 1 ops on kinds of objects that were not selected\n"
              "alloc 0 48\n"
              "alloc-zeroed 1 200\n"
              "thread 1\n"
              "alloc-aligned 2 100 64\n"
              "realloc 0 96\n"
              "thread 0\n"
              "alloc 3 0\n"
              "free 1\n"
              "thread 2\n"
              "free 3\n");
}

static void slots_are_reused_last_freed_first(void)
{
    CHECK_STR(converted("# ntr-user 1\n0 1 m 1 1\n0 1 m 2 2\n0 1 m 3 3\n0 1 f 1\n0 1 f 3\n"
                        "0 1 m 4 4\n0 1 m 5 5\n0 1 m 6 6\n"),
              "# conversion: from ntr-user, without time\n"
              "alloc 0 1\nalloc 1 2\nalloc 2 3\nfree 0\nfree 2\nalloc 2 4\nalloc 0 5\nalloc 3 6\n");
}

static void time_is_kept_on_request(void)
{
    const char *recording = "# ntr-user 1\n7 1 m 1 1\n9 1 f 0\n4 1 f 1\n5000000000 1 m 2 1\n";

    CHECK_STR(converted_bytes(recording, strlen(recording), IMPORT_KMALLOC, true),
              "# conversion: from ntr-user, with time\n"
              "# dropped: 1 frees of objects made before the recording\n"
              "time 7\nalloc 0 1\ntime 13\nfree 0\ntime 4294967295\ntime 705032705\nalloc 0 1\n");
}

static const char kernel[] = "# ntr-kernel 1\n"
                             "# kernel: Linux\n"
                             "S 1 here+0x1\n"
                             "L 1 dentry\n"
                             "T 1 10 1\n"
                             "T 2 11 0\n"
                             "0 0 1 K 1 30 32 1 -\n"
                             "0 0s 1 C 2 192 192 1 1 za\n"
                             "0 0 2 V 3 20480 20480 16384\n"
                             "0 0 1 P 4 4096 -\n"
                             "0 0 1 k 0 1\n"
                             "0 0 1 c 0 1 1\n"
                             "0 0 1 k 2 1\n"
                             "0 0 1 x 1\n"
                             "0 0 1 v 3\n"
                             "0 0 1 v 0\n"
                             "0 0 1 p 4\n"
                             "0 0 1 U 5 16 64 8\n"
                             "0 0 1 u 5\n"
                             "0 0 1 F 2\n"
                             "0 0 2 X\n";

static const char *kernel_as(enum import_kernel what)
{
    return converted_bytes(kernel, sizeof kernel - 1u, what, false);
}

static void kernel_kmalloc(void)
{
    CHECK_STR(kernel_as(IMPORT_KMALLOC),
              "# system: Linux\n"
              "# conversion: from ntr-kernel, kmalloc, without time\n"
              "# dropped: 1 frees of objects made before the recording\n"
              "# implied: 1 frees seen because the address was given out again\n"
              "# dropped: 10 ops on kinds of objects that were not selected\n"
              "alloc 0 30 recorded 32\nfree 0\n");
}

/* kfree() of a cache object ends that object. */
static void kernel_slab(void)
{
    CHECK_STR(kernel_as(IMPORT_SLAB),
              "# system: Linux\n"
              "# conversion: from ntr-kernel, slab, without time\n"
              "# dropped: 2 frees of objects made before the recording\n"
              "# implied: 1 frees seen because the address was given out again\n"
              "# dropped: 7 ops on kinds of objects that were not selected\n"
              "alloc 0 30 recorded 32\nalloc-zeroed 1 192 recorded 192\nfree 1\nfree 0\n");
}

static void kernel_vmap(void)
{
    CHECK_STR(kernel_as(IMPORT_VMAP),
              "# system: Linux\n"
              "# conversion: from ntr-kernel, vmap, without time\n"
              "# dropped: 1 frees of objects made before the recording\n"
              "# dropped: 10 ops on kinds of objects that were not selected\n"
              "thread 1\nreserve 0 5 align 4\nthread 0\nrelease 0\n");
}

static void address_spaces(void)
{
    CHECK_STR(converted("# ntr-vas 1\n"
                        "# source strace; columns: dt_us as tid op args\n"
                        "0 1 1 E\n"
                        "0 1 1 R 1 8192 3 a\n"     /* committed */
                        "0 1 1 R 2 1048576 0 an\n" /* reserved */
                        "0 1 1 M 2 65536 4096 3\n" /* commit */
                        "0 1 1 M 2 0 4096 0\n"     /* decommit */
                        "0 1 1 N 2 65536 4096\n"   /* decommit */
                        "0 1 1 D 2 0 4096 4\n"     /* contents only */
                        "0 1 1 U 2 0 524288\n"     /* first half */
                        "0 1 1 M 2 0 4096 3\n"     /* fixed mapping over the hole */
                        "0 1 1 U 2 4096 1044480\n" /* all but that page */
                        "0 1 1 U 2 0 4096\n"       /* the last page */
                        "0 1 1 R 3 1048576 0 as\n" /* a stack with room for a guard segment */
                        "0 1 1 R 4 36864 0 as\n"   /* a small one */
                        "0 1 1 M 3 4096 4096 3\n"  /* not of a stack */
                        "0 1 1 U 3 0 1048576\n"
                        "0 1 1 G 1 8192 16384 5\n" /* grows under a new id */
                        "0 1 1 G 5 4096 8192 6\n"  /* only a part */
                        "0 1 1 B 135168\n"
                        "0 1 1 B 139264\n"
                        "0 1 1 C 2 2\n"
                        "0 2 2 U 5 0 4096\n"  /* inherited */
                        "0 2 2 U 99 0 4096\n" /* unknown */
                        "0 2 2 R 7 4096 1 f\n"
                        "0 2 2 Q\n"
                        "0 1 1 Q\n"),
              "# recorder: strace\n"
              "# conversion: from ntr-vas, without time\n"
              "# dropped: 1 ops on mappings made before the recording\n"
              "# dropped: 1 ops on mappings inherited by a fork\n"
              "# dropped: 1 madvise calls (contents only)\n"
              "# dropped: 1 protection changes of stacks\n"
              "# dropped: 1 mremap calls on stacks or parts of mappings\n"
              "reserve 0 2\ncommit 0 0 2\n"
              "reserve 1 256\ncommit 1 16 1\ndecommit 1 0 1\ndecommit 1 16 1\n"
              "decommit 1 0 128\ncommit 1 0 1\ndecommit 1 1 255\nrelease 1\n"
              "stack-create 0 256 2 16\nstack-create 1 9 2 1\nstack-destroy 0\n"
              "resize 0 4\ncommit 0 2 2\n"
              "reserve 1 33\ncommit 1 0 33\nresize 1 34\ncommit 1 33 1\n"
              "thread 1\nreserve 2 1\ncommit 2 0 1\nrelease 2\n"
              "thread 0\nstack-destroy 1\nrelease 0\nrelease 1\n");
}

static void address_space_of_32_bits(void)
{
    CHECK_STR(converted("# vas-trace v1 source=x arch=i386\n"
                        "0 P 127 300 12 rw\n"
                        "10 R 150 6 997166 n\n"
                        "20 P 150 1 4 rw\n"
                        "20 R 151 2 5 r\n"
                        "30 S 152 257 6 n\n"
                        "30 F 153 7 3 rwx\n"
                        "40 X 150 0 6 n\n"
                        "40 U 150 0 2 p\n"
                        "40 U 150 2 4 w\n"
                        "40 G 151 4 0\n"
                        "50 B 0 1000 0\n"
                        "50 B 0 1004 0\n"
                        "60 U 152 0 257 w\n"),
              "# recording: source=x arch=i386\n"
              "# conversion: from vas-trace, without time\n"
              "# dropped: 1 ops on mappings made before the recording\n"
              "reserve 0 6\ncommit 0 1 4\nreserve 1 2\ncommit 1 0 2\nstack-create 0 257 2 16\n"
              "reserve 2 3\ncommit 2 0 3\ndecommit 0 0 6\ndecommit 0 0 2\nrelease 0\n"
              "resize 1 4\ncommit 1 2 2\nreserve 0 4\ncommit 0 0 4\nstack-destroy 0\n");
}

static void stacks(void)
{
    CHECK_STR(converted("# ntr-stack 1\n"
                        "0 1 N 1 8388608 m\n"
                        "0 1 A 1\n"
                        "0 1 F 1 0 w k\n"
                        "3 1 F 1 -1 w u\n"
                        "0 1 T 2 thread\n"
                        "5 2 N 2 36864 t\n"
                        "0 2 F 2 7 r u\n"
                        "0 2 F 9 7 r u\n"
                        "0 2 E name\n"
                        "6 1 Z 1\n"
                        "0 1 X\n"),
              "# conversion: from ntr-stack, without time\n"
              "# dropped: 1 ops on stacks made before the recording\n"
              "# changed: 1 touches above the first page seen, taken as page 0\n"
              "stack-create 0 2048 2 16\nstack-touch 0 0\nstack-touch 0 0\n"
              "thread 1\nstack-create 1 9 2 1\nstack-touch 1 7\nthread 0\nstack-destroy 0\n");
}

static void put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* Header and five records, of which memalign takes two. */
static void records_of_eight_bytes(void)
{
    static const uint32_t words[][2] = {
        { 0u << 28 | 0u, 32 }, { 1u << 28 | 1u, 100 }, { 4u << 28 | 2u, 10 },
        { 15u << 28 | 6u, 0 }, { 3u << 28 | 0u, 64 },  { 2u << 28 | 1u, 0 },
    };
    uint8_t file[64 + 6 * 8] = "MTRACE1";

    put_u32(file + 8, 6);
    put_u32(file + 16, 3);
    for (size_t i = 0; i < 6; i++) {
        put_u32(file + 64 + 8 * i, words[i][0]);
        put_u32(file + 68 + 8 * i, words[i][1]);
    }
    CHECK_STR(converted_bytes(file, sizeof file, IMPORT_KMALLOC, false),
              "# conversion: from mtrace1, without time\n"
              "alloc 0 32\nalloc-zeroed 1 100\nalloc-aligned 2 10 64\nrealloc 0 64\nfree 1\n");
    CHECK_STR(converted_bytes(file, sizeof file - 1u, IMPORT_KMALLOC, false),
              "in: offset 104: the file is cut short (expected as many records as it says)");
    put_u32(file + 64, 5);
    CHECK_STR(converted_bytes(file, sizeof file, IMPORT_KMALLOC, false),
              "in: offset 64: a slot the header does not know");
}

static void wrong_recordings_are_named_by_line(void)
{
    static const struct {
        const char *recording;
        const char *message;
    } cases[] = {
        { "hello\n", "in: offset 0: an unknown format (expected one that --help lists)" },
        { "# ntr-user 1\n0 1\n", "in:2: 2 fields, expected 3: dt_ns tid op" },
        { "# ntr-user 1\n0 1 q 1\n", "in:2: found 'q', expected an op (m c a R r f x t)" },
        { "# ntr-user 1\n\n0 1 m 1\n",
          "in:3: found '', expected bytes (0 to 18446744073709551615)" },
        { "# ntr-user 1\n0 1 m 3 1\n", "in:2: found '3', expected a new id, at most the line's "
                                       "number (0 to 2)" },
        { "# ntr-user 1\n0 1 m 1 1\n0 1 m 1 1\n",
          "in:3: id 1 is not new (expected one never used before)" },
        { "# ntr-user 1\n0 1 r 1 1\n", "in:2: realloc of id 1 (expected a live object)" },
        { "# ntr-user 1\n0 1 a 1 1 3\n", "in:2: alignment 3 (expected a power of two)" },
        { "# ntr-user 1\nx 1 m 1 1\n",
          "in:2: found 'x', expected nanoseconds (0 to 9223372036854775807)" },
        { "# ntr-kernel 1\n0 0 1 Z 1\n",
          "in:2: found 'Z', expected an op (K k C c V v P p U u x E F X)" },
        { "# ntr-vas 1\n0 1 1 R 1 0 3 a\n", "in:2: a mapping of 0 bytes" },
        { "# ntr-vas 1\n0 1 1 R 1 1 8 a\n", "in:2: found '8', expected a protection (0 to 7)" },
        { "# ntr-stack 1\n0 1 N 1 4096 m\n",
          "in:2: a stack of 4096 bytes (expected two pages or more)" },
        { "# vas-trace v1\n0 R 1 5 5 q\n", "in:2: found 'q', expected a protection (n, or r w x)" },
        { "# vas-trace v1\n0 B 0 5\n1 B 0 4\n",
          "in:3: brk below its beginning (expected page 5 or more)" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_STR(converted(cases[i].recording), cases[i].message);
}

/* Recordings full of nonsense: an answer for each, and no more. */
static void garbage_never_does_more_than_fail(void)
{
    static const char *const first[] = { "# ntr-user 1\n", "# ntr-kernel 1\n", "# ntr-vas 1\n",
                                         "# ntr-stack 1\n", "# vas-trace v1\n" };
    static const char letters[] = "mcaRrfxtKkCcVvPpUuEFXMNDGBQSZA";
    uint64_t random = 23;
    char recording[4096];

    for (int round = 0; round < 300; round++) {
        size_t at = (size_t)sprintf(recording, "%s", first[round % 5]);
        while (at < sizeof recording - 200) {
            uint32_t fields = 3;
            for (uint32_t i = 0; i < 8; i++) {
                random = random * UINT64_C(6364136223846793005) + 1u;
                if (i == fields || (i == 1 && round % 5 == 4))
                    at += (size_t)sprintf(recording + at, "%c ",
                                          letters[(random >> 40) % (sizeof letters - 1u)]);
                else
                    at +=
                        (size_t)sprintf(recording + at, "%llu ",
                                        (unsigned long long)(random >> 33) >> (random >> 58) % 32u);
            }
            recording[at++] = '\n';
        }
        recording[at] = '\0';
        CHECK(converted(recording) != NULL);
    }
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(program_heap),
        CASE(slots_are_reused_last_freed_first),
        CASE(time_is_kept_on_request),
        CASE(kernel_kmalloc),
        CASE(kernel_slab),
        CASE(kernel_vmap),
        CASE(address_spaces),
        CASE(address_space_of_32_bits),
        CASE(stacks),
        CASE(records_of_eight_bytes),
        CASE(wrong_recordings_are_named_by_line),
        CASE(garbage_never_does_more_than_fail),
    };

    return folder_run(cases, sizeof cases / sizeof cases[0]);
}
