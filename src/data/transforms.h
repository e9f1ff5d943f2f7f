/* transforms.h - the rows of the built-in transforms, one a file transform_<name>.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_DATA_TRANSFORMS_H
#define DNA_DATA_TRANSFORMS_H

#include "data/transform.h"

extern const dna_transform_def dna_transform_crop;
extern const dna_transform_def dna_transform_subsample;
extern const dna_transform_def dna_transform_snp_format;
extern const dna_transform_def dna_transform_validate_snp;
extern const dna_transform_def dna_transform_reformat_position;
extern const dna_transform_def dna_transform_rotate;
extern const dna_transform_def dna_transform_sort_rows;
extern const dna_transform_def dna_transform_major_minor, dna_transform_plus_minus;
extern const dna_transform_def dna_transform_pad, dna_transform_bin;

#endif
