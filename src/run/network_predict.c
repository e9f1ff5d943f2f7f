/* network_predict.c - from samples in memory to values.
 *
 * SPDX-License-Identifier: MIT
 *
 * Each sample is copied, its positions brought into the form that the network was
 * trained on, transformed, and laid out as an input; inputs of similar sizes run
 * together. In evaluation mode samples do not see each other, so a result does not depend
 * on the company it was computed in.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "data/transform.h"
#include "popgen/sample_ops.h"
#include "run/network.h"

/* Samples of one program: enough to keep threads busy, few enough to stay in cache. */
#define BATCH 16

typedef struct {
    int64_t n_row, n_site;
    float *x; /* NULL: no input, status says why */
} input;

typedef struct {
    dna_network *net;
    const dna_predict_options *options;
    const dna_sample *const *samples;
    int64_t n;
    input *inputs;
    int *status;
    char **messages; /* may be NULL */
} job;

/* ---- one sample ------------------------------------------------------------------ */

static const char *
sample_name(const job *j, int64_t task)
{
    return j->options->names != NULL ? j->options->names[task] : "sample";
}

/* The stream of random transforms: by the file's own name where it has one, so that a
 * sample is treated alike whatever stands beside it; else by its number. */
static void
sample_rng(dna_rng *rng, const job *j, int64_t task)
{
    bool is_named = j->options->names != NULL;
    const char *purpose =
        is_named ? dna_path_basename(j->options->names[task]) : "predict";
    dna_rng_init(rng, j->options->seed, purpose,
        is_named ? 0 : j->options->first_index + task, 0, 0);
}

static int
check_sizes(const dna_network *net, const dna_sample *s)
{
    int rc = DNA_OK;
    DNA_REQUIRE(net->min_snp <= s->n_site, DNA_ESHAPE,
        "%lld SNPs, the network's min_snp is %lld", (long long)s->n_site,
        (long long)net->min_snp);
    DNA_REQUIRE(net->min_indiv <= s->n_hap, DNA_ESHAPE,
        "%lld individuals, the network's min_indiv is %lld", (long long)s->n_hap,
        (long long)net->min_indiv);
out:
    return rc;
}

/* Where a network's file does not say what its positions were, they are taken as they
 * are. */
static void
keep_unknown(dna_position_format *to, const dna_position_format *have)
{
    to->distance = to->distance < 0 ? have->distance : to->distance;
    to->normalized = to->normalized < 0 ? have->normalized : to->normalized;
    to->circular = to->circular < 0 ? have->circular : to->circular;
}

/* Bring positions into the form of the training data. */
static int
convert_positions(const dna_network *net, dna_sample *s)
{
    const dna_position_format *want = &net->format;
    const dna_position_format *have = &s->format;
    int rc = DNA_OK;

    if (!s->has_pos || !net->has_format) {
        DNA_REQUIRE(s->has_pos || !net->has_format || net->form == DNA_MATRIX, DNA_EARG,
            "has no positions, which the network needs");
        goto out;
    }
    dna_position_format to = *want;
    keep_unknown(&to, have);
    if (have->chromosome_size > 0) {
        to.chromosome_size = have->chromosome_size;
    }
    if (have->distance == to.distance && have->normalized == to.normalized
        && have->circular == to.circular) {
        s->format.chromosome_size = to.chromosome_size; /* for the transforms */
        goto out;
    }
    DNA_REQUIRE(have->normalized == to.normalized || to.chromosome_size > 0, DNA_EARG,
        "its positions are %s, the network was trained on positions %s: "
        "the size of the chromosome is needed to convert them (--chromosome-size)",
        have->normalized == 1 ? "divided by the chromosome size" : "in bp",
        to.normalized == 1 ? "divided by the chromosome size" : "in bp");
    DNA_TRY(dna_sample_reformat(s, &to));
out:
    return rc;
}

/* What is possible, but hardly meant: a region that ends beyond the chromosome, or
 * whose first distance is that from the chromosome's start. `from` is the sample as
 * given, s the same with converted positions. */
static void
warn_of_region(const job *j, const dna_sample *s, const dna_sample *from, int64_t task)
{
    const char *name = sample_name(j, task);
    const double many = 0.1; /* of the region: no gap between two SNPs is as large */

    if (!s->has_pos || s->n_site == 0 || from->format.distance != 0
        || from->format.normalized != 0) {
        return;
    }
    double first = dna_array_get(&from->pos, 0);
    double last = dna_array_get(&from->pos, s->n_site - 1);
    if (s->format.normalized == 1 && s->format.distance == 0) {
        double end = dna_array_get(&s->pos, s->n_site - 1);
        if (end > 1.0) {
            dna_log_warning(j->options->log,
                "%s: positions reach %.4g times the chromosome size, beyond what the network was trained on; "
                "see --region-start and --chromosome-size",
                name, end);
        }
    } else if (s->format.distance == 1 && first > many * (last - first)) {
        dna_log_warning(j->options->log,
            "%s: the first SNP is %.17g bp from the start, far for a region of %.17g bp; see --region-start",
            name, first, last - first);
    }
}

static int
make_input(input *in, const job *j, const dna_sample *sample, int64_t task)
{
    const dna_network *net = j->net;
    struct dna_shape_lock *lock = NULL;
    dna_sample *s = NULL;
    float *x = NULL;
    dna_rng rng;
    int rc = DNA_OK;

    if (j->options->check_min_sizes) {
        DNA_TRY(check_sizes(net, sample));
    }
    DNA_TRY(dna_sample_copy(&s, sample));
    DNA_TRY(convert_positions(net, s));
    warn_of_region(j, s, sample, task);
    /* a fresh lock: what is expected does not depend on other samples */
    lock = dna_shape_lock_new();
    if (lock == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    sample_rng(&rng, j, task);
    dna_transform_data data = {.sample = s,
        .form = j->options->no_transforms ? net->form : DNA_CONCAT,
        .params = net->params,
        .n_param = net->n_param,
        .rng = &rng,
        .lock = lock};
    if (!j->options->no_transforms) {
        DNA_TRY(dna_transforms_apply(&net->transforms.list[DNA_TEST], &data));
    }
    DNA_TRY(dna_form_resolve(&data.form, s));
    DNA_REQUIRE(data.form == net->form, DNA_EARG,
        "%s, unlike the samples that the network was trained on",
        s->has_pos ? "has positions" : "has no positions");
    DNA_REQUIRE(s->n_hap > 0 && s->n_site > 0, DNA_ESHAPE,
        "nothing is left of it: %lld individuals, %lld SNPs", (long long)s->n_hap,
        (long long)s->n_site);
    in->n_row = dna_form_n_row(data.form, s->n_hap);
    in->n_site = s->n_site;
    DNA_NEW(x, in->n_row * in->n_site);
    dna_form_fill(data.form, s, x);
    in->x = x;
    x = NULL;
out:
    dna_free(x);
    dna_shape_lock_free(lock);
    dna_sample_free(s);
    return rc;
}

/* Note why sample i has no result; only a lack of memory ends everything. */
static int
note_failure(const job *j, int64_t i, int code)
{
    j->status[i] = code;
    if (code == DNA_ENOMEM) {
        return code;
    }
    if (j->messages != NULL) {
        size_t size = strlen(dna_message()) + 1;
        j->messages[i] = malloc(size); /* the caller frees it with free() */
        if (j->messages[i] == NULL) {
            return dna_fail(DNA_ENOMEM, "out of memory");
        }
        memcpy(j->messages[i], dna_message(), size);
    }
    return DNA_OK;
}

static int
input_task(void *payload, int64_t task, int worker)
{
    const job *j = payload;
    (void)worker;
    if (j->samples[task] == NULL) {
        j->status[task] = DNA_ENOTFOUND;
        return DNA_OK;
    }
    int rc = make_input(&j->inputs[task], j, j->samples[task], task);
    j->status[task] = DNA_OK;
    return rc < 0 ? note_failure(j, task, rc) : DNA_OK;
}

/* ---- the network ----------------------------------------------------------------- */

int
dna_network_forward(dna_network *net, const float *x, const dna_batch_sizes *sizes,
    int64_t batch, float *out, int64_t *bad)
{
    const size_t one = (size_t)(sizes->n_row * sizes->n_site);
    const size_t n = (size_t)sizes->n;
    dna_batch_sizes all = {.n = batch, .n_row = sizes->n_row, .n_site = sizes->n_site};
    dna_program *program = NULL;
    bool is_mixed = false;
    int rc = DNA_OK;

    for (int64_t i = 0; sizes->rows != NULL && i < sizes->n; i++) {
        is_mixed = is_mixed || sizes->rows[i] < sizes->n_row
                   || sizes->sites[i] < sizes->n_site;
    }
    batch = is_mixed ? sizes->n : batch;
    DNA_TRY(
        dna_programs_get(net->programs, is_mixed ? sizes : &all, false, &program, bad));
    float *to = dna_program_input(program, 0);
    memcpy(to, x, n * one * sizeof(float));
    memset(to + n * one, 0, ((size_t)batch - n) * one * sizeof(float));
    DNA_TRY(dna_program_forward(program));
    memcpy(out, dna_program_output(program),
        n * (size_t)net->sizes.n_outputs * sizeof(float));
out:
    return rc;
}

/* Softmax of k logits; the index of the largest. */
static int64_t
softmax(const float *logit, int64_t k, double *p)
{
    int64_t best = 0;
    double sum = 0.0;
    for (int64_t c = 1; c < k; c++) {
        if (logit[c] > logit[best]) {
            best = c;
        }
    }
    for (int64_t c = 0; c < k; c++) {
        p[c] = exp((double)logit[c] - (double)logit[best]);
        sum += p[c];
    }
    for (int64_t c = 0; c < k; c++) {
        p[c] = (double)(float)(p[c] / sum);
    }
    return best;
}

void
dna_network_values(const dna_network *net, const float *out, double *values)
{
    for (int64_t i = 0; i < net->n_param; i++) {
        const dna_param *p = &net->params[i];
        if (p->type == DNA_CLASSIFICATION) {
            int64_t best = softmax(out, p->n_class, values);
            values += p->n_class;
            out += p->n_class;
            *values++ = (double)best;
            continue;
        }
        /* what the network computes is 32-bit; more digits would be noise */
        *values++ = (double)(float)dna_param_to_natural(p, (double)*out++);
    }
}

/* The order in which inputs are computed: those of similar sizes together. */
static int
compare_inputs(const void *a, const void *b)
{
    const input *x = *(const input *const *)a;
    const input *y = *(const input *const *)b;
    if (x->n_site != y->n_site) {
        return x->n_site < y->n_site ? -1 : 1;
    }
    if (x->n_row != y->n_row) {
        return x->n_row < y->n_row ? -1 : 1;
    }
    return x < y ? -1 : x > y; /* of one array */
}

/* How many of the next inputs run together: a batch is computed at its largest size, of
 * which at most half may lie outside of the samples. */
static int64_t
group_size(const input *const *next, int64_t n)
{
    int64_t n_row = 0;
    int64_t used = 0;
    for (int64_t i = 0; i < DNA_MIN(n, BATCH); i++) {
        n_row = DNA_MAX(n_row, next[i]->n_row);
        used += next[i]->n_row * next[i]->n_site;
        if (2 * used < (i + 1) * n_row * next[i]->n_site) {
            return i;
        }
    }
    return DNA_MIN(n, BATCH);
}

static int
run_group(const job *j, const input *const *group, int64_t n, float *out)
{
    int64_t rows[BATCH], sites[BATCH];
    dna_batch_sizes sizes = {.n = n, .rows = rows, .sites = sites};
    float *x = NULL;
    int rc = DNA_OK;

    for (int64_t k = 0; k < n; k++) {
        rows[k] = group[k]->n_row;
        sites[k] = group[k]->n_site;
        sizes.n_row = DNA_MAX(sizes.n_row, rows[k]);
        sizes.n_site = DNA_MAX(sizes.n_site, sites[k]);
    }
    DNA_NEW(x, n * sizes.n_row * sizes.n_site);
    for (int64_t k = 0; k < n; k++) {
        float *to = x + k * sizes.n_row * sizes.n_site;
        for (int64_t i = 0; i < rows[k]; i++) {
            memcpy(to + i * sizes.n_site, group[k]->x + i * sites[k],
                (size_t)sites[k] * sizeof(*x));
        }
    }
    DNA_TRY(dna_network_forward(j->net, x, &sizes, n, out, NULL));
out:
    dna_free(x);
    return rc;
}

/* A logarithm so far out that 32 bits hold no such number: not a result, but the file's
 * row stays, with what was computed. */
static void
warn_of_values(const job *j, int64_t task, const double *values)
{
    for (int64_t i = 0; i < j->net->n_param; i++) {
        const dna_param *p = &j->net->params[i];
        if (p->type == DNA_CLASSIFICATION) {
            values += p->n_class + 1;
            continue;
        }
        double v = *values++;
        if (!isfinite(v) || (p->log_transform && v == 0.0)) {
            dna_log_warning(j->options->log,
                "%s: %s is %g: the network's answer is far from everything it was trained on",
                sample_name(j, task), p->name, v);
        }
    }
}

/* Results of one group into the caller's arrays. */
static int
store_group(const job *j, const input *const *group, int64_t n, const float *out,
    int status, double *values)
{
    const int64_t n_output = j->net->sizes.n_outputs;
    const int64_t n_value = j->options->is_raw ? n_output : j->net->n_value;
    int rc = DNA_OK;

    for (int64_t k = 0; k < n; k++) {
        int64_t task = group[k] - j->inputs;
        double *to = values + task * n_value;
        const float *from = out + k * n_output;
        int here = status;
        for (int64_t i = 0; i < n_output && here == DNA_OK; i++) {
            if (!isfinite(from[i])) {
                here = dna_fail(DNA_ENUMERIC, "output %lld of the network is %g",
                    (long long)i, (double)from[i]);
            }
        }
        if (here < 0) {
            DNA_TRY(note_failure(j, task, here));
            continue;
        }
        for (int64_t i = 0; j->options->is_raw && i < n_output; i++) {
            to[i] = (double)from[i];
        }
        if (!j->options->is_raw) {
            dna_network_values(j->net, from, to);
            warn_of_values(j, task, to);
        }
    }
out:
    return rc;
}

/* The inputs that the network can take, in the order in which they are computed. */
static int
sort_inputs(const job *j, const input **order, int64_t *n)
{
    int rc = DNA_OK;

    *n = 0;
    for (int64_t i = 0; i < j->n; i++) {
        const input *in = &j->inputs[i];
        if (in->x == NULL) {
            continue;
        }
        int status = dna_programs_check(j->net->programs, in->n_row, in->n_site);
        if (status < 0) {
            DNA_TRY(note_failure(j, i, status));
        } else {
            order[(*n)++] = in;
        }
    }
    qsort((void *)order, (size_t)*n, sizeof(*order), compare_inputs);
out:
    return rc;
}

static int
run_all(const job *j, double *values)
{
    const input **order = NULL;
    float *out = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    DNA_NEW(order, DNA_MAX(j->n, 1));
    DNA_NEW(out, BATCH * j->net->sizes.n_outputs);
    DNA_TRY(sort_inputs(j, order, &n));
    for (int64_t i = 0; i < n;) {
        int64_t here = group_size(order + i, n - i);
        int status = run_group(j, order + i, here, out);
        DNA_TRY(store_group(j, order + i, here, out, status, values));
        i += here;
    }
out:
    dna_free((void *)order);
    dna_free(out);
    return rc;
}

/* Threads only where there is work for them. */
static int
prepare_pool(dna_network *net, int64_t n, int n_thread)
{
    int wanted = n < 2 ? 1 : n_thread < 1 ? dna_cpu_count() : n_thread;
    int rc = DNA_OK;

    if (dna_pool_n_thread(net->pool) == wanted || n < 2) {
        goto out;
    }
    dna_programs_set_pool(net->programs, NULL);
    dna_pool_free(net->pool);
    net->pool = NULL;
    if (wanted > 1) {
        DNA_TRY(dna_pool_new(&net->pool, wanted));
        dna_programs_set_pool(net->programs, net->pool);
    }
out:
    return rc;
}

int
dna_network_predict(dna_network *net, const dna_sample *const *samples, int64_t n,
    const dna_predict_options *options, double *values, int *status, char **messages)
{
    const dna_predict_options defaults = {0};
    job j = {.net = net,
        .options = options != NULL ? options : &defaults,
        .samples = samples,
        .n = n,
        .status = status,
        .messages = messages};
    dna_precision precision = DNA_PRECISION_F32;
    int rc = DNA_OK;

    if (messages != NULL) {
        memset(messages, 0, (size_t)n * sizeof(*messages));
    }
    DNA_NEW(j.inputs, n);
    DNA_TRY(prepare_pool(net, n, j.options->n_thread));
    DNA_TRY(dna_programs_set_isa(net->programs, j.options->isa));
    DNA_TRY(dna_precision_find(&precision, j.options->precision));
    (void)dna_programs_set_precision(net->programs, precision);
    DNA_TRY(dna_pool_run(net->pool, n, input_task, &j));
    DNA_TRY(run_all(&j, values));
out:
    for (int64_t i = 0; j.inputs != NULL && i < n; i++) {
        dna_free(j.inputs[i].x);
    }
    dna_free(j.inputs);
    return rc;
}
