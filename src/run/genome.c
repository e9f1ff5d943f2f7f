/* genome.c - genotype data opened with all that the user asked for.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/genome.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "config/config.h"
#include "io/data_file.h"
#include "io/plink.h"

bool
dna_genome_is_asked(const dna_genome_options *o)
{
    return o->config != NULL || o->n_rule > 0 || o->region != NULL
           || o->window_sites > 0 || o->window_bp > 0 || o->window_step > 0;
}

bool
dna_run_is_genotypes(const char *path)
{
    dna_data_file *file = NULL;
    dna_data_kind kind = DNA_DATA_UNKNOWN;

    if (strcmp(path, "-") == 0 || dna_plink_is_name(path)) {
        return true;
    }
    if (dna_str_ends_with(path, ".pth") || dna_str_ends_with(path, ".pt")) {
        return false; /* a network, though it is a zip archive */
    }
    if (dna_data_open(&file, path) == DNA_OK) {
        kind = dna_data_kind_of(file);
    }
    dna_data_close(file);
    return kind != DNA_DATA_UNKNOWN;
}

/* ---- rules ------------------------------------------------------------------------- */

/* One setting "key=value" of the command line. */
static int
set_rule(dna_arena *a, dna_value *section, const char *text)
{
    const char *equal = strchr(text, '=');
    int rc = DNA_OK;

    DNA_REQUIRE(equal != NULL, DNA_EARG, "\"%s\" is not KEY=VALUE", text);
    const char *key = dna_arena_printf(a, "%.*s", (int)(equal - text), text);
    char *option = key != NULL ? dna_arena_printf(a, "--%s", key) : NULL;
    if (option == NULL) {
        return DNA_ENOMEM;
    }
    for (char *c = option + 2; *c != '\0'; c++) {
        *c = *c == '_' ? '-' : *c;
    }
    const dna_field *row = dna_field_find(dna_fields_genotypes, key);
    DNA_REQUIRE(row != NULL, DNA_EARG, "genotypes have no setting \"%s\"", key);
    bool is_text = row->kind == DNA_KIND_STRING || row->kind == DNA_KIND_PATH
                   || row->kind == DNA_KIND_CHOICE;
    dna_value *v =
        is_text ? dna_value_string(a, equal + 1) : dna_value_plain(a, equal + 1);
    if (v == NULL) {
        return DNA_ENOMEM;
    }
    v->option = option;
    DNA_TRY(dna_value_set(a, section, key, v));
out:
    return rc;
}

static int
read_rules(dna_genome *genome, const dna_genome_options *o, dna_log *log)
{
    dna_arena *a = genome->arena;
    dna_value *config = NULL, *section = NULL;
    int rc = DNA_OK;

    if (o->config != NULL) {
        DNA_TRY(dna_config_load(&config, a, o->config));
        section = dna_value_get(config, "genotypes");
        DNA_REQUIRE(section != NULL && section->type == DNA_MAP, DNA_ENOTFOUND,
            "%s: has no section genotypes", o->config);
    } else {
        section = dna_value_map(a);
        if (section == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
    }
    for (int64_t i = 0; i < o->n_rule; i++) {
        DNA_TRY(set_rule(a, section, o->rules[i]));
    }
    DNA_TRY(dna_config_check_with(
        a, section, dna_fields_genotypes, "genotypes", log, DNA_CHECK_STRICT));
    dna_config_bind(section, dna_fields_genotypes, &genome->rules);
out:
    return rc;
}

void
dna_genome_put_rules(dna_str *out, const dna_genotype_rules *rules)
{
    char number[DNA_NUMBER_SIZE];
    size_t begin = out->len;

    for (const dna_field *f = dna_fields_genotypes; f->key != NULL; f++) {
        const char *at = (const char *)rules + f->offset;
        dna_str_addf(out, "%s%s: ", f == dna_fields_genotypes ? "" : ", ", f->key);
        if (f->kind == DNA_KIND_INT) {
            int64_t v = *(const int64_t *)(const void *)at;
            if (v == DNA_NULL_INT) {
                dna_str_add(out, "null");
            } else {
                dna_str_addf(out, "%" PRId64, v);
            }
        } else if (f->kind == DNA_KIND_FLOAT) {
            double v = *(const double *)(const void *)at;
            dna_str_add(out, dna_format_double(number, v));
        } else if (f->kind == DNA_KIND_BOOL) {
            dna_str_add(out, *(const int *)(const void *)at != 0 ? "true" : "false");
        } else {
            const char *text = *(const char *const *)(const void *)at;
            dna_str_add(out, text != NULL ? text : "null");
        }
    }
    /* it goes into comments of one line */
    for (size_t i = begin; out->data != NULL && i < out->len; i++) {
        out->data[i] = (unsigned char)out->data[i] < ' ' ? ' ' : out->data[i];
    }
}

void
dna_genome_put_windows(dna_str *out, const dna_genome *genome, const char *region)
{
    const dna_window_rule *w = &genome->window;

    if (w->unit == DNA_WINDOW_CONTIG) {
        dna_str_add(out, "size: whole contigs");
    } else {
        dna_str_addf(out, "size: %" PRId64 " %s, step: %" PRId64, w->size,
            w->unit == DNA_WINDOW_BP ? "bp" : "sites", w->step);
    }
    dna_str_addf(out, ", region: %s", region != NULL ? region : "all");
}

/* ---- regions and windows ----------------------------------------------------------- */

/* "contig" or "contig:from-to", with commas in numbers allowed. A contig's own name may
 * have a colon: what follows the last one must be two numbers. */
static int
read_region(dna_genome *genome, const char *text)
{
    const char *colon = strrchr(text, ':');
    char digits[64];
    size_t n = 0;
    int rc = DNA_OK;

    genome->from = 1;
    genome->to = INT64_MAX / 2;
    if (colon != NULL) {
        for (const char *c = colon + 1; *c != '\0' && n + 1 < sizeof(digits); c++) {
            if (*c != ',') {
                digits[n++] = *c;
            }
        }
        digits[n] = '\0';
        char *dash = strchr(digits, '-');
        if (dash != NULL) {
            *dash = '\0';
            DNA_REQUIRE(dna_parse_int(digits, &genome->from)
                            && dna_parse_int(dash + 1, &genome->to) && genome->from >= 1
                            && genome->to >= genome->from,
                DNA_EARG, "region \"%s\": is not contig:from-to with 1 <= from <= to",
                text);
        } else {
            colon = NULL;
        }
    }
    genome->contig =
        colon != NULL ? dna_strndup(text, (size_t)(colon - text)) : dna_strdup(text);
    rc = genome->contig == NULL ? DNA_ENOMEM : DNA_OK;
out:
    return rc;
}

static int
choose_window(dna_genome *genome, const dna_genome_options *o, int64_t n_site)
{
    dna_window_rule *w = &genome->window;
    int rc = DNA_OK;

    DNA_REQUIRE(o->window_sites == 0 || o->window_bp == 0, DNA_EARG,
        "windows are of sites or of base pairs, not both");
    if (o->window_bp > 0) {
        *w = (dna_window_rule){.unit = DNA_WINDOW_BP, .size = o->window_bp};
        w->origin = genome->contig != NULL ? genome->from - 1 : 0;
    } else if (o->window_sites > 0 || n_site > 0) {
        *w = (dna_window_rule){.unit = DNA_WINDOW_SITES,
            .size = o->window_sites > 0 ? o->window_sites : n_site};
    } else {
        DNA_REQUIRE(o->window_step == 0, DNA_EARG,
            "a step of windows needs their size (--window-sites, --window-bp)");
    }
    w->step = o->window_step > 0 ? o->window_step : w->size;
out:
    return rc;
}

int
dna_genome_open(dna_genome *genome, const char *path, const dna_genome_options *o,
    int64_t n_site, dna_log *log)
{
    dna_site_source *source = NULL;
    dna_str text;
    int rc = DNA_OK;

    *genome = (dna_genome){0};
    dna_str_init(&text, 0);
    DNA_TRY(dna_arena_new(&genome->arena));
    DNA_TRY(read_rules(genome, o, log));
    if (o->region != NULL) {
        DNA_TRY(read_region(genome, o->region));
    }
    DNA_TRY(choose_window(genome, o, n_site));
    const dna_genotype_rules *r = &genome->rules;
    dna_site_options options = {
        .wants_ancestral = dna_str_equal_nocase(r->polarize, "aa"),
        .chromosome_size = r->chromosome_size == DNA_NULL_INT ? 0 : r->chromosome_size,
        .snp_key = o->snp_key,
        .pos_key = o->pos_key,
        .n_worker = o->n_worker,
        .contig = genome->contig,
        .from = genome->from,
        .to = genome->to};
    DNA_TRY(dna_site_source_open(&source, path, &options));
    DNA_TRY(dna_genotypes_new(&genome->genotypes, &source, r));
    DNA_TRY(dna_windows_new(&genome->windows, genome->genotypes, &genome->window));
    dna_genome_put_rules(&text, r);
    dna_log_info(log, "%s: %s, %" PRId64 " samples, %" PRId64 " rows%s", path,
        dna_site_source_format(dna_genotypes_source(genome->genotypes)),
        dna_genotypes_n_sample(genome->genotypes),
        dna_genotypes_n_row(genome->genotypes),
        dna_site_source_is_indexed(dna_genotypes_source(genome->genotypes))
            ? ", region by its index"
            : "");
    dna_log_info(log, "genotypes: %s", dna_str_text(&text));
out:
    dna_site_source_close(source);
    dna_str_clear(&text);
    return rc;
}

void
dna_genome_clear(dna_genome *genome)
{
    dna_windows_free(genome->windows);
    dna_genotypes_free(genome->genotypes);
    dna_free(genome->contig);
    dna_arena_free(genome->arena);
    *genome = (dna_genome){0};
}

void
dna_genome_log_counts(const dna_genome *genome, dna_log *log)
{
    const dna_genotypes *g = genome->genotypes;
    dna_str s;

    dna_str_init(&s, 0);
    dna_str_addf(&s, "%s: %" PRId64 " sites read, %" PRId64 " kept",
        dna_site_source_name(dna_genotypes_source(g)), dna_genotypes_n_read(g),
        dna_genotypes_n_kept(g));
    const char *separator = "; dropped: ";
    for (int i = 0; i < DNA_N_DROP; i++) {
        int64_t n = dna_genotypes_n_dropped(g, (dna_drop)i);
        if (n > 0) {
            dna_str_addf(
                &s, "%s%" PRId64 " %s", separator, n, dna_drop_text((dna_drop)i));
            separator = ", ";
        }
    }
    dna_log_info(log, "%s", dna_str_text(&s));
    dna_str_clear(&s);
    if (dna_genotypes_n_kept(g) == 0
        && dna_genotypes_n_dropped(g, DNA_DROP_MISSING) > 0) {
        dna_log_warning(log,
            "all sites have missing genotypes; --max-missing allows a share of them, --missing impute fills them");
    }
}
