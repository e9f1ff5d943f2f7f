/* packed_set.c - the packed files that make up a dataset: one, or its slices.
 *
 * SPDX-License-Identifier: MIT
 */
#include "data/packed_set.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "config/tables.h"

/* ---- names ----------------------------------------------------------------------- */

/* Length of a path without the suffix. */
static size_t
stem_length(const char *path)
{
    size_t n = strlen(path);
    return dna_str_ends_with(path, DNA_PACKED_SUFFIX) ? n - strlen(DNA_PACKED_SUFFIX)
                                                      : n;
}

char *
dna_packed_slice_path(const char *path, int64_t first, int64_t last, int n_digit)
{
    size_t n = stem_length(path);
    dna_str s;

    dna_str_init(&s, 0);
    if (n_digit > 0) {
        dna_str_addf(&s, "%.*s.%0*lld-%0*lld%s", (int)n, path, n_digit,
            (long long)first, n_digit, (long long)last, path + n);
    } else {
        dna_str_add(&s, path);
    }
    return dna_str_take(&s);
}

/* Whether `name` is "<stem>.<digits>-<digits><suffix>" of the name of the whole. */
static bool
is_slice_name(const char *name, const char *whole)
{
    static const char digits[] = "0123456789";
    size_t stem = stem_length(whole);

    if (strncmp(name, whole, stem) != 0 || name[stem] != '.') {
        return false;
    }
    const char *c = name + stem + 1;
    size_t n = strspn(c, digits), m = c[n] == '-' ? strspn(c + n + 1, digits) : 0;
    return n > 0 && m > 0 && strcmp(c + n + 1 + m, whole + stem) == 0;
}

/* ---- opening --------------------------------------------------------------------- */

static int
add(dna_packed_set *set, const char *path)
{
    dna_packed **grown =
        dna_realloc(set->files, (size_t)set->n + 1, sizeof(*set->files));

    if (grown == NULL) {
        return DNA_ENOMEM;
    }
    set->files = grown;
    int rc = dna_packed_open(&set->files[set->n], path);
    set->n += rc == DNA_OK;
    return rc;
}

/* Slices of numbers with as many digits are in order as text. */
static int
open_slices(dna_packed_set *set, const char *whole)
{
    const char *name = dna_path_basename(whole);
    char *dir = dna_path_dirname(whole), *path = NULL;
    char **names = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    if (dir == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(dna_path_list(dir, &names, &n));
    for (int64_t i = 0; i < n; i++) {
        if (!is_slice_name(names[i], name)) {
            continue;
        }
        dna_free(path);
        path = dna_path_join(dir, names[i]);
        if (path == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        DNA_TRY(add(set, path));
    }
    DNA_REQUIRE(
        set->n > 0, DNA_ENOTFOUND, "%s: is not there, nor are slices of it", whole);
out:
    dna_path_list_free(names, n);
    dna_free(path);
    dna_free(dir);
    return rc;
}

static bool
has_same_meta(const dna_packed *a, const dna_packed *b)
{
    size_t n = 0, m = 0;
    const char *x = dna_packed_meta(a, &n), *y = dna_packed_meta(b, &m);
    return n == m && memcmp(x, y, n) == 0;
}

static int
check_slices(const dna_packed_set *set)
{
    int64_t last = -1;
    int rc = DNA_OK;

    for (int64_t f = 0; f < set->n; f++) {
        const dna_packed *p = set->files[f];
        int64_t n = dna_packed_count(p);
        dna_packed_sample r;
        DNA_REQUIRE(has_same_meta(p, set->files[0]), DNA_EFORMAT,
            "%s: belongs to another dataset than %s", dna_packed_path(p),
            dna_packed_path(set->files[0]));
        if (n == 0) {
            continue;
        }
        DNA_TRY(dna_packed_record(&r, p, 0));
        DNA_REQUIRE(r.scenario > last, DNA_EFORMAT,
            "%s: scenario %lld is also in the slice before it", dna_packed_path(p),
            (long long)r.scenario);
        DNA_TRY(dna_packed_record(&r, p, n - 1));
        last = r.scenario;
    }
out:
    return rc;
}

int
dna_packed_set_open(
    dna_packed_set *set, const char *folder, const char *name, const char *dataset_name)
{
    char *path = NULL;
    dna_str file;
    int rc = DNA_OK;

    *set = (dna_packed_set){0};
    dna_str_init(&file, 0);
    if (name == NULL) {
        dna_str_addf(&file, "%s%s", dataset_name, DNA_PACKED_SUFFIX);
        name = dna_str_text(&file);
    }
    path = dna_path_join(folder, name);
    if (path == NULL || dna_str_status(&file) < 0) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_path_exists(path) ? add(set, path) : open_slices(set, path));
    DNA_TRY(check_slices(set));
out:
    dna_free(path);
    dna_str_clear(&file);
    return rc;
}

void
dna_packed_set_clear(dna_packed_set *set)
{
    for (int64_t i = 0; i < set->n; i++) {
        dna_packed_close(set->files[i]);
    }
    dna_free(set->files);
    *set = (dna_packed_set){0};
}

bool
dna_packed_set_find(const dna_packed_set *set, int64_t scenario, int64_t replicate,
    dna_packed **file, int64_t *i)
{
    for (int64_t f = 0; f < set->n; f++) {
        *i = dna_packed_find(set->files[f], scenario, replicate);
        if (*i >= 0) {
            *file = set->files[f];
            return true;
        }
    }
    return false;
}

/* ---- metadata -------------------------------------------------------------------- */

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

static int
set_text(dna_arena *a, dna_value *map, const char *key, const char *text)
{
    return dna_value_set(a, map, key, dna_value_string(a, text));
}

int
dna_packed_dataset_config(dna_value **out, dna_arena *a, const char *path)
{
    dna_packed *p = NULL;
    dna_value *meta = NULL;
    dna_value *config = dna_value_map(a), *source = dna_value_map(a);
    char *absolute = dna_path_absolute(path), *dir = NULL;
    int rc = DNA_OK;

    dir = absolute != NULL ? dna_path_dirname(absolute) : NULL;
    if (config == NULL || source == NULL || dir == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_packed_open(&p, path));
    DNA_TRY(dna_packed_read_meta(&meta, a, p));
    const char *name = dna_value_as_text(dna_value_get(meta, "dataset_name"));
    DNA_TRY(set_text(a, config, "data_root", dir));
    DNA_TRY(set_text(a, config, "dataset_name", name != NULL ? name : "generic"));
    DNA_TRY(set_text(a, source, "format", "packed"));
    DNA_TRY(set_text(a, source, "path", dna_path_basename(absolute)));
    DNA_TRY(dna_value_set(a, config, "data_source", source));
    *out = config;
out:
    dna_packed_close(p);
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
