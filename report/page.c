/* SPDX-License-Identifier: 0BSD */
/* The page's frame. The one fact to know: it loads nothing and runs nothing. */
#include "page.h"

#include <stdlib.h>

#include "html.h"
#include "page_style.h"

void page_begin(struct page *page)
{
    *page = (struct page){ .out = NULL };
    must_text_begin(&page->body);
    must_text_begin(&page->list);
    page->out = page->body.out;
}

void page_end(struct page *page, FILE *to)
{
    char *list = must_text_end(&page->list);
    char *body = must_text_end(&page->body);

    fprintf(to,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<title>Lookaside: what it costs and what it saves</title>\n"
            "<style>\n%s</style>\n</head>\n<body>\n",
            page_style);
    fputs("<header>\n<h1>Lookaside: what it costs and what it saves</h1>\n"
          "<p>An allocator for 32-bit kernels beside other people's, on recorded traces. Less is "
          "better in every table; <span class=\"worse\">bold with a " PAGE_MARK "</span> is where "
          "another one beats it.</p>\n</header>\n",
          to);
    fprintf(to, "<nav aria-label=\"What was found\">\n%s</ul>\n</nav>\n<main>\n%s</main>\n", list,
            body);
    fputs("<footer>\n<p>Made by <code>./lookaside report</code>. Space figures are exact; times "
          "are of one machine, so compare ratios.</p>\n</footer>\n</body>\n</html>\n",
          to);
    free(list);
    free(body);
}

/* -- Sections ---------------------------------------------------------------------------------- */

void page_topic(struct page *page, const char *words)
{
    fputs(page->topics++ > 0 ? "</ul>\n" : "", page->list.out);
    fprintf(page->list.out, "<p>%s</p>\n<ul>\n", words);
}

static void begin(struct page *page, const char *id, const char *style, const char *heading)
{
    page->sections++;
    fprintf(page->list.out, "<li><a href=\"#%s\">", id);
    html_text(page->list.out, heading);
    fputs("</a></li>\n", page->list.out);
    fprintf(page->out, "<section id=\"%s\"%s>\n<h2>", id, style);
    html_text(page->out, heading);
    fputs("</h2>\n", page->out);
}

void page_section(struct page *page, const char *id, char *heading)
{
    begin(page, id, "", heading);
    free(heading);
}

void page_section_end(struct page *page)
{
    fputs("</section>\n", page->out);
}

void page_absent(struct page *page, const char *id, const char *what, const char *command)
{
    char *heading = html_format("No figures: %s", what);

    begin(page, id, " class=\"absent\"", heading);
    free(heading);
    fputs("<p>Make them with <code>", page->out);
    html_text(page->out, command);
    fputs("</code>, then run <code>./lookaside report</code> again.</p>\n", page->out);
    page_section_end(page);
}

void page_words(struct page *page, const char *words)
{
    fputs("<p>", page->out);
    html_text(page->out, words);
    fputs("</p>\n", page->out);
}

void page_source(struct page *page, const char *command, const char *path)
{
    fputs("<p class=\"source\">Made with <code>", page->out);
    html_text(page->out, command);
    fputs("</code>, read from <code>", page->out);
    html_text(page->out, path);
    fputs("</code>.</p>\n", page->out);
}
