/* network.c - what a trained network tells about itself, and its end.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/network.h"

#include <stdio.h>

#include "base/mem.h"

void
dna_network_free(dna_network *net)
{
    if (net == NULL) {
        return;
    }
    dna_programs_free(net->programs);
    dna_state_free(net->state);
    dna_graph_free(net->graph);
    dna_pool_free(net->pool);
    dna_arena_free(net->arena);
    dna_free(net);
}

static bool
has_param(const dna_network *net, int64_t i)
{
    return i >= 0 && i < net->n_param;
}

int64_t
dna_network_n_param(const dna_network *net)
{
    return net->n_param;
}

const char *
dna_network_param_name(const dna_network *net, int64_t i)
{
    return has_param(net, i) ? net->params[i].name : NULL;
}

int64_t
dna_network_param_n_class(const dna_network *net, int64_t i)
{
    bool is_class = has_param(net, i) && net->params[i].type == DNA_CLASSIFICATION;
    return is_class ? net->params[i].n_class : 0;
}

const char *
dna_network_param_label(const dna_network *net, int64_t i, int64_t class_index)
{
    bool has_class =
        class_index >= 0 && class_index < dna_network_param_n_class(net, i);
    return has_class ? net->params[i].labels[class_index] : NULL;
}

int64_t
dna_network_n_value(const dna_network *net)
{
    return net->n_value;
}

const char *
dna_network_value_name(const dna_network *net, int64_t i)
{
    return i >= 0 && i < net->n_value ? net->value_names[i] : NULL;
}

int64_t
dna_network_n_output(const dna_network *net)
{
    return net->sizes.n_outputs;
}

int64_t
dna_network_min_snp(const dna_network *net)
{
    return net->min_snp;
}

int64_t
dna_network_min_indiv(const dna_network *net)
{
    return net->min_indiv;
}

int
dna_network_predicted(dna_predicted **out, const dna_network *net)
{
    dna_predicted *params = NULL;
    int rc = DNA_OK;

    DNA_NEW(params, net->n_param);
    for (int64_t i = 0; i < net->n_param; i++) {
        const dna_param *p = &net->params[i];
        params[i].name = p->name;
        params[i].n_class = p->type == DNA_CLASSIFICATION ? p->n_class : 0;
        params[i].labels = p->labels;
    }
    *out = params;
out:
    return rc;
}

const char *
dna_position_format_text(const dna_position_format *format, char *buf, size_t size)
{
    if (format->distance < 0 && format->normalized < 0) {
        snprintf(buf, size, "as the data have them (the file does not say)");
        return buf;
    }
    snprintf(buf, size, "%s%s, %s", format->circular == 1 ? "circular " : "",
        format->distance == 1 ? "distances to the previous site" : "absolute positions",
        format->normalized == 1 ? "divided by the chromosome size" : "in bp");
    return buf;
}
