/* SPDX-License-Identifier: 0BSD */
/* Free sections in an array that has a range of addresses of its own, 0xFF800000 to 0xFFB00000, and
 * grows towards the frame bitmap that is mapped behind it. First fit in the order of the array;
 * neighbours are merged "occasionally": here when the array is full or when nothing fits.
 *
 *   0xFF800000                                   0xFFB00000
 *   | free | free | free | free | -> grows       | bitmap of page frames
 *
 * Source: the VMM thread ("nodes of adjacent free addresses would occasionally be compacted ... the
 * list could clobber the bitmap by growing into its virtual address range, but there are ways to
 * prevent this").
 * Cost: O(sections) to reserve, O(1) to release, now and then O(sections log sections) to sort and
 * merge; 8 bytes a section. Never takes a node from a heap.
 * Known weaknesses, kept: what is in use is not written down, so a release is believed; the order
 * of the array is not that of the addresses, so first fit is any fit.
 * Not copied: growing into the bitmap. A release that finds the array full after merging, and no
 * section to lengthen, is refused and the region stays in use.
 */
#include "vas_rival.h"

#define LIST_BYTES_MAX    UINT32_C(0x300000) /* 0xFFB00000 - 0xFF800000 */
#define LIST_SECTIONS_MAX (LIST_BYTES_MAX / 8u)

struct section {
    uint32_t page;
    uint32_t pages;
};

_Static_assert(sizeof(struct section) == 8, "LIST_SECTIONS_MAX");

struct section_window {
    struct vas_window window;
    uint32_t room;
    uint32_t count;
    uint32_t count_peak;
    uint32_t free_pages;
    bool merged; /* no two sections touch: merging again would find nothing */
    uint64_t probes;
    struct section section[];
};

/* A part more than there are free regions, so that the last release always finds a place. */
static uint32_t room_for(const struct vas_window *window)
{
    uint32_t room = window->regions + 2u;

    return room < LIST_SECTIONS_MAX ? room : LIST_SECTIONS_MAX;
}

static size_t bytes(const struct vas_window *window)
{
    return sizeof(struct section_window) + room_for(window) * sizeof(struct section);
}

static bool init(void *state, size_t state_bytes, const struct vas_window *window)
{
    struct section_window *list = state;

    if (state_bytes < bytes(window))
        return false;
    *list = (struct section_window){ .window = *window,
                                     .room = room_for(window),
                                     .count = 1,
                                     .count_peak = 1,
                                     .free_pages = window->end_page - window->first_page,
                                     .merged = true };
    list->section[0] = (struct section){ window->first_page, list->free_pages };
    return true;
}

/* -- Merging ----------------------------------------------------------------------------------- */

/* Let the section at `root` sink until none below it has a higher address. */
static void sink(struct section_window *list, uint32_t root, uint32_t count)
{
    struct section moved = list->section[root];

    for (uint32_t child; (child = 2u * root + 1u) < count; root = child) {
        if (child + 1u < count && list->section[child + 1u].page > list->section[child].page)
            child++;
        list->probes++;
        if (list->section[child].page <= moved.page)
            break;
        list->section[root] = list->section[child];
    }
    list->section[root] = moved;
}

/* Heapsort: in place and without recursion, as a kernel wants it. Source: Williams 1964. */
static void sort(struct section_window *list)
{
    for (uint32_t i = list->count / 2u; i-- > 0;)
        sink(list, i, list->count);
    for (uint32_t end = list->count; end-- > 1;) {
        struct section top = list->section[0];

        list->section[0] = list->section[end];
        list->section[end] = top;
        sink(list, 0, end);
    }
}

static void merge(struct section_window *list)
{
    uint32_t kept = 0;

    if (list->merged || list->count == 0)
        return;
    sort(list);
    for (uint32_t i = 1; i < list->count; i++) {
        struct section *last = &list->section[kept];

        list->probes++;
        if (last->page + last->pages == list->section[i].page)
            last->pages += list->section[i].pages;
        else
            list->section[++kept] = list->section[i];
    }
    list->count = kept + 1u;
    list->merged = true;
}

/* -- Reserve and release ----------------------------------------------------------------------- */

/* Add a section; room is known to be there. */
static void append(struct section_window *list, uint32_t page, uint32_t pages)
{
    list->section[list->count++] = (struct section){ page, pages };
    if (list->count > list->count_peak)
        list->count_peak = list->count;
}

/* Take [page, page + pages) out of section `i`. False: no room for a second rest. */
static bool cut(struct section_window *list, uint32_t i, uint32_t page, uint32_t pages)
{
    struct section *section = &list->section[i];
    uint32_t front = page - section->page;
    uint32_t back = section->pages - front - pages;

    if (front > 0 && back > 0) {
        if (list->count == list->room)
            return false;
        section->pages = front;
        append(list, page + pages, back);
    } else if (front > 0) {
        section->pages = front;
    } else if (back > 0) {
        *section = (struct section){ page + pages, back };
    } else {
        *section = list->section[--list->count];
    }
    list->free_pages -= pages;
    return true;
}

static enum rival_answer try_reserve(struct section_window *list, uint32_t pages,
                                     uint32_t align_log2, uint32_t *ret_page)
{
    enum rival_answer answer = RIVAL_NO_SPACE;

    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t page = vas_rival_align_up(list->section[i].page, align_log2);
        uint32_t end = list->section[i].page + list->section[i].pages;

        list->probes++;
        if (page >= end || pages > end - page)
            continue;
        if (cut(list, i, page, pages)) {
            *ret_page = page;
            return RIVAL_OK;
        }
        answer = RIVAL_NO_METADATA;
    }
    return answer;
}

static enum rival_answer reserve(void *state, uint32_t pages, uint32_t align_log2,
                                 uint32_t *ret_page)
{
    struct section_window *list = state;
    enum rival_answer answer;

    if (!vas_rival_asks(&list->window, pages, align_log2))
        return RIVAL_BAD;
    answer = try_reserve(list, pages, align_log2, ret_page);
    if (answer == RIVAL_OK || list->merged)
        return answer;
    merge(list);
    return try_reserve(list, pages, align_log2, ret_page);
}

/* Add the pages to a section that they touch: needs no room. */
static bool lengthen(struct section_window *list, uint32_t page, uint32_t pages)
{
    for (uint32_t i = 0; i < list->count; i++) {
        struct section *section = &list->section[i];

        list->probes++;
        if (section->page + section->pages != page && page + pages != section->page)
            continue;
        if (page < section->page)
            section->page = page;
        section->pages += pages;
        return true;
    }
    return false;
}

static enum rival_answer release(void *state, uint32_t page, uint32_t pages)
{
    struct section_window *list = state;

    if (!vas_rival_inside(&list->window, page, pages))
        return RIVAL_BAD;
    if (list->count == list->room)
        merge(list);
    if (list->count < list->room)
        append(list, page, pages);
    else if (!lengthen(list, page, pages))
        return RIVAL_NO_METADATA;
    list->merged = false;
    list->free_pages += pages;
    return RIVAL_OK;
}

/* -- Figures ----------------------------------------------------------------------------------- */

/* The next section by address at or above `page`, or NULL: the array is not in order. */
static const struct section *next_from(const struct section_window *list, uint32_t page)
{
    const struct section *next = NULL;

    for (uint32_t i = 0; i < list->count; i++) {
        const struct section *section = &list->section[i];

        if (section->page >= page && (next == NULL || section->page < next->page))
            next = section;
    }
    return next;
}

static void figures(const void *state, struct vas_figures *ret_figures)
{
    const struct section_window *list = state;
    uint32_t longest = 0;
    uint32_t run_end = 0;
    uint32_t run = 0;

    for (const struct section *section = next_from(list, 0); section != NULL;
         section = next_from(list, section->page + section->pages)) {
        run = (section->page == run_end ? run : 0u) + section->pages;
        run_end = section->page + section->pages;
        longest = run > longest ? run : longest;
    }
    *ret_figures = (struct vas_figures){
        .free_pages = list->free_pages,
        .largest_pages = longest,
        .metadata_bytes = sizeof *list + list->count * sizeof(struct section),
        .metadata_bytes_peak = sizeof *list + list->count_peak * sizeof(struct section),
        .probes = list->probes,
    };
}

static const char *check(const void *state)
{
    const struct section_window *list = state;
    uint32_t end = 0;
    uint32_t seen = 0;
    uint32_t free = 0;

    for (const struct section *section = next_from(list, 0); section != NULL;
         section = next_from(list, section->page + section->pages)) {
        if (!vas_rival_inside(&list->window, section->page, section->pages))
            return "a free section leaves the window";
        if (list->merged && seen > 0 && section->page == end)
            return "merged sections touch";
        end = section->page + section->pages;
        free += section->pages;
        seen++;
    }
    if (seen != list->count)
        return "two free sections overlap";
    return free == list->free_pages ? NULL : "the number of free pages is wrong";
}

const struct vas_rival vas_section_window = {
    .name = "section-window",
    .what = "array of free sections in a range of its own, merged now and then",
    .can = VAS_RELEASES | VAS_ALIGNS | VAS_FINDS | VAS_FINDS_ALIGNED | VAS_PARTS,
    .bytes = bytes,
    .init = init,
    .reserve = reserve,
    .release = release,
    .figures = figures,
    .check = check,
};
