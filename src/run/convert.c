/* convert.c - genotype data as an npz, or as a dataset of windows: files or packed.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "data/packed_meta.h"
#include "data/packed_writer.h"
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
    dna_arena *arena;
    char *folder; /* of what is written; "." stands for the current one */
    char *name;   /* of the dataset */
    dna_table *table;
    dna_packed_writer *writer; /* NULL: npz files */
    bool is_packed, has_begun;
    bool is_normalized; /* positions are shares of the sequence */
    dna_str rules, windows;
    int64_t n_written, n_passed_over;
} dataset;

static void
dataset_clear(dataset *d)
{
    dna_table_free(d->table);
    dna_packed_writer_close(d->writer);
    dna_str_clear(&d->rules);
    dna_str_clear(&d->windows);
    dna_free(d->folder);
    dna_free(d->name);
    dna_arena_free(d->arena);
}

/* The metadata of a packed file, with the rules of its genotypes. */
static int
pack_meta(const dataset *d, dna_str *out)
{
    dna_arena *a = d->arena;
    dna_value *config = dna_value_map(a), *source = dna_value_map(a);
    dna_value *format = dna_value_map(a), *genotypes = dna_value_map(a);
    int rc = DNA_OK;

    if (config == NULL || source == NULL || format == NULL || genotypes == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_value_set(a, format, "distance", dna_value_bool(a, false)));
    DNA_TRY(
        dna_value_set(a, format, "normalized", dna_value_bool(a, d->is_normalized)));
    DNA_TRY(dna_value_set(a, format, "circular", dna_value_bool(a, false)));
    DNA_TRY(dna_value_set(a, source, "position_format", format));
    DNA_TRY(dna_value_set(a, config, "dataset_name", dna_value_string(a, d->name)));
    DNA_TRY(dna_value_set(a, config, "data_source", source));
    DNA_TRY(dna_value_set(
        a, genotypes, "rules", dna_value_string(a, dna_str_text(&d->rules))));
    DNA_TRY(dna_value_set(
        a, genotypes, "windows", dna_value_string(a, dna_str_text(&d->windows))));
    dna_packed_meta_options o = {.dataset_config = config, .genotypes = genotypes};
    DNA_TRY(dna_packed_meta_text(out, a, &o));
out:
    return rc;
}

/* With the first input what all samples have in common is known. */
static int
begin(dataset *d, const dna_genome *genome)
{
    const dna_site_source *source = dna_genotypes_source(genome->genotypes);
    dna_str meta;
    int rc = DNA_OK;

    dna_str_init(&meta, 0);
    if (d->has_begun) {
        DNA_REQUIRE(d->is_normalized == dna_site_source_is_normalized(source), DNA_EARG,
            "%s: its positions are %s, unlike those of the inputs before; --chromosome-size makes bp of shares",
            dna_site_source_name(source),
            d->is_normalized ? "in bp" : "shares of the sequence");
        goto out;
    }
    d->has_begun = true;
    d->is_normalized = dna_site_source_is_normalized(source);
    dna_genome_put_rules(&d->rules, &genome->rules);
    dna_genome_put_windows(&d->windows, genome, d->o->genome.region);
    DNA_TRY(dna_str_status(&d->rules));
    DNA_TRY(dna_str_status(&d->windows));
    if (d->is_packed) {
        DNA_TRY(pack_meta(d, &meta));
        DNA_TRY(dna_packed_writer_open(
            &d->writer, d->o->output, dna_str_text(&meta), meta.len, false));
    }
out:
    dna_str_clear(&meta);
    return rc;
}

/* The sample itself; *path gets the name of its file, as seen from the folder. */
static int
write_sample(dataset *d, int64_t scenario, int64_t replicate, const dna_sample *sample,
    dna_str *path)
{
    static const dna_sample_options options = {.skips_sync = true};
    char *whole = NULL;
    int rc = DNA_OK;

    if (d->is_packed) {
        dna_str_add(path, dna_path_basename(d->o->output));
        DNA_TRY(dna_str_status(path));
        DNA_TRY(dna_packed_writer_put(
            d->writer, d->n_written, scenario, replicate, sample, false));
        goto out;
    }
    dna_str_addf(path, "scenario_%" PRId64 "/%s_%" PRId64 "_%" PRId64 ".npz", scenario,
        d->name, scenario, replicate);
    DNA_TRY(dna_str_status(path));
    whole = dna_path_join(d->folder, path->data);
    if (whole == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_sample_save(sample, whole, &options));
out:
    dna_free(whole);
    return rc;
}

static int
write_window(dataset *d, int64_t scenario, int64_t replicate, const dna_genome *genome,
    const dna_window *w)
{
    dna_str path;
    int rc = DNA_OK;

    dna_str_init(&path, 0);
    DNA_TRY(write_sample(d, scenario, replicate, w->sample, &path));
    dna_table_integer(d->table, scenario);
    dna_table_integer(d->table, replicate);
    dna_table_text(d->table, dna_windows_contig(genome->windows, w->contig));
    dna_table_integer(d->table, (int64_t)w->start);
    dna_table_integer(d->table, (int64_t)w->end);
    dna_table_integer(d->table, w->n_site);
    dna_table_number(d->table, w->missing);
    dna_table_text(d->table, path.data);
    DNA_TRY(dna_table_end_row(d->table));
    d->n_written++;
out:
    dna_str_clear(&path);
    return rc;
}

static int
make_scenario_folder(const dataset *d, int64_t scenario)
{
    dna_str path;
    int rc = DNA_OK;

    dna_str_init(&path, 0);
    dna_str_addf(&path, "%s/scenario_%" PRId64, d->folder, scenario);
    DNA_TRY(dna_str_status(&path));
    DNA_TRY(dna_path_make_dirs(path.data));
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
    int rc = DNA_OK;

    DNA_TRY(dna_genome_open(&genome, o->inputs[scenario], &o->genome, 0, o->log));
    DNA_TRY(begin(d, &genome));
    if (!d->is_packed) {
        DNA_TRY(make_scenario_folder(d, scenario));
    }
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
        "# genotypes: %s\n# windows: %s\n"
        "data_root: .\ndataset_name: \"%s\"\ndata_source:\n    format: dnadna\n"
        "    filename_format: "
        "\"scenario_{scenario}/{dataset_name}_{scenario}_{replicate}.npz\"\n"
        "    keys: [SNP, POS]\n"
        "    position_format: {distance: false, normalized: %s, circular: false}\n",
        d->name, dna_str_text(&d->rules), dna_str_text(&d->windows), d->name,
        d->is_normalized ? "true" : "false");
    dna_str_addf(&path, "%s/%s_dataset_config.yml", d->folder, d->name);
    DNA_TRY(dna_str_status(&text));
    DNA_TRY(dna_str_status(&path));
    DNA_TRY(dna_atomic_write(path.data, text.data, text.len));
    *config = dna_str_take(&path);
out:
    dna_str_clear(&text);
    dna_str_clear(&path);
    return rc;
}

/* Folder and name of the dataset: those of the packed file, or of the new folder. */
static int
name_dataset(dataset *d)
{
    const dna_convert_options *o = d->o;
    char *whole = dna_path_absolute(o->output);
    int rc = DNA_OK;

    DNA_REQUIRE(
        !dna_path_exists(o->output), DNA_EEXISTS, "%s: is already there", o->output);
    d->name = whole != NULL ? dna_strdup(dna_path_basename(whole)) : NULL;
    d->folder = d->is_packed ? dna_path_dirname(o->output) : dna_strdup(o->output);
    if (d->name == NULL || d->folder == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    if (d->is_packed) {
        d->name[strlen(d->name) - strlen(DNA_PACKED_SUFFIX)] = '\0';
    }
    DNA_REQUIRE(d->name[0] != '\0' && strpbrk(d->name, "{}\"\\") == NULL, DNA_EARG,
        "%s: a dataset cannot be called so: its name goes into file names", o->output);
    DNA_TRY(dna_path_make_dirs(d->folder));
out:
    dna_free(whole);
    return rc;
}

/* What was begun is of no use to anybody. The folder was not there before. */
static void
remove_part(const dataset *d, const char *table)
{
    if (!d->is_packed) {
        dna_temp_dir_remove(d->folder);
        return;
    }
    char *part = dna_packed_part_path(d->o->output);
    if (part != NULL) {
        (void)unlink(part);
    }
    (void)unlink(table);
    dna_free(part);
}

/* All inputs, one after the other. */
static int
convert_all(dataset *d)
{
    int64_t length = 0;
    int rc = DNA_OK;

    for (int64_t i = 0; i < d->o->n_input; i++) {
        DNA_TRY(convert_input(d, i));
    }
    DNA_REQUIRE(d->n_written > 0, DNA_EFORMAT,
        "%s: no window is full enough to be written", d->o->output);
    DNA_TRY(dna_table_sync(d->table, &length));
    if (d->is_packed) {
        DNA_TRY(dna_packed_writer_finish(d->writer, d->n_written));
    }
out:
    return rc;
}

static int
convert_to_dataset(const dna_convert_options *o, bool is_packed, char **config)
{
    static const char *const columns[] = {"scenario_idx", "replicate_idx", "contig",
        "start", "end", "n_snp", "missing", "path"};
    dataset d = {.o = o, .is_packed = is_packed};
    dna_str path;
    int rc = DNA_OK;

    dna_str_init(&path, 0);
    dna_str_init(&d.rules, 0);
    dna_str_init(&d.windows, 0);
    DNA_TRY(dna_arena_new(&d.arena));
    DNA_TRY(name_dataset(&d));
    dna_str_addf(&path, "%s/%s_windows.csv", d.folder, d.name);
    DNA_TRY(dna_str_status(&path));
    DNA_TRY(dna_table_open_file(&d.table, path.data, 0, columns, DNA_COUNT(columns)));
    rc = convert_all(&d);
    if (rc == DNA_OK && !is_packed) {
        rc = write_config(&d, config);
    }
    if (rc < 0) {
        remove_part(&d, path.data);
    }
    DNA_TRY(rc);
    if (is_packed) {
        *config = dna_strdup(o->output);
        DNA_REQUIRE(*config != NULL, DNA_ENOMEM, "out of memory");
    }
    dna_log_info(o->log,
        "%s: %" PRId64 " windows written, %" PRId64 " passed over as not full",
        o->output, d.n_written, d.n_passed_over);
out:
    dna_str_clear(&path);
    dataset_clear(&d);
    return rc;
}

int
dna_run_convert(const dna_convert_options *o, char **config)
{
    *config = NULL;
    if (dna_str_ends_with(o->output, ".npz")) {
        return convert_to_npz(o);
    }
    return convert_to_dataset(
        o, dna_str_ends_with(o->output, DNA_PACKED_SUFFIX), config);
}
