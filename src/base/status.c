/* status.c - the calling thread's message, and the names of the codes.
 *
 * SPDX-License-Identifier: MIT
 *
 * The message lives in a fixed thread-local buffer, so that running out of memory can
 * be told without memory. Whatever a file or a user put into it, it stays one line of
 * printable text: it may be shown on a terminal.
 */
#include "dnadna/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_SIZE 1024

static _Thread_local char message[MESSAGE_SIZE];

/* Control characters become spaces: C0, DEL, and C1 in UTF-8 (c2 80 .. c2 9f). */
static void
make_one_line(char *text)
{
    unsigned char previous = 0;
    for (char *p = text; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20 || c == 0x7f || (previous == 0xc2 && c >= 0x80 && c < 0xa0)) {
            if (previous == 0xc2) {
                p[-1] = ' ';
            }
            *p = ' ';
        }
        previous = c;
    }
}

/* A text that was cut ends in "...", never in half a UTF-8 character. */
static void
mark_cut(char *text)
{
    size_t end = MESSAGE_SIZE - 4;
    while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80) {
        end--;
    }
    memcpy(text + end, "...", 4);
}

static void format(char *out, const char *fmt, va_list args) DNA_PRINTF(2, 0);

static void
format(char *out, const char *fmt, va_list args)
{
    int n = vsnprintf(out, MESSAGE_SIZE, fmt, args);
    if (n < 0) {
        strcpy(out, "unknown error");
    } else if (n >= MESSAGE_SIZE) {
        mark_cut(out);
    }
    make_one_line(out);
}

const char *
dna_message(void)
{
    return message;
}

const char *
dna_status_name(int code)
{
    static const char *const names[] = {"OK", "ENOMEM", "EIO", "EFORMAT", "EARG",
        "ESHAPE", "ENOTFOUND", "EUNSUPPORTED", "ENUMERIC", "EBACKEND", "EPLUGIN",
        "ECOMM", "ECANCEL", "EEXISTS"};
    if (code > 0 || code < DNA_EEXISTS) {
        return "E?";
    }
    return names[-code];
}

int
dna_fail(int code, const char *fmt, ...)
{
    char text[MESSAGE_SIZE]; /* an argument may be the old message itself */
    int saved = errno;
    va_list args;
    va_start(args, fmt);
    format(text, fmt, args);
    va_end(args);
    memcpy(message, text, strlen(text) + 1);
    errno = saved;
    return code;
}

void
dna_context(const char *fmt, ...)
{
    char where[MESSAGE_SIZE];
    char text[MESSAGE_SIZE];
    va_list args;
    va_start(args, fmt);
    format(where, fmt, args);
    va_end(args);
    size_t n = strlen(where);
    size_t m = strlen(message);
    memcpy(text, where, n + 1);
    if (n + 2 < MESSAGE_SIZE) {
        memcpy(text + n, ": ", 3);
        n += 2;
        size_t room = MESSAGE_SIZE - 1 - n;
        memcpy(text + n, message, m < room ? m : room);
        text[n + (m < room ? m : room)] = '\0';
        if (m > room) {
            mark_cut(text);
        }
    }
    memcpy(message, text, strlen(text) + 1);
}

void
dna_message_clear(void)
{
    message[0] = '\0';
}
