/* packed_meta.c - what a packed dataset says of itself: its metadata, as JSON.
 *
 * SPDX-License-Identifier: MIT
 */
#include "data/packed_meta.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "config/tables.h"
#include "data/packed_set.h"
#include "io/json.h"

static int
set_text(dna_arena *a, dna_value *map, const char *key, const char *text)
{
    return dna_value_set(
        a, map, key, text != NULL ? dna_value_string(a, text) : dna_value_null(a));
}

static int
set_flag(dna_arena *a, dna_value *map, const char *key, int flag)
{
    return flag < 0 ? DNA_OK : dna_value_set(a, map, key, dna_value_bool(a, flag == 1));
}

/* Only what the config says. */
static int
format_map(dna_value **out, dna_arena *a, const dna_value *config)
{
    dna_position_format f = DNA_POSITION_FORMAT_INIT;
    dna_value *map = dna_value_map(a);
    int rc = DNA_OK;

    if (map == NULL) {
        return DNA_ENOMEM;
    }
    (void)dna_config_position_format(config, &f.distance, &f.normalized, &f.circular,
        &f.chromosome_size, &f.initial_position);
    DNA_TRY(set_flag(a, map, "distance", f.distance));
    DNA_TRY(set_flag(a, map, "normalized", f.normalized));
    DNA_TRY(set_flag(a, map, "circular", f.circular));
    if (f.chromosome_size > 0) {
        DNA_TRY(dna_value_set(
            a, map, "chromosome_size", dna_value_int(a, f.chromosome_size)));
    }
    if (!isnan(f.initial_position)) {
        DNA_TRY(dna_value_set(
            a, map, "initial_position", dna_value_float(a, f.initial_position)));
    }
    *out = map;
out:
    return rc;
}

int
dna_packed_meta_text(dna_str *out, dna_arena *a, const dna_packed_meta_options *o)
{
    dna_value *map = dna_value_map(a), *format = NULL;
    const char *name =
        dna_value_as_text(dna_value_get(o->dataset_config, "dataset_name"));
    int rc = DNA_OK;

    if (map == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(format_map(&format, a, o->dataset_config));
    DNA_TRY(set_text(a, map, "format", "dnadna packed dataset"));
    DNA_TRY(set_text(a, map, "dataset_name", name));
    DNA_TRY(dna_value_set(a, map, "position_format", format));
    DNA_TRY(set_text(a, map, "scenario_params", o->table));
    DNA_TRY(dna_value_set(a, map, "simulation_record",
        o->record != NULL ? o->record : dna_value_null(a)));
    if (o->genotypes != NULL) {
        DNA_TRY(dna_value_set(a, map, "genotypes", o->genotypes));
    }
    DNA_TRY(dna_json_write(out, map, 0));
out:
    return rc;
}

int
dna_packed_read_table(char **text, size_t *n, const char *path)
{
    dna_packed *p = NULL;
    dna_arena *arena = NULL;
    dna_value *meta = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_packed_open(&p, path));
    DNA_TRY(dna_arena_new(&arena));
    DNA_TRY(dna_packed_read_meta(&meta, arena, p));
    const dna_value *table = dna_value_get(meta, "scenario_params");
    DNA_REQUIRE(table != NULL && table->type == DNA_STRING, DNA_EFORMAT,
        "%s: brings no parameter table along; scenario_params_path names one", path);
    *text = dna_strdup(table->text);
    DNA_REQUIRE(*text != NULL, DNA_ENOMEM, "out of memory");
    *n = strlen(*text);
out:
    dna_arena_free(arena);
    dna_packed_close(p);
    return rc;
}

int
dna_packed_dataset_config(
    dna_value **out, dna_value **its_meta, dna_arena *a, const char *path)
{
    dna_packed_set set = {0};
    dna_value *meta = NULL;
    dna_value *config = dna_value_map(a), *source = dna_value_map(a);
    char *absolute = dna_path_absolute(path), *dir = NULL;
    int rc = DNA_OK;

    dir = absolute != NULL ? dna_path_dirname(absolute) : NULL;
    if (config == NULL || source == NULL || dir == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_packed_set_open(&set, dir, dna_path_basename(absolute), NULL));
    DNA_TRY(dna_packed_read_meta(&meta, a, set.files[0]));
    const char *name = dna_value_as_text(dna_value_get(meta, "dataset_name"));
    DNA_TRY(set_text(a, config, "data_root", dir));
    DNA_TRY(set_text(a, config, "dataset_name", name != NULL ? name : "generic"));
    DNA_TRY(set_text(a, source, "format", "packed"));
    DNA_TRY(set_text(a, source, "path", dna_path_basename(absolute)));
    DNA_TRY(dna_value_set(a, config, "data_source", source));
    *out = config;
    if (its_meta != NULL) {
        *its_meta = meta;
    }
out:
    dna_packed_set_clear(&set);
    dna_free(dir);
    dna_free(absolute);
    return rc;
}

int
dna_packed_add_format(dna_position_format *f, const dna_packed *p)
{
    dna_arena *arena = NULL;
    dna_value *meta = NULL;
    dna_position_format its = DNA_POSITION_FORMAT_INIT;
    int rc = DNA_OK;

    DNA_TRY(dna_arena_new(&arena));
    DNA_TRY(dna_packed_read_meta(&meta, arena, p));
    (void)dna_config_position_format(meta, &its.distance, &its.normalized,
        &its.circular, &its.chromosome_size, &its.initial_position);
    f->distance = f->distance < 0 ? its.distance : f->distance;
    f->normalized = f->normalized < 0 ? its.normalized : f->normalized;
    f->circular = f->circular < 0 ? its.circular : f->circular;
    if (f->chromosome_size == 0 && its.chromosome_size > 0) {
        f->chromosome_size = its.chromosome_size;
    }
    if (isnan(f->initial_position) && its.initial_position >= 0) {
        f->initial_position = its.initial_position;
    }
out:
    dna_arena_free(arena);
    return rc;
}
