/* log.c - one line to several places.
 *
 * SPDX-License-Identifier: MIT
 */
#include "dnadna/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"

#define MOST_SINKS 4

typedef struct {
    FILE *stream; /* NULL: a callback */
    bool is_owned, is_colored;
    char *path;      /* of a file, to tell when it fails; else NULL */
    bool has_failed; /* which was told */
    void (*line)(void *payload, dna_log_level level, const char *text);
    void *payload;
} sink;

struct dna_log {
    dna_log_level level;
    pthread_mutex_t lock;
    int n_sink;
    sink sinks[MOST_SINKS];
};

static const char *const level_names[] = {
    "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};

int
dna_log_new(dna_log **out, dna_log_level level)
{
    dna_log *log = dna_calloc(1, sizeof(*log));
    if (log == NULL) {
        return DNA_ENOMEM;
    }
    log->level = level;
    pthread_mutex_init(&log->lock, NULL);
    *out = log;
    return DNA_OK;
}

void
dna_log_free(dna_log *log)
{
    if (log == NULL) {
        return;
    }
    for (int i = 0; i < log->n_sink; i++) {
        if (log->sinks[i].is_owned) {
            fclose(log->sinks[i].stream);
        }
        dna_free(log->sinks[i].path);
    }
    pthread_mutex_destroy(&log->lock);
    dna_free(log);
}

static int
add(dna_log *log, sink s)
{
    int rc = DNA_OK;
    pthread_mutex_lock(&log->lock);
    if (log->n_sink == MOST_SINKS) {
        rc = dna_fail(DNA_EARG, "a log has at most %d sinks", MOST_SINKS);
    } else {
        log->sinks[log->n_sink++] = s;
    }
    pthread_mutex_unlock(&log->lock);
    return rc;
}

int
dna_log_add_stream(dna_log *log, FILE *stream, bool is_colored)
{
    sink s = {.stream = stream, .is_colored = is_colored};
    return add(log, s);
}

int
dna_log_add_file(dna_log *log, const char *path)
{
    sink s = {.is_owned = true};
    int rc = DNA_OK;

    s.path = dna_strdup(path);
    if (s.path == NULL) {
        return DNA_ENOMEM;
    }
    s.stream = fopen(path, "a");
    if (s.stream == NULL) {
        rc = dna_path_fail(path, errno);
        goto out;
    }
    rc = add(log, s);
out:
    if (rc < 0) {
        if (s.stream != NULL) {
            fclose(s.stream);
        }
        dna_free(s.path);
    }
    return rc;
}

int
dna_log_add_callback(dna_log *log,
    void (*line)(void *payload, dna_log_level level, const char *text), void *payload)
{
    sink s = {.line = line, .payload = payload};
    return add(log, s);
}

bool
dna_log_is_on(const dna_log *log, dna_log_level level)
{
    return log != NULL && level >= log->level;
}

/* Names from files may hold escape sequences: only line ends and tabs pass. */
static void
make_printable(char *text)
{
    for (char *p = text; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
            *p = ' ';
        }
    }
}

/* Whether the line is out, as far as one can know; else errno says why. */
static bool
write_to(const sink *s, dna_log_level level, const char *when, const char *text)
{
    static const char *const colors[] = {
        "\033[2m", "", "\033[33m", "\033[31m", "\033[1;31m"};
    if (s->stream == NULL) {
        s->line(s->payload, level, text);
        return true;
    }
    const char *color = s->is_colored ? colors[level] : "";
    int n = fprintf(s->stream, "%s%s; %8s;  %s%s\n", color, when, level_names[level],
        text, color[0] != '\0' ? "\033[0m" : "");
    return fflush(s->stream) == 0 && n >= 0;
}

/* With the lock held. A full disk does not stop the work; it is told once a file, to
 * those who still hear. */
static void
write_line(dna_log *log, dna_log_level level, const char *when, const char *text)
{
    char warning[512];

    for (int i = 0; i < log->n_sink; i++) {
        sink *s = &log->sinks[i];
        errno = 0;
        if (write_to(s, level, when, text) || s->path == NULL || s->has_failed) {
            continue;
        }
        s->has_failed = true;
        snprintf(warning, sizeof(warning), "%s: %s: this log file lacks lines", s->path,
            errno != 0 ? strerror(errno) : "it cannot be written");
        for (int k = 0; k < log->n_sink; k++) {
            if (!log->sinks[k].has_failed) {
                (void)write_to(&log->sinks[k], DNA_LOG_WARNING, when, warning);
            }
        }
    }
}

void
dna_log_write(dna_log *log, dna_log_level level, const char *fmt, ...)
{
    char buffer[1024];
    char when[32] = "";
    char *text = buffer;
    char *heap = NULL;
    va_list args, again;
    if (!dna_log_is_on(log, level)) {
        return;
    }
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(buffer, sizeof(buffer), fmt, args);
    va_end(args);
    if (n >= (int)sizeof(buffer)) {
        heap = dna_malloc((size_t)n + 1);
        if (heap != NULL) { /* else the first kilobyte has to do */
            vsnprintf(heap, (size_t)n + 1, fmt, again);
            text = heap;
        }
    }
    va_end(again);
    if (n >= 0) {
        make_printable(text);
        time_t now = time(NULL);
        struct tm local;
        if (localtime_r(&now, &local) != NULL) {
            strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &local);
        }
        pthread_mutex_lock(&log->lock);
        write_line(log, level, when, text);
        pthread_mutex_unlock(&log->lock);
    }
    dna_free(heap);
}

int
dna_log_level_from_name(const char *name)
{
    for (int i = 0; i < (int)DNA_COUNT(level_names); i++) {
        if (dna_str_equal_nocase(name, level_names[i])) {
            return i;
        }
    }
    return -1;
}
