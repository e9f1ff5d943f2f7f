/* fuzz_trees.c - any bytes as a tree sequence: read, checked, walked.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "popgen/tree_sequence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dna_tree_sequence *ts = NULL;
    dna_tree_walk *walk = NULL;
    dna_tree_site site;
    double last = -1;
    uint8_t *copy = dna_malloc(size);

    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, data, size);
    if (dna_tree_sequence_parse(&ts, copy, size, "trees") == DNA_OK
        && dna_tree_walk_new(&walk, ts) == DNA_OK) {
        while (dna_tree_walk_next(walk, &site) > 0) {
            for (int64_t i = 0; i < dna_tree_sequence_n_sample(ts); i++) {
                if (site.genotypes[i] < -1 || site.genotypes[i] >= site.n_allele) {
                    abort();
                }
            }
            if (!(site.position > last)) {
                abort();
            }
            last = site.position;
        }
    }
    dna_tree_walk_free(walk);
    dna_tree_sequence_free(ts);
    return 0;
}
