/* rng.c - xoshiro256++ streams named by purpose and index.
 *
 * SPDX-License-Identifier: MIT
 */
#include "dnadna/rng.h"

#include <fcntl.h>
#include <math.h>
#include <time.h>
#include <unistd.h>

static uint64_t
mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t
splitmix(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return mix(*state);
}

/* Fold a word into a hash; neighbouring indices end far apart. */
static uint64_t
fold(uint64_t h, uint64_t word)
{
    return mix(
        (h ^ mix(word + UINT64_C(0x9e3779b97f4a7c15))) * UINT64_C(0xd1342543de82ef95)
        + UINT64_C(0x632be59bd9b4e019));
}

void
dna_rng_init(
    dna_rng *rng, uint64_t seed, const char *purpose, int64_t i, int64_t j, int64_t k)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a of the purpose */
    for (const char *p = purpose; *p != '\0'; p++) {
        h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    }
    h = fold(h, (uint64_t)i);
    h = fold(h, (uint64_t)j);
    h = fold(h, (uint64_t)k);
    h = fold(h, seed);
    for (int n = 0; n < 4; n++) {
        rng->s[n] = splitmix(&h); /* distinct inputs of a bijection: never all zero */
    }
}

static uint64_t
rotate(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

uint64_t
dna_rng_next(dna_rng *rng)
{
    uint64_t *s = rng->s;
    uint64_t result = rotate(s[0] + s[3], 23) + s[0];
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

double
dna_rng_uniform(dna_rng *rng)
{
    return (double)(dna_rng_next(rng) >> 11) * 0x1p-53;
}

/* The 128-bit product of a and b as high word and low word. */
static uint64_t
multiply(uint64_t a, uint64_t b, uint64_t *low)
{
    uint64_t a0 = a & 0xffffffffu;
    uint64_t a1 = a >> 32;
    uint64_t b0 = b & 0xffffffffu;
    uint64_t b1 = b >> 32;
    uint64_t middle = a1 * b0 + ((a0 * b0) >> 32);
    uint64_t middle2 = a0 * b1 + (middle & 0xffffffffu);
    *low = a * b;
    return a1 * b1 + (middle >> 32) + (middle2 >> 32);
}

int64_t
dna_rng_below(dna_rng *rng, int64_t n)
{
    uint64_t range = (uint64_t)n;
    uint64_t low = 0;
    uint64_t high = multiply(dna_rng_next(rng), range, &low);
    if (low < range) {
        uint64_t least = (0 - range) % range; /* 2^64 mod n values are too many */
        while (low < least) {
            high = multiply(dna_rng_next(rng), range, &low);
        }
    }
    return (int64_t)high;
}

double
dna_rng_normal(dna_rng *rng)
{
    for (;;) {
        double u = 2 * dna_rng_uniform(rng) - 1;
        double v = 2 * dna_rng_uniform(rng) - 1;
        double s = u * u + v * v;
        if (s > 0 && s < 1) {
            return u * sqrt(-2 * log(s) / s);
        }
    }
}

void
dna_rng_permutation(dna_rng *rng, int64_t *order, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        order[i] = i;
    }
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = dna_rng_below(rng, i + 1);
        int64_t swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
    }
}

uint64_t
dna_rng_os_seed(void)
{
    uint64_t seed = 0;
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    ssize_t got = 0;
    if (fd >= 0) {
        got = read(fd, &seed, sizeof(seed));
        close(fd);
    }
    if (got != (ssize_t)sizeof(seed)) { /* a cage without /dev: time and process */
        struct timespec now = {0, 0};
        clock_gettime(CLOCK_REALTIME, &now);
        seed = fold((uint64_t)now.tv_sec, (uint64_t)now.tv_nsec);
        seed = fold(seed, (uint64_t)getpid());
    }
    return seed >> 1;
}
