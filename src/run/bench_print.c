/* bench_print.c - what was measured, as a table and as JSON.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "base/machine.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/str.h"
#include "base/value.h"
#include "dnadna/dnadna.h"
#include "io/json.h"
#include "run/bench.h"

/* ---- what is shown --------------------------------------------------------------- */

void
dna_bench_print_head(const dna_bench_options *o, FILE *out)
{
    char name[128];

    dna_machine_processor(name, sizeof(name));
    fprintf(out, "dnadna %s, %s, %d thread%s of %d processor%s\n\n", DNA_VERSION, name,
        o->n_thread, DNA_PLURAL(o->n_thread), dna_cpu_count(),
        DNA_PLURAL(dna_cpu_count()));
    fprintf(out, "%-20s %-9s %-11s %12s %19s %9s   %s\n", "case", "precision",
        "kernels", "per second", "range", "peak MiB", "PyTorch");
}

/* Of our least rate to the peer's largest, or the other way round. */
static double
ratio_at(const dna_bench_result *m, bool is_max)
{
    const dna_bench_rates *x = &m->ours, *y = &m->peer;
    return is_max ? x->rate[x->n - 1] / y->rate[0] : x->rate[0] / y->rate[y->n - 1];
}

void
dna_bench_print_row(const dna_bench_result *m, FILE *out)
{
    char range[64];

    snprintf(range, sizeof(range), "%.4g..%.4g", m->ours.rate[0],
        m->ours.rate[m->ours.n - 1]);
    fprintf(out, "%-20s %-9s %-11s %12.5g %19s %9lld", m->c->name, m->c->precision,
        m->ours.engine, dna_bench_median(&m->ours), range, (long long)m->ours.peak_mib);
    if (m->has_peer) {
        fprintf(out, "   %.5g (%.4g..%.4g), %lld MiB: ratio %.2f (%.2f..%.2f)",
            dna_bench_median(&m->peer), m->peer.rate[0], m->peer.rate[m->peer.n - 1],
            (long long)m->peer.peak_mib,
            dna_bench_median(&m->ours) / dna_bench_median(&m->peer), ratio_at(m, false),
            ratio_at(m, true));
    }
    fputc('\n', out);
    fflush(out);
}

static int
put(dna_arena *a, dna_value *map, const char *key, dna_value *v)
{
    return dna_value_set(a, map, key, v);
}

static int
row_value(dna_value **out, dna_arena *a, const dna_bench_result *m, int n_thread)
{
    dna_value *row = dna_value_map(a);
    int rc = DNA_OK;

    if (row == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(put(a, row, "name", dna_value_string(a, m->c->name)));
    DNA_TRY(put(a, row, "precision", dna_value_string(a, m->c->precision)));
    DNA_TRY(
        put(a, row, "threads", dna_value_int(a, m->c->is_one_thread ? 1 : n_thread)));
    DNA_TRY(put(a, row, "kernels", dna_value_string(a, m->ours.engine)));
    DNA_TRY(
        put(a, row, "samples_per_s", dna_value_float(a, dna_bench_median(&m->ours))));
    DNA_TRY(put(a, row, "min", dna_value_float(a, m->ours.rate[0])));
    DNA_TRY(put(a, row, "max", dna_value_float(a, m->ours.rate[m->ours.n - 1])));
    DNA_TRY(put(a, row, "peak_mib", dna_value_int(a, m->ours.peak_mib)));
    if (m->has_peer) {
        DNA_TRY(put(a, row, "peer", dna_value_string(a, m->peer.engine)));
        DNA_TRY(put(a, row, "peer_samples_per_s",
            dna_value_float(a, dna_bench_median(&m->peer))));
        DNA_TRY(put(a, row, "peer_peak_mib", dna_value_int(a, m->peer.peak_mib)));
        DNA_TRY(put(a, row, "ratio",
            dna_value_float(
                a, dna_bench_median(&m->ours) / dna_bench_median(&m->peer))));
        DNA_TRY(put(a, row, "min_ratio", dna_value_float(a, ratio_at(m, false))));
        DNA_TRY(put(a, row, "max_ratio", dna_value_float(a, ratio_at(m, true))));
    }
    *out = row;
out:
    return rc;
}

int
dna_bench_print_json(
    const dna_bench_result *all, int64_t n, const dna_bench_options *o, FILE *out)
{
    dna_arena *a = NULL;
    char name[128];
    dna_str text;
    int rc = DNA_OK;

    dna_str_init(&text, 0);
    DNA_TRY(dna_arena_new(&a));
    dna_value *top = dna_value_map(a), *list = dna_value_list(a);
    if (top == NULL || list == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    dna_machine_processor(name, sizeof(name));
    DNA_TRY(put(a, top, "dnadna_version", dna_value_string(a, DNA_VERSION)));
    DNA_TRY(put(a, top, "processor", dna_value_string(a, name)));
    DNA_TRY(put(a, top, "processors", dna_value_int(a, dna_cpu_count())));
    for (int64_t i = 0; i < n; i++) {
        dna_value *row = NULL;
        DNA_TRY(row_value(&row, a, &all[i], o->n_thread));
        DNA_TRY(dna_value_append(a, list, row));
    }
    DNA_TRY(put(a, top, "cases", list));
    DNA_TRY(dna_json_write(&text, top, 4));
    dna_str_addc(&text, '\n');
    DNA_TRY(dna_str_status(&text));
    fputs(dna_str_text(&text), out);
out:
    dna_str_clear(&text);
    dna_arena_free(a);
    return rc;
}
