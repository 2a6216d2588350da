/* SPDX-License-Identifier: 0BSD */
/* The colours of all pictures: ones that people of every colour vision tell apart. Source: Okabe &
 * Ito 2008, "Color Universal Design".
 */
#ifndef LOOKASIDE_PLOT_COLOURS_H
#define LOOKASIDE_PLOT_COLOURS_H

#define PLOT_BLACK     "#000000"
#define PLOT_ORANGE    "#e69f00"
#define PLOT_SKY       "#56b4e9"
#define PLOT_GREEN     "#009e73"
#define PLOT_YELLOW    "#f0e442"
#define PLOT_BLUE      "#0072b2"
#define PLOT_VERMILION "#d55e00"
#define PLOT_PURPLE    "#cc79a7"
#define PLOT_GREY      "#555555" /* what is beside the matter */

#endif
