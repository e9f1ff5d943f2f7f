/* bench.c - the standard measurements: what this machine does with this build.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/pool.h"
#include "base/str.h"
#include "base/value.h"
#include "dnadna/dnadna.h"
#include "io/json.h"
#include "run/settings.h"

#define ROUNDS  2 /* ours and the peer's in turn */
#define WINDOWS 3 /* of each round */

#define NETWORK(id, network, training)                                           \
    {                                                                            \
        .name = id, .net = network, .is_training = training, .precision = "f32", \
        .run = dna_bench_net, .has_peer = true,                                  \
        .doc = training ? "samples of a training step" : "samples predicted"     \
    }

static const dna_bench_case cases[] = {NETWORK("spidna-train", "SPIDNA", true),
    NETWORK("spidna-predict", "SPIDNA", false), NETWORK("cnn-train", "CNN", true),
    NETWORK("cnn-predict", "CNN", false), NETWORK("mlp-train", "MLP", true),
    NETWORK("mlp-predict", "MLP", false),
    NETWORK("custom-cnn-train", "CustomCNN", true),
    NETWORK("custom-cnn-predict", "CustomCNN", false),
    {.name = "simulate",
        .precision = "exact",
        .run = dna_bench_simulate,
        .doc = "replicates of the coalescent, all sites, one thread"},
    {.name = "simulate-400",
        .precision = "exact",
        .max_snp = 400,
        .run = dna_bench_simulate,
        .doc = "the same, the first 400 SNPs"}};

/* ---- measuring one case ---------------------------------------------------------- */

int
dna_bench_windows(const dna_bench_options *o, int n_window, double unit,
    int (*step)(void *payload), void *payload, dna_bench_rates *out)
{
    int rc = DNA_OK;

    out->n = 0;
    for (int w = 0; w < n_window && w < DNA_BENCH_WINDOWS_MAX; w++) {
        double start = dna_seconds(), now = start, n = 0;
        while (now - start < o->seconds) {
            DNA_TRY(step(payload));
            n += unit;
            now = dna_seconds();
        }
        out->rate[out->n++] = n / (now - start);
    }
out:
    return rc;
}

/* What a child tells its parent. */
typedef struct {
    int rc;
    char message[512];
    dna_bench_rates rates;
} report;

static void
run_child(const dna_bench_case *c, const dna_bench_options *o, int fd)
{
    report r = {0};

    struct rusage usage;

    r.rc = c->run(c, o, WINDOWS, &r.rates);
    getrusage(RUSAGE_SELF, &usage);
    r.rates.peak_mib = usage.ru_maxrss / 1024;
    if (r.rc < 0) {
        snprintf(r.message, sizeof(r.message), "%s", dna_message());
    }
    _exit(write(fd, &r, sizeof(r)) == (ssize_t)sizeof(r) ? 0 : 1);
}

/* All of a report, however it comes in pieces. */
static bool
read_report(int fd, report *r)
{
    size_t n = 0;

    while (n < sizeof(*r)) {
        ssize_t k = read(fd, (char *)r + n, sizeof(*r) - n);
        if (k <= 0 && !(k < 0 && errno == EINTR)) {
            return false;
        }
        n += k > 0 ? (size_t)k : 0;
    }
    return true;
}

/* In a child, since the peak of memory is that of a process. */
static int
run_isolated(const dna_bench_case *c, const dna_bench_options *o, dna_bench_rates *out)
{
    report r = {0};
    int fds[2] = {-1, -1};
    int status = 0;
    int rc = DNA_OK;

    DNA_REQUIRE(pipe(fds) == 0, DNA_EIO, "pipe: %s", strerror(errno));
    pid_t pid = fork();
    DNA_REQUIRE(pid >= 0, DNA_EIO, "fork: %s", strerror(errno));
    if (pid == 0) {
        close(fds[0]);
        run_child(c, o, fds[1]);
    }
    close(fds[1]);
    fds[1] = -1;
    bool is_told = read_report(fds[0], &r);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    DNA_REQUIRE(is_told, DNA_EBACKEND, "%s: ended by signal %d", c->name,
        WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    DNA_REQUIRE(r.rc == DNA_OK, r.rc, "%s: %s", c->name, r.message);
    *out = r.rates;
out:
    for (int i = 0; i < 2; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    return rc;
}

/* ---- a case and its peer, in turn ------------------------------------------------ */

typedef struct {
    const dna_bench_case *c;
    dna_bench_rates ours, peer;
    bool has_peer;
} measurement;

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double
median(const dna_bench_rates *r)
{
    return r->n % 2 == 1 ? r->rate[r->n / 2]
                         : 0.5 * (r->rate[r->n / 2 - 1] + r->rate[r->n / 2]);
}

/* Join the windows of a round to those before. */
static void
add_round(dna_bench_rates *all, const dna_bench_rates *round)
{
    for (int i = 0; i < round->n && all->n < DNA_BENCH_WINDOWS_MAX; i++) {
        all->rate[all->n++] = round->rate[i];
    }
    all->peak_mib = DNA_MAX(all->peak_mib, round->peak_mib);
    memcpy(all->engine, round->engine, sizeof(all->engine));
}

static int
measure(measurement *m, const dna_bench_options *o)
{
    bool is_peer_wanted = m->c->has_peer && o->python != NULL;
    int rc = DNA_OK;

    for (int round = 0; round < ROUNDS; round++) {
        dna_bench_rates r = {0};
        DNA_REQUIRE(
            o->stop == NULL || *o->stop == 0, DNA_ECANCEL, "stopped on request");
        DNA_TRY(run_isolated(m->c, o, &r));
        add_round(&m->ours, &r);
        if (!is_peer_wanted) {
            continue;
        }
        r = (dna_bench_rates){0};
        rc = dna_bench_peer(m->c, o, WINDOWS, &r);
        if (rc == DNA_ENOTFOUND) { /* said by the caller, once */
            rc = DNA_OK;
            is_peer_wanted = false;
            continue;
        }
        DNA_TRY(rc);
        add_round(&m->peer, &r);
        m->has_peer = true;
    }
    qsort(m->ours.rate, (size_t)m->ours.n, sizeof(m->ours.rate[0]), compare);
    qsort(m->peer.rate, (size_t)m->peer.n, sizeof(m->peer.rate[0]), compare);
out:
    return rc;
}

/* ---- what is shown --------------------------------------------------------------- */

/* "Intel(R) Xeon(R) Processor", as the system calls it. */
static void
processor_name(char *out, size_t size)
{
    char line[256];
    FILE *f = fopen("/proc/cpuinfo", "r");

    snprintf(out, size, "unknown processor");
    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        char *value = strstr(line, ": ");
        if (strncmp(line, "model name", 10) == 0 && value != NULL) {
            value[strcspn(value, "\n")] = '\0';
            snprintf(out, size, "%s", value + 2);
            break;
        }
    }
    if (f != NULL) {
        fclose(f);
    }
}

static void
print_head(const dna_bench_options *o, FILE *out)
{
    char name[128];

    processor_name(name, sizeof(name));
    fprintf(out, "dnadna %s, %s, %d thread%s of %d processor%s\n\n", DNA_VERSION, name,
        o->n_thread, DNA_PLURAL(o->n_thread), dna_cpu_count(),
        DNA_PLURAL(dna_cpu_count()));
    fprintf(out, "%-20s %-9s %-8s %12s %19s %9s   %s\n", "case", "precision", "kernels",
        "per second", "range", "peak MiB", "PyTorch");
}

static void
print_row(const measurement *m, FILE *out)
{
    char range[64];

    snprintf(range, sizeof(range), "%.4g..%.4g", m->ours.rate[0],
        m->ours.rate[m->ours.n - 1]);
    fprintf(out, "%-20s %-9s %-8s %12.5g %19s %9lld", m->c->name, m->c->precision,
        m->ours.engine, median(&m->ours), range, (long long)m->ours.peak_mib);
    if (m->has_peer) {
        fprintf(out, "   %.5g (%.4g..%.4g), %lld MiB: ratio %.2f", median(&m->peer),
            m->peer.rate[0], m->peer.rate[m->peer.n - 1], (long long)m->peer.peak_mib,
            median(&m->ours) / median(&m->peer));
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
row_value(dna_value **out, dna_arena *a, const measurement *m, int n_thread)
{
    dna_value *row = dna_value_map(a);
    int rc = DNA_OK;

    if (row == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(put(a, row, "name", dna_value_string(a, m->c->name)));
    DNA_TRY(put(a, row, "precision", dna_value_string(a, m->c->precision)));
    DNA_TRY(put(a, row, "threads", dna_value_int(a, m->c->has_peer ? n_thread : 1)));
    DNA_TRY(put(a, row, "kernels", dna_value_string(a, m->ours.engine)));
    DNA_TRY(put(a, row, "samples_per_s", dna_value_float(a, median(&m->ours))));
    DNA_TRY(put(a, row, "min", dna_value_float(a, m->ours.rate[0])));
    DNA_TRY(put(a, row, "max", dna_value_float(a, m->ours.rate[m->ours.n - 1])));
    DNA_TRY(put(a, row, "peak_mib", dna_value_int(a, m->ours.peak_mib)));
    if (m->has_peer) {
        DNA_TRY(put(a, row, "peer", dna_value_string(a, m->peer.engine)));
        DNA_TRY(
            put(a, row, "peer_samples_per_s", dna_value_float(a, median(&m->peer))));
        DNA_TRY(put(a, row, "peer_peak_mib", dna_value_int(a, m->peer.peak_mib)));
        DNA_TRY(put(
            a, row, "ratio", dna_value_float(a, median(&m->ours) / median(&m->peer))));
    }
    *out = row;
out:
    return rc;
}

static int
print_json(const measurement *all, int64_t n, const dna_bench_options *o, FILE *out)
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
    processor_name(name, sizeof(name));
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

/* ---- the command ----------------------------------------------------------------- */

static int
choose(measurement *all, int64_t *n, const dna_bench_options *o)
{
    const char *names[DNA_COUNT(cases)];
    int rc = DNA_OK;

    *n = 0;
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        names[i] = cases[i].name;
        bool is_wanted = o->n_case == 0;
        for (int64_t k = 0; k < o->n_case; k++) {
            is_wanted = is_wanted || strcmp(o->cases[k], names[i]) == 0;
        }
        if (is_wanted) {
            all[(*n)++].c = &cases[i];
        }
    }
    for (int64_t k = 0; k < o->n_case; k++) {
        bool is_known = false;
        for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
            is_known = is_known || strcmp(o->cases[k], names[i]) == 0;
        }
        const char *nearest = dna_nearest_name(o->cases[k], names, DNA_COUNT(cases));
        DNA_REQUIRE(is_known, DNA_ENOTFOUND, "there is no case \"%s\"%s%s%s",
            o->cases[k], nearest != NULL ? "; did you mean \"" : ", --list shows them",
            nearest != NULL ? nearest : "", nearest != NULL ? "\"" : "");
    }
out:
    return rc;
}

void
dna_run_bench_list(FILE *out)
{
    for (int64_t i = 0; i < DNA_COUNT(cases); i++) {
        fprintf(out, "%-20s %s\n", cases[i].name, cases[i].doc);
    }
}

int
dna_run_bench(const dna_bench_options *options, FILE *out)
{
    dna_bench_options o = *options;
    measurement *all = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    o.n_thread = o.n_thread > 0 ? o.n_thread : dna_cpu_count();
    o.seconds = o.seconds > 0 ? o.seconds : 1.0;
    if (o.python != NULL && !dna_path_exists(o.python)) {
        o.python = NULL;
    }
    DNA_NEW(all, DNA_COUNT(cases));
    DNA_TRY(choose(all, &n, &o));
    if (!o.is_json) {
        print_head(&o, out);
    }
    bool has_peer = false;
    for (int64_t i = 0; i < n; i++) {
        DNA_TRY(measure(&all[i], &o));
        has_peer = has_peer || all[i].has_peer;
        if (!o.is_json) {
            print_row(&all[i], out);
        }
        if (o.progress != NULL) {
            dna_progress p = {.what = "measuring", .done = i + 1, .total = n};
            o.progress(o.payload, &p);
        }
    }
    if (o.is_json) {
        DNA_TRY(print_json(all, n, &o, out));
    } else if (!has_peer) {
        fputs("\nPyTorch is not installed (python3-torch): no ratios\n", out);
    }
out:
    dna_free(all);
    return rc;
}
