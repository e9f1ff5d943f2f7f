/* data_stream.h - what dna_data_file and the VCF reader share: the stream of htslib.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_IO_DATA_STREAM_H
#define DNA_IO_DATA_STREAM_H

#include <htslib/hfile.h>

#include "io/data_file.h"

struct dna_data_file {
    char *path; /* as given */
    const char *name;
    hFILE *stream; /* NULL once somebody else took it */
    dna_data_kind kind;
};

#endif
