/* SPDX-License-Identifier: 0BSD */
/* Reading a run of the tuner. */
#include "tune_file.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "must.h"

#define SCHEMA "lookaside-tune 1"

/* A waste in millionths of the bytes asked for, those included, as a percentage of its own. */
static double percent(double ppm)
{
    return (ppm - 1e6) / 1e4;
}

/* -- tune.json --------------------------------------------------------------------------------- */

static void read_row(struct tune_row *row, const json_t *object, struct fields *fields)
{
    row->buckets = (uint32_t)fmin(fields_number(fields, object, "buckets"), 1e6);
    row->trained_waste = percent(fields_number(fields, object, "trained_waste_ppm"));
    row->judged_waste = percent(fields_number(fields, object, "judged_waste_ppm"));
    row->trained_footprint = fields_number(fields, object, "trained_ppm") / 1e6;
    row->judged_footprint = fields_number(fields, object, "judged_ppm") / 1e6;
}

static void read_classes(struct tune_file *file, const json_t *root, struct fields *fields)
{
    const json_t *peers = fields_array(fields, root, "peers");

    for (size_t i = 0; !fields->bad && i < json_array_size(peers); i++) {
        const json_t *peer = fields_element(fields, peers, i);
        struct tune_classes *one;

        fields_at(fields, "peers[%zu]", i);
        file->classes = must_grow(file->classes, file->class_count, sizeof *file->classes);
        one = &file->classes[file->class_count++];
        one->name = must_copy(fields_string(fields, peer, "name"));
        one->source = must_copy(fields_string(fields, peer, "source"));
        one->buckets = (uint32_t)json_array_size(fields_array(fields, peer, "table"));
        one->waste = percent(fields_number(fields, peer, "waste_ppm"));
        one->footprint = fields_number(fields, peer, "ppm") / 1e6;
        fields_at(fields, "%s", "");
    }
}

static void read_front(struct tune_file *file, const json_t *root, struct fields *fields)
{
    const json_t *front = fields_array(fields, root, "front");

    for (size_t i = 0; !fields->bad && i < json_array_size(front); i++) {
        const json_t *row = fields_element(fields, front, i);

        fields_at(fields, "front[%zu]", i);
        file->front = must_grow(file->front, file->front_count, sizeof *file->front);
        read_row(&file->front[file->front_count++], row, fields);
        fields_at(fields, "%s", "");
    }
}

/* A trace's figures with one list of classes. */
static void read_cells(struct tune_file *file, const char *trace, const char *column, bool counts,
                       double waste_ppm, double peak_ppm)
{
    if (!isnan(waste_ppm))
        matrix_row(&file->waste, trace)->cells[matrix_column(&file->waste, column)] =
            percent(waste_ppm);
    if (counts && !isnan(peak_ppm))
        matrix_row(&file->footprint, trace)->cells[matrix_column(&file->footprint, column)] =
            peak_ppm / 1e6;
}

static void read_trace(struct tune_file *file, const json_t *trace, struct fields *fields)
{
    const char *name = fields_string(fields, trace, "name");
    bool counts = fields_boolean(fields, trace, "counts");
    const json_t *judged = fields_object(fields, trace, "judged");
    const json_t *peers = fields_object(fields, trace, "peers");

    read_cells(file, name, TUNE_OURS, counts,
               fields_number_or_null(fields, trace, "judged_waste_ppm"),
               fields_number_or_null(fields, judged, "peak_ppm"));
    for (uint32_t i = 0; !fields->bad && i < file->class_count; i++) {
        const json_t *peer = fields_object(fields, peers, file->classes[i].name);

        read_cells(file, name, file->classes[i].name, counts,
                   fields_number_or_null(fields, peer, "waste_ppm"),
                   fields_number_or_null(fields, peer, "peak_ppm"));
    }
}

static void read_root(struct tune_file *file, const json_t *root, struct fields *fields)
{
    const json_t *traces = fields_array(fields, root, "traces");

    if (strcmp(fields_string(fields, root, "schema"), SCHEMA) != 0)
        fields_complain(fields, "schema", json_object_get(root, "schema"), "\"" SCHEMA "\"");
    file->command = must_copy(fields_string(fields, root, "command"));
    file->corpus = must_copy(fields_string(fields, root, "corpus_crc32c"));
    file->objective = must_copy(fields_string(fields, root, "objective"));
    file->interrupted = fields_boolean(fields, root, "interrupted");
    read_classes(file, root, fields);
    read_front(file, root, fields);
    read_row(&file->recommended, fields_object(fields, root, "recommended"), fields);
    file->promise_kept = fields_boolean(fields, fields_object(fields, root, "promise"), "kept");
    for (size_t i = 0; !fields->bad && i < json_array_size(traces); i++) {
        const json_t *trace = fields_element(fields, traces, i);

        fields_at(fields, "traces[%zu]", i);
        read_trace(file, trace, fields);
        fields_at(fields, "%s", "");
    }
    if (file->waste.overfull)
        fields_complain(fields, "peers", json_object_get(root, "peers"), "at most 31 of them");
}

/* -- footprint.dat ----------------------------------------------------------------------------- */

#define DATA_NAME "footprint.dat"

static bool complain_line(struct fields *fields, const char *path, uint32_t line,
                          const char *expected)
{
    fields->bad = true;
    snprintf(fields->message, sizeof fields->message, "%s:%u: expected %s", path, line, expected);
    return false;
}

/* Read a line of four finite numbers. */
static bool parse_moment(const char *line, struct tune_moment *moment)
{
    double *const numbers[] = { &moment->op, &moment->live_mib, &moment->judged_mib,
                                &moment->kmalloc_mib };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char *end;

        *numbers[i] = strtod(line, &end);
        if (end == line || !isfinite(*numbers[i]))
            return false;
        line = end;
    }
    return line[strspn(line, " \n")] == '\0';
}

static bool read_moments(struct tune_file *file, FILE *data, const char *path,
                         struct fields *fields)
{
    char line[512];
    char *colon;
    uint32_t number = 1;

    if (fgets(line, sizeof line, data) == NULL || line[0] != '#' ||
        (colon = strrchr(line, ':')) == NULL)
        return complain_line(fields, path, 1, "\"# TRACE: ...\"");
    *colon = '\0';
    file->trace = must_copy(line + 1 + (line[1] == ' '));
    while (fgets(line, sizeof line, data) != NULL) {
        struct tune_moment moment;

        number++;
        if (!parse_moment(line, &moment))
            return complain_line(fields, path, number, "four numbers");
        file->moments = must_grow(file->moments, file->moment_count, sizeof *file->moments);
        file->moments[file->moment_count++] = moment;
    }
    return file->moment_count > 0 || complain_line(fields, path, number + 1u, "four numbers");
}

static void read_beside(struct tune_file *file, const char *path, struct fields *fields)
{
    const char *slash = strrchr(path, '/');
    FILE *data;

    file->trace_path =
        html_format("%.*s" DATA_NAME, slash != NULL ? (int)(slash + 1 - path) : 0, path);
    data = fopen(file->trace_path, "r");
    if (data == NULL && errno == ENOENT)
        return;
    if (data == NULL) {
        fields->bad = true;
        snprintf(fields->message, sizeof fields->message, "%s: %s", file->trace_path,
                 strerror(errno));
        return;
    }
    (void)read_moments(file, data, file->trace_path, fields);
    fclose(data);
}

/* -- All --------------------------------------------------------------------------------------- */

bool tune_file_read(struct tune_file *ret_file, const char *path, struct fields *fields)
{
    json_t *root = fields_load(fields, path);

    *ret_file = (struct tune_file){ .command = NULL };
    if (root == NULL)
        return false;
    read_root(ret_file, root, fields);
    json_decref(root);
    if (!fields->bad)
        read_beside(ret_file, path, fields);
    return !fields->bad;
}

void tune_file_free(struct tune_file *file)
{
    for (uint32_t i = 0; i < file->class_count; i++) {
        free(file->classes[i].name);
        free(file->classes[i].source);
    }
    free(file->classes);
    free(file->front);
    free(file->command);
    free(file->corpus);
    free(file->objective);
    free(file->trace);
    free(file->trace_path);
    free(file->moments);
    matrix_free(&file->waste);
    matrix_free(&file->footprint);
    *file = (struct tune_file){ .command = NULL };
}
