/* write.c - write a config, each known key preceded by what it means.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/path.h"
#include "config/config.h"
#include "io/json.h"
#include "io/yaml.h"

typedef struct {
    const dna_field *fields;
    const char *title;
    dna_str text; /* of the last comment */
} annotator;

static const char *
comment(void *payload, const char *dotted)
{
    annotator *a = payload;
    if (dotted[0] == '\0') {
        return a->title;
    }
    const dna_field *f = dna_field_find(a->fields, dotted);
    if (f == NULL || f->doc == NULL) {
        return NULL;
    }
    dna_str_clear(&a->text);
    dna_str_add(&a->text, f->doc);
    if (f->dflt != NULL && f->dflt[0] != '{') {
        dna_str_addf(&a->text, " Default: %s.", f->dflt);
    }
    return dna_str_status(&a->text) == DNA_OK ? dna_str_text(&a->text) : f->doc;
}

int
dna_config_write(const char *path, const dna_value *value, const dna_field *fields,
    const char *title, int indent)
{
    annotator a = {.fields = fields, .title = title};
    dna_yaml_style style = {.indent = indent, .comment = comment, .payload = &a};
    dna_str out;
    int rc = DNA_OK;

    dna_str_init(&out, 0);
    dna_str_init(&a.text, 0);
    if (dna_str_ends_with(path, ".json")) {
        DNA_TRY(dna_json_write(&out, value, indent > 0 ? indent : 4));
        dna_str_addc(&out, '\n');
        DNA_TRY(dna_str_status(&out));
    } else {
        DNA_TRY(dna_yaml_write(&out, value, &style));
    }
    DNA_TRY(dna_atomic_write(path, dna_str_text(&out), out.len));
out:
    dna_str_clear(&a.text);
    dna_str_clear(&out);
    return rc;
}
