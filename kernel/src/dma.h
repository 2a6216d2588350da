/* SPDX-License-Identifier: 0BSD */
/* The physical heap, as the other one sees it. */
#ifndef KERNEL_SRC_DMA_H
#define KERNEL_SRC_DMA_H

#include <lookaside/bucket.h>

#include <stdbool.h>

bool dma_start(const struct bucket_table *buckets);
void dma_trim(void);
uint32_t dma_book_frames(void);

#endif
