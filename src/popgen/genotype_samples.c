/* genotype_samples.c - choose samples by name or by population.
 *
 * SPDX-License-Identifier: MIT
 */
#include "popgen/genotype_samples.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "base/str.h"
#include "io/csv.h"

#define MAX_FILE ((size_t)1 << 28)

typedef struct {
    const char *name;
    int64_t i;
} named;

typedef struct {
    const dna_site_source *source;
    int64_t n;
    char **texts;  /* [n] names of the data */
    named *sorted; /* [n] by name */
    int64_t *chosen;
    int64_t n_chosen;
    bool *is_chosen; /* [n] */
} choice;

static int
compare_names(const void *a, const void *b)
{
    return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

static int
choice_init(choice *c, const dna_site_source *source)
{
    int rc = DNA_OK;

    *c = (choice){.source = source, .n = dna_site_source_n_sample(source)};
    DNA_NEW(c->texts, c->n);
    DNA_NEW(c->sorted, c->n);
    DNA_NEW(c->chosen, c->n);
    DNA_NEW(c->is_chosen, c->n);
    for (int64_t i = 0; i < c->n; i++) {
        c->texts[i] = dna_strdup(dna_site_source_sample(source, i));
        if (c->texts[i] == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        c->sorted[i] = (named){c->texts[i], i};
    }
    qsort(c->sorted, (size_t)c->n, sizeof(*c->sorted), compare_names);
out:
    return rc;
}

static void
choice_clear(choice *c)
{
    for (int64_t i = 0; c->texts != NULL && i < c->n; i++) {
        dna_free(c->texts[i]);
    }
    dna_free(c->texts);
    dna_free(c->sorted);
    dna_free(c->chosen);
    dna_free(c->is_chosen);
}

static int64_t
find_sample(const choice *c, const char *name)
{
    named key = {name, 0};
    const named *found =
        bsearch(&key, c->sorted, (size_t)c->n, sizeof(key), compare_names);
    return found != NULL ? found->i : -1;
}

static int
choose(choice *c, const char *name, const char *where)
{
    int64_t i = find_sample(c, name);
    int rc = DNA_OK;

    if (i < 0) {
        const char *near = dna_nearest_name(name, (const char *const *)c->texts, c->n);
        rc = dna_fail(DNA_ENOTFOUND, "%s: \"%s\" is no sample of %s%s%s%s", where, name,
            dna_site_source_name(c->source), near != NULL ? "; did you mean \"" : "",
            near != NULL ? near : "", near != NULL ? "\"?" : "");
        goto out;
    }
    DNA_REQUIRE(!c->is_chosen[i], DNA_EARG, "%s: \"%s\" is there twice", where, name);
    c->is_chosen[i] = true;
    c->chosen[c->n_chosen++] = i;
out:
    return rc;
}

/* Words of a text between separators, each to choose(). */
static int
choose_words(choice *c, char *text, const char *separators, const char *where)
{
    char *rest = NULL;
    int rc = DNA_OK;

    for (char *w = strtok_r(text, separators, &rest); w != NULL;
         w = strtok_r(NULL, separators, &rest)) {
        DNA_TRY(choose(c, w, where));
    }
    DNA_REQUIRE(c->n_chosen > 0, DNA_EARG, "%s: names no sample", where);
out:
    return rc;
}

/* ---- populations ------------------------------------------------------------------- */

/* A column by its name, or by its number in a table without header. */
static int
find_column(const dna_csv *csv, const char *name, int64_t *column, bool *has_header)
{
    int64_t number = 0;
    int rc = DNA_OK;

    *has_header = !dna_parse_int(name, &number);
    *column = *has_header ? dna_csv_column(csv, name) : number - 1;
    DNA_REQUIRE(*column >= 0 && *column < csv->n_column, DNA_ENOTFOUND,
        "%s: has no column \"%s\" (sample_column and population_column tell which)",
        csv->path, name);
out:
    return rc;
}

static int
choose_population(choice *c, const dna_csv *csv, const int64_t *column, bool has_header,
    const char *population)
{
    int64_t before = c->n_chosen;
    int rc = DNA_OK;

    for (int64_t r = has_header ? 0 : -1; r < csv->n_row; r++) {
        const char *const cells[2] = {
            r < 0 ? csv->names[column[0]] : dna_csv_cell(csv, r, column[0]),
            r < 0 ? csv->names[column[1]] : dna_csv_cell(csv, r, column[1])};
        int64_t i = strcmp(cells[1], population) == 0 ? find_sample(c, cells[0]) : -1;
        if (i >= 0 && !c->is_chosen[i]) { /* tables may have more samples than data */
            c->is_chosen[i] = true;
            c->chosen[c->n_chosen++] = i;
        }
    }
    DNA_REQUIRE(c->n_chosen > before, DNA_ENOTFOUND,
        "%s: no sample of %s belongs to the population \"%s\"", csv->path,
        dna_site_source_name(c->source), population);
out:
    return rc;
}

static int
choose_populations(choice *c, const dna_genotype_rules *rules)
{
    dna_csv csv = {0};
    int64_t column[2];
    bool has_header = true;
    char *list = dna_strdup(rules->populations);
    char *rest = NULL;
    int rc = DNA_OK;

    if (list == NULL) {
        return DNA_ENOMEM;
    }
    DNA_REQUIRE(rules->population_file != NULL, DNA_EARG,
        "populations need a table that assigns samples to them (population_file)");
    DNA_TRY(dna_csv_read(&csv, rules->population_file, 0));
    DNA_TRY(find_column(&csv, rules->sample_column, &column[0], &has_header));
    DNA_TRY(find_column(&csv, rules->population_column, &column[1], &has_header));
    for (char *w = strtok_r(list, ",", &rest); w != NULL;
         w = strtok_r(NULL, ",", &rest)) {
        DNA_TRY(choose_population(c, &csv, column, has_header, w));
    }
    DNA_REQUIRE(c->n_chosen > 0, DNA_EARG, "populations: names none");
out:
    dna_csv_clear(&csv);
    dna_free(list);
    return rc;
}

/* ---- all --------------------------------------------------------------------------- */

static int
choose_listed(choice *c, const dna_genotype_rules *rules)
{
    unsigned char *text = NULL;
    size_t n = 0;
    int rc = DNA_OK;

    if (rules->samples != NULL) {
        text = (unsigned char *)dna_strdup(rules->samples);
        if (text == NULL) {
            return DNA_ENOMEM;
        }
        DNA_TRY(choose_words(c, (char *)text, ",", "samples"));
    } else {
        DNA_TRY(dna_file_read(rules->samples_file, MAX_FILE, &text, &n));
        DNA_TRY(choose_words(c, (char *)text, "\r\n", rules->samples_file));
    }
out:
    dna_free(text);
    return rc;
}

int
dna_genotype_samples(int64_t **out, int64_t *n, const dna_site_source *source,
    const dna_genotype_rules *rules)
{
    choice c = {0};
    int rc = DNA_OK;

    int n_way = (rules->samples != NULL) + (rules->samples_file != NULL)
                + (rules->populations != NULL);
    DNA_REQUIRE(n_way <= 1, DNA_EARG,
        "samples, samples_file and populations exclude each other");
    DNA_TRY(choice_init(&c, source));
    if (rules->populations != NULL) {
        DNA_TRY(choose_populations(&c, rules));
    } else if (n_way > 0) {
        DNA_TRY(choose_listed(&c, rules));
    } else {
        c.n_chosen = c.n;
        for (int64_t i = 0; i < c.n; i++) {
            c.chosen[i] = i;
        }
    }
    *out = c.chosen;
    *n = c.n_chosen;
    c.chosen = NULL;
out:
    choice_clear(&c);
    return rc;
}
