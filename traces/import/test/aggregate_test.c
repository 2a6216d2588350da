/* SPDX-License-Identifier: 0BSD */
/* Profiles without an order of events: known, and refused with the way out. */
#include "claims.h"

#include "../formats.h"

#define REFUSED(what, instead)                                                                     \
    what " has sums and no order of events, so it cannot be replayed (expected a recording of "    \
         "each call; " instead " makes one)"

static const char jemalloc[] = "heap_v2/524288\n  t*: 28106: 56637512 [0: 0]\n";
static const char tcmalloc[] = "heap profile:   1:  1048576 [     1:  1048576] @ heapprofile\n"
                               "   1:  1048576 [     1:  1048576] @ 0x400a3d 0x400b1c\n";
static const char memleak[] = "Attaching to pid 5193, Ctrl+C to quit.\n"
                              "[11:16:33] Top 2 stacks with outstanding allocations:\n"
                              "\t80 bytes in 5 allocations from stack\n"
                              "\t\t main+0x6d [allocs]\n";

static void every_profile_is_refused_by_name(void)
{
    static const struct conversion rows[] = {
        { jemalloc, "in: " REFUSED("jemalloc's heap profile", "heaptrack --raw") },
        { tcmalloc, "in: " REFUSED("tcmalloc's heap profile", "heaptrack --raw") },
        { memleak, "in: " REFUSED("memleak's output", "bpftrace traces/import/bpftrace.bt") },
        { "Attaching to kernel allocators, Ctrl+C to quit.\n"
          "[11:16:33] Top 10 stacks with outstanding allocations:\n",
          "in: " REFUSED("memleak's output", "trace-cmd record -e kmem") },
        { "{\"dhatFileVersion\":2\n,\"mode\":\"heap\"",
          "in: " REFUSED("DHAT's output", "valgrind --trace-malloc=yes") },
        { "desc: --massif-out-file=x\ncmd: ./x\ntime_unit: i\n#-----------\n",
          "in: " REFUSED("massif's output", "valgrind --trace-malloc=yes") },
    };

    check_conversions(NULL, rows, sizeof rows / sizeof rows[0]);
    check_conversions("aggregate", rows, sizeof rows / sizeof rows[0]);
}

static const char *refusal_of(const char *name)
{
    static char message[TRACE_MESSAGE_BYTES];
    const char *end;

    snprintf(message, sizeof message, "%s",
             converted_job((struct import_job){ .input = fixture(name) }));
    end = strstr(message, ": ");
    return end ? end + 2 : message;
}

static void real_profiles_are_refused(void)
{
    CHECK_STR(refusal_of("tiny.massif"), REFUSED("massif's output", "valgrind --trace-malloc=yes"));
    CHECK_STR(refusal_of("tiny.dhat.json"),
              REFUSED("DHAT's output", "valgrind --trace-malloc=yes"));
}

static void anything_else_is_no_profile(void)
{
    CHECK_STR(converted("aggregate", "hello\n"),
              "in: no profile that is known (expected massif's, DHAT's, jemalloc's, tcmalloc's or "
              "memleak's)");
    CHECK_STR(converted("aggregate", ""),
              "in: no profile that is known (expected massif's, DHAT's, jemalloc's, tcmalloc's or "
              "memleak's)");
}

static void other_formats_are_not_claimed(void)
{
    check_claims(looks_aggregate, "massif", "dhat");
    check_claim(looks_aggregate, "Attaching 2 probes...\n", false); /* bpftrace */
    check_claim(looks_aggregate, "Attaching to pid 1\nanything\n", false);
    check_claim(looks_aggregate, "desc: a list of things\n", false);
    check_claim(looks_aggregate, "{\"dhat\":2}\n", false);
    check_claim(looks_aggregate, "heap_v", false);
    check_claim(looks_aggregate, "", false);
}

int main(int argc, char **argv)
{
    static const struct check_case cases[] = {
        CASE(every_profile_is_refused_by_name),
        CASE(real_profiles_are_refused),
        CASE(anything_else_is_no_profile),
        CASE(other_formats_are_not_claimed),
    };

    return converted_run(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
