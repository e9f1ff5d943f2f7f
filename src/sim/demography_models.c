/* demography_models.c - built-in demographic models: Demes with named parameters.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/mem.h"
#include "config/tables.h"
#include "sim/demography_section.h"

static const dna_demography_model models[] = {
    {.name = "constant",
        .parameters = {"size"},
        .doc = "One population of one size.",
        .yaml = "{time_units: generations, demes: [{name: pop, epochs: [\n"
                "  {start_size: $size}]}]}\n"},
    {.name = "one_event",
        .parameters = {"recent_size", "event_time", "event_size"},
        .doc = "One population whose size was event_size until event_time.",
        .yaml = "{time_units: generations, demes: [{name: pop, epochs: [\n"
                "  {start_size: $event_size, end_time: $event_time},\n"
                "  {start_size: $recent_size}]}]}\n"},
    {.name = "bottleneck",
        .parameters = {"recent_size", "bottleneck_end", "bottleneck_size",
            "bottleneck_start", "ancestral_size"},
        .doc = "One population that was of bottleneck_size from bottleneck_start to "
               "bottleneck_end, which is more recent.",
        .yaml = "{time_units: generations, demes: [{name: pop, epochs: [\n"
                "  {start_size: $ancestral_size, end_time: $bottleneck_start},\n"
                "  {start_size: $bottleneck_size, end_time: $bottleneck_end},\n"
                "  {start_size: $recent_size}]}]}\n"},
    {.name = "exponential",
        .parameters = {"recent_size", "growth_start", "ancestral_size"},
        .doc = "One population that changed exponentially from ancestral_size, at "
               "growth_start, to recent_size now.",
        .yaml = "{time_units: generations, demes: [{name: pop, epochs: [\n"
                "  {start_size: $ancestral_size, end_time: $growth_start},\n"
                "  {end_size: $recent_size}]}]}\n"},
    {.name = "split",
        .parameters = {"size_A", "size_B", "split_time", "ancestral_size",
            "migration_AB?", "migration_BA?"},
        .doc = "Populations A and B that were one until split_time. migration_AB: the "
               "share of B that comes from A in each generation since; 0: isolation.",
        .yaml =
            "{time_units: generations, demes: [\n"
            "  {name: ancestral, epochs: [\n"
            "    {start_size: $ancestral_size, end_time: $split_time}]},\n"
            "  {name: A, ancestors: [ancestral], epochs: [{start_size: $size_A}]},\n"
            "  {name: B, ancestors: [ancestral], epochs: [{start_size: $size_B}]}],\n"
            " migrations: [{source: A, dest: B, rate: $migration_AB},\n"
            "  {source: B, dest: A, rate: $migration_BA}]}\n"},
    {.name = "secondary_contact",
        .parameters = {"size_A", "size_B", "contact_time", "split_time",
            "ancestral_size", "migration_AB?", "migration_BA?"},
        .doc = "The same, with migration only since contact_time.",
        .yaml =
            "{time_units: generations, demes: [\n"
            "  {name: ancestral, epochs: [\n"
            "    {start_size: $ancestral_size, end_time: $split_time}]},\n"
            "  {name: A, ancestors: [ancestral], epochs: [{start_size: $size_A}]},\n"
            "  {name: B, ancestors: [ancestral], epochs: [{start_size: $size_B}]}],\n"
            " defaults: {migration: {start_time: $contact_time}},\n"
            " migrations: [{source: A, dest: B, rate: $migration_AB},\n"
            "  {source: B, dest: A, rate: $migration_BA}]}\n"},
    {.name = "admixture",
        .parameters = {"size_A", "size_B", "size_C", "admixture_time",
            "admixture_proportion", "split_time", "ancestral_size"},
        .doc = "A and B were one until split_time; C arose at admixture_time, with "
               "admixture_proportion of it from A and the rest from B.",
        .yaml =
            "{time_units: generations, demes: [\n"
            "  {name: ancestral, epochs: [\n"
            "    {start_size: $ancestral_size, end_time: $split_time}]},\n"
            "  {name: A, ancestors: [ancestral], epochs: [{start_size: $size_A}]},\n"
            "  {name: B, ancestors: [ancestral], epochs: [{start_size: $size_B}]},\n"
            "  {name: C, ancestors: [B], start_time: $admixture_time,\n"
            "   epochs: [{start_size: $size_C}]}],\n"
            " pulses: [{sources: [A], dest: C, time: $admixture_time,\n"
            "   proportions: [$admixture_proportion]}]}\n"},
};

const dna_demography_model *
dna_demography_model_at(int64_t i)
{
    return i >= 0 && i < DNA_COUNT(models) ? &models[i] : NULL;
}

#define VALUES "{type: array, minItems: 1, items: {$ref: '#/definitions/prior'}}"

/* A number, formula or distribution. */
#define VALUE(name, text)                                                       \
    {                                                                           \
        .key = (name), .kind = DNA_KIND_ANY, .schema = DNA_DEFINITION("prior"), \
        .doc = (text)                                                           \
    }

const dna_field dna_fields_demography[] = {
    {.key = "sizes",
        .kind = DNA_KIND_ANY,
        .schema = VALUES,
        .doc = "One population by windows of time: its diploid size in each, from the "
               "present on."},
    {.key = "times",
        .kind = DNA_KIND_ANY,
        .schema = VALUES,
        .doc = "Where the windows begin, in generations: the first at 0, which may be "
               "left out."},
    {.key = "growth",
        .kind = DNA_KIND_ANY,
        .schema = VALUES,
        .doc = "Growth of each window per generation, forwards in time; sizes are then "
               "those at the windows' recent ends."},
    {.key = "model",
        .kind = DNA_KIND_CHOICE,
        .choices = "constant|one_event|bottleneck|exponential|split|secondary_contact|"
                   "admixture",
        .doc = "A built-in model; its parameters are further keys."},
    {.key = "demes",
        .kind = DNA_KIND_PATH,
        .must_exist = true,
        .may_be_tree = true,
        .schema = "{type: [string, array]}",
        .doc = "A Demes file; or, with the other keys of Demes, its content, in which "
               "numbers may be formulas and distributions."},
    {.key = "set",
        .kind = DNA_KIND_ANY,
        .schema = "{type: object}",
        .doc = "Values that replace those of a Demes file, by path: "
               "demes.B.epochs[0].start_size, migrations[0].rate."},
    VALUE("size", "Of a built-in model: the size."),
    VALUE("recent_size", "Of a built-in model: the size now."),
    VALUE("event_time", "Of a built-in model: when the size changed, in generations."),
    VALUE("event_size", "Of a built-in model: the size before the event."),
    VALUE("bottleneck_start", "Of a built-in model: the older end of the bottleneck."),
    VALUE("bottleneck_end", "Of a built-in model: the recent end of the bottleneck."),
    VALUE("bottleneck_size", "Of a built-in model: the size in the bottleneck."),
    VALUE("growth_start", "Of a built-in model: when growth began, in generations."),
    VALUE("ancestral_size", "Of a built-in model: the oldest size."),
    VALUE("size_A", "Of a built-in model: the size of population A."),
    VALUE("size_B", "Of a built-in model: the size of population B."),
    VALUE("size_C", "Of a built-in model: the size of population C."),
    VALUE("split_time", "Of a built-in model: when A and B separated, in generations."),
    VALUE("contact_time", "Of a built-in model: when migration began, in generations."),
    VALUE("migration_AB", "Of a built-in model: the share of B that comes from A in "
                          "each generation; 0 if not given."),
    VALUE("migration_BA", "Of a built-in model: the share of A that comes from B."),
    VALUE("admixture_time", "Of a built-in model: when C arose, in generations."),
    VALUE("admixture_proportion", "Of a built-in model: the share of C from A."),
    {.key = "time_units",
        .kind = DNA_KIND_STRING,
        .doc = "Of Demes: generations, or years with a generation_time."},
    VALUE("generation_time", "Of Demes: years per generation."),
    {.key = "defaults", .kind = DNA_KIND_ANY, .doc = "Of Demes: defaults."},
    {.key = "migrations", .kind = DNA_KIND_ANY, .doc = "Of Demes: migrations."},
    {.key = "pulses", .kind = DNA_KIND_ANY, .doc = "Of Demes: pulses."},
    {.key = "description", .kind = DNA_KIND_ANY, .doc = "Of Demes: for people."},
    {.key = "doi", .kind = DNA_KIND_ANY, .doc = "Of Demes: for people."},
    {.key = "metadata", .kind = DNA_KIND_ANY, .doc = "Of Demes: for other programs."},
    {0}};
