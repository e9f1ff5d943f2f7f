/* metrics_text.c - losses and metrics as lines for people.
 *
 * SPDX-License-Identifier: MIT
 */
#include "report/metrics_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* Widest name that others are aligned with. */
#define WIDTH_MAX 32

/* Columns on a screen: characters of UTF-8, not bytes. */
static int
width_of(const char *text)
{
    int n = 0;
    for (; *text != '\0'; text++) {
        n += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return n;
}

static void
pad(dna_str *s, int n)
{
    for (int i = 0; i < n; i++) {
        dna_str_addc(s, ' ');
    }
}

static void
add_left(dna_str *s, const char *text, int width)
{
    dna_str_add(s, text);
    pad(s, width - width_of(text));
}

static void
add_right(dna_str *s, const char *text, int width)
{
    pad(s, width - width_of(text));
    dna_str_add(s, text);
}

/* "  what number", the number in a column of its own. */
static void
add_number(dna_str *s, const char *what, double value)
{
    const int width = 10; /* of -1.234e+05 */
    char number[32];
    snprintf(number, sizeof(number), "%.4g", value);
    dna_str_addf(s, "  %s ", what);
    add_left(s, isnan(value) ? "-" : number, width);
}

static void
end_line(dna_str *s)
{
    while (s->len > 0 && s->data[s->len - 1] == ' ') {
        s->data[--s->len] = '\0';
    }
    dna_str_addc(s, '\n');
}

static int
width_of_labels(const dna_predicted *p)
{
    int width = 0;
    for (int64_t c = 0; c < p->n_class; c++) {
        width = DNA_MAX(width, width_of(p->labels[c]));
    }
    return width;
}

static void
add_confusion(dna_str *s, const dna_predicted *p, const dna_metric *m)
{
    static const char corner[] = "true \\ predicted";
    const char *indent = "      ";
    int width = DNA_MAX(width_of_labels(p), width_of(corner));

    dna_str_add(s, indent);
    add_left(s, corner, width);
    for (int64_t c = 0; c < p->n_class; c++) {
        dna_str_add(s, "  ");
        add_right(s, p->labels[c], 7);
    }
    end_line(s);
    for (int64_t t = 0; t < p->n_class; t++) {
        dna_str_add(s, indent);
        add_left(s, p->labels[t], width);
        for (int64_t c = 0; c < p->n_class; c++) {
            char number[32];
            snprintf(
                number, sizeof(number), "%" PRId64, m->confusion[t * p->n_class + c]);
            dna_str_add(s, "  ");
            add_right(s, number, DNA_MAX(width_of(p->labels[c]), 7));
        }
        end_line(s);
    }
}

static void
add_param(
    dna_str *s, const dna_predicted *p, const dna_metric *m, double loss, int width)
{
    dna_str_add(s, "  ");
    add_left(s, p->name, width);
    if (m->n == 0) {
        dna_str_add(s, "  no sample has a true value\n");
        return;
    }
    add_number(s, "loss", loss);
    if (p->n_class > 0) {
        add_number(s, "accuracy", m->accuracy);
        add_number(s, "balanced accuracy", m->balanced_accuracy);
    } else {
        add_number(s, "RMSE", m->rmse);
        add_number(s, "R2", m->r2);
        add_number(s, "relative error", m->relative_error);
        add_number(s, "bias", m->bias);
    }
    end_line(s);
    if (p->n_class > 0 && p->n_class <= DNA_METRICS_TEXT_CLASSES) {
        add_confusion(s, p, m);
    }
}

int
dna_metrics_text(dna_str *out, const dna_metrics *m, const double *losses)
{
    int width = 0;
    for (int64_t i = 0; i < m->n_param; i++) {
        width = DNA_MAX(width, width_of(m->params[i].name));
    }
    for (int64_t i = 0; i < m->n_param; i++) {
        add_param(
            out, &m->params[i], &m->each[i], losses[i], DNA_MIN(width, WIDTH_MAX));
    }
    return dna_str_status(out);
}
