/* SPDX-License-Identifier: 0BSD */
/* The rows in use, large enough to see each segment. A heap's or stack's cell is filled from below
 * as far as its pages are backed and its blocks live; other kinds have a mark, so that none needs
 * its colour. A thin space to the left of a cell begins a region.
 */
#include "plot_svg.h"

#include "plot_colours.h"

#include <inttypes.h>

/* Pixels. */
#define CELL_WIDTH   8u
#define CELL_HEIGHT  12u
#define ROW_HEIGHT   16u
#define GAP_WORDS    160u /* width */
#define REGION_SPACE 1u
#define WIDTH        (PLOT_ROW_CELLS * CELL_WIDTH)

struct grid {
    FILE *out;
    const struct plot_looks *looks;
    const struct plot_rows *rows;
    uint32_t left;
    uint32_t top;
};

typedef void (*cell_fn)(const struct grid *grid, uint32_t segment, uint32_t x, uint32_t y);

uint32_t plot_svg_rows_height(const struct plot_rows *rows)
{
    return rows->count * ROW_HEIGHT;
}

/* Call `put` for every cell of a row that looks like `look`, inside a path with `style`. */
static void put_path(const struct grid *grid, enum plot_look look, const char *style,
                     const char *colour, cell_fn put)
{
    uint32_t y = grid->top;

    if (grid->looks->segments[look] == 0)
        return;
    fprintf(grid->out, "<path %s=\"%s\" d=\"", style, colour);
    for (uint32_t i = 0; i < grid->rows->count; y += ROW_HEIGHT, i++) {
        const struct plot_row *row = &grid->rows->row[i];

        for (uint32_t cell = 0; row->gap == PLOT_STATES && cell < row->segments; cell++)
            if (plot_look_of(grid->looks, row->first_segment + cell) == look)
                put(grid, row->first_segment + cell, grid->left + cell * CELL_WIDTH, y);
    }
    fputs("\"/>\n", grid->out);
}

/* -- Cells ------------------------------------------------------------------------------------- */

static uint32_t inset(const struct grid *grid, uint32_t segment)
{
    return grid->looks->map->segment[segment].first ? REGION_SPACE : 0;
}

static void put_box(const struct grid *grid, uint32_t segment, uint32_t x, uint32_t y)
{
    uint32_t space = inset(grid, segment);
    uint32_t width = CELL_WIDTH - space;

    fprintf(grid->out, "M%u %uh%uv%uh-%uz", x + space, y, width, CELL_HEIGHT, width);
}

/* A bar from below; what is there at all can be seen. */
static void put_bar(const struct grid *grid, uint32_t segment, uint32_t x, uint32_t y,
                    uint32_t permille)
{
    uint32_t tenths = CELL_HEIGHT * 10u * permille / PLOT_FULL;
    uint32_t width = CELL_WIDTH - inset(grid, segment);

    if (tenths < 10u)
        tenths = 10u;
    fprintf(grid->out, "M%u %uh%uv-%u.%uh-%uz", x + CELL_WIDTH - width, y + CELL_HEIGHT, width,
            tenths / 10u, tenths % 10u, width);
}

static void put_backed(const struct grid *grid, uint32_t segment, uint32_t x, uint32_t y)
{
    uint32_t pages = grid->looks->map->segment[segment].pages;

    if (pages > 0)
        put_bar(grid, segment, x, y, pages * PLOT_FULL / LA_PAGES_PER_SEGMENT);
}

static void put_live(const struct grid *grid, uint32_t segment, uint32_t x, uint32_t y)
{
    const struct plot_segment *at = &grid->looks->map->segment[segment];

    if (at->full_permille > 0 || at->live_blocks > 0)
        put_bar(grid, segment, x, y, at->full_permille);
}

static void put_slash(const struct grid *grid, uint32_t segment, uint32_t x, uint32_t y)
{
    (void)grid;
    (void)segment;
    fprintf(grid->out, "M%u %ul%u-%u", x, y + CELL_HEIGHT, CELL_WIDTH, CELL_HEIGHT);
}

static void put_cross(const struct grid *grid, uint32_t segment, uint32_t x, uint32_t y)
{
    put_slash(grid, segment, x, y);
    fprintf(grid->out, "M%u %ul%u %u", x, y, CELL_WIDTH, CELL_HEIGHT);
}

static void put_dash(const struct grid *grid, uint32_t segment, uint32_t x, uint32_t y)
{
    (void)segment;
    fprintf(grid->out, "M%u %uh%u", x + 2u, y + CELL_HEIGHT / 2u, CELL_WIDTH - 4u);
}

/* -- All --------------------------------------------------------------------------------------- */

static void put_row_frame(const struct grid *grid, const struct plot_row *row, uint32_t y)
{
    char address[16];

    snprintf(address, sizeof address, "%08" PRIx32, la_segment_va(row->first_segment));
    plot_svg_text(grid->out, grid->left - 9u, y + 10u,
                  "font-family=\"monospace\" font-size=\"12\" text-anchor=\"end\"", address);
    fprintf(grid->out, "<path fill=\"none\" stroke=\"#bbbbbb\" d=\"M%u %u.5h%uM%u %u.5h%u\"/>\n",
            grid->left, y - 1u, WIDTH, grid->left, y + CELL_HEIGHT, WIDTH);
}

/* A heap's blocks: in the colour of the legend where that tells more than the height. */
static const char *live_colour(const struct grid *grid, enum plot_look look)
{
    return grid->looks->by == PLOT_BY_FILL ? "#105ba4" : plot_look_colour(grid->looks, look);
}

/* A band in the colour of what it leaves out, and in its middle the words. */
static void put_gap(const struct grid *grid, const struct plot_row *row, uint32_t y)
{
    uint32_t side = (WIDTH - GAP_WORDS) / 2u;
    char amount[PLOT_WORD_BYTES];
    char line[2u * PLOT_WORD_BYTES];
    enum plot_look look = plot_look_of(grid->looks, row->first_segment + row->segments - 1u);

    if (row->gap != PLOT_FREE)
        fprintf(grid->out, "<path fill=\"%s\" d=\"M%u %uh%uv%uh-%uzM%u %uh%uv%uh-%uz\"/>\n",
                row->gap == PLOT_HEAP ? live_colour(grid, look)
                                      : plot_look_colour(grid->looks, look),
                grid->left, y, side, CELL_HEIGHT, side, grid->left + WIDTH - side, y, side,
                CELL_HEIGHT, side);
    snprintf(line, sizeof line, "%s %s",
             plot_amount(amount, (uint64_t)row->segments * LA_SEGMENT_BYTES),
             row->gap == PLOT_OUTSIDE ? "not managed" : plot_state_name(row->gap));
    plot_svg_text(grid->out, grid->left + WIDTH / 2u, y + 11u,
                  "font-size=\"13\" text-anchor=\"middle\"", line);
}

static void put_frames(const struct grid *grid)
{
    uint32_t y = grid->top;

    for (uint32_t i = 0; i < grid->rows->count; i++) {
        const struct plot_row *row = &grid->rows->row[i];

        if (row->gap == PLOT_STATES)
            put_row_frame(grid, row, y);
        else
            put_gap(grid, row, y);
        y += ROW_HEIGHT;
    }
}

/* A heap's cell: light as far as pages are backed, over that its colour as far as blocks live. */
static void put_heap(const struct grid *grid, enum plot_look look)
{
    put_path(grid, look, "fill", "#edf2f7", put_box);
    put_path(grid, look, "fill", grid->looks->by == PLOT_BY_FILL ? "#a5cbe4" : "#cccccc",
             put_backed);
    put_path(grid, look, "fill", live_colour(grid, look), put_live);
}

void plot_svg_rows(FILE *out, const struct plot_looks *looks, const struct plot_rows *rows,
                   uint32_t left, uint32_t top)
{
    const struct grid grid = { out, looks, rows, left, top };
    static const char thin[] = "stroke-width=\".8\" stroke";

    put_frames(&grid);
    for (int i = PLOT_LOOK_OUTSIDE; i < PLOT_LOOKS; i++) {
        enum plot_look look = (enum plot_look)i;

        if (look >= PLOT_LOOK_HEAP && look < PLOT_LOOK_RESERVED)
            put_heap(&grid, look);
        else
            put_path(&grid, look, "fill",
                     plot_look_colour(looks, look == PLOT_LOOK_STACK ? PLOT_LOOK_STACK_BARE : look),
                     put_box);
    }
    put_path(&grid, PLOT_LOOK_STACK, "fill", plot_look_colour(looks, PLOT_LOOK_STACK), put_backed);
    put_path(&grid, PLOT_LOOK_METADATA, thin, PLOT_BLACK, put_dash);
    put_path(&grid, PLOT_LOOK_RESERVED, thin, PLOT_GREY, put_slash);
    put_path(&grid, PLOT_LOOK_GUARD, thin, PLOT_BLACK, put_cross);
}
