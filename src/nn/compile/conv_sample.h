/* conv_sample.h - the loops of a convolution over one sample, forward and backward.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_NN_COMPILE_CONV_SAMPLE_H
#define DNA_NN_COMPILE_CONV_SAMPLE_H

#include "nn/kernels/kernels.h"
#include "nn/node.h"

/* Sizes of a convolution; kernel, stride, padding and dilation along height and width. */
typedef struct {
    int64_t C, H, W, O, OH, OW;
    int64_t kh, kw, sh, sw, ph, pw, dh, dw;
} dna_conv_dims;

dna_conv_dims dna_conv_dims_of(const dna_node *node);
/** Additions and multiplications of one sample: two a weight and output, padding included. */
double dna_conv_flops(const dna_conv_dims *a);
/** Whether the gradients run down the kernel's rows. */
bool dna_conv_is_tall(const dna_conv_dims *a);
/** w [kh][kw][C][O]; bias [O] or NULL. */
void dna_conv_forward(const dna_kernels *k, const dna_conv_dims *a, float *y,
    const float *x, const float *w, const float *bias);
/** dw [kh][kw][C][O] += the sample's share. */
void dna_conv_weight_grad(const dna_kernels *k, const dna_conv_dims *a, float *dw,
    const float *x, const float *dy);
/** dx += the sample's share; w [kh][kw in reverse][O][C]. Where the kernel is tall, w
 *  [kh][kw][C][O], and turned is scratch of (O + kh) * OW numbers. */
void dna_conv_input_grad(const dna_kernels *k, const dna_conv_dims *a, float *dx,
    const float *dy, const float *w, float *turned);

#endif
