/* status.h - how every dnadna function tells what went wrong.
 *
 * SPDX-License-Identifier: MIT
 *
 * A fallible function returns an int: DNA_OK (0) or a negative DNA_E* code. The code
 * says what a caller can do about it; the sentence for people is set once, where the
 * fault is known, by dna_fail(), and read with dna_message(). It belongs to the
 * calling thread. Outer layers may only prepend where they were, with dna_context().
 *
 *     if (dna_sample_load(&sample, path, &options) < 0) {
 *         fprintf(stderr, "%s\n", dna_message());
 *     }
 *
 * A message is one line: subject, fact, expectation, without a full stop:
 *     data.yml:12: dataset_splits.training: 1.5 is not below 1
 */
#ifndef DNA_STATUS_H
#define DNA_STATUS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define DNA_API          __attribute__((visibility("default")))
#define DNA_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define DNA_MUST_CHECK   __attribute__((warn_unused_result))
#else
#define DNA_API
#define DNA_PRINTF(f, a)
#define DNA_MUST_CHECK
#endif

enum {
    DNA_OK = 0,
    DNA_ENOMEM = -1,    /* memory could not be had */
    DNA_EIO = -2,       /* the system refused: open, read, write, rename, full disk */
    DNA_EFORMAT = -3,   /* a file's content is not what its format asks for */
    DNA_EARG = -4,      /* an option, key or argument has an impossible value */
    DNA_ESHAPE = -5,    /* sizes do not fit together */
    DNA_ENOTFOUND = -6, /* a file, key, column or name does not exist */
    DNA_EUNSUPPORTED = -7, /* valid, but dnadna cannot do it */
    DNA_ENUMERIC = -8,     /* NaN, infinity, divergence */
    DNA_EBACKEND = -9,     /* oneDNN refused */
    DNA_EPLUGIN = -10,     /* a plugin is missing, of another version, or failed */
    DNA_ECOMM = -11,       /* communication between processes failed */
    DNA_ECANCEL = -12,     /* stopped on request (signal) */
    DNA_EEXISTS = -13      /* something is already there and may not be replaced */
};

/** The calling thread's last message, "" if there is none. Valid until the next
 * failure. */
DNA_API const char *dna_message(void);

/** The short name of a code: "EIO"; "OK" for 0; "E?" for an unknown one. */
DNA_API const char *dna_status_name(int code);

/** Set the message (newlines and control characters become spaces) and return code. */
DNA_API int dna_fail(int code, const char *fmt, ...) DNA_PRINTF(2, 3);

/** Put "<text>: " before the current message. */
DNA_API void dna_context(const char *fmt, ...) DNA_PRINTF(1, 2);

/** Forget the message. */
DNA_API void dna_message_clear(void);

/* The two macros that jump, both to the function's one label `out:`; rc is an int. */
#define DNA_TRY(call) \
    do {              \
        rc = (call);  \
        if (rc < 0) { \
            goto out; \
        }             \
    } while (0)

#define DNA_REQUIRE(cond, code, ...)            \
    do {                                        \
        if (!(cond)) {                          \
            rc = dna_fail((code), __VA_ARGS__); \
            goto out;                           \
        }                                       \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
