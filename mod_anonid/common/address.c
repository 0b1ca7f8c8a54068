/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail addresses and aliases; see service.h. What passes here can stand in
 * an SMTP command and in a header field without quoting or escaping.
 */
#include "common/service.h"
#include "common/text.h"

#include <string.h>
#include <strings.h>

#define ADDRESS_MAX_OCTETS 254 /* RFC 5321 4.5.3.1.3, less the brackets */
#define LOCAL_MAX_OCTETS 64    /* RFC 5321 4.5.3.1.1 */
#define LABEL_MAX_OCTETS 63
#define ALIAS_MAX_OCTETS 64

static int is_alnum(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9');
}

/* atext of RFC 5321 4.1.2 and, with RFC 6531, UTF-8. */
static int is_atext(unsigned char c)
{
    return is_alnum(c) || c >= 0x80
           || (c && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static int is_label(unsigned char c)
{
    return is_alnum(c) || c >= 0x80 || c == '-';
}

/* Parts between dots, none of them empty, made of allowed octets only. */
static int dotted(const char *text, size_t length,
                  int (*allowed)(unsigned char), size_t max_part)
{
    size_t part = 0;

    for (size_t i = 0; i < length; i++) {
        if (text[i] == '.') {
            if (part == 0)
                return 0;
            part = 0;
            continue;
        }
        if (!allowed((unsigned char)text[i]) || ++part > max_part)
            return 0;
    }
    return part > 0;
}

const char *anonid_address_error(const char *address)
{
    size_t length = strlen(address);
    const char *at = strrchr(address, '@');
    size_t local;

    if (length > ADDRESS_MAX_OCTETS)
        return "it is longer than 254 octets";
    if (!at)
        return "it has no '@'";
    if (!anonid_text_is_utf8(address, length))
        return "it is not UTF-8";
    if (!anonid_text_is_plain(address))
        return "it holds control characters";
    local = (size_t)(at - address);
    if (local > LOCAL_MAX_OCTETS)
        return "the part before its '@' is longer than 64 octets";
    if (!dotted(address, local, is_atext, LOCAL_MAX_OCTETS))
        return "the part before its '@' is empty or holds what an address "
               "cannot hold unquoted";
    if (!dotted(at + 1, length - local - 1, is_label, LABEL_MAX_OCTETS))
        return "the part after its '@' is no domain name";
    return NULL;
}

const char *anonid_alias_error(const char *alias)
{
    size_t length = strlen(alias);

    if (length == 0 || length > ALIAS_MAX_OCTETS)
        return "it is not 1 to 64 characters long";
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)alias[i];

        if (!is_alnum(c) && c != '.' && c != '_' && c != '-')
            return "it holds something other than letters, digits, '.', '_' "
                   "and '-'";
    }
    return NULL;
}

int anonid_address_same(const char *a, const char *b)
{
    const char *at = strrchr(a, '@');
    size_t local = at ? (size_t)(at - a) + 1 : 0;

    return at && strncmp(a, b, local) == 0
           && strcasecmp(a + local, b + local) == 0;
}

const char *anonid_pattern_error(const char *pattern)
{
    const char *domain = pattern + 1;
    size_t length;

    if (strcmp(pattern, "*") == 0)
        return NULL;
    if (pattern[0] != '@')
        return anonid_address_error(pattern);
    domain += *domain == '.';
    length = strlen(domain);
    if (length > ADDRESS_MAX_OCTETS || !anonid_text_is_utf8(domain, length)
        || !anonid_text_is_plain(domain)
        || !dotted(domain, length, is_label, LABEL_MAX_OCTETS))
        return "what follows its '@' is no domain name";
    return NULL;
}

int anonid_pattern_fits(const char *pattern, const char *address)
{
    const char *domain = strrchr(address, '@') + 1;
    size_t whole = strlen(domain), below;

    if (strcmp(pattern, "*") == 0)
        return 1;
    if (pattern[0] != '@')
        return anonid_address_same(pattern, address);
    if (pattern[1] != '.')
        return strcasecmp(pattern + 1, domain) == 0;
    below = strlen(pattern + 1);
    return strcasecmp(pattern + 2, domain) == 0
           || (whole > below
               && strcasecmp(pattern + 1, domain + whole - below) == 0);
}
