/* simulation_init.c - the first config of a simulation, with all settings to edit.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "config/config.h"
#include "config/tables.h"
#include "dnadna/dnadna.h"
#include "io/yaml.h"
#include "run/settings.h"
#include "sim/simulator.h"

#define HELP_WIDTH 70

/* ---- the config ------------------------------------------------------------------ */

/* Keys of a dataset that a new simulation config does not show. */
static bool
is_hidden(const char *key)
{
    return strcmp(key, "ignore_missing") == 0
           || strcmp(key, "cache_validation_set") == 0;
}

/* Append the entries of `from` that are, or are not, the simulator's own. */
static int
append(dna_arena *a, dna_value *to, const dna_value *from, const dna_field *own,
    bool is_own)
{
    int rc = DNA_OK;

    for (int64_t i = 0; from != NULL && i < from->n; i++) {
        const char *key = from->keys[i];
        if ((dna_field_find(own, key) != NULL) == is_own && !is_hidden(key)) {
            DNA_TRY(dna_value_set(a, to, key, from->items[i]));
        }
    }
out:
    return rc;
}

static int
set_text(dna_arena *a, dna_value *map, const char *key, const char *text)
{
    return dna_value_set(a, map, key, dna_value_string(a, text));
}

/* Who and where; how files look; then every setting of the simulator. */
static int
compose(dna_value **out, dna_arena *a, const dna_simulator_def *def, const char *name)
{
    dna_value *extra = NULL, *dataset = NULL;
    dna_value *layers[2] = {NULL, NULL};
    dna_value *config = dna_value_map(a);
    dna_value *own = dna_value_map(a);
    int64_t n = 0;
    int rc = DNA_OK;

    if (config == NULL || own == NULL) {
        return DNA_ENOMEM;
    }
    if (def->config != NULL) {
        DNA_TRY(dna_yaml_parse(&extra, a, def->config, strlen(def->config), def->name));
        layers[n++] = extra;
    }
    DNA_TRY(dna_config_template_dataset(&layers[n++], a));
    DNA_TRY(dna_config_merge(&dataset, a, layers, n));
    DNA_TRY(set_text(a, config, "simulator_name", def->name));
    DNA_TRY(append(a, config, dataset, def->fields, false));
    DNA_TRY(set_text(a, config, "dataset_name", name));
    const char *table = dna_arena_printf(a, "%s_params.csv", name);
    if (table == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(set_text(a, config, "scenario_params_path", table));
    DNA_TRY(append(a, own, extra, def->fields, true));
    DNA_TRY(dna_config_check_with(a, own, def->fields, "", NULL, DNA_CHECK_KEEP_PATHS));
    DNA_TRY(append(a, config, own, def->fields, true));
    DNA_TRY(dna_value_set(a, config, "seed", dna_value_null(a)));
    DNA_TRY(set_text(a, config, "dnadna_version", DNA_VERSION));
    *out = config;
out:
    return rc;
}

static int64_t
count_fields(const dna_field *fields)
{
    int64_t n = 0;
    while (fields[n].key != NULL) {
        n++;
    }
    return n;
}

/* The simulator's rows before those of a dataset, for the comments. */
static int
join_fields(const dna_field **out, dna_arena *a, const dna_field *own)
{
    int64_t n = count_fields(own), m = count_fields(dna_fields_dataset);
    dna_field *all = dna_arena_alloc(a, (size_t)(n + m + 1), sizeof(*all));

    if (all == NULL) {
        return DNA_ENOMEM;
    }
    memcpy(all, own, (size_t)n * sizeof(*all));
    memcpy(all + n, dna_fields_dataset, (size_t)(m + 1) * sizeof(*all));
    *out = all;
    return DNA_OK;
}

static int
write_config(const dna_simulation_init_options *o, dna_arena *a,
    const dna_simulator_def *def, const char *path)
{
    const char *name = o->name != NULL ? o->name : def->name;
    const dna_field *fields = NULL;
    dna_value *config = NULL;
    int rc = DNA_OK;

    DNA_REQUIRE(o->force || !dna_path_exists(path), DNA_EEXISTS,
        "%s: is there already; --force replaces it", path);
    DNA_TRY(compose(&config, a, def, name));
    DNA_TRY(join_fields(&fields, a, def->fields));
    const char *title = dna_arena_printf(a, "Simulation config: %s", def->doc);
    if (title == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_config_write(path, config, fields, title, 4));
    dna_log_info(o->log, "wrote the simulation config %s", path);
out:
    return rc;
}

int
dna_run_simulation_init(const dna_simulation_init_options *o, char **config)
{
    const dna_simulator_def *def = NULL;
    dna_arena *arena = NULL;
    char *dir = NULL, *path = NULL;
    dna_str s;
    int rc = DNA_OK;

    dna_str_init(&s, 0);
    DNA_TRY(
        dna_simulator_named(&def, o->simulator != NULL ? o->simulator : "one_event"));
    const char *name = o->name != NULL ? o->name : def->name;
    DNA_TRY(dna_new_folder(&dir, "dataset name", name, o->root));
    dna_str_addf(&s, "%s/%s_simulation_config.yml", dir, name);
    DNA_TRY(dna_str_status(&s));
    path = dna_str_take(&s);
    DNA_TRY(dna_arena_new(&arena));
    bool is_new = !dna_path_exists(dir);
    DNA_TRY(dna_path_make_dirs(dir));
    rc = write_config(o, arena, def, path);
    if (rc < 0 && is_new) {
        (void)remove(dir); /* empty, or it stays */
    }
    DNA_TRY(rc);
    if (config != NULL) {
        *config = path;
        path = NULL;
    }
out:
    dna_str_clear(&s);
    dna_free(path);
    dna_free(dir);
    dna_arena_free(arena);
    return rc;
}

/* ---- the list of simulators ------------------------------------------------------ */

/* Words in lines of HELP_WIDTH columns, indented by four. */
static void
put_wrapped(FILE *out, const char *text)
{
    size_t column = 0;

    while (*text != '\0') {
        size_t n = strcspn(text, " ");
        if (column > 0 && column + 1 + n > HELP_WIDTH) {
            fputc('\n', out);
            column = 0;
        }
        fputs(column > 0 ? " " : "    ", out);
        column += (column > 0 ? 1 : 4) + n;
        fwrite(text, 1, n, out);
        text += n + strspn(text + n, " ");
    }
    fputc('\n', out);
}

int
dna_run_help_simulators(FILE *out)
{
    const dna_simulator_def *def;

    for (int64_t i = 0; (def = dna_simulator_at(i)) != NULL; i++) {
        fprintf(out, "%s%s\n", i > 0 ? "\n" : "", def->name);
        put_wrapped(out, def->doc);
    }
    return DNA_OK;
}
