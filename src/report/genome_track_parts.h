/* genome_track_parts.h - the windows of a track, shared by its files.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_REPORT_GENOME_TRACK_PARTS_H
#define DNA_REPORT_GENOME_TRACK_PARTS_H

#include "report/genome_track.h"

typedef struct {
    char *name;
    int64_t first, n; /* windows */
} dna_track_contig;

struct dna_genome_track {
    const dna_predicted *params;
    int64_t n_param, n_value;
    dna_track_contig *contigs;
    int64_t n_contig, contig_room;
    int64_t *start, *end; /* [n] */
    float *values;        /* [n, n_value] NaN: no prediction */
    int64_t n, room, n_predicted;
};

#endif
