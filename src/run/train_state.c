/* train_state.c - the container: sections of numbers and tensors, written and read.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/train_state.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "dnadna/dnadna.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "io/yaml.h"

#define META_KEY   "dnadna_training_state"
#define CONFIG_KEY "final_config"

struct dna_train_state {
    dna_arena *arena;
    const char *path; /* NULL: being written */
    dna_value *root;
    const dna_value *config;
    const char *section;
    dna_value *map; /* of the section */
    /* read */
    dna_safetensors file;
    bool *is_used; /* [file.n_tensor] */
    /* to be written */
    int64_t n, cap;
    const char **names;
    dna_array *arrays;
};

void
dna_train_state_free(dna_train_state *s)
{
    if (s != NULL) {
        dna_safetensors_clear(&s->file);
        dna_free(s->is_used);
        dna_free(s->names);
        dna_free(s->arrays);
        dna_arena_free(s->arena);
        dna_free(s);
    }
}

int
dna_train_state_new(dna_train_state **out, const dna_value *config)
{
    dna_train_state *s = NULL;
    int rc = DNA_OK;

    DNA_NEW(s, 1);
    DNA_TRY(dna_arena_new(&s->arena));
    s->config = config;
    s->root = dna_value_map(s->arena);
    if (s->root == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_value_set(s->arena, s->root, "format_version",
        dna_value_int(s->arena, DNA_TRAIN_STATE_FORMAT_VERSION)));
    DNA_TRY(dna_value_set(
        s->arena, s->root, "dnadna_version", dna_value_string(s->arena, DNA_VERSION)));
    *out = s;
    s = NULL;
out:
    dna_train_state_free(s);
    return rc;
}

static int
parse_meta(dna_train_state *s)
{
    const char *text = dna_safetensors_meta(&s->file, META_KEY);
    const char *config_text = dna_safetensors_meta(&s->file, CONFIG_KEY);
    dna_value *config = NULL;
    int64_t version = 0;
    int rc = DNA_OK;

    DNA_REQUIRE(text != NULL && config_text != NULL, DNA_EFORMAT,
        "%s: its metadata have no \"" META_KEY "\" and \"" CONFIG_KEY
        "\": not the state of a training",
        s->path);
    DNA_TRY(dna_json_parse(&s->root, s->arena, text, strlen(text), s->path));
    DNA_REQUIRE(
        s->root->type == DNA_MAP
            && dna_value_as_int(dna_value_get(s->root, "format_version"), &version),
        DNA_EFORMAT, "%s: \"" META_KEY "\" has no format_version", s->path);
    DNA_REQUIRE(version == DNA_TRAIN_STATE_FORMAT_VERSION, DNA_EUNSUPPORTED,
        "%s: format_version %lld, this program reads %d", s->path, (long long)version,
        DNA_TRAIN_STATE_FORMAT_VERSION);
    DNA_TRY(
        dna_yaml_parse(&config, s->arena, config_text, strlen(config_text), s->path));
    s->config = config;
out:
    return rc;
}

int
dna_train_state_read(dna_train_state **out, const char *path)
{
    dna_train_state *s = NULL;
    int rc = DNA_OK;

    DNA_NEW(s, 1);
    DNA_TRY(dna_arena_new(&s->arena));
    s->path = dna_arena_strdup(s->arena, path);
    if (s->path == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_safetensors_read(&s->file, path));
    DNA_NEW(s->is_used, s->file.n_tensor);
    DNA_TRY(parse_meta(s));
    *out = s;
    s = NULL;
out:
    dna_train_state_free(s);
    return rc;
}

int
dna_train_state_write(const dna_train_state *s, const char *path)
{
    dna_str text, config;
    int rc = DNA_OK;

    dna_str_init(&text, 0);
    dna_str_init(&config, 0);
    DNA_TRY(dna_json_write(&text, s->root, 0));
    DNA_TRY(dna_yaml_write(&config, s->config, NULL));
    const char *const keys[] = {META_KEY, CONFIG_KEY};
    const char *const texts[] = {dna_str_text(&text), dna_str_text(&config)};
    DNA_TRY(dna_safetensors_write(
        path, s->names, s->arrays, s->n, keys, texts, DNA_COUNT(keys)));
out:
    dna_str_clear(&config);
    dna_str_clear(&text);
    return rc;
}

bool
dna_train_state_is_read(const dna_train_state *s)
{
    return s->path != NULL;
}

const char *
dna_train_state_path(const dna_train_state *s)
{
    return s->path;
}

const dna_value *
dna_train_state_config(const dna_train_state *s)
{
    return s->config;
}

bool
dna_train_state_peek(const dna_train_state *s, const char *dotted, int64_t *v)
{
    const dna_value *item = dna_value_get_path(s->root, dotted);
    bool flag = false;

    if (dna_value_as_bool(item, &flag)) {
        *v = flag;
        return true;
    }
    return dna_value_as_int(item, v);
}

/* ---- numbers --------------------------------------------------------------------- */

int
dna_train_state_section(dna_train_state *s, const char *name)
{
    int rc = DNA_OK;

    s->section = name;
    if (s->path != NULL) {
        s->map = dna_value_get(s->root, name);
        DNA_REQUIRE(s->map != NULL && s->map->type == DNA_MAP, DNA_EFORMAT,
            "%s: has no section \"%s\"", s->path, name);
        goto out;
    }
    s->map = dna_value_map(s->arena);
    DNA_TRY(dna_value_set(s->arena, s->root, name, s->map));
out:
    return rc;
}

/* "file: section.key: " comes before what is wrong. */
static int
bad_entry(const dna_train_state *s, const char *key, const char *expected)
{
    const dna_value *v = dna_value_get(s->map, key);
    char found[64] = "missing";

    if (v != NULL) {
        dna_value_describe(v, found, sizeof(found));
    }
    return dna_fail(DNA_EFORMAT, "%s: %s.%s: is %s, expected is %s", s->path,
        s->section, key, found, expected);
}

int
dna_train_state_int(
    dna_train_state *s, const char *key, int64_t *v, int64_t min, int64_t max)
{
    int64_t found = 0;
    char expected[96];

    if (s->path == NULL) {
        return dna_value_set(s->arena, s->map, key, dna_value_int(s->arena, *v));
    }
    if (!dna_value_as_int(dna_value_get(s->map, key), &found) || found < min
        || found > max) {
        snprintf(expected, sizeof(expected), "an integer from %lld to %lld",
            (long long)min, (long long)max);
        return bad_entry(s, key, expected);
    }
    *v = found;
    return DNA_OK;
}

int
dna_train_state_flag(dna_train_state *s, const char *key, bool *v)
{
    const dna_value *item = NULL;

    if (s->path == NULL) {
        return dna_value_set(s->arena, s->map, key, dna_value_bool(s->arena, *v));
    }
    item = dna_value_get(s->map, key);
    if (item == NULL || item->type != DNA_BOOLEAN) {
        return bad_entry(s, key, "true or false");
    }
    *v = item->boolean;
    return DNA_OK;
}

/* JSON knows neither NaN (here: null) nor infinities (here: texts). */
int
dna_train_state_double(dna_train_state *s, const char *key, double *v)
{
    const dna_value *item = NULL;

    if (s->path == NULL) {
        return dna_value_set(s->arena, s->map, key,
            isnan(*v)   ? dna_value_null(s->arena)
            : isinf(*v) ? dna_value_string(s->arena, *v > 0.0 ? "inf" : "-inf")
                        : dna_value_float(s->arena, *v));
    }
    item = dna_value_get(s->map, key);
    if (item != NULL && item->type == DNA_NULL) {
        *v = (double)NAN;
    } else if (item != NULL && item->type == DNA_STRING
               && (strcmp(item->text, "inf") == 0 || strcmp(item->text, "-inf") == 0)) {
        *v = item->text[0] == '-' ? -(double)INFINITY : (double)INFINITY;
    } else if (item != NULL && (item->type == DNA_FLOAT || item->type == DNA_INT)) {
        *v = item->number;
    } else {
        return bad_entry(s, key, "a number");
    }
    return DNA_OK;
}

static int
not_the_same(
    const dna_train_state *s, const char *key, const char *found, const char *expected)
{
    return dna_fail(DNA_EARG,
        "%s: %s.%s: is %s, this run has %s: the state of another training", s->path,
        s->section, key, found, expected);
}

int
dna_train_state_same_int(dna_train_state *s, const char *key, int64_t v)
{
    int64_t found = v;
    char a[32], b[32];
    int rc = DNA_OK;

    DNA_TRY(dna_train_state_int(s, key, &found, INT64_MIN, INT64_MAX));
    if (found != v) {
        snprintf(a, sizeof(a), "%lld", (long long)found);
        snprintf(b, sizeof(b), "%lld", (long long)v);
        rc = not_the_same(s, key, a, b);
    }
out:
    return rc;
}

int
dna_train_state_same_text(dna_train_state *s, const char *key, const char *v)
{
    const dna_value *item = NULL;

    if (s->path == NULL) {
        return dna_value_set(s->arena, s->map, key, dna_value_string(s->arena, v));
    }
    item = dna_value_get(s->map, key);
    if (item == NULL || item->type != DNA_STRING) {
        return bad_entry(s, key, "a text");
    }
    return strcmp(item->text, v) == 0 ? DNA_OK : not_the_same(s, key, item->text, v);
}

/* ---- tensors --------------------------------------------------------------------- */

static int
check_numbers(const dna_train_state *s, const char *name, const dna_array *a)
{
    const float *x = a->data;
    int64_t n = a->dtype == DNA_F32 ? dna_array_count(a) : 0;

    for (int64_t i = 0; i < n; i++) {
        if (isnan(x[i])) {
            return dna_fail(DNA_ENUMERIC, "%s%stensor %s: entry %lld is nan",
                s->path != NULL ? s->path : "", s->path != NULL ? ": " : "", name,
                (long long)i);
        }
    }
    return DNA_OK;
}

static int
reserve_tensor(dna_train_state *s)
{
    int64_t cap = s->cap > 0 ? 2 * s->cap : 32;

    if (s->n < s->cap) {
        return DNA_OK;
    }
    void *names = dna_realloc(s->names, (size_t)cap, sizeof(*s->names));
    if (names == NULL) {
        return DNA_ENOMEM;
    }
    s->names = names;
    void *arrays = dna_realloc(s->arrays, (size_t)cap, sizeof(*s->arrays));
    if (arrays == NULL) {
        return DNA_ENOMEM;
    }
    s->arrays = arrays;
    s->cap = cap;
    return DNA_OK;
}

static int
add_tensor(dna_train_state *s, const char *name, const dna_array *a)
{
    int rc = DNA_OK;

    DNA_TRY(check_numbers(s, name, a));
    DNA_TRY(reserve_tensor(s));
    s->names[s->n] = name;
    s->arrays[s->n++] = *a;
out:
    return rc;
}

static int
take_tensor(dna_train_state *s, const char *name, dna_array *want)
{
    int64_t i = 0;
    int rc = DNA_OK;

    while (i < s->file.n_tensor && strcmp(s->file.names[i], name) != 0) {
        i++;
    }
    DNA_REQUIRE(i < s->file.n_tensor, DNA_ENOTFOUND, "%s: tensor %s: is missing",
        s->path, name);
    const dna_array *found = &s->file.arrays[i];
    bool is_same = found->dtype == want->dtype && found->n_dim == want->n_dim;
    for (int d = 0; is_same && d < want->n_dim; d++) {
        is_same = found->dim[d] == want->dim[d];
    }
    DNA_REQUIRE(is_same, DNA_ESHAPE,
        "%s: tensor %s: has another type or shape than this run's: the state of another training",
        s->path, name);
    DNA_TRY(check_numbers(s, name, found));
    s->is_used[i] = true;
    memcpy(want->data, found->data,
        (size_t)dna_array_count(want) * dna_dtype_size(want->dtype));
out:
    return rc;
}

int
dna_train_state_tensor(dna_train_state *s, const char *name, dna_dtype dtype, int n_dim,
    const int64_t *dim, void *data)
{
    dna_array a;
    dna_str full;
    int rc = DNA_OK;

    dna_str_init(&full, 0);
    dna_str_addf(&full, "%s/%s", s->section, name);
    DNA_TRY(dna_str_status(&full));
    const char *copy = dna_arena_strdup(s->arena, dna_str_text(&full));
    if (copy == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    dna_array_borrow(&a, dtype, n_dim, dim, data);
    a.data = data;
    rc = s->path != NULL ? take_tensor(s, copy, &a) : add_tensor(s, copy, &a);
out:
    dna_str_clear(&full);
    return rc;
}

int
dna_train_state_check_rest(const dna_train_state *s)
{
    for (int64_t i = 0; i < s->file.n_tensor; i++) {
        if (!s->is_used[i]) {
            return dna_fail(DNA_EFORMAT,
                "%s: tensor %s: this run has none of this name: the state of another training",
                s->path, s->file.names[i]);
        }
    }
    return DNA_OK;
}
