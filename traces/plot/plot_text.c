/* SPDX-License-Identifier: 0BSD */
/* The map as text: a character for one or more segments, rows that are free left out. For ssh and
 * for bug reports.
 */
#include "plot_draw.h"
#include "plot_rows.h"

#include <inttypes.h>

/* The most frequent state of used segments; of equally frequent ones the first in enum plot_state.
 * PLOT_FREE or PLOT_OUTSIDE if none is used.
 */
static enum plot_state cell_state(const struct plot_map *map, uint32_t first, uint32_t segments)
{
    uint32_t counts[PLOT_STATES] = { 0 };
    enum plot_state most = PLOT_METADATA;

    for (uint32_t i = first; i < first + segments; i++)
        counts[map->segment[i].state]++;
    for (int state = PLOT_METADATA; state < PLOT_STATES; state++)
        if (counts[state] > counts[most])
            most = (enum plot_state)state;
    if (counts[most] > 0)
        return most;
    return counts[PLOT_FREE] > 0 ? PLOT_FREE : PLOT_OUTSIDE;
}

/* How full a cell's heap segments are on average: a digit for tenths begun, # for full. */
static char fill_character(const struct plot_map *map, uint32_t first, uint32_t segments)
{
    uint32_t heap = 0;
    uint32_t full = 0;

    for (uint32_t i = first; i < first + segments; i++)
        if (map->segment[i].state == PLOT_HEAP) {
            heap++;
            full += map->segment[i].full_permille;
        }
    if (full == heap * PLOT_FULL)
        return '#';
    return (char)('0' + full * 10u / (heap * PLOT_FULL));
}

static char cell_character(const struct plot_map *map, uint32_t first, uint32_t segments)
{
    static const char characters[PLOT_STATES] = {
        [PLOT_FREE] = '.',      [PLOT_OUTSIDE] = '-', [PLOT_METADATA] = 'm', [PLOT_RESERVED] = 'r',
        [PLOT_COMMITTED] = 'c', [PLOT_STACK] = 's',   [PLOT_GUARD] = 'g',
    };
    enum plot_state state = cell_state(map, first, segments);

    return state == PLOT_HEAP ? fill_character(map, first, segments) : characters[state];
}

static void put_row(FILE *out, const struct plot_map *map, const struct plot_row *row,
                    uint32_t scale)
{
    char amount[PLOT_WORD_BYTES];

    if (row->gap != PLOT_STATES) {
        fprintf(out, "          %s %s\n",
                plot_amount(amount, (uint64_t)row->segments * LA_SEGMENT_BYTES),
                plot_state_name(row->gap));
        return;
    }
    fprintf(out, "%08" PRIx32 "  ", la_segment_va(row->first_segment));
    for (uint32_t i = 0; i < PLOT_ROW_CELLS; i++)
        fputc(cell_character(map, row->first_segment + i * scale, scale), out);
    fputc('\n', out);
}

/* "heap 12, stack 3 segments". */
static void put_kinds(FILE *out, const struct plot_map *map)
{
    char word[PLOT_WORD_BYTES];
    const char *separator = "";

    for (int state = PLOT_METADATA; state < PLOT_STATES; state++)
        if (map->states[state] > 0) {
            fprintf(out, "%s%s %s", separator, plot_state_name((enum plot_state)state),
                    plot_grouped(word, map->states[state]));
            separator = ", ";
        }
    if (map->used_segments > 0)
        fprintf(out, " segment%s\n", map->used_segments == 1 ? "" : "s");
}

void plot_text_map(FILE *out, const struct plot_picture *picture)
{
    const struct plot_map *map = &picture->run->map;
    struct plot_rows rows;
    char facts[PLOT_FACTS_MAX][PLOT_FACT_BYTES];
    char fact[PLOT_FACT_BYTES];
    char amount[PLOT_WORD_BYTES];
    uint32_t count = plot_facts(facts, picture->run);

    plot_rows_find(&rows, map);
    plot_moment_words(fact, picture->run);
    fprintf(out, "%s, %s\n", picture->heading.title, fact);
    fprintf(out, "a character is %" PRIu32 " segment%s of 64 KiB, a row %s\n\n", rows.scale,
            rows.scale == 1 ? "" : "s",
            plot_amount(amount, (uint64_t)PLOT_ROW_CELLS * rows.scale * LA_SEGMENT_BYTES));
    for (uint32_t i = 0; i < rows.count; i++)
        put_row(out, map, &rows.row[i], rows.scale);
    fprintf(out, "\n. free  0-9 heap, tenths of its blocks live  # heap, full  m metadata\n"
                 "r reserved  c committed  s stack  g guard  - outside\n");
    if (rows.scale > 1)
        fprintf(out, "of several segments the most frequent kind in use, heaps on average\n");
    fputc('\n', out);
    put_kinds(out, map);
    for (uint32_t i = 0; i < count; i++)
        fprintf(out, "%s\n", facts[i]);
}
