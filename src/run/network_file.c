/* network_file.c - read and write network files: safetensors with a description.
 *
 * SPDX-License-Identifier: MIT
 *
 * Reading: the metadata say which network it is, the network says which tensors it has,
 * and the file must have exactly these: names, shapes, types, finite numbers. Nothing
 * is allocated from a number in the file before it was compared with what is really
 * there.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "dnadna/dnadna.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "nn/node.h"
#include "run/network.h"
#include "run/network_pth.h"

#define META_KEY    "dnadna"
#define NETWORK_MAX ((size_t)16 << 30) /* bytes of a file */

static void
shape_text(char *buf, size_t size, int n_dim, const int64_t *dim)
{
    int n = snprintf(buf, size, "[");
    for (int i = 0; i < n_dim && n > 0 && (size_t)n < size; i++) {
        n += snprintf(
            buf + n, size - (size_t)n, "%s%lld", i > 0 ? ", " : "", (long long)dim[i]);
    }
    if (n > 0 && (size_t)n < size) {
        snprintf(buf + n, size - (size_t)n, "]");
    }
}

/* The file's array is what the network wants: type, shape, finite. */
static int
check_tensor(const dna_array *a, const dna_tensor *t)
{
    dna_dtype dtype = t->kind == DNA_TENSOR_COUNTER ? DNA_I64 : DNA_F32;
    bool is_same = a->n_dim == t->n_dim;
    bool is_variance = dna_str_ends_with(t->name, "running_var");
    char want[128], found[128];
    int rc = DNA_OK;

    DNA_REQUIRE(a->dtype == dtype, DNA_EFORMAT, "tensor %s: is %s, not %s", t->name,
        dna_dtype_name(a->dtype), dna_dtype_name(dtype));
    for (int i = 0; i < t->n_dim && is_same; i++) {
        is_same = a->dim[i] == t->dim[i];
    }
    shape_text(found, sizeof(found), a->n_dim, a->dim);
    shape_text(want, sizeof(want), t->n_dim, t->dim);
    DNA_REQUIRE(is_same, DNA_ESHAPE, "tensor %s: has shape %s, the network needs %s",
        t->name, found, want);
    if (dtype == DNA_I64) {
        int64_t n = 0;
        memcpy(&n, a->data, sizeof(n));
        DNA_REQUIRE(
            n >= 0, DNA_EFORMAT, "tensor %s: %lld is below 0", t->name, (long long)n);
        goto out;
    }
    const float *x = a->data;
    for (int64_t i = 0; i < t->count; i++) {
        DNA_REQUIRE(!isnan(x[i]), DNA_ENUMERIC, "tensor %s: entry %lld is nan", t->name,
            (long long)i);
        DNA_REQUIRE(isfinite(x[i]), DNA_ENUMERIC, "tensor %s: entry %lld is %g",
            t->name, (long long)i, (double)x[i]);
        DNA_REQUIRE(!is_variance || x[i] >= 0.0f, DNA_ENUMERIC,
            "tensor %s: entry %lld is %g, below 0: no variance", t->name, (long long)i,
            (double)x[i]);
    }
out:
    return rc;
}

static int
check_tensors(const dna_graph *g, const dna_safetensors *st)
{
    int rc = DNA_OK;

    for (int i = 0; i < g->n_tensor; i++) {
        const dna_array *a = dna_safetensors_find(st, g->tensors[i].name);
        DNA_REQUIRE(
            a != NULL, DNA_ENOTFOUND, "tensor %s: is missing", g->tensors[i].name);
        DNA_TRY(check_tensor(a, &g->tensors[i]));
    }
    for (int64_t k = 0; k < st->n_tensor && st->n_tensor != g->n_tensor; k++) {
        bool is_known = false;
        for (int i = 0; i < g->n_tensor && !is_known; i++) {
            is_known = strcmp(g->tensors[i].name, st->names[k]) == 0;
        }
        DNA_REQUIRE(is_known, DNA_EFORMAT,
            "tensor %s: the network has none of this name", st->names[k]);
    }
out:
    return rc;
}

void *
dna_network_tensor_data(const dna_network *net, const dna_tensor *t)
{
    switch (t->kind) {
    case DNA_TENSOR_PARAM:
        return dna_state_params(net->state) + t->offset;
    case DNA_TENSOR_BUFFER:
        return dna_state_buffers(net->state) + t->offset;
    case DNA_TENSOR_COUNTER:
        return dna_state_counters(net->state) + t->offset;
    }
    return NULL;
}

static void
fill_state(dna_network *net, const dna_safetensors *st)
{
    for (int64_t i = 0; i < dna_state_n_tensor(net->state); i++) {
        const dna_tensor *t = dna_state_tensor(net->state, i);
        const dna_array *a = dna_safetensors_find(st, t->name);
        size_t size = dna_dtype_size(a->dtype) * (size_t)t->count;
        memcpy(dna_network_tensor_data(net, t), a->data, size);
    }
}

/* Give a described network its tensors. Takes: net, also on failure. */
static int
fill_network(dna_network **out, dna_network *net, const dna_safetensors *st)
{
    int rc = DNA_OK;

    DNA_TRY(check_tensors(net->graph, st));
    DNA_TRY(dna_network_allocate(net));
    fill_state(net, st);
    *out = net;
    net = NULL;
out:
    dna_network_free(net);
    return rc;
}

static int
make_network(dna_network **out, const dna_safetensors *st, const char *name)
{
    dna_arena *arena = NULL;
    dna_value *meta = NULL;
    dna_network *net = NULL;
    int rc = DNA_OK;

    const char *text = dna_safetensors_meta(st, META_KEY);
    DNA_REQUIRE(text != NULL, DNA_EFORMAT,
        "its metadata have no \"" META_KEY "\": not a network file of dnadna");
    DNA_TRY(dna_arena_new(&arena));
    DNA_TRY(dna_json_parse(&meta, arena, text, strlen(text), "metadata"));
    rc = dna_network_from_meta(&net, arena, meta, name);
    arena = NULL; /* the network's, or gone with it */
    DNA_TRY(rc);
    DNA_TRY(fill_network(out, net, st));
out:
    dna_arena_free(arena);
    return rc;
}

static int
parse_safetensors(
    dna_network **out, const unsigned char *bytes, size_t n, const char *name)
{
    dna_safetensors st = {0};
    int rc = DNA_OK;

    DNA_TRY(dna_safetensors_parse(&st, bytes, n, name));
    rc = make_network(out, &st, name);
    if (rc < 0) {
        dna_context("%s", name);
    }
out:
    dna_safetensors_clear(&st);
    return rc;
}

static int
parse_pth(dna_network **out, const unsigned char *bytes, size_t n, const char *name)
{
    dna_safetensors st = {0};
    dna_pth *pth = NULL;
    dna_network *net = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_pth_parse(&pth, bytes, n, name));
    DNA_TRY(dna_network_from_pth(&net, &st, pth, name));
    rc = fill_network(out, net, &st);
    if (rc < 0) {
        dna_context("%s", name);
    }
out:
    dna_safetensors_clear(&st);
    dna_pth_free(pth);
    return rc;
}

/* The header of safetensors is a JSON object after its length. */
static bool
is_safetensors(const unsigned char *bytes, size_t n)
{
    return n > 8 && bytes[8] == '{';
}

int
dna_network_parse(
    dna_network **out, const unsigned char *bytes, size_t n, const char *name)
{
    return !is_safetensors(bytes, n) && dna_pth_is(bytes, n)
               ? parse_pth(out, bytes, n, name)
               : parse_safetensors(out, bytes, n, name);
}

/* The file of this name with another ending, if it exists: a heap string, or NULL. */
static int
find_beside(char **out, const char *path, const char *ending, const char *other)
{
    dna_str s;
    int rc = DNA_OK;

    *out = NULL;
    if (!dna_str_ends_with(path, ending)) {
        return DNA_OK;
    }
    dna_str_init(&s, 0);
    dna_str_addn(&s, path, strlen(path) - strlen(ending));
    dna_str_add(&s, other);
    DNA_TRY(dna_str_status(&s));
    if (dna_path_exists(dna_str_text(&s))) {
        *out = dna_str_take(&s);
    }
out:
    dna_str_clear(&s);
    return rc;
}

int
dna_network_find(char **out, const char *path)
{
    static const char *const endings[][2] = {{".pth", ".safetensors"},
        {".pt", ".safetensors"}, {".safetensors", ".pth"}, {".safetensors", ".pt"}};
    bool is_there = dna_path_exists(path);
    int rc = DNA_OK;

    *out = NULL;
    for (int64_t i = 0; !is_there && i < DNA_COUNT(endings) && *out == NULL; i++) {
        DNA_TRY(find_beside(out, path, endings[i][0], endings[i][1]));
    }
    if (*out != NULL) {
        goto out;
    }
    bool is_pth = dna_str_ends_with(path, ".pth") || dna_str_ends_with(path, ".pt");
    DNA_REQUIRE(is_there, DNA_ENOTFOUND, "%s: No such file or directory%s", path,
        is_pth ? ", and no .safetensors of this name beside it" : "");
    *out = dna_strdup(path);
    rc = *out == NULL ? DNA_ENOMEM : DNA_OK;
out:
    return rc;
}

int
dna_network_load(dna_network **out, const char *path)
{
    unsigned char *bytes = NULL;
    char *file = NULL;
    size_t n = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_network_find(&file, path));
    DNA_TRY(dna_file_read(file, NETWORK_MAX, &bytes, &n));
    DNA_TRY(dna_network_parse(out, bytes, n, file));
out:
    dna_free(bytes);
    dna_free(file);
    return rc;
}

static dna_value *
number_or_null(dna_arena *a, double v)
{
    return isfinite(v) ? dna_value_float(a, v) : dna_value_null(a);
}

static dna_value *
count_or_null(dna_arena *a, int64_t v)
{
    return v >= 0 ? dna_value_int(a, v) : dna_value_null(a);
}

/* A shallow copy of a map, so that new keys leave the original alone. */
static int
copy_map(dna_value **out, dna_arena *a, const dna_value *map)
{
    dna_value *copy = dna_value_map(a);
    int rc = DNA_OK;

    if (copy == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; map != NULL && i < map->n; i++) {
        DNA_TRY(dna_value_set(a, copy, map->keys[i], map->items[i]));
    }
    *out = copy;
out:
    return rc;
}

/* What was simulated until now, if it was. */
static int
count_simulation(dna_arena *a, dna_value *meta, const dna_checkpoint *c)
{
    const dna_value *simulation = dna_value_get(meta, "simulation");
    dna_value *copy = NULL;
    int rc = DNA_OK;

    if (dna_value_is_null(simulation)) {
        goto out;
    }
    DNA_TRY(copy_map(&copy, a, simulation));
    DNA_TRY(dna_value_set(a, copy, "n_samples", dna_value_int(a, c->n_sample)));
    DNA_TRY(dna_value_set(a, copy, "n_redrawn", dna_value_int(a, c->n_redrawn)));
    DNA_TRY(dna_value_set(a, copy, "n_given_up", dna_value_int(a, c->n_given_up)));
    DNA_TRY(dna_value_set(a, meta, "simulation", copy));
out:
    return rc;
}

/* Outputs that a reader can compare with. */
static int
put_golden(dna_arena *a, dna_value *meta, const dna_checkpoint *c)
{
    dna_value *map = dna_value_map(a), *list = dna_value_list(a);
    int rc = DNA_OK;

    DNA_REQUIRE(map != NULL && list != NULL, DNA_ENOMEM, "%s", dna_message());
    for (int64_t i = 0; i < c->n_golden; i++) {
        if (!isfinite(c->golden[i])) {
            goto out; /* nothing to compare with */
        }
        DNA_TRY(dna_value_append(a, list, dna_value_float(a, (double)c->golden[i])));
    }
    DNA_TRY(dna_value_set(a, map, "outputs", list));
    DNA_TRY(dna_value_set(a, meta, "golden", map));
out:
    return rc;
}

static int
describe(dna_str *text, const dna_network *net, const dna_checkpoint *c)
{
    dna_arena *a = NULL;
    dna_value *meta = NULL;
    dna_value *origin = NULL;
    char when[64];
    time_t now = time(NULL);
    struct tm tm;
    int rc = DNA_OK;

    DNA_TRY(dna_arena_new(&a));
    DNA_TRY(copy_map(&meta, a, net->meta));
    DNA_TRY(copy_map(&origin, a, dna_value_get(net->meta, "provenance")));
    bool is_dated = gmtime_r(&now, &tm) != NULL
                    && strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S+00:00", &tm) > 0;
    DNA_TRY(dna_value_set(a, origin, "checkpoint", dna_value_string(a, c->checkpoint)));
    if (is_dated) {
        DNA_TRY(dna_value_set(a, origin, "model_datetime", dna_value_string(a, when)));
    }
    DNA_TRY(dna_value_set(a, origin, "epoch", count_or_null(a, c->epoch)));
    DNA_TRY(dna_value_set(a, origin, "batch", count_or_null(a, c->batch)));
    DNA_TRY(dna_value_set(a, origin, "step", count_or_null(a, c->step)));
    DNA_TRY(
        dna_value_set(a, origin, "training_loss", number_or_null(a, c->training_loss)));
    DNA_TRY(dna_value_set(
        a, origin, "validation_loss", number_or_null(a, c->validation_loss)));
    DNA_TRY(dna_value_set(a, meta, "provenance", origin));
    DNA_TRY(count_simulation(a, meta, c));
    DNA_TRY(c->golden != NULL ? put_golden(a, meta, c) : DNA_OK);
    DNA_TRY(dna_value_set(a, meta, "dnadna_version", dna_value_string(a, DNA_VERSION)));
    DNA_TRY(dna_json_write(text, meta, 0));
out:
    dna_arena_free(a);
    return rc;
}

int
dna_network_save(
    const dna_network *net, const char *path, const dna_checkpoint *checkpoint)
{
    int64_t n = dna_state_n_tensor(net->state);
    const char **names = NULL;
    dna_array *arrays = NULL;
    dna_str text;
    int rc = DNA_OK;

    dna_str_init(&text, 0);
    DNA_NEW(names, n);
    DNA_NEW(arrays, n);
    for (int64_t i = 0; i < n; i++) {
        const dna_tensor *t = dna_state_tensor(net->state, i);
        dna_array_borrow(&arrays[i], t->kind == DNA_TENSOR_COUNTER ? DNA_I64 : DNA_F32,
            t->n_dim, t->dim, dna_network_tensor_data(net, t));
        names[i] = t->name;
        DNA_TRY(check_tensor(&arrays[i], t));
    }
    DNA_TRY(describe(&text, net, checkpoint));
    const char *key = META_KEY;
    const char *meta = dna_str_text(&text);
    DNA_TRY(dna_safetensors_write(path, names, arrays, n, &key, &meta, 1));
out:
    dna_str_clear(&text);
    dna_free(arrays);
    dna_free(names);
    return rc;
}
