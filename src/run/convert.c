/* convert.c - genotype data as an npz or as a dataset of windows.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "report/table.h"
#include "run/genome.h"

/* ---- one npz ----------------------------------------------------------------------- */

static int
convert_to_npz(const dna_convert_options *o)
{
    dna_genome genome = {0};
    dna_window window = {0}, more = {0};
    int rc = DNA_OK;

    DNA_REQUIRE(o->n_input == 1, DNA_EARG,
        "%s: one npz is made of one input; a folder takes several", o->output);
    DNA_REQUIRE(o->genome.window_sites == 0 && o->genome.window_bp == 0, DNA_EARG,
        "%s: windows go into a folder, not into one npz", o->output);
    DNA_TRY(dna_genome_open(&genome, o->inputs[0], &o->genome, 0, o->log));
    DNA_TRY(dna_windows_next(genome.windows, &window));
    bool is_there = rc > 0;
    if (is_there) {
        DNA_TRY(dna_windows_next(genome.windows, &more));
        DNA_REQUIRE(rc == 0, DNA_EARG,
            "%s: has several contigs; --region takes one, a folder as output all",
            o->inputs[0]);
    }
    dna_genome_log_counts(&genome, o->log);
    DNA_REQUIRE(
        is_there, DNA_EFORMAT, "%s: no site is left to be written", o->inputs[0]);
    DNA_TRY(dna_sample_save(window.sample, o->output, NULL));
    dna_log_info(o->log, "%s: %" PRId64 " rows, %" PRId64 " sites", o->output,
        window.sample->n_hap, window.sample->n_site);
    rc = DNA_OK;
out:
    dna_sample_free(window.sample);
    dna_sample_free(more.sample);
    dna_genome_clear(&genome);
    return rc;
}

/* ---- a dataset --------------------------------------------------------------------- */

typedef struct {
    const dna_convert_options *o;
    char *name; /* of the dataset */
    dna_table *table;
    int64_t n_written, n_passed_over;
} dataset;

static int
write_window(dataset *d, int64_t scenario, int64_t replicate, const dna_genome *genome,
    const dna_window *w)
{
    static const dna_sample_options options = {.skips_sync = true};
    dna_str path;
    int rc = DNA_OK;

    dna_str_init(&path, 0);
    dna_str_addf(&path, "%s/scenario_%" PRId64 "/%s_%" PRId64 "_%" PRId64 ".npz",
        d->o->output, scenario, d->name, scenario, replicate);
    DNA_TRY(dna_str_status(&path));
    DNA_TRY(dna_sample_save(w->sample, path.data, &options));
    dna_table_integer(d->table, scenario);
    dna_table_integer(d->table, replicate);
    dna_table_text(d->table,
        dna_site_source_contig(dna_genotypes_source(genome->genotypes), w->contig));
    dna_table_integer(d->table, (int64_t)w->start);
    dna_table_integer(d->table, (int64_t)w->end);
    dna_table_integer(d->table, w->n_site);
    dna_table_number(d->table, w->missing);
    dna_table_text(d->table, path.data + strlen(d->o->output) + 1);
    DNA_TRY(dna_table_end_row(d->table));
    d->n_written++;
out:
    dna_str_clear(&path);
    return rc;
}

static int
convert_input(dataset *d, int64_t scenario)
{
    const dna_convert_options *o = d->o;
    dna_genome genome = {0};
    dna_window w = {0};
    int64_t replicate = 0;
    dna_str text;
    int rc = DNA_OK;

    dna_str_init(&text, 0);
    DNA_TRY(dna_genome_open(&genome, o->inputs[scenario], &o->genome, 0, o->log));
    dna_str_addf(&text, "%s/scenario_%" PRId64, o->output, scenario);
    DNA_TRY(dna_str_status(&text));
    DNA_TRY(dna_path_make_dirs(text.data));
    for (;;) {
        DNA_REQUIRE(
            o->stop == NULL || *o->stop == 0, DNA_ECANCEL, "stopped on request");
        DNA_TRY(dna_windows_next(genome.windows, &w));
        if (rc == 0) {
            break;
        }
        if (w.sample == NULL || !w.is_complete) {
            d->n_passed_over++;
        } else {
            DNA_TRY(write_window(d, scenario, replicate++, &genome, &w));
        }
        dna_sample_free(w.sample);
        w.sample = NULL;
    }
    dna_genome_log_counts(&genome, o->log);
out:
    dna_sample_free(w.sample);
    dna_str_clear(&text);
    dna_genome_clear(&genome);
    return rc;
}

static int
write_config(const dataset *d, char **config)
{
    dna_str text, path;
    int rc = DNA_OK;

    dna_str_init(&text, 0);
    dna_str_init(&path, 0);
    dna_str_addf(&text,
        "# Windows of genotype data; where each lies is told in %s_windows.csv.\n"
        "data_root: .\ndataset_name: \"%s\"\ndata_source:\n    format: dnadna\n"
        "    filename_format: "
        "\"scenario_{scenario}/{dataset_name}_{scenario}_{replicate}.npz\"\n"
        "    keys: [SNP, POS]\n"
        "    position_format: {distance: false, normalized: false, circular: false}\n",
        d->name, d->name);
    dna_str_addf(&path, "%s/%s_dataset_config.yml", d->o->output, d->name);
    DNA_TRY(dna_str_status(&text));
    DNA_TRY(dna_str_status(&path));
    DNA_TRY(dna_atomic_write(path.data, text.data, text.len));
    *config = dna_str_take(&path);
out:
    dna_str_clear(&text);
    dna_str_clear(&path);
    return rc;
}

static int
convert_to_dataset(const dna_convert_options *o, char **config)
{
    static const char *const columns[] = {"scenario_idx", "replicate_idx", "contig",
        "start", "end", "n_snp", "missing", "path"};
    dataset d = {.o = o};
    char *whole = NULL;
    dna_str path;
    int64_t length = 0;
    int rc = DNA_OK;

    dna_str_init(&path, 0);
    DNA_REQUIRE(
        !dna_path_exists(o->output), DNA_EEXISTS, "%s: is already there", o->output);
    whole = dna_path_absolute(o->output);
    d.name = whole != NULL ? dna_strdup(dna_path_basename(whole)) : NULL;
    if (d.name == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_REQUIRE(strpbrk(d.name, "{}\"\\") == NULL, DNA_EARG,
        "%s: a dataset cannot be called so: its name goes into file names", o->output);
    DNA_TRY(dna_path_make_dirs(o->output));
    dna_str_addf(&path, "%s/%s_windows.csv", o->output, d.name);
    DNA_TRY(dna_str_status(&path));
    DNA_TRY(dna_table_open_file(&d.table, path.data, 0, columns, DNA_COUNT(columns)));
    for (int64_t i = 0; i < o->n_input; i++) {
        DNA_TRY(convert_input(&d, i));
    }
    DNA_TRY(dna_table_sync(d.table, &length));
    DNA_REQUIRE(d.n_written > 0, DNA_EFORMAT,
        "%s: no window is full enough to be written", o->output);
    DNA_TRY(write_config(&d, config));
    dna_log_info(o->log,
        "%s: %" PRId64 " windows written, %" PRId64 " passed over as not full",
        o->output, d.n_written, d.n_passed_over);
out:
    dna_table_free(d.table);
    dna_str_clear(&path);
    dna_free(d.name);
    dna_free(whole);
    return rc;
}

int
dna_run_convert(const dna_convert_options *o, char **config)
{
    *config = NULL;
    if (dna_str_ends_with(o->output, ".npz")) {
        return convert_to_npz(o);
    }
    return convert_to_dataset(o, config);
}
