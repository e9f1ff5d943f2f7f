/* file_name.c - fill templates such as
 * {model_name}_{run_name}_{checkpoint}_net.safetensors.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/file_name.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"

#define WIDTH_MAX 64

/* One {field:spec}: where its parts are in the template. */
typedef struct {
    const char *name, *spec; /* spec NULL: none */
    size_t name_n, spec_n;
} placeholder;

/* Read the placeholder whose brace is at p; the place after it, or NULL. */
static const char *
read_placeholder(placeholder *out, const char *p)
{
    const char *end = strchr(p, '}');
    if (end == NULL) {
        return NULL;
    }
    const char *colon = memchr(p, ':', (size_t)(end - p));
    out->name = p + 1;
    out->name_n = (size_t)((colon != NULL ? colon : end) - out->name);
    out->spec = colon != NULL ? colon + 1 : NULL;
    out->spec_n = colon != NULL ? (size_t)(end - out->spec) : 0;
    return end + 1;
}

static bool
is_named(const placeholder *ph, const char *name)
{
    return strlen(name) == ph->name_n && memcmp(name, ph->name, ph->name_n) == 0;
}

/* "05", "5d", "d" -> width and whether it is filled with zeros. */
static bool
read_spec(const placeholder *ph, int *width, bool *is_zero)
{
    size_t i = 0;
    int w = 0;
    *is_zero = ph->spec_n > 0 && ph->spec[0] == '0';
    while (i < ph->spec_n && isdigit((unsigned char)ph->spec[i])) {
        w = w * 10 + (ph->spec[i] - '0');
        if (w > WIDTH_MAX) {
            return false;
        }
        i++;
    }
    if (i < ph->spec_n && ph->spec[i] == 'd') {
        i++;
    }
    *width = w;
    return i == ph->spec_n;
}

static int
put_field(
    dna_str *s, const placeholder *ph, const dna_name_field *field, const char *what)
{
    int width = field->default_width;
    bool is_zero = true;
    int rc = DNA_OK;

    if (field->text != NULL) {
        DNA_REQUIRE(ph->spec_n == 0, DNA_EARG, "%s: {%.*s:%.*s}: text takes no format",
            what, (int)ph->name_n, ph->name, (int)ph->spec_n, ph->spec);
        dna_str_add(s, field->text);
        goto out;
    }
    if (ph->spec != NULL) {
        DNA_REQUIRE(read_spec(ph, &width, &is_zero), DNA_EARG,
            "%s: {%.*s:%.*s}: a format is a width of at most %d, such as 03", what,
            (int)ph->name_n, ph->name, (int)ph->spec_n, ph->spec, WIDTH_MAX);
    }
    if (is_zero) {
        dna_str_addf(s, "%0*" PRId64, width, field->number);
    } else {
        dna_str_addf(s, "%*" PRId64, width, field->number);
    }
out:
    return rc;
}

static int
unknown_field(const placeholder *ph, const dna_name_field *fields, int64_t n_field,
    const char *what)
{
    dna_str known;
    dna_str_init(&known, 0);
    for (int64_t i = 0; i < n_field; i++) {
        dna_str_addf(&known, "%s{%s}", i > 0 ? ", " : "", fields[i].name);
    }
    int rc = dna_fail(DNA_EARG, "%s: unknown field {%.*s}, known are %s", what,
        (int)ph->name_n, ph->name, dna_str_text(&known));
    dna_str_clear(&known);
    return rc;
}

static int
put_placeholder(dna_str *s, const placeholder *ph, const dna_name_field *fields,
    int64_t n_field, const char *what)
{
    for (int64_t i = 0; i < n_field; i++) {
        if (is_named(ph, fields[i].name)) {
            return put_field(s, ph, &fields[i], what);
        }
    }
    return unknown_field(ph, fields, n_field, what);
}

int
dna_name_fill(char **out, const char *template_text, const dna_name_field *fields,
    int64_t n_field, const char *what)
{
    dna_str s;
    int rc = DNA_OK;

    dna_str_init(&s, 1 << 16);
    const char *p = template_text;
    while (*p != '\0') {
        if ((*p == '{' || *p == '}') && p[1] == p[0]) {
            dna_str_addc(&s, *p);
            p += 2;
        } else if (*p == '{') {
            placeholder ph;
            const char *next = read_placeholder(&ph, p);
            DNA_REQUIRE(next != NULL, DNA_EARG, "%s: \"%s\" has a { without its }",
                what, template_text);
            DNA_TRY(put_placeholder(&s, &ph, fields, n_field, what));
            p = next;
        } else {
            DNA_REQUIRE(*p != '}', DNA_EARG, "%s: \"%s\" has a } without its {", what,
                template_text);
            dna_str_addc(&s, *p);
            p++;
        }
    }
    DNA_TRY(dna_str_status(&s));
    *out = dna_str_take(&s);
out:
    dna_str_clear(&s);
    return rc;
}

bool
dna_name_has_field(const char *template_text, const char *field)
{
    const char *p = template_text;
    while (*p != '\0') {
        placeholder ph;
        const char *next = p + 1;
        if ((*p == '{' || *p == '}') && p[1] == p[0]) {
            next = p + 2;
        } else if (*p == '{') {
            next = read_placeholder(&ph, p);
            if (next == NULL) {
                return false;
            }
            if (is_named(&ph, field)) {
                return true;
            }
        }
        p = next;
    }
    return false;
}
