/* fuzz_ms.c - any bytes as ms text.
 *
 * SPDX-License-Identifier: MIT
 *
 * What was read, written as ms would write it, must be read as the same again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "popgen/sample_ms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
write_ms(dna_str *text, const dna_array *snp, const dna_array *pos)
{
    dna_str_init(text, 0);
    dna_str_addf(text, "ms %lld 1\n\n//\nsegsites: %lld\n", (long long)snp->dim[0],
        (long long)snp->dim[1]);
    if (snp->dim[1] == 0) {
        return;
    }
    dna_str_add(text, "positions:");
    for (int64_t i = 0; i < pos->dim[0]; i++) {
        dna_str_addf(text, " %.17g", dna_array_get(pos, i));
    }
    for (int64_t i = 0; i < dna_array_count(snp); i++) {
        dna_str_addf(
            text, "%s%d", i % snp->dim[1] == 0 ? "\n" : "", (int)dna_array_get(snp, i));
    }
}

static void
check_round_trip(const dna_array *snp, const dna_array *pos)
{
    dna_ms *ms = NULL;
    dna_array snp2 = {0}, pos2 = {0};
    dna_str text;

    write_ms(&text, snp, pos);
    if (dna_str_status(&text) < 0
        || dna_ms_open_memory(&ms, text.data, text.len, "again") < 0
        || dna_ms_next(ms, &snp2, &pos2) != 1 || snp2.dim[0] != snp->dim[0]
        || snp2.dim[1] != snp->dim[1] || pos2.dim[0] != snp->dim[1]
        || memcmp(snp2.data, snp->data, (size_t)dna_array_count(snp)) != 0
        || memcmp(pos2.data, pos->data, (size_t)pos->dim[0] * sizeof(double)) != 0) {
        abort();
    }
    dna_array_clear(&snp2);
    dna_array_clear(&pos2);
    if (dna_ms_next(ms, &snp2, &pos2) != 0) {
        abort();
    }
    dna_ms_close(ms);
    dna_str_clear(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dna_ms *ms = NULL;
    dna_array snp = {0}, pos = {0};
    dna_sample *sample = NULL;

    if (dna_ms_open_memory(&ms, data, size, "ms") == DNA_OK) {
        while (dna_ms_next(ms, &snp, &pos) > 0) {
            check_round_trip(&snp, &pos);
            dna_array_clear(&snp);
            dna_array_clear(&pos);
        }
    }
    dna_ms_close(ms);
    ms = NULL;
    if (dna_ms_open_memory(&ms, data, size, "ms") == DNA_OK) {
        while (dna_sample_next_ms(&sample, ms, 0) > 0) {
            dna_sample_free(sample);
            sample = NULL;
        }
    }
    dna_ms_close(ms);
    return 0;
}
