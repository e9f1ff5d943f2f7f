/* simulation_table.c - the parameter table of a simulation, and the record of how it was
 * made.
 *
 * SPDX-License-Identifier: MIT
 *
 * The record, <table>.record.json, has the seed and the settings, so that a call that
 * goes on knows whether the files there are its own. Both files are the same for all
 * slices of one simulation.
 */
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "io/csv.h"
#include "io/json.h"
#include "run/settings.h"
#include "run/simulation.h"

/* More is no record of ours. */
#define RECORD_MAX ((size_t)16 << 20)
#define TABLE_MAX  ((size_t)8 << 30)

/* ---- the table ------------------------------------------------------------------- */

static void
put_value(dna_str *out, const dna_sim_column *column, double v)
{
    char text[DNA_NUMBER_SIZE];

    if (column->labels != NULL) {
        dna_csv_put(out, column->labels[(int64_t)v], 0);
    } else if (column->is_integer && v > -0x1p53 && v < 0x1p53) {
        dna_str_addf(out, ",%lld", (long long)v);
    } else {
        dna_csv_put(out, dna_format_double(text, v), 0);
    }
}

int
dna_simulation_table_text(dna_simulation_job *j)
{
    const dna_simulator *sim = j->sim;

    dna_str_clear(&j->table);
    dna_str_init(&j->table, TABLE_MAX);
    dna_csv_put(&j->table, "scenario_idx", 1);
    for (int64_t c = 0; c < sim->n_column; c++) {
        dna_csv_put(&j->table, sim->columns[c].name, 0);
    }
    dna_str_addc(&j->table, '\n');
    for (int64_t i = 0; i < sim->n_scenario; i++) {
        dna_str_addf(&j->table, "%lld", (long long)i);
        for (int64_t c = 0; c < sim->n_column; c++) {
            put_value(&j->table, &sim->columns[c], j->values[i * sim->n_column + c]);
        }
        dna_str_addc(&j->table, '\n');
    }
    return dna_str_status(&j->table);
}

/* ---- the record ------------------------------------------------------------------ */

int
dna_simulation_record(const dna_simulation_job *j, dna_value **out)
{
    dna_value *map = dna_value_map(j->arena);
    int rc = DNA_OK;

    if (map == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(dna_value_set(
        j->arena, map, "simulator", dna_value_string(j->arena, j->sim->def->name)));
    DNA_TRY(dna_value_set(
        j->arena, map, "seed", dna_value_int(j->arena, (int64_t)j->seed)));
    DNA_TRY(dna_value_set(j->arena, map, "settings", j->settings));
    *out = map;
out:
    return rc;
}

static int
record_text(const dna_simulation_job *j, dna_str *out)
{
    dna_value *map = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_simulation_record(j, &map));
    DNA_TRY(dna_json_write(out, map, 4));
    dna_str_addc(out, '\n');
    DNA_TRY(dna_str_status(out));
out:
    return rc;
}

/* *out is NULL if there is none. */
static int
read_record(dna_value **out, const dna_simulation_job *j)
{
    unsigned char *text = NULL;
    size_t n = 0;
    int rc = DNA_OK;

    *out = NULL;
    if (!dna_path_exists(j->record_path)) {
        goto out;
    }
    DNA_TRY(dna_file_read(j->record_path, RECORD_MAX, &text, &n));
    DNA_TRY(dna_json_parse(out, j->arena, (const char *)text, n, j->record_path));
out:
    dna_free(text);
    return rc;
}

int
dna_simulation_record_seed(dna_simulation_job *j, uint64_t *seed, bool *found)
{
    dna_value *record = NULL;
    int64_t value = 0;
    int rc = DNA_OK;

    *found = false;
    DNA_TRY(read_record(&record, j));
    if (record != NULL) {
        DNA_REQUIRE(
            dna_value_as_int(dna_value_get(record, "seed"), &value) && value >= 0,
            DNA_EFORMAT, "%s: has no seed", j->record_path);
        *seed = (uint64_t)value;
        *found = true;
    }
out:
    return rc;
}

/* The first setting that differs, NULL: none. */
static const char *
find_difference(const dna_value *ours, const dna_value *theirs)
{
    for (int64_t i = 0; i < ours->n; i++) {
        const dna_value *other = dna_value_get(theirs, ours->keys[i]);
        if (other == NULL || !dna_value_equal(ours->items[i], other)) {
            return ours->keys[i];
        }
    }
    for (int64_t i = 0; theirs != NULL && i < theirs->n; i++) {
        if (dna_value_get(ours, theirs->keys[i]) == NULL) {
            return theirs->keys[i];
        }
    }
    return NULL;
}

static int
compare_record(const dna_simulation_job *j, const dna_value *record)
{
    const dna_value *theirs = dna_value_get(record, "settings");
    int64_t seed = -1;
    dna_str text;
    dna_value *ours = NULL;
    int rc = DNA_OK;

    /* ours as a record says it: numbers as they are read from JSON */
    dna_str_init(&text, 0);
    DNA_TRY(dna_json_write(&text, j->settings, 0));
    DNA_TRY(
        dna_json_parse(&ours, j->arena, dna_str_text(&text), text.len, j->record_path));
    (void)dna_value_as_int(dna_value_get(record, "seed"), &seed);
    DNA_REQUIRE(seed == (int64_t)j->seed, DNA_EEXISTS,
        "%s: the simulation there was made with seed %lld, not %lld", j->record_path,
        (long long)seed, (long long)j->seed);
    const char *key = find_difference(ours, theirs);
    DNA_REQUIRE(key == NULL, DNA_EEXISTS,
        "%s: the simulation there was made with another setting \"%s\"", j->record_path,
        key);
out:
    dna_str_clear(&text);
    return rc;
}

int
dna_simulation_compare(const dna_simulation_job *j)
{
    dna_value *record = NULL;
    unsigned char *text = NULL;
    size_t n = 0;
    int rc = DNA_OK;

    DNA_TRY(read_record(&record, j));
    bool has_table = dna_path_exists(j->table_path);
    if (record == NULL && !has_table) {
        rc = dna_fail(DNA_ENOTFOUND, "%s: is not there", j->table_path);
        goto out;
    }
    if (record != NULL) {
        DNA_TRY(compare_record(j, record));
    }
    if (has_table) {
        DNA_TRY(dna_file_read(j->table_path, TABLE_MAX, &text, &n));
        DNA_REQUIRE(n == j->table.len && memcmp(text, dna_str_text(&j->table), n) == 0,
            DNA_EEXISTS,
            "%s: the table there is not the one that this config and seed give",
            j->table_path);
    }
out:
    dna_free(text);
    return rc;
}

static int
write_in_folder(const char *path, const dna_str *text)
{
    char *dir = dna_path_dirname(path);
    int rc = DNA_OK;

    if (dir == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(dna_path_make_dirs(dir));
    DNA_TRY(dna_atomic_write(path, dna_str_text(text), text->len));
out:
    dna_free(dir);
    return rc;
}

int
dna_simulation_write_table(const dna_simulation_job *j)
{
    dna_str record;
    int rc = DNA_OK;

    dna_str_init(&record, 0);
    if (!dna_path_exists(j->record_path)) {
        DNA_TRY(record_text(j, &record));
        DNA_TRY(write_in_folder(j->record_path, &record));
    }
    if (!dna_path_exists(j->table_path)) {
        DNA_TRY(write_in_folder(j->table_path, &j->table));
    }
out:
    dna_str_clear(&record);
    return rc;
}
