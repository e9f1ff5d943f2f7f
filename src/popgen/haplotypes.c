/* haplotypes.c - samples packed into columns of bits, and windows along them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "dnadna/haplotypes.h"

#include <math.h>

#include "base/mem.h"
#include "popgen/position.h"
#include "popgen/sample_ops.h"

#define CHUNK 512

static int
fail_value(const char *name, int64_t hap, int64_t site, double value)
{
    return dna_fail(DNA_EUNSUPPORTED,
        "%s: %.17g of individual %lld at site %lld: summary statistics need haplotypes, of 0, 1 and -1 (missing)",
        name, value, (long long)hap, (long long)site);
}

/* The `called` columns are made when the first missing entry is met. */
static int
make_called(dna_haplotypes *h)
{
    int rc = DNA_OK;

    DNA_NEW(h->called, h->n_site * h->n_word);
    for (int64_t site = 0; site < h->n_site; site++) {
        for (int64_t hap = 0; hap < h->n_hap; hap++) {
            h->called[site * h->n_word + hap / 64] |= UINT64_C(1) << (hap % 64);
        }
    }
out:
    return rc;
}

static int
pack_row(dna_haplotypes *h, const dna_sample *s, int64_t hap, const char *name)
{
    uint64_t bit = UINT64_C(1) << (hap % 64);
    double chunk[CHUNK];
    int rc = DNA_OK;

    for (int64_t first = 0; first < h->n_site; first += CHUNK) {
        int64_t n = DNA_MIN((int64_t)CHUNK, h->n_site - first);
        dna_array_to_double(&s->snp, hap * h->n_site + first, n, chunk);
        for (int64_t i = 0; i < n; i++) {
            int64_t word = (first + i) * h->n_word + hap / 64;
            if (chunk[i] == 1) {
                h->derived[word] |= bit;
                h->count[first + i]++;
            } else if (chunk[i] == -1) {
                if (h->called == NULL) {
                    DNA_TRY(make_called(h));
                }
                h->called[word] &= ~bit;
                h->n_called[first + i]--;
            } else if (chunk[i] != 0) {
                DNA_TRY(fail_value(name, hap, first + i, chunk[i]));
            }
        }
    }
out:
    return rc;
}

static int
read_positions(
    dna_haplotypes *h, const dna_sample *s, int64_t chromosome_size, const char *name)
{
    dna_track t = {0};
    int rc = DNA_OK;

    DNA_TRY(dna_track_init(&t, s));
    if (chromosome_size > 0) {
        t.format.chromosome_size = chromosome_size;
    }
    if (t.format.distance == 1) {
        DNA_TRY(dna_track_to_positions(&t));
    }
    if (t.format.normalized == 1) {
        DNA_TRY(dna_track_normalize(&t, false));
    }
    DNA_NEW(h->pos, h->n_site);
    for (int64_t i = 0; i < h->n_site; i++) {
        h->pos[i] = t.p[i];
        DNA_REQUIRE(i == 0 || h->pos[i] >= h->pos[i - 1], DNA_EFORMAT,
            "position %.17g of site %lld comes after %.17g: absolute positions never decrease; position_format says if they are distances",
            h->pos[i], (long long)i, h->pos[i - 1]);
    }
out:
    if (rc < 0) {
        dna_context("%s", name);
    }
    dna_track_clear(&t);
    return rc;
}

int
dna_haplotypes_new(dna_haplotypes **out, const dna_sample *sample,
    int64_t chromosome_size, const char *name)
{
    dna_haplotypes *h = NULL;
    int rc = DNA_OK;

    DNA_REQUIRE(sample->n_hap <= INT32_MAX && sample->n_site < INT32_MAX, DNA_ESHAPE,
        "%s: %lld haplotypes by %lld sites are more than 2^31", name,
        (long long)sample->n_hap, (long long)sample->n_site);
    DNA_NEW(h, 1);
    h->n_hap = sample->n_hap;
    h->n_site = sample->n_site;
    h->n_word = (h->n_hap + 63) / 64;
    DNA_NEW(h->derived, h->n_site * h->n_word);
    DNA_NEW(h->count, h->n_site);
    DNA_NEW(h->n_called, h->n_site);
    for (int64_t site = 0; site < h->n_site; site++) {
        h->n_called[site] = (int32_t)h->n_hap;
    }
    for (int64_t hap = 0; hap < h->n_hap; hap++) {
        DNA_TRY(pack_row(h, sample, hap, name));
    }
    if (sample->has_pos) {
        DNA_TRY(read_positions(h, sample, chromosome_size, name));
    }
    *out = h;
    h = NULL;
out:
    dna_haplotypes_free(h);
    return rc;
}

void
dna_haplotypes_free(dna_haplotypes *h)
{
    if (h == NULL) {
        return;
    }
    dna_free(h->derived);
    dna_free(h->called);
    dna_free(h->count);
    dna_free(h->n_called);
    dna_free(h->pos);
    dna_free(h);
}

bool
dna_haplotypes_is_segregating(const dna_haplotypes *h, int64_t site)
{
    return h->count[site] > 0 && h->count[site] < h->n_called[site];
}

bool
dna_haplotypes_is_complete(const dna_haplotypes *h, int64_t site)
{
    return h->n_called[site] == h->n_hap;
}

void
dna_windows_span(dna_window *windows, int64_t n_window, const dna_haplotypes *h)
{
    double low = h->n_site > 0 ? h->pos[0] : 0;
    double high = h->n_site > 0 ? h->pos[h->n_site - 1] : 0;
    double width = (high - low) / (double)n_window;
    int64_t site = 0;

    for (int64_t w = 0; w < n_window; w++) {
        bool takes_all = w == n_window - 1 || width == 0;
        windows[w].start = low + (double)w * width;
        windows[w].end = takes_all ? high : low + (double)(w + 1) * width;
        windows[w].first = site;
        while (site < h->n_site && (takes_all || h->pos[site] <= windows[w].end)) {
            site++;
        }
        windows[w].last = site;
    }
}
