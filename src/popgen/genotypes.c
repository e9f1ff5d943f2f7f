/* genotypes.c - sites through the rules, one after the other.
 *
 * SPDX-License-Identifier: MIT
 */
#include "popgen/genotypes.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"
#include "popgen/genotype_samples.h"
#include "popgen/genotypes_parts.h"

enum { MAX_PLOIDY = 8 };

const char *
dna_drop_text(dna_drop why)
{
    static const char *const texts[DNA_N_DROP] = {
        [DNA_DROP_MASK] = "masked",
        [DNA_DROP_NO_GENOTYPES] = "without genotypes",
        [DNA_DROP_NOT_SNP] = "no SNP",
        [DNA_DROP_MULTIALLELIC] = "multiallelic",
        [DNA_DROP_NO_ANCESTRAL] = "ancestral allele unknown",
        [DNA_DROP_MISSING] = "too much missing",
        [DNA_DROP_MONOMORPHIC] = "monomorphic",
        [DNA_DROP_RARE] = "minor allele too rare",
        [DNA_DROP_DUPLICATE] = "position used already",
    };
    return texts[why];
}

/* ---- setup ------------------------------------------------------------------------- */

static int
word_number(const char *word, const char *const *words)
{
    int i = 0;
    while (words[i] != NULL && !dna_str_equal_nocase(words[i], word)) {
        i++;
    }
    return i;
}

static int
read_rules(dna_genotypes *g)
{
    static const char *const phases[] = {"haplotypes", "pseudo", "dosage", NULL};
    static const char *const multis[] = {"drop", "first", "split", NULL};
    static const char *const polars[] = {"ref", "aa", "fasta", "bed", "minor", NULL};
    const dna_genotype_rules *r = g->rules;
    int64_t ploidy = 0;
    int rc = DNA_OK;

    g->phase = (dna_phase_rule)word_number(r->phase, phases);
    g->multi = (dna_multi_rule)word_number(r->multiallelic, multis);
    g->polar = (dna_polar_rule)word_number(r->polarize, polars);
    g->any_variant = dna_str_equal_nocase(r->variants, "all");
    g->keeps_monomorphic = dna_str_equal_nocase(r->monomorphic, "keep");
    g->imputes = dna_str_equal_nocase(r->missing, "impute");
    bool is_number = dna_parse_int(r->ploidy, &ploidy);
    DNA_REQUIRE(is_number
                    ? ploidy >= 1 && ploidy <= MAX_PLOIDY
                    : strcmp(r->ploidy, "auto") == 0 || strcmp(r->ploidy, "mixed") == 0,
        DNA_EARG, "ploidy: \"%s\" is neither auto, mixed nor a number from 1 to %d",
        r->ploidy, MAX_PLOIDY);
    g->fixed_ploidy = (int)ploidy;
    bool needs_file = g->polar == DNA_POLAR_FASTA || g->polar == DNA_POLAR_BED;
    DNA_REQUIRE(needs_file == (r->ancestral_file != NULL), DNA_EARG,
        "polarize fasta and bed need an ancestral_file, and nothing else uses one");
    if (g->polar == DNA_POLAR_FASTA) {
        DNA_TRY(dna_fasta_open(&g->fasta, r->ancestral_file));
    } else if (g->polar == DNA_POLAR_BED) {
        DNA_TRY(dna_intervals_read(&g->ancestral, r->ancestral_file, true));
    }
    if (r->mask_in != NULL) {
        DNA_TRY(dna_intervals_read(&g->inside, r->mask_in, false));
    }
    if (r->mask_out != NULL) {
        DNA_TRY(dna_intervals_read(&g->outside, r->mask_out, false));
    }
out:
    return rc;
}

int
dna_genotypes_new(
    dna_genotypes **out, dna_site_source **source, const dna_genotype_rules *rules)
{
    dna_genotypes *g = dna_calloc(1, sizeof(*g));
    int rc = DNA_OK;

    if (g == NULL) {
        return DNA_ENOMEM;
    }
    *g = (dna_genotypes){
        .source = *source, .rules = rules, .last_contig = -1, .kept_contig = -1};
    *source = NULL;
    DNA_TRY(read_rules(g));
    DNA_TRY(dna_genotype_samples(&g->samples, &g->n_sample, g->source, rules));
    do { /* the first site with genotypes tells the ploidy */
        rc = dna_site_source_next(g->source, &g->site);
        DNA_TRY(rc);
        g->has_site = rc > 0;
        if (g->has_site && g->site.n_copy == 0) {
            g->n_read++;
            g->n_dropped[DNA_DROP_NO_GENOTYPES]++;
        }
    } while (g->has_site && g->site.n_copy == 0);
    DNA_TRY(dna_genotypes_set_ploidy(g, g->has_site ? &g->site : NULL));
    *out = g;
    g = NULL;
    rc = DNA_OK;
out:
    dna_genotypes_free(g);
    return rc;
}

void
dna_genotypes_free(dna_genotypes *g)
{
    if (g == NULL) {
        return;
    }
    dna_sorted_sites_free(g->sorted);
    dna_site_source_close(g->source);
    dna_intervals_free(g->inside);
    dna_intervals_free(g->outside);
    dna_intervals_free(g->ancestral);
    dna_fasta_close(g->fasta);
    dna_free(g->samples);
    dna_free(g->copies);
    dna_free(g->alleles);
    dna_free(g->ones);
    dna_free(g->row);
    dna_free(g->is_done);
    dna_free(g);
}

/* ---- one site ---------------------------------------------------------------------- */

const char *
dna_genotypes_place(const dna_genotypes *g, char *buf, size_t size)
{
    char number[DNA_NUMBER_SIZE];
    const char *contig = dna_site_source_contig(g->source, g->site.contig);
    if (dna_site_source_is_integer(g->source)) {
        snprintf(buf, size, "%s:%lld", contig, (long long)g->site.position);
    } else {
        snprintf(
            buf, size, "%s:%s", contig, dna_format_double(number, g->site.position));
    }
    return buf;
}

/* Every letter but *, which stands for a deletion, and . and <, which are no sequence. */
static bool
is_snp(const dna_site *site)
{
    for (int i = 0; site->alleles != NULL && i < site->n_allele; i++) {
        const dna_allele *a = &site->alleles[i];
        if (a->n != 1 || strchr("*.<", a->text[0]) != NULL) {
            return false;
        }
    }
    return true;
}

/* The number of an allele by its text; a single letter in any case; -1: none. */
static int
find_allele(const dna_site *site, const char *text)
{
    size_t n = strcspn(text, "|,"); /* "A|||" as in 1000 Genomes */
    for (int i = 0; site->alleles != NULL && i < site->n_allele; i++) {
        const dna_allele *a = &site->alleles[i];
        bool is_same = (size_t)a->n == n;
        for (size_t k = 0; is_same && k < n; k++) {
            is_same =
                toupper((unsigned char)a->text[k]) == toupper((unsigned char)text[k]);
        }
        if (is_same) {
            return i;
        }
    }
    return -1;
}

static int
find_ancestor(dna_genotypes *g, const char *contig, int64_t position)
{
    char base[2] = {0};
    const char *text = NULL;
    int rc = DNA_OK;

    g->ancestor = 0;
    if (g->polar == DNA_POLAR_REF || g->polar == DNA_POLAR_MINOR) {
        goto out;
    }
    if (g->polar == DNA_POLAR_AA) {
        text = g->site.ancestral;
    } else if (g->polar == DNA_POLAR_BED) {
        text = dna_intervals_find(g->ancestral, contig, position);
    } else {
        DNA_TRY(dna_fasta_base(g->fasta, contig, position, base));
        text = base[0] != 0 ? base : NULL;
    }
    g->ancestor = text != NULL ? find_allele(&g->site, text) : -1;
out:
    return rc;
}

/* Positions from 1, as masks and sequences count. */
static int64_t
position_from_1(const dna_genotypes *g)
{
    return (int64_t)g->site.position + (dna_site_source_is_integer(g->source) ? 0 : 1);
}

/* Rules that need no genotypes. 1: the site goes on. */
static int
look_at_site(dna_genotypes *g)
{
    const dna_site *site = &g->site;
    bool has_place = g->inside != NULL || g->outside != NULL || g->ancestral != NULL
                     || g->fasta != NULL;
    const char *contig =
        has_place ? dna_site_source_contig(g->source, site->contig) : NULL;
    int64_t position = has_place ? position_from_1(g) : 0;
    int why = -1;
    int rc = DNA_OK;

    if ((g->inside != NULL && dna_intervals_find(g->inside, contig, position) == NULL)
        || (g->outside != NULL
            && dna_intervals_find(g->outside, contig, position) != NULL)) {
        why = DNA_DROP_MASK;
    } else if (site->n_copy == 0) {
        why = DNA_DROP_NO_GENOTYPES;
    } else if (!g->any_variant && !is_snp(site)) {
        why = DNA_DROP_NOT_SNP;
    } else if ((site->n_allele > 2 && g->multi == DNA_MULTI_DROP)
               || site->n_allele > DNA_SITE_MAX_ALLELE) {
        why = DNA_DROP_MULTIALLELIC;
    } else {
        DNA_TRY(find_ancestor(g, contig, position));
        why = g->ancestor < 0 ? DNA_DROP_NO_ANCESTRAL : -1;
    }
    if (why >= 0) {
        g->n_dropped[why]++;
        return 0;
    }
    rc = 1;
out:
    return rc;
}

/* Positions never decrease in a contig, and a contig comes in one piece. */
static int
check_order(dna_genotypes *g)
{
    const dna_site *site = &g->site;
    const char *name = dna_site_source_name(g->source);
    char place[256], before[DNA_NUMBER_SIZE];
    int rc = DNA_OK;

    if (g->rules->sort) {
        goto out;
    }
    if (site->contig != g->last_contig) {
        if (site->contig >= g->n_seen) {
            int64_t n = (int64_t)site->contig + 64;
            bool *more = dna_realloc(g->is_done, (size_t)n, sizeof(*more));
            if (more == NULL) {
                return DNA_ENOMEM;
            }
            memset(more + g->n_seen, 0, (size_t)(n - g->n_seen));
            g->is_done = more;
            g->n_seen = n;
        }
        if (g->last_contig >= 0) {
            g->is_done[g->last_contig] = true;
        }
        DNA_REQUIRE(!g->is_done[site->contig], DNA_EFORMAT,
            "%s: %s comes after another contig, and its contig was there before: sites are not sorted; --sort reads all of them and sorts",
            name, dna_genotypes_place(g, place, sizeof(place)));
    } else {
        DNA_REQUIRE(site->position >= g->last_position, DNA_EFORMAT,
            "%s: %s comes after position %s: sites are not sorted; --sort reads all of them and sorts",
            name, dna_genotypes_place(g, place, sizeof(place)),
            dna_format_double(before, g->last_position));
    }
    g->last_contig = site->contig;
    g->last_position = site->position;
out:
    return rc;
}

/* The next derived allele after the current one; false: there is none. */
static bool
next_derived(dna_genotypes *g)
{
    int n_allele = DNA_MAX(g->site.n_allele, 2);
    do {
        g->derived++;
    } while (g->derived == g->ancestor);
    return g->derived < n_allele;
}

/* Read the next site that passes the rules on sites; 0 at the end. */
static int
start_site(dna_genotypes *g)
{
    int rc = DNA_OK;

    for (;;) {
        if (g->has_site) {
            g->has_site = false;
        } else {
            DNA_TRY(dna_site_source_next(g->source, &g->site));
            if (rc == 0) {
                goto out;
            }
        }
        g->n_read++;
        DNA_TRY(check_order(g));
        DNA_TRY(look_at_site(g));
        if (rc > 0) {
            break;
        }
    }
    DNA_TRY(dna_genotypes_gather(g, &g->is_ready));
    g->derived = -1;
    g->is_telling = true;
    rc = 1;
out:
    return rc;
}

/* The next row, before the rule on duplicates. */
static int
next_row(dna_genotypes *g, dna_kept_site *kept)
{
    const int8_t *row = NULL;
    int64_t n_missing = 0;
    int rc = DNA_OK;

    for (;;) {
        if (!g->is_telling) {
            DNA_TRY(start_site(g));
            if (rc == 0) {
                goto out;
            }
        }
        while (next_derived(g)) {
            g->is_telling = g->multi == DNA_MULTI_SPLIT;
            const int8_t *alleles = g->is_ready ? g->site.call : g->alleles;
            DNA_TRY(dna_genotypes_make_row(g, alleles, &row, &n_missing));
            if (rc > 0) {
                *kept =
                    (dna_kept_site){g->site.contig, g->site.position, row, n_missing};
                goto out;
            }
            if (!g->is_telling) {
                break;
            }
        }
        g->is_telling = false;
    }
out:
    return rc;
}

/* 1: the site stays; 0: dropped. */
static int
check_duplicate(dna_genotypes *g, const dna_kept_site *kept, int64_t n_read)
{
    const char *rule = g->rules->duplicates;
    bool is_same =
        kept->contig == g->kept_contig && kept->position == g->kept_position
        && !(g->multi == DNA_MULTI_SPLIT && n_read == g->n_read && g->sorted == NULL);
    char number[DNA_NUMBER_SIZE];
    int rc = 1;

    g->kept_contig = kept->contig;
    g->kept_position = kept->position;
    if (!is_same || dna_str_equal_nocase(rule, "keep")) {
        goto out;
    }
    DNA_REQUIRE(kept->position != 0 || !dna_site_source_is_integer(g->source),
        DNA_EFORMAT,
        "%s: sites of contig %s have the position 0, which means unknown; --duplicates keep takes them as they are",
        dna_site_source_name(g->source),
        dna_site_source_contig(g->source, kept->contig));
    DNA_REQUIRE(!dna_str_equal_nocase(rule, "error"), DNA_EFORMAT,
        "%s: two sites at %s:%s; --duplicates first drops the second, keep keeps both",
        dna_site_source_name(g->source),
        dna_site_source_contig(g->source, kept->contig),
        dna_format_double(number, kept->position));
    g->n_dropped[DNA_DROP_DUPLICATE]++;
    rc = 0;
out:
    return rc;
}

int
dna_genotypes_next(dna_genotypes *g, dna_kept_site *kept)
{
    int64_t n_read = g->n_read;
    int rc = DNA_OK;

    if (g->rules->sort && g->sorted == NULL) {
        DNA_TRY(dna_sorted_sites_new(&g->sorted, g, next_row));
    }
    do {
        rc = g->sorted != NULL ? dna_sorted_sites_next(g->sorted, kept)
                               : next_row(g, kept);
        DNA_TRY(rc);
        if (rc == 0) {
            goto out;
        }
        DNA_TRY(check_duplicate(g, kept, n_read));
    } while (rc == 0);
    g->n_kept++;
out:
    return rc;
}

/* ---- what is known ----------------------------------------------------------------- */

const dna_site_source *
dna_genotypes_source(const dna_genotypes *g)
{
    return g->source;
}

int64_t
dna_genotypes_n_row(const dna_genotypes *g)
{
    return g->n_row;
}

int64_t
dna_genotypes_n_sample(const dna_genotypes *g)
{
    return g->n_sample;
}

int64_t
dna_genotypes_n_read(const dna_genotypes *g)
{
    return g->n_read;
}

int64_t
dna_genotypes_n_kept(const dna_genotypes *g)
{
    return g->n_kept;
}

int64_t
dna_genotypes_n_dropped(const dna_genotypes *g, dna_drop why)
{
    return g->n_dropped[why];
}
