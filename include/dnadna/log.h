/* log.h - messages on the way, for people.
 *
 * SPDX-License-Identifier: MIT
 *
 * A log is a level and up to four sinks: the terminal, a log file, a callback. The
 * library never prints by itself: functions that have something to tell take a log, and
 * NULL is a silent one. Lines have the form of the original program:
 *
 *     2026-11-22 17:44:46;     INFO;  text
 *
 * A callback gets the text alone. Threads: a log may be used by several at once.
 */
#ifndef DNA_LOG_H
#define DNA_LOG_H

#include <stdbool.h>
#include <stdio.h>

#include "dnadna/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    DNA_LOG_DEBUG,
    DNA_LOG_INFO,
    DNA_LOG_WARNING,
    DNA_LOG_ERROR,
    DNA_LOG_CRITICAL
} dna_log_level;

typedef struct dna_log dna_log;

DNA_API int dna_log_new(dna_log **out, dna_log_level level) DNA_MUST_CHECK;
DNA_API void dna_log_free(dna_log *log);
/** Keeps: stream, until the log is freed. is_colored marks warnings and errors. */
DNA_API int dna_log_add_stream(
    dna_log *log, FILE *stream, bool is_colored) DNA_MUST_CHECK;
/** Append to a file; closed by dna_log_free(). A line that cannot be written (a full
 * disk) is lost; the other sinks are told so once, as a warning. */
DNA_API int dna_log_add_file(dna_log *log, const char *path) DNA_MUST_CHECK;
DNA_API int dna_log_add_callback(dna_log *log,
    void (*line)(void *payload, dna_log_level level, const char *text),
    void *payload) DNA_MUST_CHECK;
DNA_API bool dna_log_is_on(const dna_log *log, dna_log_level level);
DNA_API void dna_log_write(dna_log *log, dna_log_level level, const char *fmt, ...)
    DNA_PRINTF(3, 4);

#define dna_log_debug(log, ...)   dna_log_write((log), DNA_LOG_DEBUG, __VA_ARGS__)
#define dna_log_info(log, ...)    dna_log_write((log), DNA_LOG_INFO, __VA_ARGS__)
#define dna_log_warning(log, ...) dna_log_write((log), DNA_LOG_WARNING, __VA_ARGS__)
#define dna_log_error(log, ...)   dna_log_write((log), DNA_LOG_ERROR, __VA_ARGS__)

/** "DEBUG" ... "CRITICAL", any case; -1 if unknown. */
DNA_API int dna_log_level_from_name(const char *name);

#ifdef __cplusplus
}
#endif
#endif
