/* machine.h - what the machine is: processor, memory, disk.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_BASE_MACHINE_H
#define DNA_BASE_MACHINE_H

#include <stddef.h>
#include <stdint.h>

/** "AMD EPYC 9354", as the system calls it; "unknown processor" where it does not. */
void dna_machine_processor(char *buf, size_t size);
/** Of the vector instructions that matter here those that the processor has, in the
 *  system's words: "avx2 fma avx512f"; empty where the system does not tell. */
void dna_machine_features(char *buf, size_t size);
/** Bytes of memory, and of those how many are free to be used; -1: not told. */
void dna_machine_memory(int64_t *total, int64_t *available);
/** Bytes of the file system of a path, and those that a user may fill; -1: not told. */
void dna_machine_disk(const char *path, int64_t *total, int64_t *available);

#endif
