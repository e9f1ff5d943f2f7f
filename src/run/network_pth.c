/* network_pth.c - networks that PyTorch wrote: the original's files as ours.
 *
 * SPDX-License-Identifier: MIT
 *
 * The original saves one mapping: network {name, params}, state_dict, learned_params,
 * train_mean, train_std, dataset_transforms, preprocessing; or, "nested", state_dict and
 * config with the rest. From these the metadata of a network file are composed, and then
 * checked like those of any file. What such files do not say is taken from the parts that
 * do: sizes from params, then from the transforms, then the published ones; the form of
 * the input from snp_format; of the positions only what a dataset in the config says.
 */
#include "run/network_pth.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "io/json.h"
#include "nn/node.h"

#define PUBLISHED_SNP   400
#define PUBLISHED_INDIV 50
#define OWN_KEY         "dnadna"

/* ---- tensors --------------------------------------------------------------------- */

const dna_pickle *
dna_pth_state_dict(const dna_pickle *root)
{
    static const char *const keys[] = {
        "state_dict", "model_state_dict", "network_state_dict", "model", "net"};
    for (int64_t i = 0; i < DNA_COUNT(keys); i++) {
        const dna_pickle *found = dna_pth_get(root, keys[i]);
        if (dna_pth_is_mapping(found)) {
            return found;
        }
    }
    return dna_pth_is_mapping(root) ? root : NULL;
}

/* Names as within a network: what wraps it for several processes adds "module.". */
static void
strip_wrapper(dna_safetensors *st)
{
    static const char wrapper[] = "module.";
    const size_t n = strlen(wrapper);

    for (int64_t i = 0; i < st->n_tensor; i++) {
        if (strncmp(st->names[i], wrapper, n) != 0) {
            return;
        }
    }
    for (int64_t i = 0; i < st->n_tensor; i++) {
        memmove(st->names[i], st->names[i] + n, strlen(st->names[i] + n) + 1);
    }
}

/* Numbers in the engine's type: doubles are rounded, halves become floats. */
static int
to_float(dna_array *a)
{
    dna_array as_float = {0};
    int rc = DNA_OK;

    if (a->dtype != DNA_F64 && a->dtype != DNA_F16) {
        goto out;
    }
    DNA_TRY(dna_array_init(&as_float, DNA_F32, a->n_dim, a->dim));
    dna_array_to_float(a, 0, dna_array_count(a), as_float.data);
    dna_array_clear(a);
    *a = as_float;
out:
    return rc;
}

int
dna_pth_network_tensors(dna_safetensors *st, dna_pth *pth)
{
    const dna_pickle *mapping = dna_pth_state_dict(dna_pth_root(pth));
    int rc = DNA_OK;

    memset(st, 0, sizeof(*st));
    DNA_REQUIRE(mapping != NULL, DNA_EFORMAT, "has no state_dict, no tensors by name");
    DNA_TRY(dna_pth_tensors(st, pth, mapping));
    DNA_REQUIRE(st->n_tensor > 0, DNA_EFORMAT, "its state_dict has no tensors");
    strip_wrapper(st);
    for (int64_t i = 0; i < st->n_tensor; i++) {
        DNA_TRY(to_float(&st->arrays[i]));
    }
out:
    return rc;
}

/* PyTorch before 0.4.1 did not count batches. */
static int
add_counters(dna_safetensors *st, const dna_graph *g)
{
    int64_t n = st->n_tensor;
    char **names = NULL;
    dna_array *arrays = NULL;
    int rc = DNA_OK;

    DNA_NEW(names, n + g->n_tensor);
    DNA_NEW(arrays, n + g->n_tensor);
    memcpy(names, st->names, (size_t)n * sizeof(*names));
    memcpy(arrays, st->arrays, (size_t)n * sizeof(*arrays));
    dna_free(st->names);
    dna_free(st->arrays);
    st->names = names;
    st->arrays = arrays;
    names = NULL;
    arrays = NULL;
    for (int i = 0; i < g->n_tensor; i++) {
        const dna_tensor *t = &g->tensors[i];
        if (t->kind != DNA_TENSOR_COUNTER
            || dna_safetensors_find(st, t->name) != NULL) {
            continue;
        }
        st->names[st->n_tensor] = dna_strdup(t->name);
        if (st->names[st->n_tensor] == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        st->n_tensor++;
        DNA_TRY(
            dna_array_init(&st->arrays[st->n_tensor - 1], DNA_I64, t->n_dim, t->dim));
    }
out:
    dna_free(names);
    dna_free(arrays);
    return rc;
}

/* ---- the description ------------------------------------------------------------- */

typedef struct {
    dna_pth *pth;
    dna_arena *arena;
    const dna_pickle *main;   /* what has the key "network" */
    const dna_pickle *config; /* of the nested form, else NULL */
    dna_value *meta;
    const dna_safetensors *st;
} reader;

static const dna_pickle *
find(const reader *r, const char *key)
{
    const dna_pickle *found = dna_pth_get(r->main, key);
    return found != NULL ? found : dna_pth_get(r->config, key);
}

/* A part of the file as a tree; NULL if it is not there, or None. */
static int
part(dna_value **out, const reader *r, const char *key)
{
    const dna_pickle *p = find(r, key);
    int rc = DNA_OK;

    *out = NULL;
    if (p == NULL || p->kind == DNA_PICKLE_NONE) {
        goto out;
    }
    rc = dna_pth_value(out, r->arena, r->pth, p);
    if (rc < 0) {
        dna_context("%s", key);
    }
out:
    return rc;
}

static int
copy_part(const reader *r, const char *key)
{
    dna_value *v = NULL;
    int rc = DNA_OK;

    DNA_TRY(part(&v, r, key));
    if (v != NULL) {
        DNA_TRY(dna_value_set(r->arena, r->meta, key, v));
    }
out:
    return rc;
}

/* The parameters of a transform of this name in the list (of several lists: of those that
 * prediction uses); NULL if it is not there. A name alone has none. */
static const dna_value *
find_transform(const dna_value *transforms, const char *name, bool *is_there)
{
    static const char *const splits[] = {"test", "validation", "training"};

    *is_there = false;
    for (int64_t i = 0;
         i < DNA_COUNT(splits) && transforms != NULL && transforms->type == DNA_MAP;
         i++) {
        const dna_value *list = dna_value_get(transforms, splits[i]);
        transforms = list != NULL ? list : transforms;
    }
    for (int64_t i = 0; transforms != NULL && i < transforms->n; i++) {
        const dna_value *item = transforms->items[i];
        const char *word = dna_value_as_text(item);
        const char *key = word != NULL                         ? word
                          : item->n == 1 && item->keys != NULL ? item->keys[0]
                                                               : NULL;
        char snake[64];
        if (key == NULL) {
            continue;
        }
        dna_snake_case(snake, sizeof(snake), key);
        if (strcmp(snake, name) == 0) {
            *is_there = true;
            return word != NULL ? NULL : item->items[0];
        }
    }
    return NULL;
}

/* A size: from the network's params, else from its transforms, else 0. */
static int64_t
known_size(const reader *r, const char *param, const char *crop)
{
    int64_t n = 0;
    bool is_there = false;
    const dna_value *params = dna_value_get_path(r->meta, "network.params");
    const dna_value *transforms = dna_value_get(r->meta, "dataset_transforms");

    if (dna_value_as_int(dna_value_get(params, param), &n) && n > 0) {
        return n;
    }
    const dna_value *size = find_transform(transforms, "crop", &is_there);
    if (dna_value_as_int(dna_value_get(size, crop), &n) && n > 0) {
        return n;
    }
    size = find_transform(transforms, "subsample", &is_there);
    if (strcmp(param, "n_indiv") == 0
        && dna_value_as_int(dna_value_get(size, "size"), &n) && n > 0) {
        return n;
    }
    return 0;
}

static const char *
form_of(const reader *r)
{
    bool is_there = false;
    bool concat = true;
    const dna_value *format = find_transform(
        dna_value_get(r->meta, "dataset_transforms"), "snp_format", &is_there);
    if (is_there) {
        const char *text = dna_value_as_text(format);
        text = text != NULL ? text : dna_value_as_text(dna_value_get(format, "format"));
        return text != NULL ? text : "concat";
    }
    const dna_value *flag = dna_value_get_path(r->meta, "network.params.concat");
    return dna_value_as_bool(flag, &concat) && !concat ? "product" : "concat";
}

/* What an input looked like: n_snp, n_indiv and the form. An MLP's first layer has a
 * column an entry of it. */
static int
describe_input(const reader *r)
{
    const char *form = form_of(r);
    int64_t n_snp = known_size(r, "n_snp", "max_snp");
    int64_t n_indiv = known_size(r, "n_indiv", "max_indiv");
    const dna_array *first = dna_safetensors_find(r->st, "fc1.weight");
    const char *name = dna_value_as_text(dna_value_get_path(r->meta, "network.name"));
    dna_value *input = dna_value_map(r->arena);
    int rc = DNA_OK;

    if (input == NULL) {
        return DNA_ENOMEM;
    }
    if (n_indiv == 0 && n_snp > 0 && first != NULL && first->n_dim == 2 && name != NULL
        && dna_name_matches(name, "MLP") && first->dim[1] % n_snp == 0) {
        n_indiv = first->dim[1] / n_snp - (strcmp(form, "concat") == 0);
    }
    n_snp = n_snp > 0 ? n_snp : PUBLISHED_SNP;
    n_indiv = n_indiv > 0 ? n_indiv : PUBLISHED_INDIV;
    DNA_TRY(dna_value_set(r->arena, input, "n_snp", dna_value_int(r->arena, n_snp)));
    DNA_TRY(
        dna_value_set(r->arena, input, "n_indiv", dna_value_int(r->arena, n_indiv)));
    DNA_TRY(dna_value_set(r->arena, input, "form", dna_value_string(r->arena, form)));
    DNA_TRY(dna_value_set(r->arena, r->meta, "input", input));
out:
    return rc;
}

/* What is known of the positions: flags of null are as the data have them. */
static int
describe_positions(const reader *r)
{
    static const char *const keys[] = {
        "distance", "normalized", "circular", "chromosome_size", "initial_position"};
    dna_value *format = dna_value_map(r->arena);
    dna_value *dataset = NULL;
    int rc = DNA_OK;

    DNA_TRY(part(&dataset, r, "dataset"));
    if (format == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < DNA_COUNT(keys); i++) {
        dna_value *v = dna_value_get(
            dna_value_get_path(dataset, "data_source.position_format"), keys[i]);
        DNA_TRY(dna_value_set(
            r->arena, format, keys[i], v != NULL ? v : dna_value_null(r->arena)));
    }
    DNA_TRY(dna_value_set(r->arena, r->meta, "position_format", format));
    dna_value *names = dna_value_get_path(dataset, "data_source.keys");
    if (!dna_value_is_null(names)) {
        DNA_TRY(dna_value_set(r->arena, r->meta, "keys", names));
    }
out:
    return rc;
}

static int
describe_origin(const reader *r)
{
    static const char *const texts[] = {"model_name", "run_name", "model_datetime"};
    static const char *const counts[] = {"batch", "step"};
    dna_value *origin = dna_value_map(r->arena);
    dna_value *v = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    if (origin == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < DNA_COUNT(texts); i++) {
        DNA_TRY(part(&v, r, texts[i]));
        if (dna_value_as_text(v) != NULL) {
            DNA_TRY(dna_value_set(r->arena, origin, texts[i], v));
        }
    }
    for (int64_t i = 0; i < DNA_COUNT(counts); i++) {
        DNA_TRY(part(&v, r, counts[i]));
        if (dna_value_as_int(v, &n)) {
            DNA_TRY(dna_value_set(r->arena, origin, counts[i], v));
        }
    }
    DNA_TRY(dna_value_set(r->arena, r->meta, "provenance", origin));
    DNA_TRY(part(&v, r, "dnadna_version"));
    if (dna_value_as_text(v) != NULL) {
        DNA_TRY(dna_value_set(r->arena, r->meta, "dnadna_version", v));
    }
out:
    return rc;
}

/* min_snp, min_indiv and seed; the original adds settings that say nothing of data. */
static int
describe_filters(const reader *r)
{
    static const char *const keys[] = {"min_snp", "min_indiv", "seed"};
    dna_value *filters = dna_value_map(r->arena);
    dna_value *given = NULL;
    int rc = DNA_OK;

    if (filters == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(part(&given, r, "preprocessing"));
    for (int64_t i = 0; i < DNA_COUNT(keys); i++) {
        dna_value *v = dna_value_get(given, keys[i]);
        if (v != NULL) {
            DNA_TRY(dna_value_set(r->arena, filters, keys[i], v));
        }
    }
    DNA_TRY(dna_value_set(r->arena, r->meta, "preprocessing", filters));
out:
    return rc;
}

/* Files that dnadna export wrote have our metadata as they were, as text. */
static bool
is_ours(const reader *r)
{
    const dna_pickle *own = dna_pth_get(r->main, OWN_KEY);
    return own != NULL && own->kind == DNA_PICKLE_TEXT;
}

static bool
is_param_key(const char *key)
{
    return strcmp(key, "type") == 0
           || dna_field_find(dna_fields_regression, key) != NULL
           || dna_field_find(dna_fields_classification, key) != NULL;
}

/* Settings of learned parameters that only the Python program has say nothing of what a
 * network computes. Parameters: {name: settings}, or a list of such. */
static void
forget_unknown(dna_value *learned)
{
    if (learned == NULL) {
        return;
    }
    for (int64_t i = 0; i < learned->n; i++) {
        dna_value *settings = learned->items[i];
        if (learned->type == DNA_LIST) {
            forget_unknown(settings);
            continue;
        }
        for (int64_t k = settings->type == DNA_MAP ? settings->n - 1 : -1; k >= 0;
             k--) {
            if (!is_param_key(settings->keys[k])) {
                dna_value_remove(settings, settings->keys[k]);
            }
        }
    }
}

static int
describe(reader *r)
{
    static const char *const keys[] = {
        "network", "learned_params", "train_mean", "train_std", "dataset_transforms"};
    int rc = DNA_OK;

    if (is_ours(r)) {
        const dna_pickle *own = dna_pth_get(r->main, OWN_KEY);
        return dna_json_parse(&r->meta, r->arena, own->text, own->n_byte, OWN_KEY);
    }
    r->meta = dna_value_map(r->arena);
    if (r->meta == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(dna_value_set(r->arena, r->meta, "format_version",
        dna_value_int(r->arena, DNA_NETWORK_FORMAT_VERSION)));
    for (int64_t i = 0; i < DNA_COUNT(keys); i++) {
        DNA_TRY(copy_part(r, keys[i]));
    }
    forget_unknown(dna_value_get(r->meta, "learned_params"));
    DNA_TRY(describe_input(r));
    DNA_TRY(describe_positions(r));
    DNA_TRY(describe_filters(r));
    DNA_TRY(describe_origin(r));
out:
    return rc;
}

static int
read_pth(dna_network **out, dna_arena **arena, dna_pth *pth, dna_safetensors *st,
    const char *name)
{
    reader r = {.pth = pth, .arena = *arena, .main = dna_pth_root(pth), .st = st};
    char what[160];
    int rc = DNA_OK;

    DNA_REQUIRE(dna_pth_is_mapping(r.main), DNA_EFORMAT,
        "%s: %s, not the mapping that a network file holds", name,
        dna_pickle_describe(r.main, what, sizeof(what)));
    r.config = dna_pth_get(r.main, "config");
    rc = dna_pth_network_tensors(st, pth);
    if (rc < 0) {
        if (strncmp(dna_message(), name, strlen(name)) != 0) {
            dna_context("%s", name);
        }
        goto out;
    }
    DNA_REQUIRE(find(&r, "network") != NULL || is_ours(&r), DNA_EFORMAT,
        "%s: has %lld tensors, but does not say of which network: it lacks the "
        "description that dnadna saves with them",
        name, (long long)st->n_tensor);
    DNA_TRY(describe(&r));
    rc = dna_network_from_meta(out, *arena, r.meta, name);
    *arena = NULL; /* the network's, or gone with it */
    if (rc < 0) {
        dna_context("%s", name);
    }
out:
    return rc;
}

int
dna_network_from_pth(
    dna_network **out, dna_safetensors *st, dna_pth *pth, const char *name)
{
    dna_arena *arena = NULL;
    dna_network *net = NULL;
    int rc = DNA_OK;

    memset(st, 0, sizeof(*st));
    DNA_TRY(dna_arena_new(&arena));
    DNA_TRY(read_pth(&net, &arena, pth, st, name));
    DNA_TRY(add_counters(st, net->graph));
    *out = net;
    net = NULL;
out:
    dna_network_free(net);
    dna_arena_free(arena);
    return rc;
}
