/* layer_build.h - how the rows of layer_op.c record their nodes.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_NETS_LAYER_BUILD_H
#define DNA_NETS_LAYER_BUILD_H

#include "nets/layer_op.h"

typedef dna_node *dna_layer_build(dna_graph *g, const dna_layer_call *c);

extern dna_layer_build dna_layer_conv2d, dna_layer_conv1d, dna_layer_linear,
    dna_layer_batch_norm, dna_layer_instance_norm, dna_layer_group_norm,
    dna_layer_layer_norm, dna_layer_relu, dna_layer_leaky_relu, dna_layer_elu,
    dna_layer_gelu, dna_layer_sigmoid, dna_layer_softplus, dna_layer_tanh_of,
    dna_layer_max_pool2d, dna_layer_avg_pool2d, dna_layer_max_pool1d,
    dna_layer_avg_pool1d, dna_layer_mean, dna_layer_sum, dna_layer_max_of,
    dna_layer_softmax, dna_layer_dropout, dna_layer_expand, dna_layer_concat,
    dna_layer_add, dna_layer_slice, dna_layer_crop, dna_layer_reshape,
    dna_layer_flatten, dna_layer_transpose, dna_layer_gru, dna_layer_lstm,
    dna_layer_zeros, dna_layer_same;

#endif
