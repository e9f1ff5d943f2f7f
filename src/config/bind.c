/* bind.c - store checked settings into structs, find rows, and print tables as help.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "config/schema.h"

#define HELP_WIDTH 80

static void
bind_one(char *to, const dna_field *f, const dna_value *v)
{
    int flag = -1;
    int64_t integer = DNA_NULL_INT;
    double number = (double)NAN;
    const char *text = NULL;
    bool is_true = false;

    switch (f->kind) {
    case DNA_KIND_BOOL:
        if (v != NULL && dna_value_as_bool(v, &is_true)) {
            flag = is_true;
        }
        memcpy(to, &flag, sizeof(flag));
        break;
    case DNA_KIND_INT:
        if (v != NULL && !dna_value_as_int(v, &integer)) {
            integer = DNA_NULL_INT;
        }
        memcpy(to, &integer, sizeof(integer));
        break;
    case DNA_KIND_FLOAT:
        if (v != NULL && !dna_value_as_double(v, &number)) {
            number = (double)NAN;
        }
        memcpy(to, &number, sizeof(number));
        break;
    case DNA_KIND_STRING:
    case DNA_KIND_PATH:
    case DNA_KIND_CHOICE:
        if (!dna_value_is_null(v)) {
            text = dna_value_as_text(v);
        }
        memcpy(to, &text, sizeof(text));
        break;
    case DNA_KIND_LIST_FLOAT:
        for (int64_t i = 0; i < f->n_item; i++) {
            bool has_item = v != NULL && v->type == DNA_LIST && i < v->n;
            if (!has_item || !dna_value_as_double(v->items[i], &number)) {
                number = (double)NAN;
            }
            memcpy(to + (size_t)i * sizeof(number), &number, sizeof(number));
        }
        break;
    case DNA_KIND_LIST:
    case DNA_KIND_MAP:
    case DNA_KIND_NAMED:
    case DNA_KIND_ANY:
        break; /* read by their owner */
    }
}

void
dna_config_bind(const dna_value *value, const dna_field *fields, void *opts)
{
    for (const dna_field *f = fields; f != NULL && f->key != NULL; f++) {
        if (!f->is_deprecated) {
            bind_one((char *)opts + f->offset, f, dna_value_get(value, f->key));
        }
    }
}

const dna_field *
dna_field_find(const dna_field *fields, const char *dotted)
{
    while (fields != NULL) {
        size_t n = strcspn(dotted, ".");
        const dna_field *f = fields;
        while (
            f->key != NULL && (strncmp(f->key, dotted, n) != 0 || f->key[n] != '\0')) {
            f++;
        }
        if (f->key == NULL) {
            return NULL;
        }
        if (dotted[n] == '\0') {
            return f;
        }
        fields = f->kind == DNA_KIND_MAP ? f->fields : NULL;
        dotted += n + 1;
    }
    return NULL;
}

static void
put_range(dna_str *out, const dna_field *f, const char *unit)
{
    if (f->has_min && f->has_max && f->min == f->max) {
        dna_str_addf(out, ", %.10g%s", f->min, unit);
        return;
    }
    if (f->has_min) {
        dna_str_addf(
            out, ", %s %.10g%s", f->is_min_open ? "above" : "at least", f->min, unit);
    }
    if (f->has_max) {
        dna_str_addf(
            out, ", %s %.10g%s", f->is_max_open ? "below" : "at most", f->max, unit);
    }
}

static void
put_kind(dna_str *out, const dna_field *f)
{
    switch (f->kind) {
    case DNA_KIND_BOOL:
        dna_str_add(out, "flag");
        break;
    case DNA_KIND_INT:
        dna_str_add(out, "integer");
        put_range(out, f, "");
        break;
    case DNA_KIND_FLOAT:
        dna_str_add(out, "number");
        put_range(out, f, "");
        break;
    case DNA_KIND_STRING:
        dna_str_add(out, "text");
        put_range(out, f, f->has_min && f->min == 1 ? " letter" : " letters");
        break;
    case DNA_KIND_PATH:
        dna_str_add(out, f->must_exist ? "path that exists" : "path");
        break;
    case DNA_KIND_CHOICE:
        dna_str_addf(out, "one of %s", f->choices);
        break;
    case DNA_KIND_LIST:
        dna_str_add(out, "list");
        put_range(out, f, " entries");
        break;
    case DNA_KIND_LIST_FLOAT:
        dna_str_addf(out, "list of %d numbers", f->n_item);
        put_range(out, f, "");
        break;
    case DNA_KIND_MAP:
        dna_str_add(out, "mapping");
        break;
    case DNA_KIND_NAMED:
        dna_str_add(out, "mapping of names");
        break;
    case DNA_KIND_ANY:
        dna_str_add(out, "value");
        break;
    }
    if (f->is_nullable) {
        dna_str_add(out, ", or null");
    }
    if (f->dflt != NULL) {
        dna_str_addf(out, "; default %s", f->dflt);
    } else if (f->is_required) {
        dna_str_add(out, "; required");
    }
}

static void
pad(dna_str *out, int column)
{
    for (int i = 0; i < column; i++) {
        dna_str_addc(out, ' ');
    }
}

static void
put_wrapped(dna_str *out, const char *text, int column)
{
    size_t width = 0;
    while (*text != '\0') {
        size_t n = strcspn(text, " \n");
        if (width > 0 && (size_t)column + width + 1 + n > HELP_WIDTH) {
            dna_str_addc(out, '\n');
            width = 0;
        }
        if (width == 0) {
            pad(out, column);
        } else {
            dna_str_addc(out, ' ');
            width++;
        }
        dna_str_addn(out, text, n);
        width += n;
        text += n;
        text += strspn(text, " \n");
    }
    dna_str_addc(out, '\n');
}

void
dna_field_help(dna_str *out, const dna_field *fields, int indent)
{
    for (const dna_field *f = fields; f != NULL && f->key != NULL; f++) {
        pad(out, indent);
        dna_str_addf(out, "%s (", f->key);
        put_kind(out, f);
        dna_str_add(out, ")\n");
        if (f->doc != NULL) {
            put_wrapped(out, f->doc, indent + 4);
        }
        if (f->kind == DNA_KIND_MAP) {
            dna_field_help(out, f->fields, indent + 4);
        }
    }
}
