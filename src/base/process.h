/* process.h - run another program and take what it writes.
 *
 * SPDX-License-Identifier: MIT
 *
 *     const char *argv[] = {"scrm", "20", "1", "-t", "5", NULL};
 *     dna_process_result r = {0};
 *     rc = dna_process_run(&r, &(dna_process_options){.argv = argv, .max_output = 1 << 20});
 *     if (rc == DNA_OK && r.signal == 0 && r.exit_code == 0) {
 *         use(r.out, r.n_out);
 *     }
 *     dna_process_clear(&r);
 *
 * No shell is involved unless argv names one. The program is looked for as a shell looks,
 * gets the environment of this process, nothing to read (/dev/null), and a process group
 * of its own: a Ctrl-C at the terminal is this process's to pass on. Whatever is left of
 * the group when the program has ended, or when it is stopped, is killed; nothing is left
 * unreaped. Any number of threads may run programs at once.
 */
#ifndef DNA_BASE_PROCESS_H
#define DNA_BASE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "dnadna/status.h"

/** Bytes that are kept of the end of standard error. */
#define DNA_PROCESS_ERR 4096

typedef struct {
    const char *const *argv; /* ends with NULL; argv[0]: the program */
    double timeout;          /* seconds; 0: as long as it takes */
    size_t max_output;       /* bytes of standard output; more stop it; 0: 1 GiB */
    /* Asked some fifty times a second; what is negative stops the program and is
     * returned, with the message that is set. NULL: never. */
    int (*check)(void *payload);
    void *payload;
} dna_process_options;

typedef struct {
    char *out; /* [n_out], a zero after it */
    size_t n_out, cap;
    char err[DNA_PROCESS_ERR + 1]; /* the end of standard error, without zeros */
    size_t n_err;
    bool is_err_cut; /* there was more before */
    int exit_code;
    int signal; /* that ended it; 0: it ended by itself */
} dna_process_result;

/** Run to the end. DNA_OK whatever the exit code; r must be zeroed and is filled also on
 *  errors, to be cleared in any case.
 *  Errors: DNA_ENOTFOUND (no such program), DNA_EIO (it cannot be run; timeout; more
 *  output than allowed), DNA_ENOMEM, what check() returned. */
int dna_process_run(dna_process_result *r, const dna_process_options *o) DNA_MUST_CHECK;
void dna_process_clear(dna_process_result *r);

#endif
