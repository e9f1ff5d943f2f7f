/* support.h - what the tests share: cmocka with its includes, temporary folders, data.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_TESTS_SUPPORT_H
#define DNA_TESTS_SUPPORT_H

/* cmocka needs these first, in this order */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "dnadna/status.h"

/** assert DNA_OK and show the message otherwise */
#define assert_ok(call)                                                             \
    do {                                                                            \
        int assert_ok_rc = (call);                                                  \
        if (assert_ok_rc != DNA_OK) {                                               \
            fail_msg(                                                               \
                "%s: %s: %s", #call, dna_status_name(assert_ok_rc), dna_message()); \
        }                                                                           \
    } while (0)

/** assert a code, and that the message contains a text */
#define assert_fails(call, code, text)                                                 \
    do {                                                                               \
        int assert_fails_rc = (call);                                                  \
        if (assert_fails_rc != (code)) {                                               \
            fail_msg("%s: %s, not %s: %s", #call, dna_status_name(assert_fails_rc),    \
                dna_status_name(code), dna_message());                                 \
        }                                                                              \
        if (strstr(dna_message(), (text)) == NULL) {                                   \
            fail_msg("%s: message \"%s\" lacks \"%s\"", #call, dna_message(), (text)); \
        }                                                                              \
    } while (0)

/** |a - b| <= tol * max(1, |b|) */
void assert_near(double a, double b, double tol);

/** A new empty folder that is removed when the program ends. */
const char *test_dir(void);
/** "<test dir>/name"; valid until the program ends. */
const char *test_path(const char *name);
/** A file of the project: source_path("tests/data/x.npz"). */
const char *source_path(const char *name);
/** A file of ../shared/data beside the project, or NULL if it is not there (then skip
 *  the test). */
const char *shared_path(const char *name);
/** Write text to test_path(name) and return that path. */
const char *write_text(const char *name, const char *text);

/* Repeat the block with allocation 1, 2, 3 ... failing, until the hook no longer fires.
 * Inside, everything must fail cleanly; the last round runs without a failure. */
#define for_each_oom(i) for (int64_t i = 1; (dna_mem_fail_at(i), 1); i++)

/** To be called at the end of each for_each_oom block: leaves the loop when all
 *  passed. */
#define oom_done() \
    (dna_mem_has_failed() ? (dna_mem_fail_at(0), 0) : (dna_mem_fail_at(0), 1))

#endif
