/* ensemble.c - several networks that answer together.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/ensemble.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

/* ---- which networks go together ----------------------------------------------------- */

static int
check_params(const dna_network *a, const dna_network *b)
{
    int rc = DNA_OK;

    DNA_REQUIRE(a->n_param == b->n_param, DNA_EARG,
        "%s predicts %lld parameters, %s predicts %lld", b->name, (long long)b->n_param,
        a->name, (long long)a->n_param);
    for (int64_t i = 0; i < a->n_param; i++) {
        const dna_param *p = &a->params[i], *q = &b->params[i];
        bool is_same = strcmp(p->name, q->name) == 0 && p->type == q->type;
        bool is_class = is_same && p->type == DNA_CLASSIFICATION;
        is_same = is_same && (!is_class || p->n_class == q->n_class);
        for (int64_t c = 0; is_same && is_class && c < p->n_class; c++) {
            is_same = strcmp(p->labels[c], q->labels[c]) == 0;
        }
        DNA_REQUIRE(is_same, DNA_EARG,
            "%s: parameter %lld is \"%s\", of %s it is \"%s\": they cannot answer together",
            b->name, (long long)i + 1, q->name, a->name, p->name);
    }
out:
    return rc;
}

static int
check_inputs(const dna_network *a, const dna_network *b)
{
    const dna_position_format *p = &a->format, *q = &b->format;
    int rc = DNA_OK;

    DNA_REQUIRE(
        strcmp(a->snp_key, b->snp_key) == 0 && strcmp(a->pos_key, b->pos_key) == 0,
        DNA_EARG, "%s reads the arrays %s and %s, %s reads %s and %s", b->name,
        b->snp_key, b->pos_key, a->name, a->snp_key, a->pos_key);
    DNA_REQUIRE(a->has_format == b->has_format
                    && (!a->has_format
                        || (p->distance == q->distance && p->normalized == q->normalized
                            && p->circular == q->circular
                            && p->chromosome_size == q->chromosome_size)),
        DNA_EARG, "%s was trained on another format of positions than %s", b->name,
        a->name);
out:
    return rc;
}

/* ---- open, close -------------------------------------------------------------------- */

static int
name_params(dna_ensemble *e)
{
    dna_predicted *own = NULL;
    int64_t n = e->first->n_param;
    int rc = DNA_OK;

    DNA_TRY(dna_network_predicted(&own, e->first));
    e->params = dna_arena_alloc(e->arena, (size_t)(2 * n), sizeof(*e->params));
    DNA_REQUIRE(e->params != NULL, DNA_ENOMEM, "%s", dna_message());
    for (int64_t i = 0; i < n; i++) {
        char *name = dna_arena_printf(e->arena, "%s_sd", own[i].name);
        DNA_REQUIRE(name != NULL, DNA_ENOMEM, "%s", dna_message());
        e->params[2 * i] = own[i];
        e->params[2 * i + 1] = (dna_predicted){.name = name};
    }
    e->n_param = 2 * n;
    e->n_value = dna_network_n_value(e->first) + n;
out:
    dna_free(own);
    return rc;
}

int
dna_ensemble_open(
    dna_ensemble *e, dna_network *first, const char *const *paths, int64_t n)
{
    int rc = DNA_OK;

    *e = (dna_ensemble){.first = first};
    DNA_TRY(dna_arena_new(&e->arena));
    DNA_NEW(e->others, DNA_MAX(n, 1));
    for (int64_t i = 0; i < n; i++) {
        DNA_TRY(dna_network_load(&e->others[i], paths[i]));
        e->n_other++;
        DNA_TRY(check_params(first, e->others[i]));
        DNA_TRY(check_inputs(first, e->others[i]));
    }
    DNA_TRY(name_params(e));
out:
    return rc;
}

void
dna_ensemble_clear(dna_ensemble *e)
{
    for (int64_t i = 0; i < e->n_other; i++) {
        dna_network_free(e->others[i]);
    }
    dna_free(e->others);
    dna_arena_free(e->arena);
    *e = (dna_ensemble){0};
}

/* ---- prediction --------------------------------------------------------------------- */

/* The answers of network k for sample i: [n_network, n, n_own]. */
typedef struct {
    const double *values;
    int64_t n_network, n, n_own;
} answers;

static double
mean_of(const answers *a, int64_t i, int64_t at)
{
    double sum = 0;
    for (int64_t k = 0; k < a->n_network; k++) {
        sum += a->values[(k * a->n + i) * a->n_own + at];
    }
    return sum / (double)a->n_network;
}

static double
deviation_of(const answers *a, int64_t i, int64_t at)
{
    double mean = mean_of(a, i, at), sum = 0;
    for (int64_t k = 0; k < a->n_network; k++) {
        double d = a->values[(k * a->n + i) * a->n_own + at] - mean;
        sum += d * d;
    }
    return sqrt(sum / (double)(a->n_network - 1));
}

static void
combine(const dna_ensemble *e, const answers *a, int64_t i, double *out)
{
    int64_t at = 0;

    for (int64_t p = 0; p < e->first->n_param; p++) {
        int64_t n_class = dna_network_param_n_class(e->first, p);
        int64_t best = 0;
        for (int64_t c = 0; c < n_class; c++) {
            out[c] = mean_of(a, i, at + c);
            best = out[c] > out[best] ? c : best;
        }
        out[n_class] = n_class > 0 ? (double)best : mean_of(a, i, at);
        out[n_class + 1] = deviation_of(a, i, at + best);
        out += n_class + 2;
        at += n_class + 1;
    }
}

/* A sample that network k refuses; the first message stays. */
static void
take_failure(int *status, char **messages, int64_t i, int own_status, char *own_message)
{
    if (own_status < 0 && *status >= 0) {
        *status = own_status;
        if (messages != NULL) {
            messages[i] = own_message;
            return;
        }
    }
    free(own_message);
}

int
dna_ensemble_predict(dna_ensemble *e, const dna_sample *const *samples, int64_t n,
    const dna_predict_options *options, double *values, int *status, char **messages)
{
    const int64_t n_own = dna_network_n_value(e->first);
    answers a = {.n_network = e->n_other + 1, .n = n, .n_own = n_own};
    double *all = NULL;
    int *own_status = NULL;
    char **own_messages = NULL;
    int rc = DNA_OK;

    DNA_NEW(all, a.n_network * n * n_own);
    DNA_NEW(own_status, n);
    DNA_NEW(own_messages, n);
    DNA_TRY(dna_network_predict(e->first, samples, n, options, all, status, messages));
    for (int64_t k = 0; k < e->n_other; k++) {
        memset((void *)own_messages, 0, (size_t)n * sizeof(*own_messages));
        DNA_TRY(dna_network_predict(e->others[k], samples, n, options,
            all + (k + 1) * n * n_own, own_status, own_messages));
        for (int64_t i = 0; i < n; i++) {
            take_failure(&status[i], messages, i, own_status[i], own_messages[i]);
        }
    }
    a.values = all;
    for (int64_t i = 0; i < n; i++) {
        if (status[i] >= 0 && samples[i] != NULL) {
            combine(e, &a, i, values + i * e->n_value);
        }
    }
out:
    dna_free((void *)own_messages);
    dna_free(own_status);
    dna_free(all);
    return rc;
}
