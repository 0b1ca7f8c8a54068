/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser of an application's commands; see command.h for the grammar.
 */
#include "agent/smtp/command.h"
#include "agent/smtp/parameter.h"
#include "common/service.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    const char *name;
    anonid_smtp_verb_t verb;
} verbs[] = {
    { "HELO", ANONID_SMTP_HELO },          { "EHLO", ANONID_SMTP_EHLO },
    { "AUTH", ANONID_SMTP_AUTH },          { "MAIL", ANONID_SMTP_MAIL },
    { "RCPT", ANONID_SMTP_RCPT },          { "DATA", ANONID_SMTP_DATA },
    { "RSET", ANONID_SMTP_RSET },          { "NOOP", ANONID_SMTP_NOOP },
    { "HELP", ANONID_SMTP_HELP },          { "VRFY", ANONID_SMTP_VRFY },
    { "EXPN", ANONID_SMTP_VRFY },          { "QUIT", ANONID_SMTP_QUIT },
    { "STARTTLS", ANONID_SMTP_STARTTLS },  { "BDAT", ANONID_SMTP_BDAT },
    { "XCLIENT", ANONID_SMTP_XCLIENT },    { "GET", ANONID_SMTP_HTTP },
    { "POST", ANONID_SMTP_HTTP },          { "PUT", ANONID_SMTP_HTTP },
    { "HEAD", ANONID_SMTP_HTTP },          { "PATCH", ANONID_SMTP_HTTP },
    { "DELETE", ANONID_SMTP_HTTP },        { "OPTIONS", ANONID_SMTP_HTTP },
    { "CONNECT", ANONID_SMTP_HTTP },       { "TRACE", ANONID_SMTP_HTTP },
    { "PRI", ANONID_SMTP_HTTP },           { "Host:", ANONID_SMTP_HTTP },
    { "User-Agent:", ANONID_SMTP_HTTP },   { "Origin:", ANONID_SMTP_HTTP },
    { "Content-Type:", ANONID_SMTP_HTTP },
};

int anonid_smtp_is_tls(const char *data, size_t length)
{
    return length >= 2 && data[0] == 0x16 && data[1] == 0x03;
}

int anonid_smtp_line(const char *data, size_t length, size_t *line, int *bare)
{
    size_t limit =
        length < ANONID_SMTP_COMMAND_MAX ? length : ANONID_SMTP_COMMAND_MAX;
    const char *lf = memchr(data, '\n', limit);
    size_t content;

    if (!lf)
        return length < ANONID_SMTP_COMMAND_MAX ? 0 : -1;
    content = (size_t)(lf - data);
    *line = content + 1;
    *bare = content == 0 || data[content - 1] != '\r'
            || memchr(data, '\r', content - 1) || memchr(data, '\0', content);
    return 1;
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

void anonid_smtp_command_parse(const char *line, size_t length,
                               anonid_smtp_command_t *command)
{
    size_t verb = 0;

    while (length > 0 && (is_blank(line[length - 1])))
        length--;
    while (verb < length && !is_blank(line[verb]))
        verb++;
    command->verb = ANONID_SMTP_UNKNOWN;
    for (size_t i = 0; i < COUNT(verbs); i++) {
        if (strlen(verbs[i].name) == verb
            && strncasecmp(line, verbs[i].name, verb) == 0)
            command->verb = verbs[i].verb;
    }
    while (verb < length && is_blank(line[verb]))
        verb++;
    command->argument = line + verb;
    command->length = length - verb;
}

typedef struct {
    const char *next;
    const char *end;
} rest_t;

static void skip_blanks(rest_t *rest)
{
    while (rest->next < rest->end && is_blank(*rest->next))
        rest->next++;
}

/* "FROM:" or "TO:", and the address in its brackets, which may be none. */
static int take_path(rest_t *rest, const char *word, char address[256])
{
    size_t n = strlen(word);
    const char *close;

    if ((size_t)(rest->end - rest->next) < n
        || strncasecmp(rest->next, word, n) != 0)
        return 0;
    rest->next += n;
    skip_blanks(rest);
    if (rest->next == rest->end || *rest->next++ != '<')
        return 0;
    close = memchr(rest->next, '>', (size_t)(rest->end - rest->next));
    if (!close || close - rest->next > 255
        || memchr(rest->next, '\0', (size_t)(close - rest->next)))
        return 0;
    n = (size_t)(close - rest->next);
    memcpy(address, rest->next, n);
    address[n] = '\0';
    rest->next = close + 1;
    return rest->next == rest->end || is_blank(*rest->next);
}

/* Takes the next word: 1, or 0 when there is none. */
static int take_word(rest_t *rest, const char **word, size_t *length)
{
    skip_blanks(rest);
    *word = rest->next;
    while (rest->next < rest->end && !is_blank(*rest->next))
        rest->next++;
    *length = (size_t)(rest->next - *word);
    return *length > 0;
}

/* What stands behind the address. */
static const char *take_parameters(rest_t *rest,
                                   const anonid_smtp_allowed_t *allowed,
                                   anonid_smtp_path_t *path)
{
    const char *wrong = NULL, *word;
    size_t length;

    while (!wrong && take_word(rest, &word, &length))
        wrong = anonid_smtp_parameter_take(word, length, allowed, path);
    return wrong;
}

const char *anonid_smtp_mail_parse(const anonid_smtp_command_t *command,
                                   unsigned offers, anonid_smtp_path_t *path)
{
    rest_t rest = { command->argument, command->argument + command->length };
    const anonid_smtp_allowed_t allowed = { ANONID_SMTP_MAIL, offers };
    const char *wrong;

    memset(path, 0, sizeof(*path));
    if (!take_path(&rest, "FROM:", path->address))
        return "501 5.5.4 write MAIL FROM:<address>";
    wrong = take_parameters(&rest, &allowed, path);
    if (!wrong && path->address[0] && anonid_address_error(path->address))
        wrong = "501 5.1.7 that is no address of a sender";
    return wrong;
}

const char *anonid_smtp_rcpt_parse(const anonid_smtp_command_t *command,
                                   unsigned offers, anonid_smtp_path_t *path)
{
    rest_t rest = { command->argument, command->argument + command->length };
    const anonid_smtp_allowed_t allowed = { ANONID_SMTP_RCPT, offers };
    const char *wrong;

    memset(path, 0, sizeof(*path));
    if (!take_path(&rest, "TO:", path->address))
        return "501 5.5.4 write RCPT TO:<address>";
    wrong = take_parameters(&rest, &allowed, path);
    if (!wrong && anonid_address_error(path->address))
        wrong = "501 5.1.3 that is no address of a recipient";
    return wrong;
}

#define V6 "IPV6:"

/* "[UNAVAILABLE]", say, is no address. */
static void take_attribute(const char *word, size_t length,
                           anonid_visitor_t *visitor)
{
    const char *value = memchr(word, '=', length);
    size_t name = value ? (size_t)(value++ - word) : 0;
    size_t rest = value ? length - name - 1 : 0;

    if (name != 4)
        return;
    if (strncasecmp(word, "PORT", 4) == 0)
        visitor->port = anonid_visitor_number(value, rest, 65535);
    if (strncasecmp(word, "ADDR", 4) != 0)
        return;
    if (rest > strlen(V6) && strncasecmp(value, V6, strlen(V6)) == 0) {
        value += strlen(V6);
        rest -= strlen(V6);
    }
    (void)anonid_visitor_address(visitor, value, rest);
}

const char *anonid_smtp_xclient_parse(const anonid_smtp_command_t *command,
                                      anonid_visitor_t *visitor)
{
    rest_t rest = { command->argument, command->argument + command->length };
    const char *word;
    size_t length;

    memset(visitor, 0, sizeof(*visitor));
    if (command->length == 0)
        return "501 5.5.4 write XCLIENT ADDR=address";
    while (take_word(&rest, &word, &length)) {
        if (!memchr(word, '=', length))
            return "501 5.5.4 write XCLIENT ADDR=address";
        take_attribute(word, length, visitor);
    }
    return NULL;
}
