/* sample_ms.c - samples from ms text.
 *
 * SPDX-License-Identifier: MIT
 */
#include "popgen/sample_ms.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"

/* Said of the file, where dna_sample_check() would speak of a config. */
static int
check_unit(const dna_sample *s, const char *name)
{
    const double *p = s->pos.data;
    int rc = DNA_OK;

    for (int64_t i = 0; i < s->pos.dim[0]; i++) {
        DNA_REQUIRE(p[i] >= 0 && p[i] <= 1, DNA_EFORMAT,
            "%s: position %.17g of site %lld is not between 0 and 1, as positions of ms text are",
            name, p[i], (long long)i);
    }
out:
    return rc;
}

int
dna_sample_next_ms(dna_sample **out, dna_ms *ms, int64_t chromosome_size)
{
    dna_sample *s = NULL;
    char name[512];
    int rc = DNA_OK;

    DNA_NEW(s, 1);
    DNA_TRY(dna_ms_next(ms, &s->snp, &s->pos));
    if (rc == 0) {
        goto out;
    }
    s->has_pos = true;
    s->format = (dna_position_format){.normalized = 1,
        .chromosome_size = chromosome_size,
        .initial_position = (double)NAN};
    snprintf(
        name, sizeof(name), "%s:%lld", dna_ms_name(ms), (long long)dna_ms_line(ms));
    DNA_TRY(check_unit(s, name));
    DNA_TRY(dna_sample_check(s, name));
    *out = s;
    s = NULL;
    rc = 1;
out:
    dna_sample_free(s);
    return rc;
}
