/* simulation_files.c - the files of a simulation: names, and those that are there.
 *
 * SPDX-License-Identifier: MIT
 *
 * Files whose names are not of the template's form are never touched. A slice concerns
 * the samples of its own scenarios alone, and needs the table to be its own.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "run/settings.h"
#include "run/simulation.h"

int
dna_simulation_sample_path(
    const dna_simulation_job *j, int64_t scenario, int64_t replicate, char **path)
{
    return dna_source_new_path(
        j->source, scenario, replicate, j->scenario_width, j->replicate_width, path);
}

char *
dna_simulation_trees_path(const char *sample_path)
{
    size_t n = strlen(sample_path);
    dna_str s;

    dna_str_init(&s, 0);
    dna_str_addn(&s, sample_path, dna_str_ends_with(sample_path, ".npz") ? n - 4 : n);
    dna_str_add(&s, ".trees");
    return dna_str_take(&s);
}

/* ---- what is there --------------------------------------------------------------- */

/* Of the samples there, those of this call's scenarios. */
static int
list_slice(const dna_simulation_job *j, dna_source_entry **entries, int64_t *n)
{
    int64_t n_kept = 0;
    int rc = DNA_OK;

    if (j->packed_path != NULL) {
        return dna_simulation_packed_list(j, entries, n);
    }
    DNA_TRY(dna_source_list_own(j->source, entries, n));
    for (int64_t i = 0; i < *n; i++) {
        dna_source_entry *e = &(*entries)[i];
        int64_t k = e->scenario - j->first;
        if (j->is_whole || (k >= 0 && k < j->n_slice)) {
            (*entries)[n_kept++] = *e;
        } else {
            dna_free(e->path);
        }
    }
    *n = n_kept;
out:
    return rc;
}

static int
refuse(const dna_simulation_job *j, const char *path)
{
    return dna_fail(DNA_EEXISTS,
        "%s: a simulation is there already; --resume goes on with it, --backup moves it away, --overwrite removes it",
        j->is_whole && dna_path_exists(j->table_path) ? j->table_path : path);
}

/* A table of another simulation stands in the way of a slice, which may not replace
 * what other slices need. */
static int
check_table(const dna_simulation_job *j, bool *is_there)
{
    int rc = dna_simulation_compare(j);

    *is_there = rc != DNA_ENOTFOUND;
    if (rc == DNA_ENOTFOUND) {
        return DNA_OK;
    }
    if (rc == DNA_EEXISTS) {
        return dna_fail(rc, "%.700s; --overwrite or --backup%s makes room for another",
            dna_message(), j->is_whole ? "" : " of the whole simulation");
    }
    return rc;
}

/* ---- removing, moving away ------------------------------------------------------- */

/* Folders that became empty, up to data_root. */
static void
remove_empty_folders(const dna_simulation_job *j, const char *path)
{
    const char *root = dna_setting_text(j->config, "data_root");
    char *dir = dna_path_dirname(path);

    while (dir != NULL && root != NULL && strlen(dir) > strlen(root)
           && strncmp(dir, root, strlen(root)) == 0 && rmdir(dir) == 0) {
        char *parent = dna_path_dirname(dir);
        dna_free(dir);
        dir = parent;
    }
    dna_free(dir);
}

static int
remove_file(const char *path)
{
    if (unlink(path) != 0 && errno != ENOENT) {
        return dna_path_fail(path, errno);
    }
    return DNA_OK;
}

/* The table last: a call that was stopped in between can be given again. */
static int
remove_all(const dna_simulation_job *j, const dna_source_entry *entries, int64_t n)
{
    int rc = DNA_OK;

    if (n > 0 || j->is_whole) {
        dna_log_warning(j->log, "removing %lld sample%s that %s there", (long long)n,
            DNA_PLURAL(n), n == 1 ? "is" : "are");
    }
    for (int64_t i = 0; i < n; i++) {
        char *trees = dna_simulation_trees_path(entries[i].path);
        rc = trees == NULL ? DNA_ENOMEM : remove_file(trees);
        dna_free(trees);
        DNA_TRY(rc);
        DNA_TRY(remove_file(entries[i].path));
        remove_empty_folders(j, entries[i].path);
    }
    if (j->is_whole) {
        DNA_TRY(remove_file(j->record_path));
        DNA_TRY(remove_file(j->table_path));
    }
out:
    return rc;
}

/* <data_root>/<dataset_name>-backup.<seconds>, a name that is not taken. */
static int
backup_folder(const dna_simulation_job *j, char **out)
{
    const char *root = dna_setting_text(j->config, "data_root");
    const char *name = dna_setting_text(j->config, "dataset_name");
    char *path = NULL;
    dna_str s;
    int rc = DNA_OK;

    dna_str_init(&s, 0);
    for (long long at = (long long)time(NULL);; at++) {
        dna_str_clear(&s);
        dna_str_init(&s, 0);
        dna_str_addf(&s, "%s-backup.%lld", name, at);
        DNA_TRY(dna_str_status(&s));
        dna_free(path);
        path = dna_path_join(root, dna_str_text(&s));
        if (path == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        if (!dna_path_exists(path)) {
            break;
        }
    }
    *out = path;
    path = NULL;
out:
    dna_free(path);
    dna_str_clear(&s);
    return rc;
}

/* Below the backup as it is below data_root; from elsewhere, by its name. */
static int
move_file(const dna_simulation_job *j, const char *backup, const char *path)
{
    char *relative = dna_path_relative(path, dna_setting_text(j->config, "data_root"));
    char *target = NULL, *dir = NULL;
    int rc = DNA_OK;

    if (relative == NULL) {
        return DNA_ENOMEM;
    }
    bool is_below = strncmp(relative, "../", 3) != 0;
    target = dna_path_join(backup, is_below ? relative : dna_path_basename(path));
    dir = target != NULL ? dna_path_dirname(target) : NULL;
    if (dir == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_path_make_dirs(dir));
    if (rename(path, target) != 0) {
        rc = dna_path_fail(path, errno);
        dna_context("moving to %s", target);
    }
out:
    dna_free(dir);
    dna_free(target);
    dna_free(relative);
    return rc;
}

/* A sample, and its tree sequence if there is one. */
static int
move_sample(const dna_simulation_job *j, const char *backup, const char *path)
{
    char *trees = dna_simulation_trees_path(path);
    int rc = DNA_OK;

    if (trees == NULL) {
        return DNA_ENOMEM;
    }
    if (dna_path_exists(trees)) {
        DNA_TRY(move_file(j, backup, trees));
    }
    DNA_TRY(move_file(j, backup, path));
    remove_empty_folders(j, path);
out:
    dna_free(trees);
    return rc;
}

static int
move_all(const dna_simulation_job *j, const dna_source_entry *entries, int64_t n)
{
    const char *const others[] = {j->record_path, j->table_path};
    char *backup = NULL;
    int rc = DNA_OK;

    DNA_TRY(backup_folder(j, &backup));
    for (int64_t i = 0; i < n; i++) {
        DNA_TRY(move_sample(j, backup, entries[i].path));
    }
    for (int64_t i = 0; j->is_whole && i < DNA_COUNT(others); i++) {
        if (dna_path_exists(others[i])) {
            DNA_TRY(move_file(j, backup, others[i]));
        }
    }
    dna_log_info(j->log, "moved what was there to %s", backup);
out:
    dna_free(backup);
    return rc;
}

/* ---- all together ---------------------------------------------------------------- */

static void
sweep_folder_of(const char *path)
{
    char *dir = path != NULL ? dna_path_dirname(path) : NULL;

    if (dir != NULL && dna_path_is_dir(dir)) {
        dna_atomic_sweep(dir);
    }
    dna_free(dir);
}

/* What a killed call left half written; for a slice only where nobody else writes. */
static void
sweep(const dna_simulation_job *j)
{
    bool is_packed = j->packed_path != NULL;
    bool has_folders = !is_packed && dna_source_has_scenario_folders(j->source);
    int64_t n = is_packed ? 0 : has_folders ? j->n_slice : 1; /* else all are in one */

    if (j->is_whole) {
        sweep_folder_of(j->table_path);
    } else if (!has_folders) {
        return;
    }
    for (int64_t i = j->first; i < j->first + n; i++) {
        char *path = NULL;
        if (dna_simulation_sample_path(j, i, 0, &path) == DNA_OK) {
            sweep_folder_of(path);
        }
        dna_free(path);
    }
}

int
dna_simulation_make_room(dna_simulation_job *j)
{
    const dna_simulation_options *o = j->o;
    bool has_table = dna_path_exists(j->table_path);
    dna_source_entry *entries = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    j->is_kept = o->resume;
    if (!j->is_whole || o->resume) {
        DNA_TRY(check_table(j, &has_table));
    }
    if (o->resume) {
        sweep(j);
    }
    if (o->resume && has_table) {
        goto out;
    }
    DNA_TRY(list_slice(j, &entries, &n));
    DNA_REQUIRE(!o->resume || n == 0, DNA_EEXISTS,
        "%s: is there, but not the table %s, which would tell how it was made; --backup moves it away, --overwrite removes it",
        entries[0].path, j->table_path);
    bool is_there = n > 0 || (j->is_whole && has_table);
    if (is_there && o->backup) {
        DNA_TRY(move_all(j, entries, n));
    } else if (is_there && o->overwrite) {
        DNA_TRY(remove_all(j, entries, n));
    } else if (is_there) {
        rc = refuse(j, n > 0 ? entries[0].path : j->table_path);
    }
out:
    dna_source_list_free(entries, n);
    return rc;
}
