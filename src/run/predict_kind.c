/* predict_kind.c - what kind of inputs there are: samples, or genotype data in windows.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/path.h"
#include "data/packed.h"
#include "report/canvas.h"
#include "run/genome.h"
#include "run/predict_windows.h"
#include "run/settings.h"

static bool
is_dataset_name(const char *path)
{
    return dna_is_config_name(path) || dna_str_ends_with(path, DNA_PACKED_SUFFIX);
}

int
dna_predict_wants_windows(const dna_predict_files_options *o, bool *yes)
{
    bool is_asked = dna_genome_is_asked(&o->genome);
    bool has_outputs = o->summary != NULL || o->bedgraph != NULL || o->bed != NULL
                       || o->figure != NULL;
    const char *first = o->n_input > 0 ? o->inputs[0] : "";
    int rc = DNA_OK;

    *yes = false;
    if (o->n_input == 0 || is_dataset_name(first)
        || (dna_str_ends_with(first, ".npz") && !is_asked)) {
        DNA_REQUIRE(!is_asked && !has_outputs, DNA_EARG,
            "%s: windows, rules for genotypes, tracks, summary and figure are for genotype data, not for samples of a dataset",
            first);
        goto out;
    }
    /* what is not there is told by who opens it */
    *yes = is_asked || has_outputs || strcmp(first, "-") == 0 || !dna_path_exists(first)
           || dna_run_is_genotypes(first);
    if (!*yes) {
        goto out;
    }
    DNA_REQUIRE(!o->by_scenario, DNA_EARG,
        "%s: genotype data have no scenarios: --summary tells mean, median and quantiles over windows",
        first);
    DNA_REQUIRE(o->format.distance < 0 && o->format.normalized < 0
                    && o->format.circular < 0 && o->region_start == 0,
        DNA_EARG,
        "%s: genotype data tell their positions by themselves: --position-format and --region-start are for npz files as samples; --region chooses a part",
        first);
    for (int64_t i = 0; i < o->n_input; i++) {
        DNA_REQUIRE(!is_dataset_name(o->inputs[i]), DNA_EARG,
            "%s: a dataset must be the only input", o->inputs[i]);
    }
    if (o->figure != NULL) {
        DNA_TRY(dna_canvas_check(o->figure));
    }
out:
    return rc;
}
