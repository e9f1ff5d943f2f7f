/* cmd_plot.c - dnadna plot: figures of trainings and predictions.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cli/command.h"

typedef struct {
    dna_common common;
    const char *truth, *output;
    const char *input;
} plot_values;

static const dna_opt options[] = {
    {.name = "truth",
        .kind = OPT_TEXT,
        .metavar = "PARAMS",
        .offset = offsetof(plot_values, truth),
        .doc =
            "Parameter table with the true values of the predictions, by scenario_idx."},
    {.name = "output",
        .letter = 'o',
        .kind = OPT_TEXT,
        .metavar = "FILE",
        .offset = offsetof(plot_values, output),
        .doc =
            "Figure to write: .svg, .pdf or .png (default: beside the table, .svg)."},
    {0}};

static const dna_arg arguments[] = {
    {.name = "INPUT",
        .offset = offsetof(plot_values, input),
        .doc =
            "Folder of a training run, its table of metrics, or a table of predictions."},
    {0}};

static const dna_opt_spec spec = {.name = "dnadna plot",
    .doc =
        "Draw a figure. "
        "Of a training run: losses, R² or accuracy in validation, the learning rate if it changed, "
        "and the confusion matrices. "
        "Of predictions, samples or scenarios: predicted against true, a panel a parameter, "
        "with R²; classes as a confusion matrix.",
    .example =
        "dnadna plot my_model/run_000\n"
        "dnadna predict --by scenario net.safetensors held_out/held_out_dataset_config.yml > held_out.csv\n"
        "dnadna plot held_out.csv --truth held_out/held_out_params.csv -o held_out.pdf",
    .opts = {dna_opts_common, options, dna_opts_log},
    .args = arguments};

static int
run(const void *values, dna_log *log)
{
    const plot_values *v = values;
    dna_plot_options o = {
        .input = v->input, .truth = v->truth, .output = v->output, .log = log};

    return dna_run_plot(&o);
}

const dna_command dna_command_plot = {.name = "plot",
    .summary = "Draw figures of a training or of predictions",
    .spec = &spec,
    .values_size = sizeof(plot_values),
    .run = run};
