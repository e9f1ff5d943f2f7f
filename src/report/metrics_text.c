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

/* The numbers of a line, as far as a type of parameter has them. */
#define N_COLUMN_MAX 5

typedef struct {
    const char *what;
    double value;
} column;

/* How many there are. */
static int
columns_of(column *c, const dna_predicted *p, const dna_metric *m, double loss)
{
    int n = 0;
    c[n++] = (column){"loss", loss};
    if (p->n_class > 0) {
        c[n++] = (column){"accuracy", m->accuracy};
        c[n++] = (column){"balanced accuracy", m->balanced_accuracy};
    } else {
        c[n++] = (column){"RMSE", m->rmse};
        c[n++] = (column){"R2", m->r2};
        c[n++] = (column){"relative error", m->relative_error};
        c[n++] = (column){"bias", m->bias};
    }
    return n;
}

static const char *
number_text(char *buf, size_t size, double value)
{
    snprintf(buf, size, "%.4g", value);
    return isnan(value) ? "-" : buf;
}

/* Widest number of each column among the parameters of one type. */
static void
widths_of(int *width, const dna_metrics *m, const double *losses, bool is_class)
{
    column c[N_COLUMN_MAX];
    char text[32];
    memset(width, 0, N_COLUMN_MAX * sizeof(*width));
    for (int64_t i = 0; i < m->n_param; i++) {
        if ((m->params[i].n_class > 0) != is_class || m->each[i].n == 0) {
            continue;
        }
        int n = columns_of(c, &m->params[i], &m->each[i], losses[i]);
        for (int k = 0; k < n; k++) {
            int here = (int)strlen(number_text(text, sizeof(text), c[k].value));
            width[k] = DNA_MAX(width[k], here);
        }
    }
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
add_param(dna_str *s, const dna_predicted *p, const dna_metric *m, double loss,
    int name_width, const int *width)
{
    column c[N_COLUMN_MAX];
    char text[32];

    dna_str_add(s, "  ");
    add_left(s, p->name, name_width);
    if (m->n == 0) {
        dna_str_add(s, "  no sample has a true value\n");
        return;
    }
    int n = columns_of(c, p, m, loss);
    for (int k = 0; k < n; k++) {
        dna_str_addf(s, "  %s ", c[k].what);
        add_left(s, number_text(text, sizeof(text), c[k].value), width[k]);
    }
    end_line(s);
    if (p->n_class > 0 && p->n_class <= DNA_METRICS_TEXT_CLASSES) {
        add_confusion(s, p, m);
    }
}

int
dna_metrics_text(dna_str *out, const dna_metrics *m, const double *losses)
{
    int regression[N_COLUMN_MAX], classes[N_COLUMN_MAX];
    int width = 0;

    widths_of(regression, m, losses, false);
    widths_of(classes, m, losses, true);
    for (int64_t i = 0; i < m->n_param; i++) {
        width = DNA_MAX(width, width_of(m->params[i].name));
    }
    for (int64_t i = 0; i < m->n_param; i++) {
        bool is_class = m->params[i].n_class > 0;
        add_param(out, &m->params[i], &m->each[i], losses[i], DNA_MIN(width, WIDTH_MAX),
            is_class ? classes : regression);
    }
    return dna_str_status(out);
}
