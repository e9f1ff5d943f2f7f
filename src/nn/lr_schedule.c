/* lr_schedule.c - the schedules of the learning rate, one small function each.
 *
 * SPDX-License-Identifier: MIT
 *
 * Source: torch.optim.lr_scheduler of PyTorch 1.13; cosine: Loshchilov and Hutter 2017,
 * ICLR, eq. 5 without restarts. PyTorch goes from one epoch to the next by products;
 * these are its closed forms, which a resumed training can enter anywhere.
 */
#include "nn/lr_schedule.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

/* ---- step ------------------------------------------------------------------------ */

typedef struct {
    int64_t step_size;
    double gamma;
} step_opts;

static const dna_field step_fields[] = {
    {.key = "step_size",
        .kind = DNA_KIND_INT,
        .is_required = true,
        .has_min = true,
        .min = 1,
        .offset = offsetof(step_opts, step_size),
        .doc = "Epochs between two changes."},
    {.key = "gamma",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .dflt = "0.1",
        .offset = offsetof(step_opts, gamma),
        .doc = "What the learning rate is multiplied by."},
    {0},
};

static double
step_lr(const dna_lr_schedule *s, int64_t epoch)
{
    const step_opts *o = s->opts;
    return s->lr * pow(o->gamma, (double)(epoch / o->step_size));
}

/* ---- exponential ----------------------------------------------------------------- */

typedef struct {
    double gamma;
} exponential_opts;

static const dna_field exponential_fields[] = {
    {.key = "gamma",
        .kind = DNA_KIND_FLOAT,
        .is_required = true,
        .has_min = true,
        .offset = offsetof(exponential_opts, gamma),
        .doc = "What the learning rate is multiplied by after each epoch."},
    {0},
};

static double
exponential_lr(const dna_lr_schedule *s, int64_t epoch)
{
    const exponential_opts *o = s->opts;
    return s->lr * pow(o->gamma, (double)epoch);
}

/* ---- cosine ---------------------------------------------------------------------- */

typedef struct {
    int64_t t_max;
    double eta_min;
} cosine_opts;

static const dna_field cosine_fields[] = {
    {.key = "T_max",
        .kind = DNA_KIND_INT,
        .is_nullable = true,
        .has_min = true,
        .min = 1,
        .dflt = "null",
        .offset = offsetof(cosine_opts, t_max),
        .doc = "Epochs from the highest to the lowest learning rate. null: n_epochs."},
    {.key = "eta_min",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .dflt = "0",
        .offset = offsetof(cosine_opts, eta_min),
        .doc = "The lowest learning rate."},
    {0},
};

static double
cosine_lr(const dna_lr_schedule *s, int64_t epoch)
{
    const cosine_opts *o = s->opts;
    const double pi = 3.14159265358979323846;
    double n = (double)(o->t_max == DNA_NULL_INT ? s->n_epoch : o->t_max);
    double height = 0.5 * (1.0 + cos(pi * (double)epoch / n));
    return o->eta_min + (s->lr - o->eta_min) * height;
}

/* ---- plateau --------------------------------------------------------------------- */

typedef struct {
    double factor;
    int64_t patience;
    double threshold;
    const char *threshold_mode;
    int64_t cooldown;
    double min_lr;
    double eps;
} plateau_opts;

static const dna_field plateau_fields[] = {
    {.key = "factor",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .has_max = true,
        .is_max_open = true,
        .max = 1,
        .dflt = "0.1",
        .offset = offsetof(plateau_opts, factor),
        .doc = "What the learning rate is multiplied by."},
    {.key = "patience",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .dflt = "10",
        .offset = offsetof(plateau_opts, patience),
        .doc = "Validations without a better loss that are borne before a change."},
    {.key = "threshold",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .dflt = "0.0001",
        .offset = offsetof(plateau_opts, threshold),
        .doc = "By how much a loss must be below the best one to be better."},
    {.key = "threshold_mode",
        .kind = DNA_KIND_CHOICE,
        .choices = "rel|abs",
        .dflt = "rel",
        .offset = offsetof(plateau_opts, threshold_mode),
        .doc = "rel: the threshold is a share of the best loss. abs: a difference."},
    {.key = "cooldown",
        .kind = DNA_KIND_INT,
        .has_min = true,
        .dflt = "0",
        .offset = offsetof(plateau_opts, cooldown),
        .doc = "Validations after a change that do not count."},
    {.key = "min_lr",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .dflt = "0",
        .offset = offsetof(plateau_opts, min_lr),
        .doc = "The lowest learning rate."},
    {.key = "eps",
        .kind = DNA_KIND_FLOAT,
        .has_min = true,
        .dflt = "1.0e-08",
        .offset = offsetof(plateau_opts, eps),
        .doc = "A change that is not larger than this is left out."},
    {0},
};

static void
plateau_see(dna_lr_schedule *s, double loss)
{
    const plateau_opts *o = s->opts;
    dna_lr_plateau *p = &s->plateau;
    double limit = dna_str_equal(o->threshold_mode, "abs")
                       ? p->best - o->threshold
                       : p->best * (1.0 - o->threshold);

    if (loss < limit) {
        p->best = loss;
        p->n_bad = 0;
    } else {
        p->n_bad++;
    }
    if (p->cooldown > 0) {
        p->cooldown--;
        p->n_bad = 0;
    }
    if (p->n_bad > o->patience) {
        double lower = fmax(p->lr * o->factor, o->min_lr);
        if (p->lr - lower > o->eps) {
            p->lr = lower;
        }
        p->cooldown = o->cooldown;
        p->n_bad = 0;
    }
}

/* ---- all ------------------------------------------------------------------------- */

static const dna_lr_schedule_def defs[] = {
    {.name = "step",
        .doc = "lr gamma^floor(epoch / step_size), as StepLR of PyTorch.",
        .fields = step_fields,
        .opts_size = sizeof(step_opts),
        .lr = step_lr},
    {.name = "exponential",
        .doc = "lr gamma^epoch, as ExponentialLR of PyTorch.",
        .fields = exponential_fields,
        .opts_size = sizeof(exponential_opts),
        .lr = exponential_lr},
    {.name = "cosine",
        .doc = "eta_min + (lr - eta_min) (1 + cos(pi epoch / T_max)) / 2, as "
               "CosineAnnealingLR of PyTorch (Loshchilov and Hutter 2017).",
        .fields = cosine_fields,
        .opts_size = sizeof(cosine_opts),
        .lr = cosine_lr},
    {.name = "plateau",
        .doc = "Times factor after more than patience validations without a better "
               "loss, as ReduceLROnPlateau of PyTorch.",
        .fields = plateau_fields,
        .opts_size = sizeof(plateau_opts),
        .see = plateau_see},
};

const dna_lr_schedule_def *
dna_lr_schedule_find(const char *name)
{
    for (int64_t i = 0; name != NULL && i < DNA_COUNT(defs); i++) {
        if (strcmp(name, defs[i].name) == 0) {
            return &defs[i];
        }
    }
    return NULL;
}

const dna_lr_schedule_def *
dna_lr_schedule_at(int64_t i)
{
    return i >= 0 && i < DNA_COUNT(defs) ? &defs[i] : NULL;
}

void
dna_lr_schedule_init(dna_lr_schedule *s, const dna_lr_schedule_def *def,
    const void *opts, double lr, int64_t n_epoch, int64_t warmup_steps)
{
    *s = (dna_lr_schedule){.def = def,
        .opts = opts,
        .lr = lr,
        .n_epoch = n_epoch,
        .warmup_steps = warmup_steps,
        .plateau = {.lr = lr, .best = (double)INFINITY}};
}

double
dna_lr_schedule_lr(const dna_lr_schedule *s, int64_t epoch, int64_t step)
{
    double lr =
        s->def != NULL && s->def->lr != NULL ? s->def->lr(s, epoch) : s->plateau.lr;
    if (step < s->warmup_steps) {
        lr *= (double)step / (double)s->warmup_steps;
    }
    return lr;
}

void
dna_lr_schedule_see(dna_lr_schedule *s, double loss)
{
    if (s->def != NULL && s->def->see != NULL) {
        s->def->see(s, loss);
    }
}
