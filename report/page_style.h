/* SPDX-License-Identifier: 0BSD */
/* How the page looks: on a desk, on a phone, on paper. */
#ifndef LOOKASIDE_REPORT_PAGE_STYLE_H
#define LOOKASIDE_REPORT_PAGE_STYLE_H

/* The inside of the page's <style>. */
extern const char page_style[];

#endif
