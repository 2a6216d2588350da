/* SPDX-License-Identifier: 0BSD */
/* What windows refuse: memory beyond the limit, the n-th commit, and broken promises. */
#include "window_kinds.h"

/* -- Refusals ---------------------------------------------------------------------------------- */

static void the_limit_is_exact(void)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        open_kind(kind);
        window.limit_pages = 10;
        CHECK_EQ(commit(0, 11), LA_NO_MEMORY);
        CHECK_EQ(commit(0, 6), LA_OK);
        CHECK_EQ(commit(6, 5), LA_NO_MEMORY);
        CHECK_EQ(commit(6, UINT16_MAX / 16u), LA_NO_MEMORY);
        CHECK_EQ(commit(6, 4), LA_OK);
        CHECK_EQ(commit(10, 1), LA_NO_MEMORY);
        decommit(3, 1);
        CHECK_EQ(commit(10, 1), LA_OK);
        window.limit_pages = 5; /* below what is committed */
        CHECK_EQ(commit(11, 1), LA_NO_MEMORY);
        CHECK_EQ(window.stats.committed_pages, 10);
        CHECK_EQ(window.stats.refusals, 5);
        window.limit_pages = 0;
        CHECK_EQ(commit(11, 100), LA_OK);
        host_window_close(&window);
    }
}

static void the_nth_commit_fails(void)
{
    static const struct {
        uint32_t at, from;
        const char *answers; /* of ten commits: o or - for refused */
    } cases[] = {
        { 0, 0, "oooooooooo" }, { 1, 0, "-ooooooooo" },  { 4, 0, "ooo-oooooo" },
        { 0, 1, "----------" }, { 0, 10, "ooooooooo-" }, { 3, 8, "oo-oooo---" },
        { 8, 3, "oo--------" },
    };

    for (size_t kind = 0; kind < KINDS; kind++)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            char answers[11] = "";

            open_kind(kind);
            window.fail_commit_at = cases[i].at;
            window.fail_commit_from = cases[i].from;
            for (uint32_t page = 0; page < 10; page++)
                answers[page] = commit(page, 1) == LA_OK ? 'o' : '-';
            CHECK_STR(answers, cases[i].answers);
            host_window_close(&window);
        }
}

/* How many mappings the system allows a process; 0 if it does not say. */
static long mappings_max(void)
{
    FILE *file = fopen("/proc/sys/vm/max_map_count", "r");
    char text[32] = "";

    if (file != NULL) {
        (void)!fgets(text, sizeof text, file);
        (void)fclose(file);
    }
    return strtol(text, NULL, 10);
}

/* Every second page committed makes a mapping a page. */
static void at_the_limit_of_mappings_commits_fail_and_decommits_do_not(void)
{
    struct host_window_options options = { .first_segment = 256, .end_segment = 256 + 4400 };
    uint32_t pages = 4400u * LA_PAGES_PER_SEGMENT;
    uint32_t page = 10;
    long limit = mappings_max();

    if (limit == 0 || limit > 70000) {
        printf("# the limit is not known or out of reach: %ld\n", limit);
        return;
    }
    CHECK_EQ(host_window_open(&window, &options), LA_OK);
    CHECK_EQ(commit(0, 3), LA_OK);
    dirty(0, 3);
    while (page < pages && commit(page, 1) == LA_OK)
        page += 2;
    CHECK(page < pages);
    CHECK_EQ(window.stats.refusals, 1);
    CHECK(!host_window_is_committed(&window, page_va(page)));
    decommit(1, 1); /* would split a mapping */
    CHECK_EQ(commit(1, 1), LA_OK);
    check_zero(1, 1);
    CHECK_EQ(*host(page_va(0)), 0xa5);
    CHECK_EQ(*host(page_va(2)), 0xa5);
    host_window_reset(&window);
    CHECK_EQ(commit(0, pages), LA_OK);
    check_zero(0, 16);
    host_window_close(&window);
}

/* -- Broken promises --------------------------------------------------------------------------- */

static jmp_buf panicked;
static const char *panic_text;

static void note_panic(const char *what, const char *file, int line)
{
    (void)file;
    (void)line;
    panic_text = what;
    longjmp(panicked, 1);
}

/* 'c' or 'd' for pages [page, page + pages), which must panic. */
static const char *panic_of(char hook, va32_t va, uint32_t pages)
{
    panic_text = NULL;
    host_on_panic = note_panic;
    if (setjmp(panicked) == 0) {
        if (hook == 'c')
            (void)window.port.commit(window.port.context, va, pages);
        else
            window.port.decommit(window.port.context, va, pages);
    }
    host_on_panic = NULL;
    return panic_text;
}

static void a_broken_promise_panics(void)
{
    static const struct {
        char hook;
        va32_t va;
        uint32_t pages;
        const char *text;
    } cases[] = {
        /* Pages [4, 8) are committed. */
        { 'c', FIRST_VA + 0x4000, 1, "commit of a page that is committed already" },
        { 'c', FIRST_VA + 0x7000, 1, "commit of a page that is committed already" },
        { 'c', FIRST_VA + 0x3000, 2, "commit of a page that is committed already" },
        { 'c', FIRST_VA, 100, "commit of a page that is committed already" },
        { 'd', FIRST_VA + 0x3000, 1, "decommit of a page that is not committed" },
        { 'd', FIRST_VA + 0x3000, 2, "decommit of a page that is not committed" },
        { 'd', FIRST_VA + 0x7000, 2, "decommit of a page that is not committed" },
        { 'c', FIRST_VA, 0, "pages > 0" },
        { 'c', FIRST_VA + 1, 1, "(va & (LA_PAGE_BYTES - 1u)) == 0" },
        { 'c', FIRST_VA - 0x1000, 1, "page >= window->first_segment * LA_PAGES_PER_SEGMENT" },
        { 'c', FIRST_VA + PAGES * LA_PAGE_BYTES, 1, "page < end_page" },
        { 'c', FIRST_VA + 0x10000, PAGES - 15u, "pages <= end_page - page" },
        { 'c', FIRST_VA + 0x10000, UINT32_MAX, "pages <= end_page - page" },
        { 'd', FIRST_VA, 0, "pages > 0" },
    };

    for (size_t kind = 0; kind < KINDS_CHECKED; kind++)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            open_kind(kind);
            CHECK_EQ(commit(4, 4), LA_OK);
            CHECK_STR(panic_of(cases[i].hook, cases[i].va, cases[i].pages), cases[i].text);
            CHECK_EQ(window.stats.committed_pages, 4);
            host_window_close(&window);
        }
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(the_limit_is_exact),
        CASE(the_nth_commit_fails),
        CASE(at_the_limit_of_mappings_commits_fail_and_decommits_do_not),
        CASE(a_broken_promise_panics),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
