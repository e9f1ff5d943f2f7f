/* bench_measure.c - windows of time, a process for each case, the peer in turn.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "run/bench_data.h"
#include "run/settings.h"

#define ROUNDS  2 /* ours and the peer's in turn */
#define WINDOWS 3 /* of each round */

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

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double
dna_bench_median(const dna_bench_rates *r)
{
    return r->n % 2 == 1 ? r->rate[r->n / 2]
                         : 0.5 * (r->rate[r->n / 2 - 1] + r->rate[r->n / 2]);
}

static void
sort_rates(dna_bench_rates *r)
{
    qsort(r->rate, (size_t)r->n, sizeof(r->rate[0]), compare);
}

/* Join the windows of a round to those before. */
static void
add_round(dna_bench_rates *all, const dna_bench_rates *round)
{
    for (int i = 0; i < round->n && all->n < DNA_BENCH_WINDOWS_MAX; i++) {
        all->rate[all->n++] = round->rate[i];
    }
    all->peak_mib = DNA_MAX(all->peak_mib, round->peak_mib);
    all->n_param = round->n_param;
    memcpy(all->engine, round->engine, sizeof(all->engine));
}

/* Ours and the peer's rounds, unsorted. */
static int
run_rounds(dna_bench_result *m, const dna_bench_options *o)
{
    bool is_peer_wanted = m->c->has_peer && o->python != NULL;
    int rc = DNA_OK;

    for (int round = 0; round < ROUNDS; round++) {
        dna_bench_rates r = {0}, peer = {0};
        DNA_REQUIRE(
            o->stop == NULL || *o->stop == 0, DNA_ECANCEL, "stopped on request");
        DNA_TRY(run_isolated(m->c, o, &r));
        add_round(&m->ours, &r);
        if (!is_peer_wanted) {
            continue;
        }
        rc = dna_bench_peer(m->c, o, WINDOWS, &peer);
        if (rc == DNA_ENOTFOUND) { /* said by the caller, once */
            rc = DNA_OK;
            is_peer_wanted = false;
            continue;
        }
        DNA_TRY(rc);
        DNA_REQUIRE(peer.n_param == m->ours.n_param, DNA_EBACKEND,
            "%s: %lld parameters here, %lld in PyTorch: not the same network",
            m->c->name, (long long)m->ours.n_param, (long long)peer.n_param);
        add_round(&m->peer, &peer);
        m->has_peer = true;
    }
out:
    return rc;
}

int
dna_bench_measure(dna_bench_result *m, const dna_bench_options *options)
{
    dna_bench_options o = *options;
    char *folder = NULL;
    int rc = DNA_OK;

    if (m->c->files != DNA_BENCH_NO_FILES) {
        DNA_TRY(dna_temp_dir_new(&folder, o.temp_dir));
        o.temp_dir = folder;
        DNA_TRY(dna_bench_data_write(folder, m->c->files, &o));
    }
    DNA_TRY(run_rounds(m, &o));
    sort_rates(&m->ours);
    sort_rates(&m->peer);
out:
    dna_temp_dir_remove(folder);
    dna_free(folder);
    return rc;
}
