/* window_feed.h - windows of genotype data, read ahead by a thread of their own.
 *
 * SPDX-License-Identifier: MIT
 *
 *     DNA_TRY(dna_window_feed_new(&feed, windows, source, 64));
 *     while ((rc = dna_window_feed_next(feed, &batch)) > 0) { ... batch->windows ... }
 *
 * While the caller works on a batch the next one is read. There are two batches in all,
 * each bounded in windows and bytes, so memory does not grow with the file.
 */
#ifndef DNA_RUN_WINDOW_FEED_H
#define DNA_RUN_WINDOW_FEED_H

#include "popgen/windows.h"

typedef struct {
    char *contig;
    dna_window window;
} dna_fed_window;

typedef struct {
    dna_fed_window *windows;
    int64_t n, room;
    int64_t n_sample; /* of them whole: with a sample to predict */
    int64_t n_byte;
} dna_window_batch;

/** Whether a window is to be predicted: it has sites, and as many as were asked for. */
bool dna_window_is_whole(const dna_window *window);

typedef struct dna_window_feed dna_window_feed;
/** Keeps: windows, which are the thread's until the feed is freed. A batch ends after
 *  n_sample whole windows, or sooner where they are large. */
int dna_window_feed_new(
    dna_window_feed **out, dna_windows *windows, int64_t n_sample) DNA_MUST_CHECK;
/** Waits for the thread, which stops after the window it reads. */
void dna_window_feed_free(dna_window_feed *feed);
/** 1: *batch, valid until the next call. 0: the end. An error comes after the windows that
 *  were read before it. */
int dna_window_feed_next(
    dna_window_feed *feed, dna_window_batch **batch) DNA_MUST_CHECK;

#endif
