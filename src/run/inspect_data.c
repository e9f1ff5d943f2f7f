/* inspect_data.c - describe genotype data for people.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"
#include "dnadna/run.h"
#include "popgen/site_source.h"
#include "run/network.h"

enum { MAX_COPY = 8, MOST_CONTIGS = 50 };

typedef struct {
    int64_t n_site;
    double first, last;
    bool is_unsorted;
} contig_facts;

typedef struct {
    dna_site_source *source;
    contig_facts *contigs;
    int64_t n_contig;
    int64_t n_site, n_snp, n_multi, n_mono, n_without;
    int64_t n_copies[MAX_COPY + 1]; /* genotypes with so many copies */
    int64_t n_call, n_missing;      /* copies */
    int64_t n_unphased, n_het;      /* heterozygous genotypes */
    int64_t n_duplicate;
} facts;

static int
see_place(facts *f, const dna_site *site)
{
    if (site->contig >= f->n_contig) {
        int64_t n = (int64_t)site->contig + 1;
        contig_facts *more = dna_realloc(f->contigs, (size_t)n, sizeof(*more));
        if (more == NULL) {
            return DNA_ENOMEM;
        }
        memset(more + f->n_contig, 0, (size_t)(n - f->n_contig) * sizeof(*more));
        f->contigs = more;
        f->n_contig = n;
    }
    contig_facts *c = &f->contigs[site->contig];
    if (c->n_site == 0) {
        c->first = c->last = site->position;
    } else {
        f->n_duplicate += site->position == c->last;
        c->is_unsorted = c->is_unsorted || site->position < c->last;
        c->first = DNA_MIN(c->first, site->position);
        c->last = DNA_MAX(c->last, site->position);
    }
    c->n_site++;
    return DNA_OK;
}

static void
see_genotypes(facts *f, const dna_site *site)
{
    int64_t n_sample = dna_site_source_n_sample(f->source);
    int lowest = DNA_SITE_MAX_ALLELE, highest = -1;

    for (int64_t i = 0; i < n_sample; i++) {
        const int8_t *c = site->call + i * site->n_copy;
        bool is_het = false;
        int n = 0;
        while (n < site->n_copy && c[n] != DNA_SITE_ABSENT) {
            f->n_missing += c[n] < 0;
            is_het = is_het || (n > 0 && c[n] != c[0]);
            if (c[n] >= 0) {
                lowest = DNA_MIN(lowest, c[n]);
                highest = DNA_MAX(highest, c[n]);
            }
            n++;
        }
        f->n_call += n;
        bool is_unknown = n == 1 && c[0] < 0 && site->n_copy > 1;
        f->n_copies[DNA_MIN(n, MAX_COPY)] += !is_unknown;
        f->n_het += is_het;
        f->n_unphased += is_het && site->phased != NULL && site->phased[i] == 0;
    }
    f->n_mono += lowest >= highest;
}

static bool
is_snp(const dna_site *site)
{
    for (int i = 0; site->alleles != NULL && i < site->n_allele; i++) {
        if (site->alleles[i].n != 1
            || strchr("*.<", site->alleles[i].text[0]) != NULL) {
            return false;
        }
    }
    return site->n_allele > 1;
}

static int
see_all(facts *f)
{
    dna_site site;
    int rc = DNA_OK;

    for (;;) {
        DNA_TRY(dna_site_source_next(f->source, &site));
        if (rc == 0) {
            break;
        }
        DNA_TRY(see_place(f, &site));
        f->n_site++;
        f->n_snp += is_snp(&site);
        f->n_multi += site.n_allele > 2;
        if (site.n_copy == 0) {
            f->n_without++;
        } else {
            see_genotypes(f, &site);
        }
    }
out:
    return rc;
}

/* ---- text -------------------------------------------------------------------------- */

static void
put_share(dna_str *s, const char *what, int64_t part, int64_t whole)
{
    dna_str_addf(s, "    %-16s ", what);
    if (whole > 0) {
        dna_str_addf(s, "%.4g %%\n", 100.0 * (double)part / (double)whole);
    } else {
        dna_str_add(s, "-\n");
    }
}

static void
put_ploidy(dna_str *s, const facts *f)
{
    int n_kind = 0;
    int64_t total = 0;

    for (int k = 0; k <= MAX_COPY; k++) {
        n_kind += f->n_copies[k] > 0;
        total += f->n_copies[k];
    }
    dna_str_addf(s, "    %-16s ", "ploidy");
    const char *separator = "";
    for (int k = 0; k <= MAX_COPY; k++) {
        if (f->n_copies[k] > 0 && n_kind == 1) {
            dna_str_addf(s, "%d", k);
        } else if (f->n_copies[k] > 0) {
            dna_str_addf(s, "%s%d (%.4g %%)", separator, k,
                100.0 * (double)f->n_copies[k] / (double)total);
            separator = ", ";
        }
    }
    dna_str_add(s, n_kind == 0 ? "-\n" : n_kind > 1 ? "; see --ploidy\n" : "\n");
}

/* A position or a length: whole ones without a point. */
static const char *
put_number(char *buf, double v)
{
    snprintf(buf, DNA_NUMBER_SIZE, "%.15g", v);
    return buf;
}

static void
put_contigs(dna_str *s, const facts *f)
{
    char a[DNA_NUMBER_SIZE], b[DNA_NUMBER_SIZE], c[DNA_NUMBER_SIZE];
    int64_t n_shown = 0, n_more = 0;
    bool is_unsorted = false;

    dna_str_addf(s, "\nContigs\n    %-16s %12s %10s  %s\n", "name", "length", "sites",
        "positions");
    for (int64_t i = 0; i < f->n_contig; i++) {
        const contig_facts *k = &f->contigs[i];
        is_unsorted = is_unsorted || k->is_unsorted;
        if (k->n_site == 0 || n_shown == MOST_CONTIGS) {
            n_more += k->n_site > 0;
            continue;
        }
        double length = dna_site_source_contig_length(f->source, i);
        dna_str_addf(s, "    %-16s %12s %10" PRId64 "  %s to %s%s\n",
            dna_site_source_contig(f->source, i),
            length > 0 ? put_number(a, length) : "?", k->n_site,
            put_number(b, k->first), put_number(c, k->last),
            k->is_unsorted ? ", not sorted" : "");
        n_shown++;
    }
    if (n_more > 0) {
        dna_str_addf(s, "    and %" PRId64 " more\n", n_more);
    }
    if (is_unsorted) {
        dna_str_add(s, "    positions are not sorted: use --sort\n");
    }
    if (dna_site_source_is_normalized(f->source)) {
        dna_str_add(s,
            "    positions are shares of the sequence: --chromosome-size makes them bp\n");
    }
}

static int64_t
rows_of(const facts *f)
{
    int64_t n_sample = dna_site_source_n_sample(f->source);
    int most = 1;
    for (int k = 2; k <= MAX_COPY; k++) {
        most = f->n_copies[k] > 0 ? k : most;
    }
    return n_sample * most;
}

static int
put_network(dna_str *s, const facts *f, const char *path)
{
    dna_network *net = NULL;
    int64_t n_row = rows_of(f);
    int rc = DNA_OK;

    DNA_TRY(dna_network_load(&net, path));
    bool fits = (!net->def->is_fixed_size || net->sizes.n_indiv == n_row)
                && net->min_indiv <= n_row;
    dna_str_addf(s,
        "    %s: %s, trained on %" PRId64 " rows x %" PRId64 " SNPs%s: %s\n", path,
        net->def->name, net->sizes.n_indiv, net->sizes.n_snp,
        net->def->is_fixed_size ? " (no other size)" : "",
        fits ? "fits" : "other number of rows: choose --samples");
out:
    dna_network_free(net);
    return rc;
}

static int
describe(dna_str *s, const facts *f, const char *const *networks, int64_t n_network)
{
    int64_t n_sample = dna_site_source_n_sample(f->source);
    int rc = DNA_OK;

    dna_str_addf(s, "%s\n\nGenotypes: %s\n", dna_site_source_name(f->source),
        dna_site_source_format(f->source));
    dna_str_addf(
        s, "    %-16s %" PRId64 "%s", "samples", n_sample, n_sample > 0 ? ": " : "");
    for (int64_t i = 0; i < DNA_MIN(n_sample, 3); i++) {
        dna_str_addf(
            s, "%s%s", i > 0 ? ", " : "", dna_site_source_sample(f->source, i));
    }
    dna_str_add(s, n_sample > 3 ? ", ...\n" : "\n");
    put_ploidy(s, f);
    dna_str_addf(s, "    %-16s %" PRId64 "\n", "haplotypes", rows_of(f));
    put_share(s, "phased", f->n_het - f->n_unphased, f->n_het);
    put_share(s, "missing", f->n_missing, f->n_call);
    dna_str_addf(s, "\nSites\n    %-16s %" PRId64 "\n", "all", f->n_site);
    dna_str_addf(s, "    %-16s %" PRId64 "\n", "SNPs", f->n_snp);
    dna_str_addf(s, "    %-16s %" PRId64 "\n", "multiallelic", f->n_multi);
    dna_str_addf(s, "    %-16s %" PRId64 "\n", "monomorphic", f->n_mono);
    if (f->n_without > 0) {
        dna_str_addf(s, "    %-16s %" PRId64 "\n", "no genotypes", f->n_without);
    }
    dna_str_addf(s, "    %-16s %" PRId64 "\n", "same position", f->n_duplicate);
    put_contigs(s, f);
    if (n_network > 0) {
        dna_str_add(s, "\nNetworks\n");
    }
    for (int64_t i = 0; i < n_network; i++) {
        DNA_TRY(put_network(s, f, networks[i]));
    }
    DNA_TRY(dna_str_status(s));
out:
    return rc;
}

int
dna_run_inspect_data(
    const char *path, const char *const *networks, int64_t n_network, FILE *out)
{
    facts f = {0};
    dna_str text;
    int rc = DNA_OK;

    dna_str_init(&text, 0);
    DNA_TRY(dna_site_source_open(&f.source, path, NULL));
    DNA_TRY(see_all(&f));
    DNA_TRY(describe(&text, &f, networks, n_network));
    bool is_written =
        fwrite(text.data, 1, text.len, out) == text.len && fflush(out) == 0;
    DNA_REQUIRE(is_written, DNA_EIO, "output: %s", strerror(errno));
out:
    dna_str_clear(&text);
    dna_free(f.contigs);
    dna_site_source_close(f.source);
    return rc;
}
