/* opt_help.c - usage and help texts of command lines that are described as data.
 *
 * SPDX-License-Identifier: MIT
 */
#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "cli/opt.h"

#define WIDTH  80
#define COLUMN 28 /* where descriptions begin */

void
dna_wrap(FILE *out, const char *text, int at, int indent)
{
    bool is_first = true;

    while (*text != '\0') {
        if (*text == '\n') { /* a new paragraph */
            fputs("\n", out);
            at = 0;
            is_first = true;
            text++;
            continue;
        }
        int n = (int)strcspn(text, " \n");
        if (is_first) {
            fprintf(out, "%*s", DNA_MAX(indent - at, 0), "");
            at = DNA_MAX(indent, at);
        } else if (at + 1 + n > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            at = indent;
        } else {
            fputc(' ', out);
            at++;
        }
        is_first = false;
        fprintf(out, "%.*s", n, text);
        at += n;
        text += n;
        text += strspn(text, " ");
    }
    fputs("\n", out);
}

void
dna_opt_value_name(char *buf, size_t size, const dna_opt *o)
{
    snprintf(buf, size, "%s", o->metavar != NULL ? o->metavar : o->name);
    for (char *c = buf; o->metavar == NULL && *c != '\0'; c++) {
        *c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
    }
}

static int
put_usage_part(FILE *out, int at, int indent, const char *part)
{
    int n = (int)strlen(part);
    if (at + 1 + n > WIDTH) {
        fprintf(out, "\n%*s", indent, "");
        at = indent - 1;
    } else {
        fputc(' ', out);
    }
    fputs(part, out);
    return at + 1 + n;
}

static int
usage_options(const dna_opt_spec *spec, FILE *out, int at, int indent)
{
    char part[192], name[64], dash[80];

    for (int t = 0; t < OPT_MAX_TABLE && spec->opts[t] != NULL; t++) {
        for (const dna_opt *o = spec->opts[t]; o->name != NULL; o++) {
            if (o->is_hidden) {
                continue;
            }
            dna_opt_value_name(name, sizeof(name), o);
            if (o->letter != 0) {
                snprintf(dash, sizeof(dash), "-%c", o->letter);
            } else {
                snprintf(dash, sizeof(dash), "--%s", o->name);
            }
            if (o->kind == OPT_FLAG) {
                snprintf(part, sizeof(part), "[%s]", dash);
            } else {
                snprintf(part, sizeof(part), "[%s %s]%s", dash, name,
                    o->kind == OPT_LIST ? "..." : "");
            }
            at = put_usage_part(out, at, indent, part);
        }
    }
    return at;
}

void
dna_opt_usage(const dna_opt_spec *spec, FILE *out)
{
    int at = fprintf(out, "usage: %s", spec->name);
    int indent = DNA_MIN(at + 1, 24);
    char part[128];

    if (spec->is_group) {
        fputs(" [-h] [COMMAND]\n", out);
        return;
    }
    at = usage_options(spec, out, at, indent);
    for (const dna_arg *a = spec->args; a != NULL && a->name != NULL; a++) {
        snprintf(part, sizeof(part), "%s%s%s%s", a->is_optional ? "[" : "", a->name,
            a->is_optional ? "]" : "", a->is_repeated ? "..." : "");
        at = put_usage_part(out, at, indent, part);
    }
    fputs("\n", out);
}

static void
help_row(FILE *out, const char *left, const char *doc)
{
    int at = fprintf(out, "  %s", left);
    if (at >= COLUMN) {
        fputs("\n", out);
        at = 0;
    }
    dna_wrap(out, doc, at, COLUMN);
}

static void
help_option(FILE *out, const dna_opt *o)
{
    char left[192], name[64];
    size_t n = 0;

    dna_opt_value_name(name, sizeof(name), o);
    if (o->letter != 0) {
        n = (size_t)snprintf(left, sizeof(left), "-%c, ", o->letter);
    }
    if (o->kind == OPT_FLAG) {
        snprintf(left + n, sizeof(left) - n, "--%s", o->name);
    } else {
        snprintf(left + n, sizeof(left) - n, "--%s %s", o->name, name);
    }
    help_row(out, left, o->doc);
}

/* Lines of a shell, after a prompt; what continues a line is not prompted. */
static void
help_example(FILE *out, const char *example)
{
    bool is_continued = false;

    fputs("\nexample:\n", out);
    while (*example != '\0') {
        int n = (int)strcspn(example, "\n");
        fprintf(out, "  %s%.*s\n", is_continued ? "  " : "$ ", n, example);
        is_continued = n > 0 && example[n - 1] == '\\';
        example += n + (example[n] == '\n');
    }
}

void
dna_opt_help(const dna_opt_spec *spec, FILE *out)
{
    const char *theme = "options";
    const dna_opt *o = NULL;

    dna_wrap(out, spec->doc, 0, 0);
    if (spec->example != NULL) {
        help_example(out, spec->example);
    }
    fputs("\n", out);
    dna_opt_usage(spec, out);
    if (spec->args != NULL) {
        fputs("\narguments:\n", out);
    }
    for (const dna_arg *a = spec->args; a != NULL && a->name != NULL; a++) {
        help_row(out, a->name, a->doc);
    }
    for (int i = 0; (o = dna_opt_at(spec, i)) != NULL; i++) {
        if (o->theme != NULL || i == 0) {
            theme = o->theme != NULL ? o->theme : theme;
            fprintf(out, "\n%s:\n", theme);
        }
        if (!o->is_hidden) {
            help_option(out, o);
        }
    }
}
