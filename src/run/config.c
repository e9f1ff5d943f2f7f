/* config.c - show a config as the commands see it, with the origin of each value.
 *
 * SPDX-License-Identifier: MIT
 */
#include "config/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "dnadna/run.h"
#include "io/yaml.h"
#include "run/kind.h"
#include "run/parts.h"

/* The value whose origin is told: of a list on one line, the entry that the command
 * line gave, if there is one. */
static const dna_value *
telling(const dna_value *v)
{
    for (int64_t i = 0; v->option == NULL && i < v->n; i++) {
        if (v->items[i]->option != NULL) {
            return v->items[i];
        }
    }
    return v;
}

static const char *
origin(void *payload, const dna_value *value)
{
    dna_str *text = payload;
    const dna_value *v = telling(value);

    if (v->is_default) {
        return "default";
    }
    dna_str_clear(text);
    dna_config_origin(text, v);
    return text->len > 0 ? dna_str_text(text) : NULL;
}

static int
put(FILE *out, const dna_str *text)
{
    int rc = DNA_OK;
    bool is_written =
        fwrite(dna_str_text(text), 1, text->len, out) == text->len && fflush(out) == 0;
    DNA_REQUIRE(
        is_written, DNA_EIO, "the config could not be written: %s", strerror(errno));
out:
    return rc;
}

int
dna_run_config(const dna_config_options *o, FILE *out)
{
    const dna_config_kind *kind = NULL;
    dna_arena *arena = NULL;
    dna_value *config = NULL;
    dna_str text;
    dna_str note;
    dna_yaml_style style = {.note = o->no_origin ? NULL : origin, .payload = &note};
    int rc = DNA_OK;

    dna_str_init(&text, 0);
    dna_str_init(&note, 0);
    if (o->kind != NULL) {
        DNA_TRY(dna_config_kind_find(&kind, o->kind));
    }
    DNA_TRY(dna_arena_new(&arena));
    DNA_TRY(dna_config_load(&config, arena, o->config));
    DNA_TRY(dna_parts_override(config, arena, o->overrides, o->n_override));
    if (kind == NULL) {
        DNA_TRY(dna_config_kind_detect(&kind, config));
        dna_log_info(o->log, "%s: kind %s", o->config, kind->name);
    }
    DNA_TRY(dna_config_kind_check(kind, arena, config, o->log));
    DNA_TRY(dna_yaml_write(&text, config, &style));
    DNA_TRY(put(out, &text));
out:
    dna_str_clear(&note);
    dna_str_clear(&text);
    dna_arena_free(arena);
    return rc;
}
