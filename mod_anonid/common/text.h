/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that comes from elsewhere: whether it is UTF-8, and what of it may be
 * shown. A visitor, a mail server's reply, a directory's diagnostics and a
 * program's output are equally foreign; a terminal obeys control characters,
 * and a reader is deceived by characters that turn the direction of the text
 * around them (Unicode Technical Report 36, section 2.10.2).
 */
#ifndef ANONID_COMMON_TEXT_H
#define ANONID_COMMON_TEXT_H

#include <stddef.h>

typedef enum {
    ANONID_TEXT_PLAIN,
    ANONID_TEXT_CONTROL,   /* U+0000-1F, 7F-9F; U+2028 and 2029 end a line */
    ANONID_TEXT_DIRECTION, /* U+061C, 200E, 200F, 202A-2E, 2066-69 */
    ANONID_TEXT_BROKEN     /* an octet that is not UTF-8 */
} anonid_text_kind_t;

/* What the next character is, and in *octets how long: 1 to 4, at most left,
 * which is at least 1. UTF-8 is that of RFC 3629: no overlong forms, no
 * surrogates. */
anonid_text_kind_t anonid_text_next(const char *text, size_t left,
                                    size_t *octets);

/* 1 if all of it is UTF-8; NUL is a character like any other. */
int anonid_text_is_utf8(const char *text, size_t length);

/* 1 if all of it is PLAIN. */
int anonid_text_is_plain(const char *text);

/* Copies text as it may be shown to out, of size octets (at least 1) with the
 * NUL at its end; what does not fit is cut off between characters. A control
 * character becomes a space, a broken octet '?', and DIRECTION characters go,
 * so that it is one line and no longer than before: out may be text itself.
 * Returns the octets before the NUL. */
size_t anonid_text_show(char *out, size_t size, const char *text,
                        size_t length);

/* The same in place. */
void anonid_text_clean(char *text);

#endif
