/* vector_math.h - exponentials and logarithms that loops can be made vector code of.
 *
 * SPDX-License-Identifier: MIT
 *
 * With x = n ln 2 + r, |r| <= ln 2 / 2: exp(x) = 2^n exp(r), and exp(r) - 1 is a short
 * Taylor series (the first term left out is below 6e-9). Within two units in the last
 * place. No library calls, no branches; NaN stays NaN.
 */
#ifndef DNA_NN_KERNELS_VECTOR_MATH_H
#define DNA_NN_KERNELS_VECTOR_MATH_H

#include <stdint.h>
#include <string.h>

/* Adding 1.5 * 2^23 rounds to a whole number, which is then in the low bits. */
#define DNA_ROUND_BY 12582912.0f

static inline int32_t
bits_of(float x)
{
    int32_t i;
    memcpy(&i, &x, sizeof(i));
    return i;
}

/* 2^n for -126 <= n <= 127; anything for other n. */
static inline float
power_of_two(int32_t n)
{
    uint32_t i = (uint32_t)(n + 127) << 23;
    float x;
    memcpy(&x, &i, sizeof(x));
    return x;
}

/* exp(r) - 1 with x = *n ln 2 + r; x from -105 to 105 */
static inline float
expm1_of_rest(float x, int32_t *n)
{
    float t = x * 1.44269504088896341f + DNA_ROUND_BY;
    float whole = t - DNA_ROUND_BY;
    /* ln 2 in two parts; the first has so few digits that its product is exact */
    float r = x - whole * 0.693359375f - whole * -2.12194440e-4f;
    float p = 1.0f / 720.0f + r * (1.0f / 5040.0f);
    p = 1.0f / 120.0f + r * p;
    p = 1.0f / 24.0f + r * p;
    p = 1.0f / 6.0f + r * p;
    p = 0.5f + r * p;
    *n = bits_of(t) - bits_of(DNA_ROUND_BY);
    return r + r * r * p;
}

static inline float
exp_of(float x)
{
    int32_t n;
    x = x < -104.0f ? -104.0f : x; /* 0 */
    x = x > 89.0f ? 89.0f : x;     /* infinity */
    float e = expm1_of_rest(x, &n);
    /* in two steps, since 2^n may lie beyond the normal numbers */
    return (1.0f + e) * power_of_two(n / 2) * power_of_two(n - n / 2);
}

/* exp(x) - 1 for x <= 0, also where that is small. */
static inline float
expm1_below(float x)
{
    int32_t n;
    x = x < -60.0f ? -60.0f : x; /* -1 */
    float e = expm1_of_rest(x, &n);
    float scale = power_of_two(n);
    return scale * e + (scale - 1.0f);
}

/* log(1 + t) for 0 <= t <= 1: 2 artanh(z), z = t / (2 + t) <= 1/3, as its series. */
static inline float
log1p_of(float t)
{
    float z = t / (2.0f + t);
    float s = z * z;
    float p = 1.0f / 13.0f + s * (1.0f / 15.0f);
    p = 1.0f / 11.0f + s * p;
    p = 1.0f / 9.0f + s * p;
    p = 1.0f / 7.0f + s * p;
    p = 1.0f / 5.0f + s * p;
    p = 1.0f / 3.0f + s * p;
    return 2.0f * (z + z * s * p);
}

#endif
