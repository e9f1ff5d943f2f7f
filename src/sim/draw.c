/* draw.c - exponential variates by the ziggurat.
 *
 * SPDX-License-Identifier: MIT
 *
 * Source: Marsaglia and Tsang 2000, J. Stat. Softw. 5(8). The area under exp(-x) is cut
 * into 256 layers of area v; the lowest is a rectangle of width r and the tail beyond r.
 */
#include "sim/draw.h"

/* where the tail begins for 256 layers */
static const double tail = 7.69711747013104972;

void
dna_ziggurat_init(dna_ziggurat *z)
{
    double v = (tail + 1) * exp(-tail);
    z->x[0] = v / exp(-tail); /* the width the lowest layer would have as a rectangle */
    z->x[1] = tail;
    for (int i = 1; i + 1 < DNA_ZIGGURAT; i++) {
        z->x[i + 1] = -log(v / z->x[i] + exp(-z->x[i]));
    }
    z->x[DNA_ZIGGURAT] = 0;
    for (int i = 0; i <= DNA_ZIGGURAT; i++) {
        z->f[i] = exp(-z->x[i]);
    }
}

double
dna_ziggurat_edge(const dna_ziggurat *z, dna_rng *rng, int layer, double x)
{
    double beyond = 0; /* the tail is the same curve again */
    for (;;) {
        if (layer == 0) {
            beyond += tail;
        } else {
            double y =
                z->f[layer] + dna_draw_uniform(rng) * (z->f[layer + 1] - z->f[layer]);
            if (y < exp(-x)) {
                return beyond + x;
            }
        }
        uint64_t bits = dna_draw_bits(rng);
        layer = (int)(bits & (DNA_ZIGGURAT - 1));
        x = (double)(bits >> 11) * 0x1p-53 * z->x[layer];
        if (x < z->x[layer + 1]) {
            return beyond + x;
        }
    }
}
