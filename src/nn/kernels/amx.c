/* amx.c - whether the tiles of AMX may be used.
 *
 * SPDX-License-Identifier: MIT
 *
 * Sources: Intel's software developer's manual, CPUID leaf 7 and XCR0; arch_prctl(2) and
 * Documentation/arch/x86/xstate.rst of Linux.
 */
#define _DEFAULT_SOURCE /* syscall */
#include "nn/kernels/amx.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OSXSAVE    (1u << 27) /* leaf 1, ecx */
#define AMX_BF16   (1u << 22) /* leaf 7, edx */
#define AMX_TILE   (1u << 24)
#define TILE_STATE (3u << 17) /* XCR0: configuration and data */

#define REQUEST_PERMISSION 0x1023 /* ARCH_REQ_XCOMP_PERM */
#define TILE_DATA          18

static uint32_t
enabled_states(void)
{
    uint32_t low = 0, high = 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

bool
dna_amx_is_there(void)
{
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & OSXSAVE) == 0
        || __get_cpuid_count(7, 0, &a, &b, &c, &d) == 0
        || (d & (AMX_BF16 | AMX_TILE)) != (AMX_BF16 | AMX_TILE)
        || (enabled_states() & TILE_STATE) != TILE_STATE) {
        return false;
    }
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}
#else
bool
dna_amx_is_there(void)
{
    return false;
}
#endif
