/* console.c - the terminal: log lines, a progress bar, signals.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cli/console.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BAR_WIDTH    24
#define BAR_INTERVAL 0.1 /* seconds */

/* One terminal, one process: the only state of the program that is not passed around.
 */
static struct {
    bool is_drawn;
    double last;
} bar;
static volatile int caught_signal;

static void
erase_bar(void)
{
    if (bar.is_drawn) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        bar.is_drawn = false;
    }
}

void
dna_console_finish(void)
{
    erase_bar();
}

/* The first sink: makes room for the line that the next one writes. */
static void
before_line(void *payload, dna_log_level level, const char *text)
{
    (void)payload;
    (void)level;
    (void)text;
    erase_bar();
}

static void
plain_line(void *payload, dna_log_level level, const char *text)
{
    (void)payload;
    const char *mark = level >= DNA_LOG_ERROR     ? "error: "
                       : level == DNA_LOG_WARNING ? "warning: "
                                                  : "";
    fprintf(stderr, "%s%s\n", mark, text);
}

int
dna_console_log(dna_log **out, const dna_common *common, bool is_plain)
{
    dna_log *log = NULL;
    int level = DNA_LOG_INFO;
    int rc = DNA_OK;

    if (common->log_level != NULL) {
        level = dna_log_level_from_name(common->log_level);
    }
    if (common->debug) {
        level = DNA_LOG_DEBUG;
    }
    DNA_TRY(dna_log_new(&log, (dna_log_level)level));
    if (is_plain) {
        DNA_TRY(dna_log_add_callback(log, plain_line, NULL));
    } else {
        bool is_colored =
            isatty(STDERR_FILENO) == 1 && !common->log_nc && getenv("NO_COLOR") == NULL;
        DNA_TRY(dna_log_add_callback(log, before_line, NULL));
        DNA_TRY(dna_log_add_stream(log, stderr, is_colored));
    }
    *out = log;
    log = NULL;
out:
    dna_log_free(log);
    return rc;
}

static double
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void
dna_console_progress(void *payload, const dna_progress *p)
{
    (void)payload;
    double time = now();
    bool is_last = p->total > 0 && p->done >= p->total;
    if (isatty(STDERR_FILENO) != 1 || (!is_last && time - bar.last < BAR_INTERVAL)) {
        return;
    }
    bar.last = time;
    if (p->total == 0) { /* nobody knows the end */
        fprintf(stderr, "\r\033[K%s: %lld, %.4g/s", p->what, (long long)p->done,
            p->per_second);
        fflush(stderr);
        bar.is_drawn = true;
        return;
    }
    double share = fmin((double)p->done / (double)p->total, 1.0);
    int filled = (int)(share * BAR_WIDTH);
    long left = (long)fmin(ceil(p->seconds_left), 359999.0);
    fprintf(stderr, "\r\033[K%s %3d%% [", p->what, (int)(share * 100.0));
    for (int i = 0; i < BAR_WIDTH; i++) {
        fputc(i < filled ? '#' : ' ', stderr);
    }
    fprintf(stderr, "] %lld/%lld, %.4g/s, %ld:%02ld:%02ld left", (long long)p->done,
        (long long)p->total, p->per_second, left / 3600, left / 60 % 60, left % 60);
    fflush(stderr);
    bar.is_drawn = true;
}

static void
on_signal(int number)
{
    caught_signal = number;
}

const volatile int *
dna_console_catch_signals(void)
{
    struct sigaction action = {
        .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return &caught_signal;
}

void
dna_console_ignore_limits(void)
{
    struct sigaction action = {.sa_handler = SIG_IGN};
    sigemptyset(&action.sa_mask);
    sigaction(SIGXFSZ, &action, NULL);
}
