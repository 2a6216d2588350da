/* SPDX-License-Identifier: 0BSD */
/* Where the times are from: the machine, the commit and the date, as the bench file says them. */
#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "parts.h"

/* Paths of that machine are nobody's business, and one list is of no use here. */
static bool is_shown(const char *key, const json_t *value)
{
    return strcmp(key, "executable") != 0 && !json_is_object(value) && !json_is_null(value);
}

static void write_value(struct page *page, const json_t *value)
{
    char word[HTML_WORD_BYTES];

    if (json_is_string(value))
        html_text(page->out, json_string_value(value));
    else if (json_is_integer(value))
        fputs(html_count(word, json_number_value(value)), page->out);
    else if (json_is_number(value))
        fputs(html_number(word, json_number_value(value)), page->out);
    else if (json_is_boolean(value))
        fputs(json_is_true(value) ? "yes" : "no", page->out);
    else
        for (size_t i = 0; i < json_array_size(value); i++)
            fprintf(page->out, "%s%s", i > 0 ? ", " : "",
                    html_number(word, json_number_value(json_array_get(value, i))));
}

/* An array of numbers that is not empty, or no array. */
static bool is_plain(const json_t *value)
{
    if (json_is_array(value) && json_array_size(value) == 0)
        return false;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!json_is_number(json_array_get(value, i)))
            return false;
    return true;
}

void part_machine(struct page *page, const struct part_inputs *inputs)
{
    json_t *context;
    const char *key;
    json_t *value;

    context = json_object_get(inputs->bench->root, "context");
    page_section(page, "machine", html_format("The machine that took the times"));
    fputs("<dl>\n", page->out);
    json_object_foreach(context, key, value)
    {
        if (!is_shown(key, value) || !is_plain(value))
            continue;
        fputs("<dt>", page->out);
        html_text(page->out, key);
        fputs("</dt><dd>", page->out);
        write_value(page, value);
        fputs("</dd>\n", page->out);
    }
    fputs("</dl>\n", page->out);
    if (inputs->bench->strangers > 0) {
        char *words = html_format("%u cases of the file are not shown: their names are not "
                                  "KIND/SUBJECT/ABI/TARGET.",
                                  inputs->bench->strangers);

        page_words(page, words);
        free(words);
    }
    page_source(page, part_bench_command(inputs->bench), inputs->bench_path);
    page_section_end(page);
}
