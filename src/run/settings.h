/* settings.h - read single values of a checked config.
 *
 * SPDX-License-Identifier: MIT
 *
 * After dna_config_check_*() the kinds are known to be right and defaults are filled
 * in; these read them by dotted path. Absent and null give the stated fallback.
 */
#ifndef DNA_RUN_SETTINGS_H
#define DNA_RUN_SETTINGS_H

#include "base/value.h"
#include "config/tables.h"

int64_t dna_setting_int(const dna_value *config, const char *dotted, int64_t fallback);
double dna_setting_double(const dna_value *config, const char *dotted, double fallback);
bool dna_setting_bool(const dna_value *config, const char *dotted, bool fallback);
/** NULL if absent or null. Borrowed from the config. */
const char *dna_setting_text(const dna_value *config, const char *dotted);
/** Whether a file's name is that of a config: .json, .yml or .yaml. */
bool dna_is_config_name(const char *path);
/** Refuse what is no folder, in one line with the key and its place in the config. */
int dna_setting_check_folder(
    const dna_value *config, const char *dotted) DNA_MUST_CHECK;
/** The folder <root>/<name> of a new model or dataset, to be made; a heap string. root NULL
 * or ".": here. What cannot be a folder's name is refused; `what` is for the message. */
int dna_new_folder(
    char **out, const char *what, const char *name, const char *root) DNA_MUST_CHECK;
/** Put file and line of a setting before the current message; returns code. */
int dna_setting_blame(int code, const dna_value *config, const char *dotted);
/** Whether a word means a choice of a CHOICE key. */
bool dna_setting_is(const dna_value *config, const char *dotted, const char *choice);
/** "2026-11-22T17:44:46+00:00", now. */
const char *dna_utc_now(char *buf, size_t size);
/** Seconds of a clock that never goes back. */
double dna_seconds(void);

#define DNA_TIME_TEXT 64

#endif
