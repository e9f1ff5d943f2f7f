/* net_show.c - dnadna net list, ops and show: which networks there are, and what is in one.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "nets/layer_op.h"
#include "report/graph_figure.h"
#include "run/net_cost.h"
#include "run/net_target.h"

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

/* ---- list, ops ---------------------------------------------------------------------- */

int
dna_run_net_list(FILE *out)
{
    const dna_net_def *def = NULL;
    dna_str s;

    dna_str_init(&s, 0);
    for (int64_t i = 0; (def = dna_net_at(i)) != NULL; i++) {
        dna_str_addf(&s, "%s%s\n    %s\n", i > 0 ? "\n" : "", def->name, def->doc);
        for (const dna_field *f = def->fields; f->key != NULL; f++) {
            dna_str_addf(&s, "    %-12s%s%s%s%s\n", f->key, f->dflt != NULL ? "(" : "",
                f->dflt != NULL ? f->dflt : "", f->dflt != NULL ? ") " : "", f->doc);
        }
    }
    int rc = put(out, &s);
    dna_str_clear(&s);
    return rc;
}

static void
put_default(dna_str *s, const dna_layer_arg *arg)
{
    if (arg->is_required) {
        dna_str_add(s, " (required)");
    } else if (arg->kind == DNA_ARG_FLAG) {
        dna_str_addf(s, " (%s)", arg->dflt != 0 ? "true" : "false");
    } else if (!(arg->dflt < arg->min)) {
        dna_str_addf(s, " (%g)", arg->dflt);
    }
}

int
dna_run_net_ops(FILE *out)
{
    const dna_layer_op *op = NULL;
    dna_str s;

    dna_str_init(&s, 0);
    for (int64_t i = 0; (op = dna_layer_op_at(i)) != NULL; i++) {
        dna_str_addf(&s, "%s%s\n    %s\n", i > 0 ? "\n" : "", op->name, op->doc);
        for (int k = 0; k < dna_layer_op_n_arg(op); k++) {
            dna_str_addf(&s, "    %s", op->args[k].name);
            put_default(&s, &op->args[k]);
            dna_str_addf(&s, ": %s\n", op->args[k].doc);
        }
    }
    int rc = put(out, &s);
    dna_str_clear(&s);
    return rc;
}

/* ---- show --------------------------------------------------------------------------- */

/* "1.23 M" */
static const char *
short_number(char buf[24], double v)
{
    static const char *const units[] = {"", " k", " M", " G", " T"};
    int k = 0;

    while (v >= 999.5 && k < 4) {
        v /= 1000;
        k++;
    }
    snprintf(buf, 24, k == 0 ? "%.0f%s" : "%.3g%s", v, units[k]);
    return buf;
}

static void
put_inputs(dna_str *s, const dna_node *node)
{
    dna_str_clear(s);
    for (int i = 0; i < node->n_in; i++) {
        dna_str_addf(s, "%s%d", i > 0 ? ", " : "", node->in[i]->id);
    }
}

static void
put_row(dna_str *s, const dna_node *node, dna_str *inputs)
{
    char shape[DNA_SHAPE_TEXT], flops[24];
    int64_t n_param = dna_node_n_param(node);
    double cost = dna_node_flops(node);

    put_inputs(inputs, node);
    dna_str_addf(s, "%4d  %-12s %-20s %-9s %-22s", node->id, dna_node_op_name(node),
        node->layer != NULL ? node->layer : "", dna_str_text(inputs),
        dna_node_shape_text(node, shape, sizeof(shape)));
    if (n_param > 0) {
        dna_str_addf(s, " %10" PRId64, n_param);
    } else {
        dna_str_addf(s, " %10s", "");
    }
    dna_str_addf(s, " %9s\n", cost > 0 ? short_number(flops, cost) : "");
}

static void
put_title(dna_str *s, const dna_net_target *t)
{
    dna_str_addf(s,
        "%s: %" PRId64 " individuals, %" PRId64 " SNPs%s, %" PRId64 " output%s",
        t->def->name, t->sizes.n_indiv, t->sizes.n_snp,
        t->sizes.concat ? ", positions" : "", t->sizes.n_outputs,
        DNA_PLURAL(t->sizes.n_outputs));
}

static void
describe(dna_str *s, const dna_net_target *t)
{
    dna_str inputs;
    double flops = 0;
    int64_t n_param = 0;
    char text[24];

    dna_str_init(&inputs, 0);
    put_title(s, t);
    dna_str_addf(s, "\n\n%4s  %-12s %-20s %-9s %-22s %10s %9s\n", "node", "op", "layer",
        "reads", "output", "parameters", "flops");
    for (int i = 0; i < t->g->n_node; i++) {
        put_row(s, t->g->nodes[i], &inputs);
        flops += dna_node_flops(t->g->nodes[i]);
        n_param += dna_node_n_param(t->g->nodes[i]);
    }
    dna_str_addf(s,
        "\n%" PRId64
        " parameters, %s flops a sample, as recorded; dnadna net explain shows what is computed\n",
        n_param, short_number(text, flops));
    dna_str_clear(&inputs);
}

/* ---- the drawing -------------------------------------------------------------------- */

static int
draw_node(dna_graph_box *box, dna_arena *a, const dna_node *node)
{
    char shape[DNA_SHAPE_TEXT];
    int *from = dna_arena_alloc(a, (size_t)DNA_MAX(node->n_in, 1), sizeof(*from));
    int rc = DNA_OK;

    DNA_REQUIRE(from != NULL, DNA_ENOMEM, "%s", dna_message());
    for (int i = 0; i < node->n_in; i++) {
        from[i] = node->in[i]->id;
    }
    box->from = from;
    box->n_from = node->n_in;
    box->is_strong = node->tensor[DNA_WEIGHT] >= 0;
    box->title = dna_arena_printf(a, "%s%s%s", dna_node_op_name(node),
        node->layer != NULL ? "  " : "", node->layer != NULL ? node->layer : "");
    box->text = dna_arena_strdup(a, dna_node_shape_text(node, shape, sizeof(shape)));
    DNA_REQUIRE(
        box->title != NULL && box->text != NULL, DNA_ENOMEM, "%s", dna_message());
out:
    return rc;
}

static int
draw(const dna_net_target *t, const char *path)
{
    dna_graph_box *boxes = NULL;
    dna_str title;
    int rc = DNA_OK;

    dna_str_init(&title, 0);
    put_title(&title, t);
    DNA_NEW(boxes, DNA_MAX(t->g->n_node, 1));
    for (int i = 0; i < t->g->n_node; i++) {
        DNA_TRY(draw_node(&boxes[i], t->arena, t->g->nodes[i]));
    }
    DNA_TRY(dna_graph_figure_write(path, dna_str_text(&title), boxes, t->g->n_node));
out:
    dna_free(boxes);
    dna_str_clear(&title);
    return rc;
}

int
dna_run_net_show(const dna_net_look_options *o, FILE *out)
{
    dna_net_target t = {0};
    dna_str s;
    int rc = DNA_OK;

    dna_str_init(&s, 0);
    DNA_TRY(dna_net_target_open(&t, o));
    describe(&s, &t);
    DNA_TRY(o->figure != NULL ? draw(&t, o->figure) : DNA_OK);
    DNA_TRY(put(out, &s));
out:
    dna_str_clear(&s);
    dna_net_target_close(&t);
    return rc;
}
