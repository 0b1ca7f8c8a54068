/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser of parameters; see parameter.h for the grammar.
 */
#include "agent/smtp/parameter.h"
#include "agent/mail/driver.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* RFC 3461 sections 4.2 and 4.4. */
#define ENVID_MAX 100
#define ORCPT_MAX 500

typedef struct {
    const char *text;
    size_t length;
} value_t;

static int is_word(const value_t *value, const char *word)
{
    return value->length == strlen(word)
           && strncasecmp(value->text, word, value->length) == 0;
}

static int take_size(const value_t *value, anonid_smtp_path_t *path)
{
    uint64_t size = 0;

    if (value->length == 0 || value->length > 18)
        return 0;
    for (size_t i = 0; i < value->length; i++) {
        if (!isdigit((unsigned char)value->text[i]))
            return 0;
        size = size * 10 + (uint64_t)(value->text[i] - '0');
    }
    path->size = size;
    return 1;
}

static int take_body(const value_t *value, anonid_smtp_path_t *path)
{
    path->eight_bit = is_word(value, "8BITMIME");
    return path->eight_bit || is_word(value, "7BIT");
}

/* Who the message was first handed in by (RFC 4954 section 5) is not passed
 * on: it is the account that is logged on. */
static int take_auth(const value_t *value, anonid_smtp_path_t *path)
{
    (void)path;
    return value->length > 0;
}

static int take_utf8(const value_t *value, anonid_smtp_path_t *path)
{
    (void)value;
    path->utf8 = 1;
    return 1;
}

static int take_ret(const value_t *value, anonid_smtp_path_t *path)
{
    (void)path;
    return is_word(value, "FULL") || is_word(value, "HDRS");
}

static int is_hex(char c)
{
    return isdigit((unsigned char)c) || (c >= 'A' && c <= 'F');
}

static int is_xtext(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '!' || text[i] > '~' || text[i] == '=')
            return 0;
        if (text[i] != '+')
            continue;
        if (length - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2]))
            return 0;
        i += 2;
    }
    return length > 0;
}

static int take_envid(const value_t *value, anonid_smtp_path_t *path)
{
    (void)path;
    return value->length <= ENVID_MAX && is_xtext(value->text, value->length);
}

/* NEVER stands alone. */
static int take_notify(const value_t *value, anonid_smtp_path_t *path)
{
    static const char *const words[] = { "SUCCESS", "FAILURE", "DELAY" };
    const char *end = value->text + value->length;
    int found, seen[3] = { 0 };

    (void)path;
    if (is_word(value, "NEVER"))
        return 1;
    for (const char *at = value->text; at <= end; at++) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const value_t word = { at, (size_t)((comma ? comma : end) - at) };

        found = 0;
        for (int i = 0; i < 3; i++) {
            if (is_word(&word, words[i]))
                found = !seen[i]++;
        }
        if (!found)
            return 0;
        at += word.length;
    }
    return 1;
}

static int take_orcpt(const value_t *value, anonid_smtp_path_t *path)
{
    const char *semicolon = memchr(value->text, ';', value->length);
    size_t type = semicolon ? (size_t)(semicolon - value->text) : 0;

    (void)path;
    for (size_t i = 0; i < type; i++) {
        if (!isalnum((unsigned char)value->text[i]) && value->text[i] != '-')
            return 0;
    }
    return type > 0 && value->length <= ORCPT_MAX
           && is_xtext(semicolon + 1, value->length - type - 1);
}

typedef struct {
    const char *name;
    anonid_smtp_verb_t verb;
    unsigned needs; /* an extension; 0: it is always offered */
    int has_value;
    int (*take)(const value_t *value, anonid_smtp_path_t *path);
} parameter_t;

static const parameter_t parameters[] = {
    { "SIZE", ANONID_SMTP_MAIL, 0, 1, take_size },
    { "BODY", ANONID_SMTP_MAIL, 0, 1, take_body },
    { "AUTH", ANONID_SMTP_MAIL, 0, 1, take_auth },
    { "SMTPUTF8", ANONID_SMTP_MAIL, ANONID_CAP_SMTPUTF8, 0, take_utf8 },
    { "RET", ANONID_SMTP_MAIL, ANONID_CAP_DSN, 1, take_ret },
    { "ENVID", ANONID_SMTP_MAIL, ANONID_CAP_DSN, 1, take_envid },
    { "NOTIFY", ANONID_SMTP_RCPT, ANONID_CAP_DSN, 1, take_notify },
    { "ORCPT", ANONID_SMTP_RCPT, ANONID_CAP_DSN, 1, take_orcpt },
};

static const parameter_t *find(const value_t *name,
                               const anonid_smtp_allowed_t *allowed)
{
    for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
        const parameter_t *parameter = &parameters[i];

        if (parameter->verb == allowed->verb
            && (parameter->needs & ~allowed->offers) == 0
            && is_word(name, parameter->name))
            return parameter;
    }
    return NULL;
}

/* Keeps a parameter for the server, in its own name's capitals: 1, or 0 if it
 * is there already. */
static int keep(const parameter_t *parameter, const value_t *value,
                anonid_smtp_path_t *path)
{
    char begin[16];
    size_t used = strlen(path->dsn), length;

    length = (size_t)snprintf(begin, sizeof(begin), " %s=", parameter->name);
    if (strstr(path->dsn, begin)
        || used + length + value->length >= sizeof(path->dsn))
        return 0;
    memcpy(path->dsn + used, begin, length);
    memcpy(path->dsn + used + length, value->text, value->length);
    path->dsn[used + length + value->length] = '\0';
    return 1;
}

const char *anonid_smtp_parameter_take(const char *word, size_t length,
                                       const anonid_smtp_allowed_t *allowed,
                                       anonid_smtp_path_t *path)
{
    const char *equal = memchr(word, '=', length);
    const value_t name = { word, equal ? (size_t)(equal - word) : length };
    const parameter_t *parameter = find(&name, allowed);
    value_t value = { "", 0 };

    if (!parameter)
        return "555 5.5.4 a parameter is not known here: leave it out";
    if (equal)
        value = (value_t){ equal + 1, length - name.length - 1 };
    if (parameter->has_value != (equal != NULL)
        || !parameter->take(&value, path)
        || (parameter->needs == ANONID_CAP_DSN
            && !keep(parameter, &value, path)))
        return "501 5.5.4 a parameter has no such value";
    return NULL;
}
