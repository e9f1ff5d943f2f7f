/* fuzz_plink.c - any bytes as the three files of PLINK 1.
 *
 * SPDX-License-Identifier: MIT
 *
 * Input: u16 bytes of the .bim, u16 bytes of the .fam (little-endian), these, the .bed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/plink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Texts are read to their ends, so that a sanitizer sees it. */
static size_t
read_all(dna_plink *plink)
{
    dna_plink_variant v;
    size_t sum = 0;
    size_t row = ((size_t)dna_plink_n_sample(plink) + 3) / 4;

    for (int64_t i = 0; i < dna_plink_n_sample(plink); i++) {
        sum += strlen(dna_plink_sample(plink, i));
    }
    while (dna_plink_next(plink, &v) > 0) {
        sum += strlen(v.chromosome) + strlen(v.id) + strlen(v.a1) + strlen(v.a2);
        sum += (size_t)v.row[0] + v.row[row - 1];
        if (v.position < 0) {
            abort();
        }
    }
    return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dna_plink *plink = NULL;

    if (size < 4) {
        return 0;
    }
    size_t n[3] = {data[0] | (size_t)data[1] << 8, data[2] | (size_t)data[3] << 8, 0};
    unsigned char *part[3] = {NULL};
    const uint8_t *at = data + 4;
    size_t left = size - 4;
    n[0] = DNA_MIN(n[0], left);
    n[1] = DNA_MIN(n[1], left - n[0]);
    n[2] = left - n[0] - n[1];
    for (int i = 0; i < 3; i++) {
        part[i] = dna_malloc(n[i] + 1);
        if (part[i] == NULL) {
            abort();
        }
        memcpy(part[i], at, n[i]);
        part[i][n[i]] = 0;
        at += n[i];
    }
    if (dna_plink_open_memory(&plink, part[2], n[2], (char *)part[0], n[0],
            (char *)part[1], n[1], "plink")
            == DNA_OK
        && read_all(plink) == 0) {
        abort(); /* a sample has a name */
    }
    dna_plink_close(plink);
    return 0;
}
