/* plot.c - draw what a training or a prediction left: dnadna plot.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "dnadna/run.h"
#include "report/canvas.h"
#include "report/metrics_figure.h"
#include "report/prediction_figure.h"

#define METRICS_END "_metrics.csv"

static bool
is_folder(const char *path)
{
    struct stat s;

    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

/* The table of metrics of a run's folder. */
static int
find_metrics(char **out, const char *folder)
{
    char **names = NULL;
    const char *found = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_path_list(folder, &names, &n));
    for (int64_t i = 0; i < n; i++) {
        if (dna_str_ends_with(names[i], METRICS_END)) {
            DNA_REQUIRE(found == NULL, DNA_EARG,
                "%s: both %s and %s are there: name one of them", folder, found,
                names[i]);
            found = names[i];
        }
    }
    DNA_REQUIRE(found != NULL, DNA_ENOTFOUND,
        "%s: no *" METRICS_END ": a folder to plot is that of a training run", folder);
    *out = dna_path_join(folder, found);
    DNA_REQUIRE(*out != NULL, DNA_ENOMEM, "out of memory");
out:
    dna_path_list_free(names, n);
    return rc;
}

/* Beside the table, with another end. */
static int
default_output(char **out, const char *table)
{
    dna_str path;
    size_t n = strlen(table);
    int rc = DNA_OK;

    dna_str_init(&path, 0);
    n -= dna_str_ends_with(table, ".csv") ? strlen(".csv") : 0;
    dna_str_addn(&path, table, n);
    dna_str_add(&path, ".svg");
    DNA_TRY(dna_str_status(&path));
    *out = dna_str_take(&path);
    DNA_REQUIRE(*out != NULL, DNA_ENOMEM, "out of memory");
out:
    dna_str_clear(&path);
    return rc;
}

static int
draw(const dna_plot_options *o, const char *input, const char *output)
{
    dna_csv table = {0}, truth = {0};
    int rc = DNA_OK;

    DNA_TRY(dna_csv_read(&table, input, 0));
    if (dna_metrics_figure_fits(&table)) {
        DNA_REQUIRE(o->truth == NULL, DNA_EARG,
            "%s: metrics, not predictions: --truth has no use", input);
        DNA_TRY(dna_metrics_figure_draw(&table, output));
        goto out;
    }
    DNA_REQUIRE(o->truth != NULL, DNA_EARG,
        "%s: drawn against what is true: give the parameter table with --truth", input);
    DNA_TRY(dna_csv_read(&truth, o->truth, 0));
    DNA_TRY(dna_prediction_figure_draw(&table, &truth, output));
out:
    dna_csv_clear(&table);
    dna_csv_clear(&truth);
    return rc;
}

int
dna_run_plot(const dna_plot_options *o)
{
    char *input = NULL;
    char *output = NULL;
    int rc = DNA_OK;

    if (is_folder(o->input)) {
        DNA_TRY(find_metrics(&input, o->input));
    } else {
        input = dna_strdup(o->input);
        DNA_REQUIRE(input != NULL, DNA_ENOMEM, "out of memory");
    }
    if (o->output == NULL) {
        DNA_TRY(default_output(&output, input));
    }
    const char *to = o->output != NULL ? o->output : output;
    DNA_TRY(dna_canvas_check(to));
    DNA_TRY(draw(o, input, to));
    dna_log_info(o->log, "wrote %s", to);
out:
    dna_free(input);
    dna_free(output);
    return rc;
}
