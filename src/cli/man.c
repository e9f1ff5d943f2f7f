/* man.c - the manual pages, from the tables that parse the command lines.
 *
 * SPDX-License-Identifier: MIT
 */
#include "cli/man.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "dnadna/dnadna.h"

/* "dnadna train" -> "dnadna-train", "DNADNA-TRAIN". */
static void
page_name(char *buf, size_t size, const dna_command *command, bool is_upper)
{
    snprintf(buf, size, "%s", command->spec->name);
    for (char *c = buf; *c != '\0'; c++) {
        *c = *c == ' ' ? '-' : *c;
        *c = is_upper ? (char)toupper((unsigned char)*c) : *c;
    }
}

/* Text in which nothing is a request, an escape or a typographic hyphen. */
static void
put(dna_str *s, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool is_first = i == 0 || text[i - 1] == '\n';
        if (is_first && (text[i] == '.' || text[i] == '\'')) {
            dna_str_add(s, "\\&");
        }
        if (text[i] == '\\') {
            dna_str_add(s, "\\e");
        } else if (text[i] == '-') {
            dna_str_add(s, "\\-");
        } else if (text[i] == '\n') {
            dna_str_add(s, "\n.PP\n");
        } else {
            dna_str_addc(s, text[i]);
        }
    }
}

static void
put_text(dna_str *s, const char *text)
{
    put(s, text, strlen(text));
}

static void
put_head(dna_str *s, const dna_command *command)
{
    char name[64];

    page_name(name, sizeof(name), command, true);
    dna_str_addf(s, ".TH %s 1 \"\" \"dnadna %s\" \"dnadna manual\"\n.SH NAME\n", name,
        DNA_VERSION);
    page_name(name, sizeof(name), command, false);
    put_text(s, name);
    dna_str_add(s, " \\- ");
    put_text(s, command->summary);
    dna_str_add(s, "\n.SH SYNOPSIS\n.B ");
    put_text(s, command->spec->name);
    dna_str_add(s, command->commands != NULL ? "\n[\\fICOMMAND\\fR] ...\n"
                                             : "\n[\\fIOPTION\\fR]...\n");
    for (const dna_arg *a = command->spec->args; a != NULL && a->name != NULL; a++) {
        dna_str_add(s, a->is_optional ? "[\\fI" : "\\fI");
        put_text(s, a->name);
        dna_str_addf(
            s, "\\fR%s%s\n", a->is_optional ? "]" : "", a->is_repeated ? "..." : "");
    }
}

static void
put_example(dna_str *s, const char *example)
{
    dna_str_add(s, ".SH EXAMPLE\n.nf\n");
    while (*example != '\0') {
        size_t n = strcspn(example, "\n");
        put(s, example, n);
        dna_str_addc(s, '\n');
        example += n + (example[n] == '\n');
    }
    dna_str_add(s, ".fi\n");
}

static void
put_option(dna_str *s, const dna_opt *o)
{
    char name[64];

    dna_str_add(s, ".TP\n");
    if (o->letter != 0) {
        dna_str_addf(s, "\\fB\\-%c\\fR, ", o->letter);
    }
    dna_str_add(s, "\\fB\\-\\-");
    put_text(s, o->name);
    dna_str_add(s, "\\fR");
    if (o->kind != OPT_FLAG) {
        dna_opt_value_name(name, sizeof(name), o);
        dna_str_add(s, " \\fI");
        put_text(s, name);
        dna_str_add(s, "\\fR");
    }
    dna_str_addc(s, '\n');
    put_text(s, o->doc);
    dna_str_addc(s, '\n');
}

static void
put_options(dna_str *s, const dna_opt_spec *spec)
{
    const dna_opt *o = NULL;

    dna_str_add(s, ".SH OPTIONS\n");
    for (int i = 0; (o = dna_opt_at(spec, i)) != NULL; i++) {
        if (o->theme != NULL) {
            dna_str_add(s, ".SS ");
            put_text(s, o->theme);
            dna_str_addc(s, '\n');
        }
        if (!o->is_hidden) {
            put_option(s, o);
        }
    }
}

static void
put_commands(dna_str *s, const dna_command *command)
{
    dna_str_add(s, ".SH COMMANDS\n");
    for (int i = 0; command->commands[i] != NULL; i++) {
        const dna_command *c = command->commands[i];
        char name[64];
        page_name(name, sizeof(name), c, false);
        dna_str_add(s, ".TP\n.BR ");
        put_text(s, name);
        dna_str_add(s, " (1)\n");
        put_text(s, c->summary);
        dna_str_addc(s, '\n');
    }
}

static void
put_page(dna_str *s, const dna_command *command)
{
    const dna_opt_spec *spec = command->spec;

    put_head(s, command);
    if (spec->example != NULL) {
        put_example(s, spec->example);
    }
    dna_str_add(s, ".SH DESCRIPTION\n");
    put_text(s, spec->doc);
    dna_str_addc(s, '\n');
    if (spec->args != NULL) {
        dna_str_add(s, ".SH ARGUMENTS\n");
    }
    for (const dna_arg *a = spec->args; a != NULL && a->name != NULL; a++) {
        dna_str_addf(s, ".TP\n.I %s\n", a->name);
        put_text(s, a->doc);
        dna_str_addc(s, '\n');
    }
    if (command->commands != NULL) {
        put_commands(s, command);
    }
    put_options(s, spec);
    if (strcmp(spec->name, "dnadna") != 0) {
        dna_str_add(s, ".SH SEE ALSO\n.BR dnadna (1)\n");
    }
}

void
dna_man_write(const dna_command *command, FILE *out)
{
    dna_str page;

    dna_str_init(&page, 0);
    put_page(&page, command);
    fputs(dna_str_text(&page), out);
    dna_str_clear(&page);
}

static int
write_page(const dna_command *command, const char *folder)
{
    char name[80];
    char *path = NULL;
    dna_str page;
    int rc = DNA_OK;

    dna_str_init(&page, 0);
    page_name(name, sizeof(name) - 2, command, false);
    strcat(name, ".1");
    path = dna_path_join(folder, name);
    DNA_REQUIRE(path != NULL, DNA_ENOMEM, "out of memory");
    put_page(&page, command);
    DNA_TRY(dna_str_status(&page));
    DNA_TRY(dna_atomic_write(path, dna_str_text(&page), page.len));
out:
    dna_free(path);
    dna_str_clear(&page);
    return rc;
}

int
dna_man_write_all(const dna_command *command, const char *folder)
{
    int rc = DNA_OK;

    DNA_TRY(dna_path_make_dirs(folder));
    DNA_TRY(write_page(command, folder));
    for (int i = 0; command->commands != NULL && command->commands[i] != NULL; i++) {
        DNA_TRY(dna_man_write_all(command->commands[i], folder));
    }
out:
    return rc;
}
