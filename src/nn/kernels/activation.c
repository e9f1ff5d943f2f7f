/* activation.c - activations in single precision; compiled once for each instruction
 * set.
 *
 * SPDX-License-Identifier: MIT
 *
 * Exponentials are written out so that loops over them become vector code. All but gelu
 * are within a few units in the last place; gelu goes through double precision.
 */
#include <math.h>
#include <string.h>

#include "nn/kernels/kernels.h"
#include "nn/kernels/vector_math.h"

#define PASTE2(a, b) a##b
#define PASTE(a, b)  PASTE2(a, b)

/* ---- functions; slopes take what dna_activation_uses_output says ---- */

static inline float
relu(float x, const float *k)
{
    (void)k;
    return x <= 0.0f ? 0.0f : x;
}

static inline float
relu_slope(float y, const float *k)
{
    (void)k;
    return y <= 0.0f ? 0.0f : 1.0f;
}

static inline float
leaky_relu(float x, const float *k)
{
    float below = k[0] * x;
    return x > 0.0f ? x : below;
}

static inline float
leaky_relu_slope(float v, const float *k)
{
    return v > 0.0f ? 1.0f : k[0];
}

static inline float
elu(float x, const float *k)
{
    float below = k[0] * expm1_below(x > 0.0f ? 0.0f : x);
    return x > 0.0f ? x : below;
}

static inline float
elu_slope(float x, const float *k)
{
    float below = k[0] * exp_of(x > 0.0f ? 0.0f : x);
    return x > 0.0f ? 1.0f : below;
}

static inline float
gelu(float x, const float *k)
{
    (void)k;
    return (float)(0.5 * (double)x * erfc(-0.70710678118654752440 * (double)x));
}

static inline float
gelu_slope(float value, const float *k)
{
    (void)k;
    double x = (double)value;
    double density = 0.39894228040143267794 * exp(-0.5 * x * x);
    return (float)(0.5 * erfc(-0.70710678118654752440 * x) + x * density);
}

static inline float
sigmoid(float x, const float *k)
{
    (void)k;
    return 1.0f / (1.0f + exp_of(-x));
}

static inline float
sigmoid_slope(float y, const float *k)
{
    (void)k;
    return y * (1.0f - y);
}

static inline float
softplus(float x, const float *k)
{
    float t = k[0] * x;
    float above = t > 0.0f ? t : 0.0f;
    float below = t > 0.0f ? -t : t;
    float y = (above + log1p_of(exp_of(below))) / k[0];
    return t > k[1] ? x : y;
}

static inline float
softplus_slope(float x, const float *k)
{
    float t = k[0] * x;
    float slope = sigmoid(t, k);
    return t > k[1] ? 1.0f : slope;
}

static inline float
tanh_of(float x, const float *k)
{
    (void)k;
    float e = expm1_below(x > 0.0f ? -2.0f * x : 2.0f * x);
    float size = -e / (2.0f + e);
    return x > 0.0f ? size : -size;
}

static inline float
tanh_of_slope(float y, const float *k)
{
    (void)k;
    return (1.0f - y) * (1.0f + y);
}

/* ---- loops ---- */

#define BLOCK 64

/* Blocks of `size` numbers. Results go through memory of its own: where they
 * overwrite what they are made from, compilers would not make vector code of the loop.
 * The size is constant, so that they stay in registers. */
#define FORWARD(name, size)                    \
    for (; i + (size) <= n; i += (size)) {     \
        float out[size];                       \
        for (int64_t j = 0; j < (size); j++) { \
            out[j] = name(x[i + j], k);        \
        }                                      \
        memcpy(y + i, out, sizeof(out));       \
    }

#define BACKWARD(name, size)                                \
    for (; i + (size) <= n; i += (size)) {                  \
        float out[size];                                    \
        for (int64_t j = 0; j < (size); j++) {              \
            out[j] = dy[i + j] * name##_slope(v[i + j], k); \
        }                                                   \
        for (int64_t j = 0; is_add && j < (size); j++) {    \
            out[j] += dx[i + j];                            \
        }                                                   \
        memcpy(dx + i, out, sizeof(out));                   \
    }

/* name_forward and name_backward from name and name_slope. */
#define LOOPS(name)                                                                    \
    static void name##_forward(float *y, const float *x, int64_t n, const float *k)    \
    {                                                                                  \
        int64_t i = 0;                                                                 \
        FORWARD(name, BLOCK)                                                           \
        FORWARD(name, 8)                                                               \
        FORWARD(name, 1)                                                               \
    }                                                                                  \
                                                                                       \
    static void name##_backward(float *dx, const float *dy, const float *v, int64_t n, \
        const float *k, bool is_add)                                                   \
    {                                                                                  \
        int64_t i = 0;                                                                 \
        BACKWARD(name, BLOCK)                                                          \
        BACKWARD(name, 8)                                                              \
        BACKWARD(name, 1)                                                              \
    }

/* clang-format off */
LOOPS(relu)
LOOPS(leaky_relu)
LOOPS(elu)
LOOPS(gelu)
LOOPS(sigmoid)
LOOPS(softplus)
LOOPS(tanh_of)
/* clang-format on */

const dna_activation_kernel PASTE(dna_activations_, DNA_ISA)[DNA_N_ACTIVATION] = {
    [DNA_RELU] = {relu_forward, relu_backward},
    [DNA_LEAKY_RELU] = {leaky_relu_forward, leaky_relu_backward},
    [DNA_ELU] = {elu_forward, elu_backward},
    [DNA_GELU] = {gelu_forward, gelu_backward},
    [DNA_SIGMOID] = {sigmoid_forward, sigmoid_backward},
    [DNA_SOFTPLUS] = {softplus_forward, softplus_backward},
    [DNA_TANH] = {tanh_of_forward, tanh_of_backward},
};
