/* place.c - where a value is: file and line, or the option that gave it, for messages.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "config/schema.h"

static void
put_file(dna_str *s, const char *file, int line)
{
    const char *shown = file;
    char *cwd = file[0] == '/' ? dna_path_absolute(".") : NULL;
    size_t n = cwd != NULL ? strlen(cwd) : 0;
    if (n > 1 && strncmp(file, cwd, n) == 0 && file[n] == '/') {
        shown = file + n + 1;
    }
    dna_str_add(s, shown);
    dna_free(cwd);
    if (line > 0) {
        dna_str_addf(s, ":%d", line);
    }
}

void
dna_config_origin(dna_str *out, const dna_value *value)
{
    if (value->option != NULL) {
        dna_str_add(out, value->option);
    } else if (value->file != NULL) {
        put_file(out, value->file, value->line);
    }
}

/* "dir/file.yml:12: dotted: ", as far as each is known; "--set dotted: " for what the
 * command line gave, and "--set a: a.b: " for what lies within it. */
static void
put_place(dna_str *s, const dna_value *v, int line, const char *dotted)
{
    bool is_option = v != NULL && v->option != NULL;

    if (is_option) {
        dna_str_addf(s, "%s: ", v->option);
        dotted = dotted != NULL && dna_str_ends_with(v->option, dotted) ? "" : dotted;
    } else if (v != NULL && v->file != NULL) {
        put_file(s, v->file, line);
        dna_str_add(s, ": ");
    }
    if (dotted != NULL && dotted[0] != '\0') {
        dna_str_add(s, dotted);
        dna_str_add(s, ": ");
    }
}

int
dna_config_fail(
    int code, const dna_value *value, const char *dotted, const char *fmt, ...)
{
    char text[1024];
    dna_str place;
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    dna_str_init(&place, 8192);
    put_place(&place, value, value != NULL ? value->line : 0, dotted);
    code = dna_fail(code, "%s%s", dna_str_text(&place), text);
    dna_str_clear(&place);
    return code;
}

void
dna_config_warn_line(dna_log *log, const dna_value *value, int line, const char *dotted,
    const char *text)
{
    dna_str place;
    dna_str_init(&place, 8192);
    put_place(&place, value, line, dotted);
    dna_log_write(log, DNA_LOG_WARNING, "%s%s", dna_str_text(&place), text);
    dna_str_clear(&place);
}

void
dna_config_warn(
    dna_log *log, const dna_value *value, const char *dotted, const char *fmt, ...)
{
    char text[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    dna_config_warn_line(log, value, value != NULL ? value->line : 0, dotted, text);
}

const char *
dna_config_join(dna_arena *arena, const char *parent, const char *key)
{
    return parent[0] == '\0' ? dna_arena_strdup(arena, key)
                             : dna_arena_printf(arena, "%s.%s", parent, key);
}
