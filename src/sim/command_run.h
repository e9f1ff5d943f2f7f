/* command_run.h - one call of an outside program: its output as a sample.
 *
 * SPDX-License-Identifier: MIT
 *
 * The program writes npz, ms text, VCF, BCF or a tree sequence to its standard output, or to the file {output} of its
 * command line. That file lies in a new folder for each call, which is removed with all
 * that is in it, however the call ends: no call ever sees the file of another, and what is
 * read was written by a program that ended well.
 */
#ifndef DNA_SIM_COMMAND_RUN_H
#define DNA_SIM_COMMAND_RUN_H

#include "dnadna/sample.h"
#include "sim/command_line.h"

typedef enum {
    DNA_OUTPUT_ANY,
    DNA_OUTPUT_NPZ,
    DNA_OUTPUT_MS,
    DNA_OUTPUT_VCF, /* or BCF, compressed or not */
    DNA_OUTPUT_TREES
} dna_output_format;

typedef struct {
    const dna_command_line *line;
    dna_output_format format;            /* ANY: told apart by the content */
    double timeout;                      /* seconds; 0: none */
    size_t max_output;                   /* bytes */
    const char *temp_dir;                /* where the folders of calls are made */
    bool has_output;                     /* the line has {output} */
    bool (*is_cancelled)(void *payload); /* may be NULL */
    void *cancel_payload;
    /* The text of field i, appended; output: the path for {output}. */
    int (*put_field)(void *payload, int64_t i, const char *output, dna_str *text);
    void *payload;
    int64_t segment_length; /* base pairs */
} dna_command_call;

/** Run and read one sample; positions are absolute. Messages begin with the program.
 *  Errors: DNA_ENOTFOUND (no such program), DNA_EIO (it failed, with the end of its
 *  standard error), DNA_EFORMAT and others (its output), DNA_ECANCEL. */
int dna_command_run(dna_sample **out, const dna_command_call *call) DNA_MUST_CHECK;

#endif
