/* SPDX-License-Identifier: 0BSD */
/* Kernel events in text: three programs' lines, what becomes of each event, and bad lines. */
#include "converted.h"

/* As perf script prints it; the trace is the same for all three. */
#define AT     "ls  1537 [000]  2926.293462: "
#define HEADER "# conversion: from ftrace, "

static const char *converted_as(enum import_kernel kernel, bool with_labels, const char *recording)
{
    return converted_job((struct import_job){ .input = put_text("in", recording),
                                              .from = "ftrace",
                                              .kernel = kernel,
                                              .with_labels = with_labels });
}

static const char *slab(const char *recording)
{
    return converted_as(IMPORT_SLAB, false, recording);
}

static const char *pages(const char *recording)
{
    return converted_as(IMPORT_PAGES, false, recording);
}

/* Each row is the same four events of two threads, found by its looks. */
static void three_programs_say_the_same(void)
{
    static const char *const recordings[] = {
        /* perf script, with call chains; one name ends in what looks like a number */
        "            bash  1537 [000]  2926.000001: kmem:kmalloc: call_site=a+0x1 ptr=0xff10 "
        "bytes_req=30 bytes_alloc=32 gfp_flags=GFP_KERNEL node=-1 accounted=false\n"
        "\tffffffff81234567 a+0x1 ([kernel.kallsyms])\n"
        "\n"
        "      Web 7: [0]  1538 [001]  2926.000002:       kmem:kmem_cache_alloc: call_site=b+0x2 "
        "ptr=0xff20 name=dentry bytes_req=192 bytes_alloc=192 gfp_flags=GFP_KERNEL|__GFP_ZERO\n"
        "            bash  1537 [000]  2926.000003:     kmem:kfree: call_site=c+0x3 ptr=0xff10\n"
        "            bash  1537 [000]  2926.000003: kmem:kmem_cache_free: call_site=d+0x4 "
        "ptr=0xff20 name=dentry\n",
        /* the same with pid/tid */
        "bash  1/1537 [000] 2926.000001: kmem:kmalloc: bytes_alloc=32 bytes_req=30 ptr=0xff10\n"
        "bash  1/1538 [001] 2926.000002: kmem:kmem_cache_alloc: gfp_flags=__GFP_ZERO ptr=0xff20 "
        "bytes_alloc=192 bytes_req=192\n"
        "bash  1/1537 [000] 2926.000003: kmem:kfree: ptr=0xff10\n"
        "bash  1/1537 [000] 2926.000003: kmem:kmem_cache_free: ptr=0xff20\n",
        /* trace-cmd report */
        "cpus=2\n"
        "            bash-1537  [000]  2926.000001: kmalloc:              (a+0x1) call_site=a+0x1 "
        "ptr=0xff10 bytes_req=30 bytes_alloc=32 gfp_flags=GFP_KERNEL node=-1 accounted=false\n"
        "      Web-7 [0]-1538  [001]  2926.000002: kmem_cache_alloc:     (b+0x2) call_site=b+0x2 "
        "ptr=0xff20 name=dentry bytes_req=192 bytes_alloc=192 gfp_flags=GFP_KERNEL|GFP_ZERO\n"
        "            bash-1537  [000]  2926.000003: kfree:                (c+0x3) ptr=0xff10\n"
        "            bash-1537  [000]  2926.000003: kmem_cache_free:      ptr=0xff20 name=dentry\n",
        /* trace, with flags, hashed pointers and (tgid) or without */
        "# tracer: nop\n"
        "#\n"
        "# entries-in-buffer/entries-written: 4/4   #P:2\n"
        "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
        "            bash-1537    [000] d..1.  2926.000001: kmalloc: call_site=a+0x1/0x90 "
        "ptr=00000000a480aea1 bytes_req=30 bytes_alloc=32 gfp_flags=GFP_KERNEL\n"
        "            bash-1538    (   1537) [001] .....  2926.000002: kmem_cache_alloc: "
        "call_site=b+0x2/0x90 ptr=00000000410f6571 name=dentry bytes_req=192 bytes_alloc=192 "
        "gfp_flags=GFP_KERNEL|__GFP_ZERO\n"
        "            bash-1537    (-------) [000] d.s2.  2926.000003: kfree: call_site=c+0x3/0x90 "
        "ptr=00000000a480aea1\n"
        "           <...>-1537    [000] .....  2926.000003: kmem_cache_free: call_site=d+0x4/0x9 "
        "ptr=00000000410f6571 name=dentry\n",
        /* Linux before 6.1, and before it printed names and 0x */
        "bash-1537  [000] 2926.000001: kmalloc_node: call_site=ffffffff8112a49a "
        "ptr=ffff88007d4c8a20 bytes_req=30 bytes_alloc=32 gfp_flags=GFP_KERNEL node=0\r\n"
        "bash-1538  [001] 2926.000002: kmem_cache_alloc_node: ptr=ffff88007d4c8a40 bytes_req=192 "
        "bytes_alloc=192 gfp_flags=GFP_KERNEL|GFP_ZERO node=0\r\n"
        "bash-1537  [000] 2926.000003: kfree: call_site=ffffffff8112a49a ptr=ffff88007d4c8a20\r\n"
        "bash-1537  [000] 2926.000003: kmem_cache_free: ptr=ffff88007d4c8a40\r\n",
    };

    for (size_t i = 0; i < sizeof recordings / sizeof recordings[0]; i++)
        CHECK_STR(converted_job((struct import_job){ .input = put_text("in", recordings[i]),
                                                     .kernel = IMPORT_SLAB,
                                                     .with_time = true,
                                                     .with_labels = false }),
                  HEADER "slab, with time\n"
                         "alloc 0 30 recorded 32\n"
                         "time 1000\n"
                         "thread 1\n"
                         "alloc-zeroed 1 192 recorded 192\n"
                         "time 1000\n"
                         "thread 0\n"
                         "free 0\n"
                         "free 1\n");
}

static const char mixed[] =
    AT "kmem:kmalloc: ptr=0x20 bytes_req=30 bytes_alloc=32\n" AT
       "kmem:kmem_cache_alloc: ptr=0x40 bytes_req=192 bytes_alloc=192\n" AT
       "vmalloc:alloc_vmap_area: va_start: 18446683600694657024 size=20480 align=16384 "
       "vstart=0xffffc90000000000 vend=0xffffe8ffffffffff failed=0\n" AT
       "kmem:mm_page_alloc: page=0x1 pfn=0x10 order=2 migratetype=1 gfp_flags=GFP_KERNEL\n" AT
       "kmem:mm_page_free_batched: page=0x1 pfn=0x10 order=0\n" AT "kmem:kfree: ptr=0x40\n" AT
       "kmem:kfree: ptr=0x60\n" AT "kmem:kmem_cache_free: ptr=0x80 name=filp\n" AT
       "kmem:mm_page_free: page=0x1 pfn=0x10 order=2\n" AT
       "vmalloc:free_vmap_area_noflush: va_start=0xffffca0003ab0000 nr_lazy=1\n" AT
       "vmalloc:free_vmap_area_noflush: va_start=0xffffc90000000000 nr_lazy=1\n" AT
       "sched:sched_switch: prev_comm=ls prev_pid=1537\n";

/* 18446683600694657024 is 0xffffc9f9..., so that free is of another area: unknown, twice. */
static void only_what_is_asked_for_is_kept(void)
{
    CHECK_STR(converted_as(IMPORT_KMALLOC, false, mixed),
              HEADER "kmalloc, without time\n"
                     "# dropped: 1 frees of objects made before the recording\n"
                     "# dropped: 8 ops on kinds of objects that were not selected\n"
                     "# dropped: 2 events that no trace has\n"
                     "alloc 0 30 recorded 32\n");
    CHECK_STR(converted_as(IMPORT_SLAB, false, mixed),
              HEADER "slab, without time\n"
                     "# dropped: 2 frees of objects made before the recording\n"
                     "# dropped: 5 ops on kinds of objects that were not selected\n"
                     "# dropped: 2 events that no trace has\n"
                     "alloc 0 30 recorded 32\nalloc 1 192 recorded 192\nfree 1\n");
    CHECK_STR(converted_as(IMPORT_PAGES, false, mixed),
              HEADER "pages, without time\n"
                     "# dropped: 8 ops on kinds of objects that were not selected\n"
                     "# dropped: 2 events that no trace has\n"
                     "alloc-aligned 0 16384 16384\nfree 0\n");
    CHECK_STR(converted_as(IMPORT_VMAP, false, mixed),
              HEADER "vmap, without time\n"
                     "# dropped: 2 frees of objects made before the recording\n"
                     "# dropped: 7 ops on kinds of objects that were not selected\n"
                     "# dropped: 2 events that no trace has\n"
                     "reserve 0 5 align 4\n");
}

static void areas_come_again_at_their_address(void)
{
    CHECK_STR(converted_as(IMPORT_VMAP, false,
                           AT "alloc_vmap_area: va_start: 8192 size=8192 align=1 failed=0\n" AT
                              "alloc_vmap_area: va_start: 8192 size=4097 align=4096 failed=0\n" AT
                              "alloc_vmap_area: va_start: 0 size=4096 align=4096 failed=1\n" AT
                              "free_vmap_area_noflush: va_start=0x2000 nr_lazy=9\n"),
              HEADER "vmap, without time\n"
                     "# implied: 1 frees seen because the address was given out again\n"
                     "# dropped: 1 calls that failed when they were recorded\n"
                     "reserve 0 2\nrelease 0\nreserve 0 2\nrelease 0\n");
}

#define ALLOC(address, bytes) AT "kmalloc: ptr=" address " bytes_req=" bytes " bytes_alloc=0\n"
#define CACHE(address)        AT "kmem_cache_alloc: ptr=" address " bytes_req=8 bytes_alloc=8\n"
#define FREE(address)         AT "kfree: ptr=" address "\n"

static void frees_without_an_event_are_implied(void)
{
    CHECK_STR(slab(ALLOC("0x20", "1") ALLOC("0x40", "2") ALLOC("0x20", "3") CACHE("0x40")
                       FREE("0x20") FREE("0x40")),
              HEADER "slab, without time\n"
                     "# implied: 2 frees seen because the address was given out again\n"
                     "alloc 0 1\nalloc 1 2\nfree 0\nalloc 0 3\nfree 1\n"
                     "alloc 1 8 recorded 8\nfree 0\nfree 1\n");
    /* an object that nobody asked for ends one that was, and the other way round */
    CHECK_STR(converted_as(IMPORT_KMALLOC, false,
                           ALLOC("0x20", "1") CACHE("0x20") FREE("0x20") CACHE("0x40")
                               ALLOC("0x40", "2") FREE("0x40")),
              HEADER "kmalloc, without time\n"
                     "# implied: 1 frees seen because the address was given out again\n"
                     "# dropped: 3 ops on kinds of objects that were not selected\n"
                     "alloc 0 1\nfree 0\nalloc 0 2\nfree 0\n");
}

static void nothing_has_many_names(void)
{
    CHECK_STR(slab(ALLOC("0x20", "1") FREE("(nil)") FREE("(null)") FREE("0x0")
                       FREE("0000000000000000") FREE("0x10") ALLOC("(nil)", "5") ALLOC("0x10", "0")
                           ALLOC("0x30", "4294967296") FREE("0x20")),
              HEADER "slab, without time\n"
                     "# dropped: 1 requests of 4 GiB or more\n"
                     "# dropped: 1 calls that failed when they were recorded\n"
                     "alloc 0 1\nfree 0\n");
}

#define PAGES(frame, order)   AT "mm_page_alloc: page=1 pfn=" frame " order=" order " a=1\n"
#define UNPAGES(frame, order) AT "mm_page_free: page=1 pfn=" frame " order=" order "\n"

static void a_block_of_pages_lives_to_its_last_page(void)
{
    /* split: two of four pages, then both others at once */
    CHECK_STR(
        pages(PAGES("0x10", "2") UNPAGES("0x11", "0") UNPAGES("0x10", "0") UNPAGES("0x12", "1")),
        HEADER "pages, without time\n"
               "# changed: 4 pages freed apart from their block, which lives on\n"
               "alloc-aligned 0 16384 16384\nfree 0\n");
    /* put together: two pages freed as one block */
    CHECK_STR(pages(PAGES("16", "0") PAGES("17", "0") UNPAGES("0x10", "1") UNPAGES("0x10", "1")),
              HEADER "pages, without time\n"
                     "# dropped: 1 frees of objects made before the recording\n"
                     "alloc-aligned 0 4096 4096\nalloc-aligned 1 4096 4096\nfree 0\nfree 1\n");
    /* the first page of a block that lives on is handed out, and freed, on its own */
    CHECK_STR(pages(PAGES("0x10", "1") UNPAGES("0x10", "0") PAGES("0x10", "0") UNPAGES("0x10", "0")
                        UNPAGES("0x11", "0")),
              HEADER "pages, without time\n"
                     "# changed: 2 pages freed apart from their block, which lives on\n"
                     "alloc-aligned 0 8192 8192\nalloc-aligned 1 4096 4096\nfree 1\nfree 0\n");
    /* unseen frees: all of what a new block covers is gone, and part of what is larger */
    CHECK_STR(pages(PAGES("0x10", "0") PAGES("0x11", "0") PAGES("0x10", "1") PAGES("0x11", "0")
                        PAGES("0x0", "0")),
              HEADER "pages, without time\n"
                     "# implied: 2 frees seen because the address was given out again\n"
                     "# dropped: 1 calls that failed when they were recorded\n"
                     "# changed: 1 pages freed apart from their block, which lives on\n"
                     "alloc-aligned 0 4096 4096\nalloc-aligned 1 4096 4096\nfree 0\nfree 1\n"
                     "alloc-aligned 1 8192 8192\nalloc-aligned 0 4096 4096\n");
}

static void labels_and_cpus_on_request(void)
{
    static const char recording[] =
        "a-7 [001] ..... 1.5: kmalloc: call_site=one+0x1/0x2 ptr=0x20 bytes_req=1 bytes_alloc=8\n"
        "a-7 [001] ..... 1.5: kmem_cache_alloc: call_site=two+0x3/0x4 [ext4] ptr=0x40 name=inode "
        "bytes_req=2 bytes_alloc=8\n"
        "a-7 [000] ..... 1.5: kfree: call_site=one+0x1/0x2 ptr=0x20\n"
        "a-7 [000] ..... 1.5: kmalloc: ptr=0x60 bytes_req=3 bytes_alloc=8\n"
        "a-7 [000] ..... 1.5: kmalloc: call_site=one+0x1/0x2 ptr=0x60 bytes_req=4 bytes_alloc=8\n";

    CHECK_STR(converted_as(IMPORT_SLAB, true, recording),
              HEADER "slab, without time\n"
                     "# implied: 1 frees seen because the address was given out again\n"
                     "# label: 1 one+0x1\n"
                     "# label: 2 two+0x3 [ext4] inode\n"
                     "cpu 1\nlabel 1\nalloc 0 1 recorded 8\nlabel 2\nalloc 1 2 recorded 8\n"
                     "cpu 0\nfree 0\nalloc 0 3 recorded 8\n"
                     "free 0\nlabel 1\nalloc 0 4 recorded 8\n");
}

/* 2,000 call sites of 40 bytes are more than a header text holds: the first ones have labels. */
static void labels_end_where_the_text_is_full(void)
{
    size_t room = 2000 * 160;
    char *recording = malloc(room);
    size_t at = 0;
    const char *text;

    for (int i = 0; i < 2000; i++)
        at += (size_t)snprintf(recording + at, room - at,
                               "a-7 [000] 1.5: kmalloc: ptr=0x20 bytes_req=1 bytes_alloc=8 "
                               "call_site=a_rather_long_name_of_a_function_%05d\n",
                               i);
    text = converted_as(IMPORT_SLAB, true, recording);
    free(recording);
    CHECK(strstr(text, "# label: 1 a_rather_long_name_of_a_function_00000\n") != NULL);
    CHECK(strstr(text, "# labels-lost: ") != NULL);
    CHECK(strstr(text, " ops have label 0: the header text is full\nlabel 1\nalloc") != NULL);
    CHECK(strstr(text, "label 0\nalloc 0 1 recorded 8\n") != NULL);
    CHECK(strstr(text, "label 1000\nalloc") != NULL);
    CHECK(strstr(text, "label 2000\n") == NULL);
}

static void losses_are_counted(void)
{
    CHECK_STR(slab("# entries-in-buffer/entries-written: 7/19   #P:2\n"
                   "CPU:1 [LOST 100 EVENTS]\n"
                   "CPU:0 [1000 EVENTS DROPPED]\n"
                   "CPU:0 [EVENTS DROPPED]\n"
                   "CPU 1 is empty\n"
                   "perf 1 [000] 1.5: PERF_RECORD_LOST lost 10000\n" ALLOC("0x20", "1")),
              HEADER "slab, without time\n"
                     "# dropped: 1 lines that are no events\n"
                     "# lost: 11113 events while it was recorded\n"
                     "alloc 0 1\n");
}

static void clocks_without_seconds_and_time_that_goes_back(void)
{
    CHECK_STR(converted_with_time("ftrace", "a-7 [000] 500: kfree: ptr=0x20\n"
                                            "a-7 [000] 700: kmalloc: ptr=0x20 bytes_req=1 "
                                            "bytes_alloc=8\n"
                                            "a-7 [001] 600: kfree: ptr=0x20\n"
                                            "a-7 [000] 701: kmalloc: ptr=0x20 bytes_req=1 "
                                            "bytes_alloc=8\n"),
              HEADER "kmalloc, with time\n"
                     "# dropped: 1 frees of objects made before the recording\n"
                     "time 200\nalloc 0 1 recorded 8\nfree 0\ntime 1\nalloc 0 1 recorded 8\n");
}

static void bad_lines_are_named(void)
{
    static const struct conversion rows[] = {
        { AT "kmalloc: bytes_req=1 bytes_alloc=8\n", "in:1: the event has no ptr= (expected one)" },
        { "\n" AT "kmalloc: ptr=0x20 bytes_alloc=8\n",
          "in:2: the event has no bytes_req= (expected one)" },
        { AT "kmalloc: ptr=0x20 bytes_req=1",
          "in:1: the event has no bytes_alloc= (expected one)" },
        { AT "kmalloc: ptr=0x20 bytes_req=-1 bytes_alloc=8\n",
          "in:1: found '-1 bytes_alloc=8', expected bytes_req (0 to 2^64 - 1)" },
        { AT "kmalloc: ptr=0x20 bytes_req=18446744073709551616 bytes_alloc=8\n",
          "in:1: found '18446744073709551616 bytes_alloc=8', expected bytes_req (0 to 2^64 - 1)" },
        { AT "kmalloc: ptr=0x20 bytes_req=1x bytes_alloc=8\n",
          "in:1: found 'x bytes_alloc=8', expected a blank" },
        { AT "kfree: ptr=\n", "in:1: the line ends early, expected an address (hexadecimal, 64 "
                              "bits at most)" },
        { AT "kfree: ptr=(nil\n",
          "in:1: found '(nil', expected an address (hexadecimal, 64 bits at most)" },
        { AT "kfree: ptr=(____ptrval____)\n",
          "in:1: the kernel hid all addresses as (____ptrval____) (expected them: record with the "
          "tracing option hash-ptr off)" },
        { AT "kfree: ptr=0x12345678123456789\n",
          "in:1: found '0x12345678123456789', expected an address (hexadecimal, 64 bits at most)" },
        { AT "sched_switch: x\n", "in:1: no event of kmalloc in it (expected some)" },
        { "", "in: no event of kmalloc in it (expected some)" },
    };

    check_conversions("ftrace", rows, sizeof rows / sizeof rows[0]);
    CHECK_STR(pages(PAGES("0x10", "14")), "in:1: found order=14, expected 0 to 13");
    CHECK_STR(pages(PAGES("0x12", "2")),
              "in:1: found pfn=0x12, expected a multiple of 2^2 below 2^52");
    CHECK_STR(pages(UNPAGES("0x10000000000000", "0")),
              "in:1: found pfn=0x10000000000000, expected a multiple of 2^0 below 2^52");
    CHECK_STR(converted_as(IMPORT_VMAP, false, AT "alloc_vmap_area: size=1 align=1 failed=0\n"),
              "in:1: the event has no va_start= (expected one)");
}

/* Lines that are nearly events are none, whatever they look like. */
static void what_is_no_event_is_counted(void)
{
    CHECK_STR(slab("kmalloc: ptr=0x20 bytes_req=1 bytes_alloc=8\n"
                   "a-7 000 1.5: kfree: ptr=0x20\n"
                   "a-7 [000] 1.5 kfree: ptr=0x20\n"
                   "a-7 [] 1.5: kfree: ptr=0x20\n"
                   "a-x [000] 1.5: kfree: ptr=0x20\n"
                   "7 [000] 1.5: kfree: ptr=0x20\n"
                   "[000] 1.5: kfree: ptr=0x20\n"
                   "a-4294967296 [000] 1.5: kfree: ptr=0x20\n"
                   "a-7 [4294967296] 1.5: kfree: ptr=0x20\n"
                   "a-7 [000] 1.1234567890: kfree: ptr=0x20\n"
                   "a-7 [000] 18446744073.5: kfree: ptr=0x20\n"
                   "a-7 [000] 1.5:\n" ALLOC("0x20", "1")),
              HEADER "slab, without time\n"
                     "# dropped: 12 lines that are no events\n"
                     "alloc 0 1\n");
}

/* One run as trace-cmd and as the kernel prints it, with real and with hashed pointers. */
static void real_recordings(void)
{
    static const enum import_kernel kernels[] = { IMPORT_KMALLOC, IMPORT_SLAB, IMPORT_PAGES,
                                                  IMPORT_VMAP };
    static const char *const notes[] = {
        "# dropped: 3 frees of objects made before the recording\n"
        "# dropped: 248 ops on kinds of objects that were not selected\n",
        "# dropped: 36 frees of objects made before the recording\n"
        "# implied: 2 frees seen because the address was given out again\n"
        "# dropped: 67 ops on kinds of objects that were not selected\n",
    };

    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
        struct import_job job = { .kernel = kernels[i], .with_time = true, .with_labels = true };
        char *first;
        job.input = fixture("ftrace-trace-cmd.txt");
        first = strdup(converted_job(job));
        job.input = fixture("ftrace-trace.txt");
        CHECK_STR(converted_job(job), first);
        CHECK(i >= 2 || strstr(first, notes[i]));
        free(first);
    }
    CHECK(strstr(converted_job((struct import_job){ .input = fixture("ftrace-perf.txt"),
                                                    .kernel = IMPORT_SLAB }),
                 HEADER "slab, without time\n"
                        "# dropped: 4 frees of objects made before the recording\n"
                        "# dropped: 37 ops on kinds of objects that were not selected\n"));
}

/* Fields in any order, cut anywhere, of any value: an answer for each, and no more. */
static void garbage_never_does_more_than_fail(void)
{
    static const char *const words[] = {
        "a-7 ",
        "a  8 ",
        "[000] ",
        "[001] ",
        "1.5: ",
        "2.000001: ",
        "kmalloc: ",
        "kfree: ",
        "mm_page_alloc: ",
        "mm_page_free: ",
        "kmem_cache_alloc: ",
        "ptr=0x20 ",
        "ptr=(nil) ",
        "bytes_req=9 ",
        "bytes_alloc=16 ",
        "order=3 ",
        "order=9 ",
        "pfn=0x200 ",
        "pfn=0x8 ",
        "name=x ",
        "call_site=",
        "[",
        "]",
        ": ",
        "\n",
        "CPU:1 [LOST ",
        "(",
        ")",
        "name=",
        "a-7 [000] 3.5: kmalloc: ptr=0x20 bytes_req=9 bytes_alloc=16 ",
        "a-7 [000] 3.5: mm_page_alloc: page=1 pfn=0x200 order=4 ",
        "a-7 [000] 3.5: mm_page_free: page=1 pfn=0x204 order=1 ",
    };
    uint64_t random = 23;
    char recording[3000];

    for (int round = 0; round < 120; round++) {
        size_t at = 0;
        while (at < sizeof recording - 100) {
            random = random * UINT64_C(6364136223846793005) + 1u;
            at += (size_t)sprintf(recording + at, "%s",
                                  words[(random >> 33) % (sizeof words / sizeof words[0])]);
            if ((random >> 20) % 8u == 0)
                recording[at++] = '\n';
        }
        recording[at] = '\0';
        CHECK(converted_as(round % 2 ? IMPORT_PAGES : IMPORT_SLAB, round % 3 == 0, recording) !=
              NULL);
    }
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = {
        CASE(three_programs_say_the_same),
        CASE(only_what_is_asked_for_is_kept),
        CASE(areas_come_again_at_their_address),
        CASE(frees_without_an_event_are_implied),
        CASE(nothing_has_many_names),
        CASE(a_block_of_pages_lives_to_its_last_page),
        CASE(labels_and_cpus_on_request),
        CASE(labels_end_where_the_text_is_full),
        CASE(losses_are_counted),
        CASE(clocks_without_seconds_and_time_that_goes_back),
        CASE(bad_lines_are_named),
        CASE(what_is_no_event_is_counted),
        CASE(real_recordings),
        CASE(garbage_never_does_more_than_fail),
    };

    return converted_run(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
