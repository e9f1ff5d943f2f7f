/* transform_sort_rows.c - individuals in an order that their haplotypes give.
 *
 * SPDX-License-Identifier: MIT
 *
 * A convolution over individuals sees neighbours: an order that follows from the data makes
 * equal samples look equal. Distances are sums of absolute differences. Ties keep the order
 * in which rows came.
 *
 * Sources: medoid: Flagel, Brandvain and Schrider 2019, Mol. Biol. Evol. 36:220-238 (rows by
 * their distance to the most central one); frequency: Torada et al. 2019, BMC Bioinformatics
 * 20:337 (ImaGene; the most frequent haplotype first).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "data/transforms.h"
#include "popgen/sample_ops.h"

typedef struct {
    const char *by;
} sort_rows_opts;

static const dna_field sort_rows_fields[] = {
    {.key = "by",
        .kind = DNA_KIND_CHOICE,
        .choices = "medoid|frequency|first",
        .dflt = "medoid",
        .offset = offsetof(sort_rows_opts, by),
        .doc = "medoid: by the distance to the most central row, the one whose summed "
               "distance to all others is least. "
               "frequency: rows that are equal together, the most frequent first. "
               "first: by the distance to the first row."},
    {0}};

typedef struct {
    double key; /* less comes first */
    int64_t row;
} ranked;

static int
compare(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return x->row < y->row ? -1 : x->row > y->row;
}

/* Rows as whole numbers where they are, else as they are. */
typedef struct {
    int64_t n, width;
    int32_t *whole; /* [n, width], or NULL */
    double *real;
} rows;

static int
read_rows(rows *r, const dna_sample *s)
{
    bool is_whole = s->snp.dtype != DNA_F32 && s->snp.dtype != DNA_F64;
    int64_t n = s->n_hap * s->n_site;
    int rc = DNA_OK;

    *r = (rows){.n = s->n_hap, .width = s->n_site};
    for (int64_t i = 0; is_whole && i < n; i++) {
        is_whole = fabs(dna_array_get(&s->snp, i)) < 1 << 20;
    }
    if (is_whole) {
        DNA_NEW(r->whole, DNA_MAX(n, 1));
        for (int64_t i = 0; i < n; i++) {
            r->whole[i] = (int32_t)dna_array_get(&s->snp, i);
        }
    } else {
        DNA_NEW(r->real, DNA_MAX(n, 1));
        for (int64_t i = 0; i < n; i++) {
            r->real[i] = dna_array_get(&s->snp, i);
        }
    }
out:
    return rc;
}

static double
distance(const rows *r, int64_t i, int64_t k)
{
    double sum = 0;

    if (r->whole != NULL) {
        const int32_t *a = r->whole + i * r->width, *b = r->whole + k * r->width;
        int64_t total = 0;
        for (int64_t j = 0; j < r->width; j += 1024) { /* sums of 32 bits are fast */
            int64_t end = DNA_MIN(j + 1024, r->width);
            int32_t part = 0;
            for (int64_t l = j; l < end; l++) {
                part += a[l] > b[l] ? a[l] - b[l] : b[l] - a[l];
            }
            total += part;
        }
        return (double)total;
    }
    for (int64_t j = 0; j < r->width; j++) {
        sum += fabs(r->real[i * r->width + j] - r->real[k * r->width + j]);
    }
    return sum;
}

static int
rank_by_medoid(ranked *order, const rows *r)
{
    double *between = NULL; /* [n, n] */
    double least = (double)INFINITY;
    int64_t medoid = 0;
    int rc = DNA_OK;

    DNA_NEW(between, DNA_MAX(r->n * r->n, 1));
    for (int64_t i = 0; i < r->n; i++) {
        for (int64_t k = i + 1; k < r->n; k++) {
            between[i * r->n + k] = between[k * r->n + i] = distance(r, i, k);
        }
    }
    for (int64_t i = 0; i < r->n; i++) {
        double sum = 0;
        for (int64_t k = 0; k < r->n; k++) {
            sum += between[i * r->n + k];
        }
        if (sum < least) {
            least = sum;
            medoid = i;
        }
    }
    for (int64_t i = 0; i < r->n; i++) {
        order[i].key = between[medoid * r->n + i];
    }
out:
    dna_free(between);
    return rc;
}

/* Rows of one kind get the number of the first of them; kinds by their size. */
static int
rank_by_frequency(ranked *order, const rows *r)
{
    int64_t *first = NULL, *count = NULL;
    int rc = DNA_OK;

    DNA_NEW(first, DNA_MAX(r->n, 1));
    DNA_NEW(count, DNA_MAX(r->n, 1));
    for (int64_t i = 0; i < r->n; i++) {
        first[i] = i;
        for (int64_t k = 0; k < i; k++) {
            if (first[k] == k && distance(r, i, k) <= 0) {
                first[i] = k;
                break;
            }
        }
        count[first[i]]++;
    }
    for (int64_t i = 0; i < r->n; i++) {
        order[i].key = (double)(-count[first[i]] * r->n + first[i]);
    }
out:
    dna_free(count);
    dna_free(first);
    return rc;
}

static int
sort_rows_apply(const void *opts, dna_transform_data *data)
{
    const sort_rows_opts *o = opts;
    dna_sample *s = data->sample;
    rows r = {0};
    ranked *order = NULL;
    int64_t *list = NULL;
    int rc = DNA_OK;

    DNA_TRY(read_rows(&r, s));
    DNA_NEW(order, DNA_MAX(r.n, 1));
    DNA_NEW(list, DNA_MAX(r.n, 1));
    if (dna_str_equal(o->by, "frequency")) {
        DNA_TRY(rank_by_frequency(order, &r));
    } else if (dna_str_equal(o->by, "first")) {
        for (int64_t i = 0; i < r.n; i++) {
            order[i].key = distance(&r, i, 0);
        }
    } else {
        DNA_TRY(rank_by_medoid(order, &r));
    }
    for (int64_t i = 0; i < r.n; i++) {
        order[i].row = i;
    }
    qsort(order, (size_t)r.n, sizeof(*order), compare);
    for (int64_t i = 0; i < r.n; i++) {
        list[i] = order[i].row;
    }
    DNA_TRY(dna_sample_keep_rows(s, list, r.n));
out:
    dna_free(list);
    dna_free(order);
    dna_free(r.real);
    dna_free(r.whole);
    return rc;
}

const dna_transform_def dna_transform_sort_rows = {
    .name = "sort_rows",
    .class_name = "SortRows",
    .doc = "Put individuals into an order that their haplotypes give.",
    .fields = sort_rows_fields,
    .opts_size = sizeof(sort_rows_opts),
    .apply = sort_rows_apply,
};
