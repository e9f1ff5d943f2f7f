/* export.c - write a network in the form of another program.
 *
 * SPDX-License-Identifier: MIT
 *
 * The ending of the output says which: .pth and .pt as PyTorch and the original save
 * networks, .npz arrays by tensor name, .onnx a model for onnxruntime, .safetensors our
 * own. All carry the metadata of our file, so nothing is lost on the way.
 */
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "dnadna/run.h"
#include "io/json.h"
#include "io/npz.h"
#include "io/pth_write.h"
#include "io/safetensors.h"
#include "run/network.h"
#include "run/onnx.h"

typedef struct {
    const dna_export_options *o;
    const dna_network *net;
    const char *path;
    dna_arena *arena;
    dna_str meta; /* JSON */
    int64_t n;
    const char **names;
    dna_array *arrays; /* views of the state */
} job;

static int
list_tensors(job *j)
{
    int rc = DNA_OK;

    j->n = dna_state_n_tensor(j->net->state);
    DNA_NEW(j->names, DNA_MAX(j->n, (int64_t)1) + 1);
    DNA_NEW(j->arrays, DNA_MAX(j->n, (int64_t)1) + 1);
    for (int64_t i = 0; i < j->n; i++) {
        const dna_tensor *t = dna_state_tensor(j->net->state, i);
        j->names[i] = t->name;
        dna_array_borrow(&j->arrays[i],
            t->kind == DNA_TENSOR_COUNTER ? DNA_I64 : DNA_F32, t->n_dim, t->dim,
            dna_network_tensor_data(j->net, t));
    }
out:
    return rc;
}

/* ---- the forms ------------------------------------------------------------------- */

/* The original's entries, then ours as text, which the original does not look at. */
static int
export_pth(job *j)
{
    static const char *const keys[] = {"network", "learned_params",
        "dataset_transforms", "preprocessing", "train_mean", "train_std",
        "dnadna_version"};
    static const char *const origins[] = {"model_datetime", "batch", "step"};
    const dna_value *meta = j->net->meta;
    dna_value *map = dna_value_map(j->arena);
    int rc = DNA_OK;

    if (map == NULL) {
        return DNA_ENOMEM;
    }
    for (int64_t i = 0; i < DNA_COUNT(keys); i++) {
        dna_value *v = dna_value_get(meta, keys[i]);
        if (v != NULL) {
            DNA_TRY(dna_value_set(j->arena, map, keys[i], v));
        }
    }
    for (int64_t i = 0; i < DNA_COUNT(origins); i++) {
        dna_value *v = dna_value_get(dna_value_get(meta, "provenance"), origins[i]);
        if (!dna_value_is_null(v)) {
            DNA_TRY(dna_value_set(j->arena, map, origins[i], v));
        }
    }
    DNA_TRY(dna_value_set(
        j->arena, map, "dnadna", dna_value_string(j->arena, dna_str_text(&j->meta))));
    DNA_TRY(dna_pth_write(j->path, map, j->names, j->arrays, j->n));
out:
    return rc;
}

static int
export_npz(job *j)
{
    const int64_t n_byte = (int64_t)j->meta.len;

    j->names[j->n] = "dnadna";
    dna_array_borrow(&j->arrays[j->n], DNA_U8, 1, &n_byte, dna_str_text(&j->meta));
    return dna_npz_write(j->path, j->names, j->arrays, j->n + 1, false);
}

/* A model is for one size of input, and for any number of samples. */
static int
export_onnx(job *j)
{
    dna_net_sizes sizes = j->net->sizes;
    dna_graph *g = NULL;
    dna_str bytes;
    int rc = DNA_OK;

    dna_str_init(&bytes, 0);
    sizes.n_snp = j->o->n_snp > 0 ? j->o->n_snp : sizes.n_snp;
    sizes.n_indiv = j->o->n_indiv > 0 ? j->o->n_indiv : sizes.n_indiv;
    DNA_TRY(dna_net_build(&g, j->net->def, j->net->opts, &sizes));
    DNA_TRY(
        dna_onnx_write(&bytes, j->net->graph, j->net->state, dna_str_text(&j->meta)));
    DNA_TRY(dna_atomic_write(j->path, dna_str_text(&bytes), bytes.len));
out:
    dna_graph_free(g);
    dna_str_clear(&bytes);
    return rc;
}

static int
export_safetensors(job *j)
{
    const char *key = "dnadna";
    const char *text = dna_str_text(&j->meta);
    return dna_safetensors_write(j->path, j->names, j->arrays, j->n, &key, &text, 1);
}

static const struct {
    const char *ending;
    int (*write)(job *j);
} forms[] = {{".pth", export_pth}, {".pt", export_pth}, {".npz", export_npz},
    {".onnx", export_onnx}, {".safetensors", export_safetensors}};

int
dna_run_export(const dna_export_options *o)
{
    dna_network *net = NULL;
    job j = {.o = o, .path = o->out};
    int64_t k = 0;
    int rc = DNA_OK;

    dna_str_init(&j.meta, 0);
    while (k < DNA_COUNT(forms) && !dna_str_ends_with(o->out, forms[k].ending)) {
        k++;
    }
    DNA_REQUIRE(k < DNA_COUNT(forms), DNA_EARG,
        "%s: the ending says the form: .pth, .pt, .onnx, .npz or .safetensors", o->out);
    DNA_REQUIRE((o->n_snp == 0 && o->n_indiv == 0) || forms[k].write == export_onnx,
        DNA_EARG,
        "%s: only an ONNX model is for one size of input (--n-snp, --n-indiv)", o->out);
    DNA_TRY(dna_network_load(&net, o->network));
    DNA_REQUIRE(o->force || !dna_path_exists(o->out), DNA_EEXISTS,
        "%s: exists already (--force replaces it)", o->out);
    j.net = net;
    DNA_TRY(dna_arena_new(&j.arena));
    DNA_TRY(dna_json_write(&j.meta, net->meta, 0));
    DNA_TRY(list_tensors(&j));
    rc = forms[k].write(&j);
    if (rc == DNA_EUNSUPPORTED) {
        dna_context("%s", o->out);
    }
    DNA_TRY(rc);
    dna_log_info(o->log, "%s: %lld tensors of %s", o->out, (long long)j.n, net->name);
out:
    dna_str_clear(&j.meta);
    dna_free(j.names);
    dna_free(j.arrays);
    dna_arena_free(j.arena);
    dna_network_free(net);
    return rc;
}
