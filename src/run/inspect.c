/* inspect.c - describe a network file for people.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"
#include "dnadna/run.h"
#include "io/yaml.h"
#include "run/network.h"
#include "run/settings.h"

static void
put_origin(dna_str *s, const dna_network *net)
{
    static const struct {
        const char *key, *what;
    } rows[] = {{"model_name", "model"}, {"run_name", "run"},
        {"checkpoint", "checkpoint"}, {"dataset_name", "trained on"},
        {"model_datetime", "saved"}, {"optimizer", "optimizer"},
        {"precision", "precision"}, {"seed", "seed"}, {"epoch", "epoch"},
        {"batch", "batch"}, {"step", "samples seen"},
        {"training_loss", "training loss"}, {"validation_loss", "validation loss"}};
    const dna_value *origin = dna_value_get(net->meta, "provenance");
    const char *version = dna_setting_text(net->meta, "dnadna_version");

    for (int64_t i = 0; i < DNA_COUNT(rows); i++) {
        const char *text = dna_setting_text(origin, rows[i].key);
        if (text != NULL) {
            dna_str_addf(s, "    %-16s %s\n", rows[i].what, text);
        }
    }
    const dna_value *tuned = dna_value_get(origin, "fine_tuning");
    const char *from = dna_setting_text(tuned, "origin");
    const char *checksum = dna_setting_text(tuned, "checksum");
    if (from != NULL) {
        dna_str_addf(s, "    %-16s %s (%s)\n", "fine-tuned from", from,
            checksum != NULL ? checksum : "no checksum");
    }
    dna_str_addf(
        s, "    %-16s dnadna %s\n", "written by", version != NULL ? version : "?");
}

static void
put_input(dna_str *s, const dna_network *net)
{
    static const char *const forms[] = {"positions, then the SNP matrix (concat)",
        "SNP matrix times positions (product)", "SNP matrix alone"};
    char text[DNA_POSITION_TEXT];

    dna_str_addf(s, "    %-16s %" PRId64 " SNPs, %" PRId64 " individuals%s\n", "sample",
        net->sizes.n_snp, net->sizes.n_indiv,
        net->def->is_fixed_size ? "" : " (other sizes work too)");
    dna_str_addf(s, "    %-16s %s\n", "form", forms[net->form]);
    dna_str_addf(s, "    %-16s %s, %s\n", "npz keys", net->snp_key, net->pos_key);
    dna_str_addf(s, "    %-16s %s\n", "positions",
        net->has_format ? dna_position_format_text(&net->format, text, sizeof(text))
                        : "none");
    if (net->has_format && net->format.chromosome_size > 0) {
        dna_str_addf(
            s, "    %-16s %" PRId64 " bp\n", "chromosome", net->format.chromosome_size);
    }
    if (net->min_snp > 0) {
        dna_str_addf(s, "    %-16s %" PRId64 "\n", "min_snp", net->min_snp);
    }
    if (net->min_indiv > 0) {
        dna_str_addf(s, "    %-16s %" PRId64 "\n", "min_indiv", net->min_indiv);
    }
}

/* A part of the metadata as indented YAML. */
static int
put_yaml(dna_str *s, const dna_value *v)
{
    dna_str text;
    int rc = DNA_OK;

    dna_str_init(&text, 0);
    DNA_TRY(dna_yaml_write(&text, v, NULL));
    const char *line = dna_str_text(&text);
    while (*line != '\0') {
        size_t n = strcspn(line, "\n");
        dna_str_add(s, "    ");
        dna_str_addn(s, line, n);
        dna_str_addc(s, '\n');
        line += n + (line[n] == '\n');
    }
out:
    dna_str_clear(&text);
    return rc;
}

/* How the samples were drawn, if training drew them itself. */
static int
put_simulation(dna_str *s, const dna_network *net)
{
    const dna_value *v = dna_value_get(net->meta, "simulation");
    const dna_value *settings = dna_value_get(v, "settings");
    int rc = DNA_OK;

    if (dna_value_is_null(v)) {
        goto out;
    }
    const char *name = dna_setting_text(v, "simulator_name");
    const char *seed = dna_setting_text(v, "seed");
    dna_str_addf(s, "\nSimulation\n    %-16s %s, fresh samples\n", "simulator",
        name != NULL ? name : "?");
    dna_str_addf(
        s, "    %-16s %s (validation, test)\n", "seed", seed != NULL ? seed : "?");
    dna_str_addf(s,
        "    %-16s %" PRId64
        " replicates below min_snp or min_indiv drawn again, %" PRId64
        " times the parameters, for %" PRId64 " samples\n",
        "conditioning", dna_setting_int(v, "n_redrawn", 0),
        dna_setting_int(v, "n_given_up", 0), dna_setting_int(v, "n_samples", 0));
    if (!dna_value_is_null(settings)) {
        DNA_TRY(put_yaml(s, settings));
    }
out:
    return rc;
}

static void
put_param(dna_str *s, const dna_param *p)
{
    char mean[DNA_NUMBER_SIZE], std[DNA_NUMBER_SIZE];

    if (p->type == DNA_CLASSIFICATION) {
        dna_str_addf(s, "    %-16s classification: ", p->name);
        for (int64_t c = 0; c < p->n_class; c++) {
            dna_str_addf(s, "%s%s", c > 0 ? ", " : "", p->labels[c]);
        }
    } else {
        dna_str_addf(s, "    %-16s regression", p->name);
        if (p->log_transform) {
            dna_str_add(s, " of the natural logarithm");
        }
        if (p->has_stats) {
            dna_str_addf(s, ", mean %s, deviation %s", dna_format_double(mean, p->mean),
                dna_format_double(std, p->std));
        }
    }
    dna_str_addf(s, "; loss %s\n", p->loss_func);
}

static void
put_tensors(dna_str *s, const dna_network *net)
{
    for (int64_t i = 0; i < dna_state_n_tensor(net->state); i++) {
        const dna_tensor *t = dna_state_tensor(net->state, i);
        dna_str_addf(s, "    %-40s %s [", t->name,
            t->kind == DNA_TENSOR_COUNTER ? "I64" : "F32");
        for (int d = 0; d < t->n_dim; d++) {
            dna_str_addf(s, "%s%" PRId64, d > 0 ? ", " : "", t->dim[d]);
        }
        dna_str_add(s, "]\n");
    }
}

static int
describe(dna_str *s, const dna_network *net)
{
    const dna_value *params = dna_value_get_path(net->meta, "network.params");
    const dna_value *transforms = dna_value_get(net->meta, "dataset_transforms");
    int rc = DNA_OK;

    dna_str_addf(s, "%s\n\nNetwork: %s, %" PRId64 " learned numbers\n", net->name,
        net->def->name, dna_state_n_param(net->state));
    if (!dna_value_is_null(params)) {
        DNA_TRY(put_yaml(s, params));
    }
    dna_str_add(s, "\nOrigin\n");
    put_origin(s, net);
    DNA_TRY(put_simulation(s, net));
    dna_str_add(s, "\nInput\n");
    put_input(s, net);
    dna_str_add(s, "\nPredicts\n");
    for (int64_t i = 0; i < net->n_param; i++) {
        put_param(s, &net->params[i]);
    }
    dna_str_add(s, "\nTransforms\n");
    if (dna_value_is_null(transforms) || transforms->n == 0) {
        dna_str_add(s, "    none\n");
    } else {
        DNA_TRY(put_yaml(s, transforms));
    }
    dna_str_add(s, "\nTensors\n");
    put_tensors(s, net);
    DNA_TRY(dna_str_status(s));
out:
    return rc;
}

int
dna_run_inspect(const char *path, FILE *out)
{
    dna_network *net = NULL;
    dna_str text;
    int rc = DNA_OK;

    dna_str_init(&text, 0);
    DNA_TRY(dna_network_load(&net, path));
    DNA_TRY(describe(&text, net));
    bool is_written =
        fwrite(text.data, 1, text.len, out) == text.len && fflush(out) == 0;
    DNA_REQUIRE(is_written, DNA_EIO, "output: %s", strerror(errno));
out:
    dna_str_clear(&text);
    dna_network_free(net);
    return rc;
}
