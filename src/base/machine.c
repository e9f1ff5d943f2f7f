/* machine.c - what the machine is: processor, memory, disk.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/machine.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/mem.h"

/* The value of the first line of /proc/cpuinfo that begins so. */
static bool
cpuinfo(const char *key, char *buf, size_t size)
{
    char line[8192]; /* the list of features is long */
    bool is_found = false;
    FILE *f = fopen("/proc/cpuinfo", "r");

    while (!is_found && f != NULL && fgets(line, sizeof(line), f) != NULL) {
        const char *value = strchr(line, ':');
        if (strncmp(line, key, strlen(key)) == 0 && value != NULL) {
            value += 1 + strspn(value + 1, " ");
            snprintf(buf, size, "%.*s", (int)strcspn(value, "\n"), value);
            is_found = true;
        }
    }
    if (f != NULL) {
        fclose(f);
    }
    return is_found;
}

void
dna_machine_processor(char *buf, size_t size)
{
    if (!cpuinfo("model name", buf, size)) {
        snprintf(buf, size, "unknown processor");
    }
}

static bool
has_word(const char *words, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = words; (at = strstr(at, word)) != NULL; at += n) {
        bool is_start = at == words || at[-1] == ' ';
        if (is_start && (at[n] == ' ' || at[n] == '\0')) {
            return true;
        }
    }
    return false;
}

void
dna_machine_features(char *buf, size_t size)
{
    static const char *const names[] = {"sse4_2", "avx2", "fma", "avx512f", "avx512bw",
        "avx512vl", "avx512_bf16", "amx_tile", "amx_bf16", "asimd", "sve", "bf16"};
    char flags[8192];
    size_t n = 0;

    buf[0] = '\0';
    if (!cpuinfo("flags", flags, sizeof(flags))
        && !cpuinfo("Features", flags, sizeof(flags))) {
        return;
    }
    for (int64_t i = 0; i < DNA_COUNT(names) && n < size; i++) {
        if (has_word(flags, names[i])) {
            n +=
                (size_t)snprintf(buf + n, size - n, "%s%s", n > 0 ? " " : "", names[i]);
        }
    }
}

void
dna_machine_memory(int64_t *total, int64_t *available)
{
    char line[256];
    FILE *f = fopen("/proc/meminfo", "r");

    *total = *available = -1;
    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        int64_t kib = 0;
        if (sscanf(line, "MemTotal: %" SCNd64, &kib) == 1) {
            *total = kib * 1024;
        } else if (sscanf(line, "MemAvailable: %" SCNd64, &kib) == 1) {
            *available = kib * 1024;
        }
    }
    if (f != NULL) {
        fclose(f);
    }
}

void
dna_machine_disk(const char *path, int64_t *total, int64_t *available)
{
    struct statvfs s;

    *total = *available = -1;
    if (statvfs(path, &s) == 0) {
        *total = (int64_t)(s.f_blocks * s.f_frsize);
        *available = (int64_t)(s.f_bavail * s.f_frsize);
    }
}
