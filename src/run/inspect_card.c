/* inspect_card.c - the card of a network in Markdown, and whether this machine gives its
 * numbers.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "base/str.h"
#include "dnadna/run.h"
#include "io/crc32.h"
#include "io/csv.h"
#include "io/yaml.h"
#include "run/golden.h"
#include "run/network.h"
#include "run/settings.h"

#define MANY        1000000 /* sizes up to here are tried */
#define NETWORK_MAX ((size_t)16 << 30)
#define SAME        1e-5

static int
put(FILE *out, const dna_str *s)
{
    int rc = DNA_OK;

    DNA_TRY(dna_str_status(s));
    bool is_written =
        fwrite(dna_str_text(s), 1, s->len, out) == s->len && fflush(out) == 0;
    DNA_REQUIRE(is_written, DNA_EIO, "output: %s", strerror(errno));
out:
    return rc;
}

/* ---- sizes -------------------------------------------------------------------------- */

static bool
takes(dna_network *net, int64_t n_indiv, int64_t n_snp)
{
    return dna_programs_check(
               net->programs, n_indiv + (net->sizes.concat ? 1 : 0), n_snp)
           == DNA_OK;
}

/* The last size that is taken on the way from `from`, which is, to `to`. */
static int64_t
farthest(dna_network *net, bool is_snp, int64_t from, int64_t to)
{
    const dna_net_sizes *s = &net->sizes;

    if (takes(net, is_snp ? s->n_indiv : to, is_snp ? to : s->n_snp)) {
        return to;
    }
    while (from - to > 1 || to - from > 1) {
        int64_t middle = (from + to) / 2;
        bool fits =
            takes(net, is_snp ? s->n_indiv : middle, is_snp ? middle : s->n_snp);
        from = fits ? middle : from;
        to = fits ? to : middle;
    }
    return from;
}

static void
put_range(dna_str *s, dna_network *net, bool is_snp)
{
    int64_t n = is_snp ? net->sizes.n_snp : net->sizes.n_indiv;
    int64_t least = farthest(net, is_snp, n, 1), most = farthest(net, is_snp, n, MANY);

    if (least == most) {
        dna_str_addf(s, "%" PRId64, n);
    } else if (most == MANY) {
        dna_str_addf(s, "%" PRId64 " or more (trained on %" PRId64 ")", least, n);
    } else {
        dna_str_addf(
            s, "%" PRId64 " to %" PRId64 " (trained on %" PRId64 ")", least, most, n);
    }
}

/* ---- parts of the card -------------------------------------------------------------- */

static void
put_text(dna_str *s, const char *what, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        dna_str_addf(s, "- **%s**: %s\n", what, text);
    }
}

/* A part of the metadata as YAML in a block. */
static int
put_yaml(dna_str *s, const dna_value *v)
{
    dna_str text;
    int rc = DNA_OK;

    dna_str_init(&text, 0);
    DNA_TRY(dna_yaml_write(&text, v, NULL));
    dna_str_addf(s, "```yaml\n%s```\n", dna_str_text(&text));
out:
    dna_str_clear(&text);
    return rc;
}

static void
put_inputs(dna_str *s, dna_network *net)
{
    static const char *const forms[] = {"a row of positions, then the SNP matrix",
        "the SNP matrix times positions", "the SNP matrix alone"};
    char text[DNA_POSITION_TEXT];

    dna_str_add(s, "\n## Inputs\n\n- **individuals**: ");
    put_range(s, net, false);
    dna_str_add(s, "\n- **SNPs**: ");
    put_range(s, net, true);
    dna_str_add(s, "\n");
    put_text(s, "form", forms[net->form]);
    put_text(s, "positions",
        net->has_format ? dna_position_format_text(&net->format, text, sizeof(text))
                        : "none");
    if (net->min_snp > 0) {
        dna_str_addf(s, "- **trained on samples of at least**: %" PRId64 " SNPs\n",
            net->min_snp);
    }
    put_text(s, "order of individuals",
        net->def->is_exchangeable ? "does not matter (claimed)" : "may matter");
}

static void
put_params(dna_str *s, const dna_network *net)
{
    char mean[DNA_NUMBER_SIZE], std[DNA_NUMBER_SIZE];

    dna_str_add(s,
        "\n## Predicts\n\n| parameter | kind | training data | loss |\n|---|---|---|---|\n");
    for (int64_t i = 0; i < net->n_param; i++) {
        const dna_param *p = &net->params[i];
        dna_str_addf(s, "| %s | ", p->name);
        if (p->type == DNA_CLASSIFICATION) {
            for (int64_t c = 0; c < p->n_class; c++) {
                dna_str_addf(s, "%s%s", c > 0 ? ", " : "one of ", p->labels[c]);
            }
            dna_str_add(s, " | ");
        } else {
            dna_str_addf(s, "number%s | ",
                p->log_transform ? ", learned as its natural logarithm" : "");
        }
        if (p->has_stats) {
            dna_str_addf(s, "mean %s, deviation %s", dna_format_double(mean, p->mean),
                dna_format_double(std, p->std));
        }
        dna_str_addf(s, " | %s |\n", p->loss_func);
    }
}

/* "<model>_<run>_metrics.csv" beside the network, if its run is still there: heap, or NULL. */
static int
metrics_path(char **out, const dna_network *net, const char *path)
{
    const dna_value *origin = dna_value_get(net->meta, "provenance");
    const char *model = dna_setting_text(origin, "model_name");
    const char *run = dna_setting_text(origin, "run_name");
    char *dir = dna_path_dirname(path);
    dna_str s;
    int rc = DNA_OK;

    *out = NULL;
    dna_str_init(&s, 0);
    DNA_REQUIRE(dir != NULL, DNA_ENOMEM, "%s", dna_message());
    if (model != NULL && run != NULL) {
        dna_str_addf(&s, "%s/%s_%s_metrics.csv", dir, model, run);
        DNA_TRY(dna_str_status(&s));
        if (dna_path_exists(dna_str_text(&s))) {
            *out = dna_str_take(&s);
        }
    }
out:
    dna_str_clear(&s);
    dna_free(dir);
    return rc;
}

/* The rows of this checkpoint's test. */
static void
put_metrics_of(dna_str *s, const dna_csv *csv, const char *checkpoint)
{
    static const char *const names[] = {
        "split", "network", "parameter", "metric", "true_class", "value"};
    static const char *const shown[] = {
        "rmse", "r2", "relative_error", "bias", "accuracy", "balanced_accuracy", "n"};
    int64_t at[DNA_COUNT(names)];
    bool has_any = false;

    for (int64_t i = 0; i < DNA_COUNT(names); i++) {
        at[i] = dna_csv_column(csv, names[i]);
        if (at[i] < 0) {
            return;
        }
    }
    for (int64_t row = 0; row < csv->n_row; row++) {
        const char *metric = dna_csv_cell(csv, row, at[3]);
        bool is_shown = false;
        for (int64_t k = 0; k < DNA_COUNT(shown); k++) {
            is_shown = is_shown || strcmp(metric, shown[k]) == 0;
        }
        if (!is_shown || strcmp(dna_csv_cell(csv, row, at[0]), "test") != 0
            || strcmp(dna_csv_cell(csv, row, at[1]), checkpoint) != 0
            || dna_csv_cell(csv, row, at[2])[0] == '\0'
            || dna_csv_cell(csv, row, at[4])[0] != '\0') {
            continue;
        }
        if (!has_any) {
            dna_str_add(s,
                "\n## On its test set\n\n| parameter | metric | value |\n|---|---|---|\n");
            has_any = true;
        }
        dna_str_addf(s, "| %s | %s | %s |\n", dna_csv_cell(csv, row, at[2]), metric,
            dna_csv_cell(csv, row, at[5]));
    }
}

static int
put_metrics(dna_str *s, const dna_network *net, const char *path)
{
    const char *checkpoint = dna_setting_text(net->meta, "provenance.checkpoint");
    dna_csv csv = {0};
    char *file = NULL;
    int rc = DNA_OK;

    DNA_TRY(metrics_path(&file, net, path));
    if (file == NULL || checkpoint == NULL) {
        goto out;
    }
    DNA_TRY(dna_csv_read(&csv, file, ','));
    put_metrics_of(s, &csv, checkpoint);
out:
    dna_csv_clear(&csv);
    dna_free(file);
    return rc;
}

static void
put_origin(dna_str *s, const dna_network *net)
{
    static const struct {
        const char *key, *what;
    } rows[] = {{"model_name", "model"}, {"run_name", "run"},
        {"checkpoint", "checkpoint"}, {"dataset_name", "dataset"},
        {"optimizer", "optimizer"}, {"seed", "seed"}, {"epoch", "epoch"},
        {"step", "samples seen"}, {"validation_loss", "validation loss"},
        {"model_datetime", "saved"}, {"fine_tuning.origin", "fine-tuned from"},
        {"fine_tuning.checksum", "whose checksum is"}};
    const dna_value *origin = dna_value_get(net->meta, "provenance");

    dna_str_add(s, "\n## Training\n\n");
    for (int64_t i = 0; i < DNA_COUNT(rows); i++) {
        put_text(s, rows[i].what, dna_setting_text(origin, rows[i].key));
    }
    put_text(s, "written by dnadna", dna_setting_text(net->meta, "dnadna_version"));
}

static int
describe(dna_str *s, dna_network *net, const char *path)
{
    const dna_value *definition = dna_value_get_path(net->meta, "network.definition");
    const dna_value *params = dna_value_get_path(net->meta, "network.params");
    const dna_value *transforms = dna_value_get(net->meta, "dataset_transforms");
    const dna_value *simulation = dna_value_get(net->meta, "simulation");
    int rc = DNA_OK;

    dna_str_addf(s, "# %s\n\n%s\n\n- **learned numbers**: %" PRId64 "\n",
        net->def->name, net->def->doc, dna_state_n_param(net->state));
    put_text(s, "citation", dna_setting_text(definition, "citation"));
    put_text(s, "licence", dna_setting_text(definition, "licence"));
    put_params(s, net);
    put_inputs(s, net);
    if (!dna_value_is_null(transforms) && transforms->n > 0) {
        dna_str_add(s, "\nTransforms that it does itself:\n\n");
        DNA_TRY(put_yaml(s, transforms));
    }
    DNA_TRY(put_metrics(s, net, path));
    put_origin(s, net);
    if (!dna_value_is_null(simulation)) {
        dna_str_add(s, "\nIts samples were drawn while it was trained:\n\n");
        DNA_TRY(put_yaml(s, simulation));
    }
    if (!dna_value_is_null(params) && params->n > 0) {
        dna_str_add(s, "\n## Settings\n\n");
        DNA_TRY(put_yaml(s, params));
    }
    if (!dna_value_is_null(definition)) {
        dna_str_add(s, "\n## Layers\n\n");
        DNA_TRY(put_yaml(s, definition));
    }
out:
    return rc;
}

int
dna_run_inspect_card(const char *path, FILE *out)
{
    dna_network *net = NULL;
    unsigned char *bytes = NULL;
    char *file = NULL;
    size_t n = 0;
    dna_str s;
    int rc = DNA_OK;

    dna_str_init(&s, 0);
    DNA_TRY(dna_network_find(&file, path));
    DNA_TRY(dna_file_read(file, NETWORK_MAX, &bytes, &n));
    DNA_TRY(dna_network_parse(&net, bytes, n, file));
    DNA_TRY(describe(&s, net, file));
    dna_str_addf(&s,
        "\n## File\n\n- **name**: %s\n- **bytes**: %zu\n- **CRC-32**: %08x\n",
        dna_path_basename(file), n, (unsigned)dna_crc32(bytes, n));
    dna_str_addf(&s, "- **numbers of this machine**: `dnadna inspect --verify %s`\n",
        dna_path_basename(file));
    DNA_TRY(put(out, &s));
out:
    dna_str_clear(&s);
    dna_network_free(net);
    dna_free(bytes);
    dna_free(file);
    return rc;
}

int
dna_run_inspect_verify(const char *path, FILE *out, bool *is_same)
{
    dna_network *net = NULL;
    double most = -1;
    dna_str s;
    int rc = DNA_OK;

    *is_same = false;
    dna_str_init(&s, 0);
    DNA_TRY(dna_network_load(&net, path));
    DNA_TRY(dna_golden_verify(net, &most));
    DNA_REQUIRE(most >= 0, DNA_ENOTFOUND,
        "%s: has no outputs to compare with (it was not written by training)", path);
    *is_same = most <= SAME;
    dna_str_addf(&s, "%s: %s; %d inputs, largest relative difference %.1e\n", path,
        most <= 0  ? "the same bits as where it was trained"
        : *is_same ? "the same numbers up to rounding"
                   : "OTHER NUMBERS than where it was trained",
        DNA_N_GOLDEN, most);
    DNA_TRY(put(out, &s));
out:
    dna_str_clear(&s);
    dna_network_free(net);
    return rc;
}
