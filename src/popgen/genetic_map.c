/* genetic_map.c - rates along the sequence.
 *
 * SPDX-License-Identifier: MIT
 */
#include "dnadna/genetic_map.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

int
dna_rate_map_check(const dna_rate_map *map, const char *name)
{
    int rc = DNA_OK;

    DNA_REQUIRE(map->n >= 1, DNA_EARG, "%s map: it has no pieces", name);
    for (int64_t i = 0; i <= map->n; i++) {
        DNA_REQUIRE(isfinite(map->pos[i]) && map->pos[i] >= 0, DNA_EARG,
            "%s map: position %lld: %g is not a finite number >= 0", name, (long long)i,
            map->pos[i]);
        DNA_REQUIRE(i == 0 || map->pos[i] > map->pos[i - 1], DNA_EARG,
            "%s map: position %lld: %g is not above %g before it", name, (long long)i,
            map->pos[i], i > 0 ? map->pos[i - 1] : 0);
    }
    for (int64_t i = 0; i < map->n; i++) {
        DNA_REQUIRE(isfinite(map->rate[i]) && map->rate[i] >= 0, DNA_EARG,
            "%s map: rate %lld: %g is not a finite number >= 0", name, (long long)i,
            map->rate[i]);
    }
out:
    return rc;
}

int
dna_rate_map_new(dna_rate_map **out, const double *pos, const double *rate, int64_t n)
{
    dna_rate_map *map = NULL;
    int rc = DNA_OK;

    DNA_REQUIRE(n >= 1, DNA_EARG, "a rate map needs at least one piece");
    DNA_NEW(map, 1);
    map->n = n;
    DNA_NEW(map->pos, n + 1);
    DNA_NEW(map->rate, n);
    memcpy(map->pos, pos, (size_t)(n + 1) * sizeof(*pos));
    memcpy(map->rate, rate, (size_t)n * sizeof(*rate));
    DNA_TRY(dna_rate_map_check(map, "rate"));
    *out = map;
    map = NULL;
out:
    dna_rate_map_free(map);
    return rc;
}

void
dna_rate_map_free(dna_rate_map *map)
{
    if (map != NULL) {
        dna_free(map->pos);
        dna_free(map->rate);
        dna_free(map);
    }
}

double
dna_rate_map_mass(const dna_rate_map *map, double x)
{
    double sum = 0;
    for (int64_t i = 0; i < map->n && map->pos[i] < x; i++) {
        sum += map->rate[i] * (fmin(map->pos[i + 1], x) - map->pos[i]);
    }
    return sum;
}

int
dna_rate_map_window(
    dna_rate_map **out, const dna_rate_map *map, double start, double end)
{
    double *pos = NULL;
    double *rate = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    DNA_REQUIRE(isfinite(end) && start >= 0 && end > start, DNA_EARG,
        "window from %g to %g: it must be 0 <= start < end", start, end);
    DNA_NEW(pos, map->n + 3);
    DNA_NEW(rate, map->n + 2);
    if (map->pos[0] > start) {
        n = 1; /* nothing is known: rate 0 from pos[0] = 0 */
    }
    for (int64_t i = 0; i < map->n; i++) {
        if (map->pos[i + 1] > start && map->pos[i] < end) {
            pos[n] = fmax(map->pos[i], start) - start;
            rate[n++] = map->rate[i];
        }
    }
    double last = fmin(map->pos[map->n], end);
    if (last < end) {
        pos[n] = fmax(last - start, 0);
        n += n == 0 || pos[n] > pos[n - 1];
    }
    pos[n] = end - start;
    DNA_TRY(dna_rate_map_new(out, pos, rate, n));
out:
    dna_free(pos);
    dna_free(rate);
    return rc;
}
