/* cmd_export.c - dnadna export: a network in the form of another program.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cli/command.h"

typedef struct {
    dna_common common;
    bool force;
    int64_t n_snp, n_indiv;
    const char *network, *out;
} export_values;

static const dna_opt options[] = {{.name = "force",
                                      .letter = 'f',
                                      .kind = OPT_FLAG,
                                      .offset = offsetof(export_values, force),
                                      .doc = "Replace a file that is there already."},
    {.name = "n-snp",
        .kind = OPT_INT,
        .metavar = "N",
        .min = 1,
        .offset = offsetof(export_values, n_snp),
        .doc = "SNPs of the inputs of an ONNX model (default: those of the training)."},
    {.name = "n-indiv",
        .kind = OPT_INT,
        .metavar = "N",
        .min = 1,
        .offset = offsetof(export_values, n_indiv),
        .doc = "Its individuals (default: those of the training)."},
    {0}};

static const dna_arg arguments[] = {
    {.name = "NETWORK",
        .offset = offsetof(export_values, network),
        .doc = "A network file: .safetensors, or a .pth of the original."},
    {.name = "OUT",
        .offset = offsetof(export_values, out),
        .doc = "File to write; its ending says the form."},
    {0}};

static const dna_opt_spec spec = {.name = "dnadna export",
    .doc =
        "Write a network in the form of another program. "
        ".pth or .pt: as PyTorch and the original's Python program load it. "
        ".onnx: a model for onnxruntime (operator set 13), for one size of samples and any number of them. "
        ".npz: arrays for NumPy or R, by tensor name. "
        ".safetensors: dnadna's own form, as of an imported .pth. "
        "All keep every bit of the tensors, and the description that dnadna needs.",
    .example = "dnadna export my_model_run_000_best_net.safetensors my_net.pth",
    .opts = {dna_opts_common, options, dna_opts_log},
    .args = arguments};

static int
run(const void *values, dna_log *log)
{
    const export_values *v = values;
    const dna_export_options o = {.network = v->network,
        .out = v->out,
        .n_snp = v->n_snp,
        .n_indiv = v->n_indiv,
        .force = v->force,
        .log = log};
    return dna_run_export(&o);
}

const dna_command dna_command_export = {.name = "export",
    .summary = "Write a network for PyTorch, ONNX or NumPy",
    .spec = &spec,
    .values_size = sizeof(export_values),
    .run = run};
