/* cmd_doctor.c - dnadna doctor: what this machine gives dnadna.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"

typedef struct {
    dna_common common;
} doctor_values;

static const dna_opt_spec spec = {.name = "dnadna doctor",
    .doc =
        "Tell what dnadna finds on this machine: processor and the kernels in use, threads, "
        "memory, libraries, disk; and check that networks give the right numbers on it. "
        "The exit status is 1 if they do not. Worth attaching to a report of a fault.",
    .example = "dnadna doctor",
    .opts = {dna_opts_common}};

static int
run(const void *values, dna_log *log)
{
    const doctor_values *v = values;
    const char *temp_dir = getenv("TMPDIR");
    dna_doctor_options o = {.isa = v->common.isa,
        .temp_dir = temp_dir != NULL && temp_dir[0] != '\0' ? temp_dir : NULL};

    (void)log;
    return dna_run_doctor(&o, stdout);
}

const dna_command dna_command_doctor = {.name = "doctor",
    .summary = "Tell what this machine gives, and check the results on it",
    .spec = &spec,
    .values_size = sizeof(doctor_values),
    .run = run};
