/* train_evaluate.c - a network on a whole split of the dataset: losses and metrics.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/train_evaluate.h"

#include <string.h>

#include "base/mem.h"
#include "report/metrics_text.h"

int
dna_evaluation_init(dna_evaluation *e, dna_training *t, dna_split split)
{
    int rc = DNA_OK;

    *e = (dna_evaluation){.t = t, .split = split, .n_param = t->n_param};
    e->n_sample = dna_dataset_count(t->dataset, split);
    DNA_NEW(e->out, e->n_sample * t->objective.n_output);
    DNA_NEW(e->target, e->n_sample * t->n_param);
    DNA_NEW(e->values, e->n_sample * t->net->n_value);
    DNA_NEW(e->truth, e->n_sample * t->n_param);
    DNA_NEW(e->losses, t->n_param);
    DNA_TRY(dna_network_predicted(&e->params, t->net));
    DNA_TRY(dna_metrics_new(&e->metrics, e->params, t->n_param));
out:
    return rc;
}

void
dna_evaluation_clear(dna_evaluation *e)
{
    dna_metrics_free(e->metrics);
    dna_free(e->params);
    dna_free(e->losses);
    dna_free(e->truth);
    dna_free(e->values);
    dna_free(e->target);
    dna_free(e->out);
    *e = (dna_evaluation){0};
}

dna_batch_sizes
dna_training_sizes(const dna_batch *b)
{
    return (dna_batch_sizes){.n = b->n,
        .n_row = b->n_row,
        .n_site = b->n_site,
        .rows = b->rows,
        .sites = b->sites};
}

int
dna_training_blame(int rc, const dna_batch *b, int64_t bad)
{
    if (rc < 0 && bad >= 0) {
        dna_context("scenario %lld, replicate %lld", (long long)b->scenario[bad],
            (long long)b->replicate[bad]);
    }
    return rc;
}

/* Run the whole split; e->n gets how many samples could be loaded. */
static int
gather(dna_evaluation *e, dna_network *net, int64_t epoch)
{
    dna_training *t = e->t;
    dna_loader *loader = NULL;
    dna_batch *b = NULL;
    /* an epoch of fresh samples says nothing of the work of a validation */
    int64_t share = t->fresh != NULL
                        ? t->n_worker
                        : (int64_t)t->n_worker * e->n_sample / t->n_training;
    dna_loader_options options = {.split = e->split,
        .batch_size = t->batch_size,
        .n_worker = (int)DNA_MIN(share, 1024)};
    int rc = DNA_OK;

    e->n = 0;
    DNA_TRY(dna_loader_new(&loader, t->dataset, &options, epoch));
    while ((rc = dna_loader_next(loader, &b)) > 0) {
        dna_batch_sizes sizes = dna_training_sizes(b);
        int64_t bad = -1;
        rc = dna_network_forward(net, b->x, &sizes, DNA_MIN(t->batch_size, e->n_sample),
            e->out + e->n * t->objective.n_output, &bad);
        DNA_TRY(dna_training_blame(rc, b, bad));
        memcpy(e->target + e->n * t->n_param, b->target,
            (size_t)(b->n * t->n_param) * sizeof(double));
        e->n += b->n;
        if (dna_training_is_stopped(t)) {
            rc = DNA_ECANCEL;
            goto out;
        }
    }
    DNA_TRY(rc);
    DNA_REQUIRE(e->n > 0, DNA_EIO, "no sample of the %s set could be loaded",
        dna_split_name(e->split));
out:
    dna_loader_free(loader);
    return rc;
}

static void
make_natural(dna_evaluation *e, const dna_network *net)
{
    for (int64_t i = 0; i < e->n; i++) {
        dna_network_values(
            net, e->out + i * net->sizes.n_outputs, e->values + i * net->n_value);
        for (int64_t k = 0; k < e->n_param; k++) {
            const dna_param *p = &net->params[k];
            double target = e->target[i * e->n_param + k];
            e->truth[i * e->n_param + k] =
                p->type == DNA_REGRESSION ? dna_param_to_natural(p, target) : target;
        }
    }
}

int
dna_evaluation_run(dna_evaluation *e, dna_network *net, int64_t epoch)
{
    int rc = DNA_OK;

    DNA_TRY(gather(e, net, epoch));
    e->loss =
        dna_objective_eval(&e->t->objective, e->out, e->n, e->target, NULL, e->losses);
    make_natural(e, net);
    dna_metrics_eval(e->metrics, e->values, e->truth, e->n);
out:
    return rc;
}

int
dna_evaluation_log(const dna_evaluation *e)
{
    dna_str text;
    int rc = DNA_OK;

    dna_str_init(&text, 0);
    DNA_TRY(dna_metrics_text(&text, e->metrics, e->losses));
    for (char *line = text.data; line != NULL && *line != '\0';) {
        char *end = strchr(line, '\n');
        *end = '\0';
        dna_log_info(e->t->log, "%s", line);
        line = end + 1;
    }
out:
    dna_str_clear(&text);
    return rc;
}
