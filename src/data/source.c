/* source.c - find and load the samples of a dataset.
 *
 * SPDX-License-Identifier: MIT
 *
 * Npz files are found by their template. The file of a sample is looked for under its plain name; then with the zero padding
 * that the last file found had; then in the folders themselves, by any padding. The
 * second step only saves the third, which reads whole folders.
 */
#include "data/source.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "config/tables.h"
#include "data/packed_meta.h"
#include "data/template.h"

struct dna_source {
    char *root;
    char *dataset_name;
    bool is_packed;
    dna_packed_set packed;
    dna_template name;
    char *keys[2];
    dna_position_format format;
    dna_sample_options options; /* points into this struct */
    pthread_mutex_t mutex;      /* guards width, has_width */
    bool has_mutex;
    bool has_width;
    int width[DNA_TEMPLATE_MAX_PART]; /* digits of each number in the last file found */
};

/* ---- settings -------------------------------------------------------------------- */

static int
copy_text(char **out, const dna_value *v, const char *dflt)
{
    const char *text = dna_value_as_text(v);

    *out = dna_strdup(text != NULL ? text : dflt);
    return *out != NULL ? DNA_OK : DNA_ENOMEM;
}

static int
read_settings(dna_source *s, const dna_value *config)
{
    static const char *const key_names[2] = {"SNP", "POS"};
    const dna_value *data = dna_value_get(config, "data_source");
    const dna_value *root = dna_value_get(config, "data_root");
    const dna_value *name = dna_value_get(data, "filename_format");
    const dna_value *keys = dna_value_get(data, "keys");
    const char *root_text = dna_value_as_text(root);
    const char *name_text = dna_value_as_text(name);
    int rc = DNA_OK;

    s->is_packed =
        dna_str_equal(dna_value_as_text(dna_value_get(data, "format")), "packed");
    s->root = dna_path_absolute(root_text != NULL ? root_text : ".");
    DNA_REQUIRE(s->root != NULL, DNA_ENOMEM, "out of memory");
    DNA_TRY(
        copy_text(&s->dataset_name, dna_value_get(config, "dataset_name"), "generic"));
    rc = dna_template_parse(&s->name,
        name_text != NULL
            ? name_text
            : "scenario_{scenario}/{dataset_name}_{scenario}_{replicate}.npz");
    if (rc < 0 && name != NULL && name->file != NULL) {
        dna_context("%s:%d", name->file, name->line);
    }
    DNA_TRY(rc);
    for (int i = 0; i < 2; i++) {
        bool is_given = keys != NULL && keys->type == DNA_LIST && keys->n == 2;
        DNA_TRY(copy_text(&s->keys[i], is_given ? keys->items[i] : NULL, key_names[i]));
    }
    (void)dna_config_position_format(config, &s->format.distance, &s->format.normalized,
        &s->format.circular, &s->format.chromosome_size, &s->format.initial_position);
    s->options = (dna_sample_options){
        .snp_key = s->keys[0], .pos_key = s->keys[1], .format = &s->format};
out:
    return rc;
}

static int
open_packed(dna_source *s, const dna_value *config)
{
    const dna_value *data = dna_value_get(config, "data_source");
    const dna_value *path = dna_value_get(data, "path");
    int rc = DNA_OK;

    rc = dna_packed_set_open(
        &s->packed, s->root, dna_value_as_text(path), s->dataset_name);
    if (rc < 0 && path != NULL && path->file != NULL) {
        dna_context("%s:%d", path->file, path->line);
    }
    DNA_TRY(rc);
    DNA_TRY(dna_packed_add_format(&s->format, s->packed.files[0]));
out:
    return rc;
}

int
dna_source_new(dna_source **out, const dna_value *dataset_config)
{
    dna_source *s = NULL;
    int rc = DNA_OK;

    DNA_NEW(s, 1);
    s->has_mutex = pthread_mutex_init(&s->mutex, NULL) == 0;
    DNA_REQUIRE(s->has_mutex, DNA_ENOMEM, "the system has no mutex left");
    DNA_TRY(read_settings(s, dataset_config));
    if (s->is_packed) {
        DNA_TRY(open_packed(s, dataset_config));
    }
    *out = s;
    s = NULL;
out:
    dna_source_free(s);
    return rc;
}

void
dna_source_free(dna_source *s)
{
    if (s == NULL) {
        return;
    }
    if (s->has_mutex) {
        pthread_mutex_destroy(&s->mutex);
    }
    dna_packed_set_clear(&s->packed);
    dna_template_clear(&s->name);
    dna_free(s->root);
    dna_free(s->dataset_name);
    dna_free(s->keys[0]);
    dna_free(s->keys[1]);
    dna_free(s);
}

void
dna_source_settle_distance(dna_source *s, bool is_distance)
{
    if (s->format.distance < 0) {
        s->format.distance = is_distance ? 1 : 0;
    }
}

const dna_sample_options *
dna_source_sample_options(const dna_source *source)
{
    return &source->options;
}

const dna_packed_set *
dna_source_packed(const dna_source *source)
{
    return source->is_packed ? &source->packed : NULL;
}

/* ---- walking --------------------------------------------------------------------- */

typedef struct walk walk;
struct walk {
    const dna_source *source;
    /* 1 stops the walk, 0 goes on, negative is an error */
    int (*found)(walk *w, const char *path, const dna_template_match *m);
    dna_source_entry *entries; /* enumeration */
    int64_t n, cap;
    char *path; /* search: the file found */
    dna_template_match match;
};

/* The end of the path component that begins with part `first`. */
static int
component_end(const dna_template *t, int first)
{
    while (first < t->n && t->part[first].kind != DNA_PART_SLASH) {
        first++;
    }
    return first;
}

/* The only name a component can have, if it holds no number and no free name. */
static bool
fixed_name(
    dna_str *out, const walk *w, int first, int last, const dna_template_match *m)
{
    for (int i = first; i < last; i++) {
        const dna_template_part *part = &w->source->name.part[i];
        if (part->kind == DNA_PART_TEXT) {
            dna_str_add(out, part->text);
        } else if (part->kind == DNA_PART_NAME && m->dataset_name != NULL) {
            dna_str_add(out, m->dataset_name);
        } else {
            return false;
        }
    }
    return true;
}

static int walk_folder(
    walk *w, const char *dir, int first, const dna_template_match *m);

/* One name that matched its component: go down, or report the file. */
static int
walk_entry(
    walk *w, const char *dir, const char *name, int last, const dna_template_match *m)
{
    bool is_file = last == w->source->name.n;
    char *path = dna_path_join(dir, name);
    int rc = 0;

    DNA_REQUIRE(path != NULL, DNA_ENOMEM, "out of memory");
    if (is_file) {
        rc = dna_path_exists(path) && !dna_path_is_dir(path) ? w->found(w, path, m) : 0;
    } else if (dna_path_is_dir(path)) {
        rc = walk_folder(w, path, last + 1, m);
    }
out:
    dna_free(path);
    return rc;
}

static int
walk_folder(walk *w, const char *dir, int first, const dna_template_match *m)
{
    int last = component_end(&w->source->name, first);
    char **names = NULL;
    int64_t n = 0;
    dna_str fixed;
    int rc = 0;

    dna_str_init(&fixed, 0);
    if (fixed_name(&fixed, w, first, last, m)) {
        DNA_TRY(dna_str_status(&fixed));
        rc = walk_entry(w, dir, dna_str_text(&fixed), last, m);
        goto out;
    }
    DNA_TRY(dna_path_list(dir, &names, &n));
    for (int64_t i = 0; i < n && rc == 0; i++) {
        dna_template_match found = *m;
        if (dna_template_match_name(&w->source->name, first, last, names[i], &found)) {
            rc = walk_entry(w, dir, names[i], last, &found);
        }
    }
out:
    dna_path_list_free(names, n);
    dna_str_clear(&fixed);
    return rc;
}

/* ---- one file -------------------------------------------------------------------- */

/* The path with each number padded to its width (NULL: not padded). */
static int
fill_path(const dna_source *s, const int64_t number[DNA_N_NUMBER], const int *width,
    char **path)
{
    dna_str name;
    int rc = DNA_OK;

    dna_str_init(&name, 0);
    for (int i = 0; i < s->name.n; i++) {
        const dna_template_part *part = &s->name.part[i];
        switch (part->kind) {
        case DNA_PART_TEXT:
            dna_str_add(&name, part->text);
            break;
        case DNA_PART_SLASH:
            dna_str_addc(&name, '/');
            break;
        case DNA_PART_NAME:
            dna_str_add(&name, s->dataset_name);
            break;
        case DNA_PART_NUMBER:
        default:
            dna_template_put_number(
                &name, part, number[part->field], width != NULL ? width[i] : 0);
            break;
        }
    }
    DNA_TRY(dna_str_status(&name));
    *path = dna_path_join(s->root, dna_str_text(&name));
    DNA_REQUIRE(*path != NULL, DNA_ENOMEM, "out of memory");
out:
    dna_str_clear(&name);
    return rc;
}

static int
take_first(walk *w, const char *path, const dna_template_match *m)
{
    w->path = dna_strdup(path);
    w->match = *m;
    return w->path != NULL ? 1 : DNA_ENOMEM;
}

/* 1: *path is the file; 0: not there. */
static int
try_padding(dna_source *s, const int64_t number[DNA_N_NUMBER], char **path)
{
    int width[DNA_TEMPLATE_MAX_PART];
    bool has_width;
    char *tried = NULL;
    int rc = 0;

    pthread_mutex_lock(&s->mutex);
    has_width = s->has_width;
    memcpy(width, s->width, sizeof(width));
    pthread_mutex_unlock(&s->mutex);
    if (!has_width) {
        return 0;
    }
    DNA_TRY(fill_path(s, number, width, &tried));
    if (dna_path_exists(tried)) {
        *path = tried;
        tried = NULL;
        rc = 1;
    }
out:
    dna_free(tried);
    return rc;
}

/* Any padding; the configured name of the dataset before any other. */
static int
search(dna_source *s, const int64_t number[DNA_N_NUMBER], char **path)
{
    int rc = 0;

    for (int pass = 0; pass < 2 && rc == 0; pass++) {
        walk w = {.source = s, .found = take_first};
        dna_template_match m = {.dataset_name = pass == 0 ? s->dataset_name : NULL};
        memcpy(m.number, number, sizeof(m.number));
        rc = walk_folder(&w, s->root, 0, &m);
        if (rc == DNA_ENOTFOUND) {
            rc = 0;
        } else if (rc == 1) {
            *path = w.path;
            pthread_mutex_lock(&s->mutex);
            s->has_width = pass == 0; /* another name would not be filled in */
            memcpy(s->width, w.match.width, sizeof(s->width));
            pthread_mutex_unlock(&s->mutex);
        }
    }
    return rc;
}

/* Where a packed sample is. */
static int
find_packed(const dna_source *s, int64_t scenario, int64_t replicate, dna_packed **file,
    int64_t *i)
{
    int rc = DNA_OK;

    DNA_REQUIRE(dna_packed_set_find(&s->packed, scenario, replicate, file, i),
        DNA_ENOTFOUND, "no scenario %lld, replicate %lld in %s%s", (long long)scenario,
        (long long)replicate, dna_packed_path(s->packed.files[0]),
        s->packed.n > 1 ? " and the slices after it" : "");
out:
    return rc;
}

static int
packed_path(const dna_source *s, int64_t scenario, int64_t replicate, char **path)
{
    dna_packed *file = NULL;
    int64_t i = 0;
    dna_str text;
    int rc = DNA_OK;

    dna_str_init(&text, 0);
    DNA_TRY(find_packed(s, scenario, replicate, &file, &i));
    dna_str_addf(&text, "%s#%lld/%lld", dna_packed_path(file), (long long)scenario,
        (long long)replicate);
    DNA_TRY(dna_str_status(&text));
    *path = dna_str_take(&text);
out:
    dna_str_clear(&text);
    return rc;
}

/* Whether a name can tell this replicate from others. */
static bool
is_numbered(const dna_source *s, int64_t replicate)
{
    return replicate == 0 || s->name.has_field[DNA_REPLICATE];
}

static int
file_path(dna_source *s, int64_t scenario, int64_t replicate, char **path)
{
    int64_t number[DNA_N_NUMBER] = {scenario, replicate};
    char *plain = NULL;
    int rc = DNA_OK;

    *path = NULL;
    DNA_TRY(fill_path(s, number, NULL, &plain));
    if (is_numbered(s, replicate) && dna_path_exists(plain)) {
        *path = plain;
        plain = NULL;
        goto out;
    }
    if (is_numbered(s, replicate) && !s->name.has_spec) {
        DNA_TRY(try_padding(s, number, path));
        if (*path == NULL) {
            DNA_TRY(search(s, number, path));
        }
    }
    DNA_REQUIRE(*path != NULL, DNA_ENOTFOUND,
        "no file of scenario %lld, replicate %lld: there is no %s%s",
        (long long)scenario, (long long)replicate, plain,
        s->name.has_spec ? "" : ", nor one with padded numbers");
    rc = DNA_OK;
out:
    dna_free(plain);
    return rc;
}

int
dna_source_path(dna_source *s, int64_t scenario, int64_t replicate, char **path)
{
    *path = NULL;
    return s->is_packed ? packed_path(s, scenario, replicate, path)
                        : file_path(s, scenario, replicate, path);
}

/* Most names are plain ones: the file is opened rather than looked for first. */
static int
load_file(dna_sample **out, dna_source *s, int64_t scenario, int64_t replicate)
{
    int64_t number[DNA_N_NUMBER] = {scenario, replicate};
    char *path = NULL;
    int rc = DNA_ENOTFOUND;

    if (is_numbered(s, replicate)) {
        DNA_TRY(fill_path(s, number, NULL, &path));
        rc = dna_sample_load(out, path, &s->options);
    }
    if (rc == DNA_ENOTFOUND) {
        dna_free(path);
        path = NULL;
        DNA_TRY(file_path(s, scenario, replicate, &path));
        rc = dna_sample_load(out, path, &s->options);
    }
out:
    dna_free(path);
    return rc;
}

int
dna_source_load(dna_sample **out, dna_source *s, int64_t scenario, int64_t replicate,
    const dna_sample_part *part, bool *is_part)
{
    dna_packed *file = NULL;
    int64_t i = 0;
    int rc = DNA_OK;

    if (part != NULL) {
        *is_part = false;
    }
    if (s->is_packed) {
        DNA_TRY(find_packed(s, scenario, replicate, &file, &i));
        DNA_TRY(dna_packed_load(out, file, i, &s->format, part, is_part));
    } else {
        DNA_TRY(load_file(out, s, scenario, replicate));
    }
out:
    return rc;
}

int
dna_source_load_shape(
    int64_t shape[2], char **path, dna_source *s, int64_t scenario, int64_t replicate)
{
    dna_packed *file = NULL;
    dna_packed_sample r;
    int64_t i = 0;
    int rc = DNA_OK;

    DNA_TRY(dna_source_path(s, scenario, replicate, path));
    if (s->is_packed) {
        DNA_TRY(find_packed(s, scenario, replicate, &file, &i));
        DNA_TRY(dna_packed_record(&r, file, i));
        shape[0] = r.n_hap;
        shape[1] = r.n_site;
    } else {
        DNA_TRY(dna_sample_load_shape(&shape[0], &shape[1], *path, &s->options));
    }
out:
    return rc;
}

/* ---- all files ------------------------------------------------------------------- */

static int
add_entry(walk *w, const char *path, const dna_template_match *m)
{
    dna_source_entry entry = {
        .scenario = m->number[DNA_SCENARIO], .replicate = m->number[DNA_REPLICATE]};

    if (entry.replicate < 0) {
        entry.replicate = 0; /* the template has no such field */
    }
    if (w->n == w->cap) {
        int64_t cap = w->cap > 0 ? w->cap * 2 : 64;
        dna_source_entry *grown =
            dna_realloc(w->entries, (size_t)cap, sizeof(*w->entries));
        if (grown == NULL) {
            return DNA_ENOMEM;
        }
        w->entries = grown;
        w->cap = cap;
    }
    entry.path = dna_strdup(path);
    if (entry.path == NULL) {
        return DNA_ENOMEM;
    }
    w->entries[w->n++] = entry;
    return 0;
}

/* Pass 0: this dataset's files; pass 1, if there are none: of any name. */
static int
list_files(dna_source *source, int n_pass, dna_source_entry **entries, int64_t *n)
{
    walk w = {.source = source, .found = add_entry};
    int rc = DNA_OK;

    *entries = NULL;
    *n = 0;
    for (int pass = 0; pass < n_pass && w.n == 0; pass++) {
        dna_template_match m = {.number = {-1, -1},
            .dataset_name = pass == 0 ? source->dataset_name : NULL};
        DNA_TRY(walk_folder(&w, source->root, 0, &m));
    }
    *entries = w.entries;
    *n = w.n;
    w.entries = NULL;
    w.n = 0;
out:
    dna_source_list_free(w.entries, w.n);
    return rc;
}

static int
list_packed(dna_source *source, dna_source_entry **entries, int64_t *n)
{
    walk w = {.source = source};
    int rc = DNA_OK;

    for (int64_t f = 0; f < source->packed.n; f++) {
        const dna_packed *p = source->packed.files[f];
        for (int64_t i = 0; i < dna_packed_count(p); i++) {
            dna_template_match m = {0};
            char *path = NULL;
            dna_packed_sample r;
            DNA_TRY(dna_packed_record(&r, p, i));
            m.number[DNA_SCENARIO] = r.scenario;
            m.number[DNA_REPLICATE] = r.replicate;
            DNA_TRY(packed_path(source, r.scenario, r.replicate, &path));
            rc = add_entry(&w, path, &m);
            dna_free(path);
            DNA_TRY(rc);
        }
    }
    *entries = w.entries;
    *n = w.n;
    w = (walk){0};
out:
    dna_source_list_free(w.entries, w.n);
    return rc;
}

int
dna_source_load_entry(dna_sample **out, dna_source *s, const dna_source_entry *entry,
    const dna_sample_options *options)
{
    dna_packed *file = NULL;
    int64_t i = 0;
    int rc = DNA_OK;

    options = options != NULL ? options : &s->options;
    if (s->is_packed) {
        DNA_TRY(find_packed(s, entry->scenario, entry->replicate, &file, &i));
        DNA_TRY(dna_packed_load(out, file, i, options->format, NULL, NULL));
    } else {
        DNA_TRY(dna_sample_load(out, entry->path, options));
    }
out:
    return rc;
}

int
dna_source_list(dna_source *source, dna_source_entry **entries, int64_t *n)
{
    int rc = DNA_OK;

    *entries = NULL;
    *n = 0;
    if (source->is_packed) {
        DNA_TRY(list_packed(source, entries, n));
        DNA_REQUIRE(*n > 0, DNA_ENOTFOUND, "%s: has no samples",
            dna_packed_path(source->packed.files[0]));
        goto out;
    }
    DNA_TRY(list_files(source, 2, entries, n));
    DNA_REQUIRE(*n > 0, DNA_ENOTFOUND,
        "%s: no file below this folder has a name of the form of filename_format",
        source->root);
out:
    return rc;
}

int
dna_source_list_own(dna_source *source, dna_source_entry **entries, int64_t *n)
{
    int rc = list_files(source, 1, entries, n);
    return rc == DNA_ENOTFOUND ? DNA_OK : rc; /* a fixed folder that is not there */
}

void
dna_source_list_free(dna_source_entry *entries, int64_t n)
{
    for (int64_t i = 0; entries != NULL && i < n; i++) {
        dna_free(entries[i].path);
    }
    dna_free(entries);
}

/* ---- new files ------------------------------------------------------------------- */

int
dna_source_new_path(dna_source *s, int64_t scenario, int64_t replicate,
    int scenario_width, int replicate_width, char **path)
{
    int64_t number[DNA_N_NUMBER] = {scenario, replicate};
    int width[DNA_TEMPLATE_MAX_PART] = {0};

    for (int i = 0; i < s->name.n; i++) {
        width[i] =
            s->name.part[i].field == DNA_SCENARIO ? scenario_width : replicate_width;
    }
    return fill_path(s, number, width, path);
}

bool
dna_source_has_scenario_folders(const dna_source *source)
{
    bool has_scenario = false;

    for (int i = 0; i < source->name.n; i++) {
        const dna_template_part *part = &source->name.part[i];
        if (part->kind == DNA_PART_SLASH && has_scenario) {
            return true;
        }
        has_scenario =
            has_scenario
            || (part->kind == DNA_PART_NUMBER && part->field == DNA_SCENARIO);
    }
    return false;
}

bool
dna_source_has_replicates(const dna_source *source)
{
    return source->is_packed || source->name.has_field[DNA_REPLICATE];
}
