/* amx.h - whether the tiles of AMX may be used.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_NN_KERNELS_AMX_H
#define DNA_NN_KERNELS_AMX_H

#include <stdbool.h>

/** Whether processor and system have tiles for bf16, and the process got leave to use them:
 *  tiles are large, so the system is to be asked once. */
bool dna_amx_is_there(void);

#endif
