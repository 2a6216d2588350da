/* SPDX-License-Identifier: 0BSD */
/* Printing matrices. One that is wider than a page is printed in parts. */
#include "report.h"

#include <math.h>
#include <string.h>

#define COLUMNS_MAX      48u
#define NAME_COLUMNS_MIN 12
#define NAME_COLUMNS_MAX 36
#define CELL_COLUMNS     8
#define PAGE_COLUMNS     100
#define RIVAL_PREFIX     "rival-"

/* What is printed: the columns of one ABI. */
struct page {
    FILE *to;
    const struct results *results;
    const struct matrix *matrix;
    uint32_t abi;
    const char *targets[COLUMNS_MAX];
    const char *labels[COLUMNS_MAX];
    int widths[COLUMNS_MAX];
    uint32_t count;
    int name_width;
};

/* A geometric mean in the making, for each column. */
struct means {
    double logs[COLUMNS_MAX];
    uint32_t counts[COLUMNS_MAX];
    uint32_t rows;
};

/* -- What belongs to it ------------------------------------------------------------------------ */

static bool belongs(const struct page *page, const struct result *result)
{
    const struct matrix *matrix = page->matrix;
    const struct plan_case *about = &result->about;
    bool is_rival = strncmp(about->target, RIVAL_PREFIX, strlen(RIVAL_PREFIX)) == 0 ||
                    strcmp(about->target, "floor-rival") == 0;

    return about->abi == page->abi && is_rival == matrix->rivals &&
           about->thing_at == strlen(matrix->kind) + 1u &&
           strncmp(about->name, matrix->kind, about->thing_at - 1u) == 0 &&
           strcmp(about->variant, matrix->variant) == 0 &&
           (matrix->floors || !result_is_floor(result));
}

static bool any_figure(const struct page *page, const char *target)
{
    for (uint32_t i = 0; i < page->results->count; i++) {
        const struct result *result = &page->results->all[i];
        double figure;

        if (belongs(page, result) && strcmp(result->about.target, target) == 0 &&
            (result->slow ||
             page->matrix->figure(page->results, result, page->matrix->key, &figure)))
            return true;
    }
    return false;
}

/* Names as they are said in a column's head. */
static const char *label_of(const char *target)
{
    static const char *const labels[][2] = {
        { "floor-lookaside", "floor" },      { "floor-libc", "floor-c" },
        { "floor-rival", "floor" },          { "lookaside", "ours" },
        { "lookaside-keeps", "ours-keeps" }, { "lookaside+mmap", "ours+mmap" },
    };

    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        if (strcmp(labels[i][0], target) == 0)
            return labels[i][1];
    return strncmp(target, RIVAL_PREFIX, strlen(RIVAL_PREFIX)) == 0 ? target + strlen(RIVAL_PREFIX)
                                                                    : target;
}

static void add_target(struct page *page, const char *target)
{
    int length = (int)strlen(label_of(target));

    for (uint32_t i = 0; i < page->count; i++)
        if (strcmp(page->targets[i], target) == 0)
            return;
    if (page->count == COLUMNS_MAX || !any_figure(page, target))
        return;
    page->targets[page->count] = target;
    page->labels[page->count] = label_of(target);
    page->widths[page->count++] = length + 1 > CELL_COLUMNS ? length + 1 : CELL_COLUMNS;
}

/* The floor and ours come first, whatever the order of the plan. */
static void add_targets(struct page *page)
{
    static const char *const first[] = { "floor", "lookaside" };
    bool any = false;

    for (size_t order = 0; order <= sizeof first / sizeof first[0]; order++) {
        for (uint32_t i = 0; i < page->results->count; i++) {
            const struct result *result = &page->results->all[i];
            size_t rank = 0;

            if (!belongs(page, result))
                continue;
            if (page->name_width < (int)result->about.thing_bytes + 1)
                page->name_width = (int)result->about.thing_bytes + 1;
            while (rank < sizeof first / sizeof first[0] &&
                   strncmp(result->about.target, first[rank], strlen(first[rank])) != 0)
                rank++;
            if (rank == order)
                add_target(page, result->about.target);
            any = any || !result_is_floor(result);
        }
    }
    if (!any)
        page->count = 0; /* floors alone tell nothing */
    if (page->name_width > NAME_COLUMNS_MAX)
        page->name_width = NAME_COLUMNS_MAX;
}

/* -- Rows -------------------------------------------------------------------------------------- */

static const struct result *cell(const struct page *page, const struct result *like,
                                 const char *target)
{
    const struct result *result = results_find(page->results, like, target);

    return result != NULL && belongs(page, result) ? result : NULL;
}

static void print_row(const struct page *page, const struct result *like, uint32_t from,
                      uint32_t end, struct means *means)
{
    int length = (int)like->about.thing_bytes < page->name_width ? (int)like->about.thing_bytes
                                                                 : page->name_width - 1;

    fprintf(page->to, "%-*.*s", page->name_width, length, like->about.name + like->about.thing_at);
    for (uint32_t i = from; i < end; i++) {
        const struct result *result = cell(page, like, page->targets[i]);
        double figure;

        if (result != NULL && result->slow) {
            fprintf(page->to, "%*s", page->widths[i], "slow");
        } else if (result == NULL ||
                   !page->matrix->figure(page->results, result, page->matrix->key, &figure)) {
            fprintf(page->to, "%*s", page->widths[i], "-");
        } else {
            fprintf(page->to, "%*.*f", page->widths[i], page->matrix->digits, figure);
            if (figure > 0) {
                means->logs[i] += log(figure);
                means->counts[i]++;
            }
        }
    }
    fprintf(page->to, "\n");
    means->rows++;
}

static void print_means(const struct page *page, const char *name, int name_length, uint32_t from,
                        uint32_t end, const struct means *means)
{
    char label[64];

    if (!page->matrix->means || means->rows < 2u)
        return;
    snprintf(label, sizeof label, "%.*s%smean", name_length, name, name_length > 0 ? " " : "");
    fprintf(page->to, "%-*.*s", page->name_width, page->name_width - 1, label);
    for (uint32_t i = from; i < end; i++) {
        if (means->counts[i] > 0)
            fprintf(page->to, "%*.*f", page->widths[i], page->matrix->digits,
                    exp(means->logs[i] / means->counts[i]));
        else
            fprintf(page->to, "%*s", page->widths[i], "-");
    }
    fprintf(page->to, "\n");
}

static void add_means(struct means *all, const struct means *folder)
{
    for (uint32_t i = 0; i < COLUMNS_MAX; i++) {
        all->logs[i] += folder->logs[i];
        all->counts[i] += folder->counts[i];
    }
    all->rows += folder->rows;
}

/* "user32" of "user32/perl32". */
static int folder_length(const struct result *result)
{
    int length = (int)result->about.thing_bytes;

    while (length > 0 && result->about.name[result->about.thing_at + (uint32_t)length - 1u] != '/')
        length--;
    return length > 0 ? length - 1 : 0;
}

static bool same_thing(const struct result *left, const struct result *right)
{
    return left != NULL && left->about.thing_bytes == right->about.thing_bytes &&
           memcmp(left->about.name + left->about.thing_at,
                  right->about.name + right->about.thing_at, left->about.thing_bytes) == 0;
}

static void print_rows(const struct page *page, uint32_t from, uint32_t end)
{
    struct means folder = { .rows = 0 };
    struct means all = { .rows = 0 };
    const struct result *last = NULL;
    uint32_t folders = 0;

    for (uint32_t i = 0; i < page->results->count; i++) {
        const struct result *result = &page->results->all[i];

        if (!belongs(page, result) || same_thing(last, result))
            continue;
        if (last != NULL && (folder_length(last) != folder_length(result) ||
                             strncmp(last->about.name + last->about.thing_at,
                                     result->about.name + result->about.thing_at,
                                     (size_t)folder_length(last)) != 0)) {
            print_means(page, last->about.name + last->about.thing_at, folder_length(last), from,
                        end, &folder);
            add_means(&all, &folder);
            folder = (struct means){ .rows = 0 };
            folders++;
        }
        print_row(page, result, from, end, &folder);
        last = result;
    }
    if (last != NULL)
        print_means(page, last->about.name + last->about.thing_at, folder_length(last), from, end,
                    &folder);
    add_means(&all, &folder);
    if (folders > 0)
        print_means(page, "all", 3, from, end, &all);
}

/* -- Pages ------------------------------------------------------------------------------------- */

static void print_page(const struct page *page)
{
    for (uint32_t from = 0; from < page->count;) {
        int width = page->name_width;
        uint32_t end = from;

        while (end < page->count && width + page->widths[end] <= PAGE_COLUMNS)
            width += page->widths[end++];
        fprintf(page->to, "\n%s, %s\n%-*s", page->matrix->title, bench_abi_names[page->abi],
                page->name_width, "");
        for (uint32_t i = from; i < end; i++)
            fprintf(page->to, "%*s", page->widths[i], page->labels[i]);
        fprintf(page->to, "\n");
        print_rows(page, from, end);
        from = end;
    }
}

void matrix_print(FILE *to, const struct results *results, const struct matrix *matrix)
{
    for (uint32_t abi = 0; abi < BENCH_ABIS; abi++) {
        struct page page = { .to = to,
                             .results = results,
                             .matrix = matrix,
                             .abi = abi,
                             .name_width = NAME_COLUMNS_MIN };

        add_targets(&page);
        if (page.count > 0)
            print_page(&page);
    }
}
