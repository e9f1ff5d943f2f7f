/* command_genotypes.c - what an outside program wrote as VCF, BCF or tree sequence.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/command_genotypes.h"

#include <math.h>

#include "base/mem.h"
#include "config/schema.h"
#include "popgen/windows.h"

static int
default_rules(dna_genotype_rules *rules, dna_arena *arena)
{
    dna_value *none = dna_value_map(arena);
    int rc = DNA_OK;

    if (none == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_config_check_with(
        arena, none, dna_fields_genotypes, "genotypes", NULL, DNA_CHECK_STRICT));
    dna_config_bind(none, dna_fields_genotypes, rules);
out:
    return rc;
}

/* A simulation without mutations: rows, but no sites. */
static int
empty_sample(dna_sample **out, int64_t n_row, bool is_integer)
{
    const int64_t none = 0;
    dna_sample *s = NULL;
    int rc = DNA_OK;

    DNA_NEW(s, 1);
    DNA_TRY(dna_array_init(&s->snp, DNA_U8, 2, (int64_t[2]){n_row, 0}));
    DNA_TRY(dna_array_init(&s->pos, is_integer ? DNA_I64 : DNA_F64, 1, &none));
    s->has_pos = true;
    s->n_hap = n_row;
    s->format = (dna_position_format){.normalized = 0, .initial_position = (double)NAN};
    *out = s;
    s = NULL;
out:
    dna_sample_free(s);
    return rc;
}

int
dna_command_read_genotypes(
    dna_sample **out, dna_arena *arena, const void *bytes, size_t n, const char *name)
{
    static const dna_window_rule whole = {.unit = DNA_WINDOW_CONTIG};
    dna_genotype_rules rules = {0};
    dna_site_source *source = NULL;
    dna_genotypes *genotypes = NULL;
    dna_windows *windows = NULL;
    dna_window window = {0}, more = {0};
    int rc = DNA_OK;

    DNA_TRY(default_rules(&rules, arena));
    DNA_TRY(dna_site_source_open_memory(&source, bytes, n, name, NULL));
    bool is_integer = dna_site_source_is_integer(source);
    DNA_TRY(dna_genotypes_new(&genotypes, &source, &rules));
    DNA_TRY(dna_windows_new(&windows, genotypes, &whole));
    DNA_TRY(dna_windows_next(windows, &window));
    if (rc == 0) {
        DNA_TRY(
            empty_sample(&window.sample, dna_genotypes_n_row(genotypes), is_integer));
    } else {
        DNA_TRY(dna_windows_next(windows, &more));
        DNA_REQUIRE(rc == 0, DNA_EFORMAT,
            "%s: has more than one contig; a replicate is one", name);
    }
    *out = window.sample;
    window.sample = NULL;
out:
    dna_sample_free(window.sample);
    dna_sample_free(more.sample);
    dna_windows_free(windows);
    dna_genotypes_free(genotypes);
    dna_site_source_close(source);
    return rc;
}
