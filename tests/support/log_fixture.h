/* log_fixture.h - an arena and a log for each test; `lines` holds what was logged.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_TESTS_LOG_FIXTURE_H
#define DNA_TESTS_LOG_FIXTURE_H

#include <string.h>

#include "base/arena.h"
#include "dnadna/log.h"
#include "support/support.h"

static dna_arena *arena;
static dna_log *log_;
static char lines[8192];

static void
keep_line(void *payload, dna_log_level level, const char *text)
{
    (void)payload;
    (void)level;
    strncat(lines, text, sizeof(lines) - strlen(lines) - 2);
    strcat(lines, "\n");
}

static int
begin(void **state)
{
    (void)state;
    lines[0] = '\0';
    return dna_arena_new(&arena) == DNA_OK && dna_log_new(&log_, DNA_LOG_INFO) == DNA_OK
                   && dna_log_add_callback(log_, keep_line, NULL) == DNA_OK
               ? 0
               : -1;
}

static int
end(void **state)
{
    (void)state;
    dna_log_free(log_);
    dna_arena_free(arena);
    log_ = NULL;
    arena = NULL;
    return 0;
}

#endif
