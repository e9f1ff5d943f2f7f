/* simulation_packed.c - a simulation into one packed file, or a slice of it.
 *
 * SPDX-License-Identifier: MIT
 *
 * The file grows under another name and is given its own at the end, so what bears the name
 * is whole. It is verified all the same when a call goes on with it: a damaged one is
 * taken for unfinished, and made again from the first bad sample on.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "config/tables.h"
#include "data/packed_meta.h"
#include "data/packed_set.h"
#include "run/settings.h"
#include "run/simulation.h"

int
dna_simulation_packed_names(dna_simulation_job *j)
{
    const char *root = dna_setting_text(j->config, "data_root");
    const char *name = dna_setting_text(j->config, "data_source.path");
    dna_str text;
    int rc = DNA_OK;

    dna_str_init(&text, 0);
    if (j->sim->has_trees) {
        rc = dna_config_fail(DNA_EARG, dna_value_get(j->config, "write_trees"),
            "write_trees",
            "tree sequences are written beside npz files (data_source.format: dnadna), not into a packed file");
        goto out;
    }
    if (name == NULL) {
        dna_str_addf(&text, "%s%s", dna_setting_text(j->config, "dataset_name"),
            DNA_PACKED_SUFFIX);
        DNA_TRY(dna_str_status(&text));
        name = dna_str_text(&text);
    }
    if (!dna_str_ends_with(name, DNA_PACKED_SUFFIX)) {
        rc = dna_config_fail(DNA_EARG,
            dna_value_get_path(j->config, "data_source.path"), "data_source.path",
            "\"%s\" does not end in %s", name, DNA_PACKED_SUFFIX);
        goto out;
    }
    j->packed_whole = dna_path_join(root, name);
    if (j->packed_whole != NULL) {
        j->packed_path = dna_packed_slice_path(j->packed_whole, j->first,
            j->first + j->n_slice - 1, j->is_whole ? 0 : j->scenario_width);
    }
    DNA_REQUIRE(j->packed_path != NULL, DNA_ENOMEM, "out of memory");
out:
    dna_str_clear(&text);
    return rc;
}

/* ---- what is there --------------------------------------------------------------- */

static int
add_entry(dna_source_entry **entries, int64_t *n, char *path)
{
    dna_source_entry *grown;

    if (path == NULL) {
        return DNA_ENOMEM;
    }
    grown = dna_realloc(*entries, (size_t)*n + 1, sizeof(**entries));
    if (grown == NULL) {
        dna_free(path);
        return DNA_ENOMEM;
    }
    *entries = grown;
    (*entries)[(*n)++] = (dna_source_entry){.path = path};
    return DNA_OK;
}

/* Whether a name in the folder, finished or not, concerns this call: a slice is in the way
 * of the whole, and the whole of a slice. */
static bool
is_ours(const dna_simulation_job *j, const char *name)
{
    const char *whole = dna_path_basename(j->packed_whole);
    const char *own = dna_path_basename(j->packed_path);
    size_t n = strlen(name), n_part = strlen(DNA_PACKED_PART);
    char *plain =
        dna_strndup(name, dna_str_ends_with(name, DNA_PACKED_PART) ? n - n_part : n);
    bool is = plain != NULL
              && (strcmp(plain, own) == 0 || strcmp(plain, whole) == 0
                  || (j->is_whole && dna_packed_is_slice(plain, whole)));

    dna_free(plain);
    return is;
}

int
dna_simulation_packed_list(
    const dna_simulation_job *j, dna_source_entry **entries, int64_t *n)
{
    char *dir = dna_path_dirname(j->packed_path);
    char **names = NULL;
    int64_t n_name = 0;
    int rc = DNA_OK;

    *entries = NULL;
    *n = 0;
    DNA_REQUIRE(dir != NULL, DNA_ENOMEM, "out of memory");
    if (dna_path_is_dir(dir)) {
        DNA_TRY(dna_path_list(dir, &names, &n_name));
    }
    for (int64_t i = 0; i < n_name; i++) {
        if (is_ours(j, names[i])) {
            DNA_TRY(add_entry(entries, n, dna_path_join(dir, names[i])));
        }
    }
out:
    if (rc < 0) {
        dna_source_list_free(*entries, *n);
        *entries = NULL;
        *n = 0;
    }
    dna_path_list_free(names, n_name);
    dna_free(dir);
    return rc;
}

/* ---- going on -------------------------------------------------------------------- */

static void
number_to_indices(
    const dna_simulation_job *j, int64_t number, int64_t *scenario, int64_t *replicate)
{
    *scenario = j->first + number / j->sim->n_replicate;
    *replicate = number % j->sim->n_replicate;
}

static bool
is_number(const dna_simulation_job *j, const dna_packed_sample *r, int64_t number)
{
    int64_t scenario, replicate;
    number_to_indices(j, number, &scenario, &replicate);
    return r->scenario == scenario && r->replicate == replicate;
}

/* DNA_OK: all samples of the finished file are good. */
static int
verify(const dna_simulation_job *j, const char *meta, size_t n_meta)
{
    int64_t n = j->n_slice * j->sim->n_replicate;
    dna_packed *p = NULL;
    size_t n_there = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_packed_open(&p, j->packed_path));
    const char *there = dna_packed_meta(p, &n_there);
    DNA_REQUIRE(n_there == n_meta && memcmp(there, meta, n_meta) == 0, DNA_EEXISTS,
        "%s: is of another simulation", j->packed_path);
    DNA_REQUIRE(dna_packed_count(p) == n, DNA_EFORMAT, "%s: has %lld samples, not %lld",
        j->packed_path, (long long)dna_packed_count(p), (long long)n);
    for (int64_t i = 0; i < n; i++) {
        dna_packed_sample r;
        dna_sample *s = NULL;
        DNA_TRY(dna_packed_record(&r, p, i));
        DNA_REQUIRE(is_number(j, &r, i), DNA_EFORMAT, "%s: sample %lld is another",
            j->packed_path, (long long)i);
        DNA_TRY(dna_packed_load(&s, p, i, NULL, NULL, NULL));
        dna_sample_free(s);
    }
out:
    dna_packed_close(p);
    return rc;
}

/* A finished file: kept if it is good (*is_done), else unfinished again. */
static int
look_at_finished(
    const dna_simulation_job *j, const char *meta, size_t n_meta, bool *is_done)
{
    char *part = NULL;
    int rc = verify(j, meta, n_meta);

    *is_done = rc == DNA_OK;
    if (rc == DNA_OK || rc == DNA_EEXISTS || rc == DNA_ENOMEM) {
        return rc;
    }
    dna_log_warning(j->log, "made again: %s", dna_message());
    part = dna_packed_part_path(j->packed_path);
    rc = DNA_OK;
    if (part == NULL) {
        rc = DNA_ENOMEM;
    } else if (rename(j->packed_path, part) != 0) {
        rc = dna_path_fail(j->packed_path, errno);
    }
    dna_free(part);
    return rc;
}

static int
meta_text(const dna_simulation_job *j, dna_str *out)
{
    dna_packed_meta_options o = {
        .dataset_config = j->config, .table = dna_str_text(&j->table)};
    int rc = DNA_OK;

    DNA_TRY(dna_simulation_record(j, &o.record));
    DNA_TRY(dna_packed_meta_text(out, j->arena, &o));
out:
    return rc;
}

/* What the samples that were kept say of themselves must be what they would be. */
static int
check_kept(const dna_simulation_job *j, int64_t n_kept)
{
    int rc = DNA_OK;

    for (int64_t i = 0; i < n_kept; i++) {
        dna_packed_sample r;
        DNA_TRY(dna_packed_writer_kept(&r, j->writer, i));
        DNA_REQUIRE(i < j->n_slice * j->sim->n_replicate && is_number(j, &r, i),
            DNA_EEXISTS, "%s%s: is the beginning of another slice", j->packed_path,
            DNA_PACKED_PART);
    }
out:
    return rc;
}

int
dna_simulation_packed_open(dna_simulation_job *j, int64_t *n_kept)
{
    char *dir = dna_path_dirname(j->packed_path);
    bool is_done = false;
    dna_str meta;
    int rc = DNA_OK;

    dna_str_init(&meta, 0);
    DNA_REQUIRE(dir != NULL, DNA_ENOMEM, "out of memory");
    DNA_TRY(meta_text(j, &meta));
    DNA_TRY(dna_path_make_dirs(dir));
    if (j->is_kept && dna_path_exists(j->packed_path)) {
        DNA_TRY(look_at_finished(j, dna_str_text(&meta), meta.len, &is_done));
    }
    if (is_done) {
        *n_kept = j->n_slice * j->sim->n_replicate;
        goto out;
    }
    DNA_TRY(dna_packed_writer_open(
        &j->writer, j->packed_path, dna_str_text(&meta), meta.len, j->is_kept));
    *n_kept = dna_packed_writer_n_kept(j->writer);
    DNA_TRY(check_kept(j, *n_kept));
out:
    dna_str_clear(&meta);
    dna_free(dir);
    return rc;
}
