/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SASL engine against libsasl2's own server, mechanism by mechanism,
 * with channel binding and without: what no mail server in reach does.
 */
#include "sasl_server.h"
#include "unit.h"

#include "agent/sasl/sasl.h"
#include "agent/base/thread_pool.h"

#include <event2/event.h>
#include <sasl/saslutil.h>
#include <stdio.h>
#include <string.h>

#define USER "IUSR_web1"
#define PASSWORD "correct horse battery staple"

static struct event_base *base;

/* One exchange between engine and server. */
typedef struct {
    anonid_sasl_t *client;
    sasl_conn_t *server;
    char text[8192]; /* the engine's last words */
    anonid_sasl_result_t result;
    int initial; /* there was a first response */
    int stepped;
} exchange_t;

static void on_step(void *context, anonid_sasl_result_t result,
                    const char *text)
{
    exchange_t *x = context;

    x->result = result;
    x->initial = text != NULL;
    x->stepped = 1;
    snprintf(x->text, sizeof(x->text), "%s", text ? text : "");
    event_base_loopbreak(base);
}

/* The server's side of the last words: its code, and a challenge in `out`. */
static int serve(exchange_t *x, const char *mechanism, char *out, size_t size)
{
    const char *challenge = NULL;
    unsigned length = 0, in_length;
    char in[8192];
    int code;

    assert_int_equal(sasl_decode64(x->text, (unsigned)strlen(x->text), in,
                                   sizeof(in), &in_length),
                     SASL_OK);
    if (mechanism)
        code = sasl_server_start(x->server, mechanism, x->initial ? in : NULL,
                                 in_length, &challenge, &length);
    else
        code = sasl_server_step(x->server, in, in_length, &challenge, &length);
    out[0] = '\0';
    if (challenge)
        sasl_encode64(challenge, length, out, (unsigned)size, NULL);
    return code;
}

static void await_step(exchange_t *x)
{
    while (!x->stepped)
        event_base_dispatch(base);
}

static void bind_server(exchange_t *x, const char *name, const char *data)
{
    static sasl_channel_binding_t binding;

    binding = (sasl_channel_binding_t){ name, 0, strlen(data),
                                        (const unsigned char *)data };
    assert_int_equal(sasl_setprop(x->server, SASL_CHANNEL_BINDING, &binding),
                     SASL_OK);
}

/* Who talks to whom, and how. */
typedef struct {
    const char *mechanism;
    anonid_binding_use_t binding;
    const char *password;
    const char *client_binding; /* data of "tls-exporter"; NULL: none */
    const char *server_binding;
} setting_t;

static anonid_mechanism_t mechanism_of(const setting_t *setting)
{
    return (anonid_mechanism_t){ anonid_mechanism_find(setting->mechanism),
                                 setting->binding };
}

/* 1 if the server has to prove itself, too. */
static int is_mutual(const setting_t *setting)
{
    return (mechanism_of(setting).info->flags & ANONID_MECHANISM_SCRAM) != 0;
}

static void open_exchange(exchange_t *x, const setting_t *setting)
{
    anonid_sasl_login_t login = { .service = "smtp",
                                  .host = "localhost",
                                  .user = USER,
                                  .account = USER,
                                  .mechanism = mechanism_of(setting) };
    const char *why = "";

    memset(x, 0, sizeof(*x));
    login.secret = anonid_secret_make(
        ANONID_SECRET_PASSWORD, setting->password, strlen(setting->password));
    if (setting->client_binding) {
        login.binding.name = "tls-exporter";
        login.binding.length = strlen(setting->client_binding);
        memcpy(login.binding.data, setting->client_binding,
               login.binding.length);
    }
    x->client = anonid_sasl_open(&login, &why);
    anonid_secret_drop(login.secret);
    assert_non_null(x->client);
    assert_int_equal(unit_sasl_open(&x->server), SASL_OK);
    if (setting->server_binding)
        bind_server(x, "tls-exporter", setting->server_binding);
}

static void close_exchange(exchange_t *x)
{
    anonid_sasl_close(x->client);
    sasl_dispose(&x->server);
}

/* Talks until the server has decided, or the engine fails. Returns the
 * server's code, SASL_CONTINUE if it did not get to the end. */
static int talk(exchange_t *x, const char *mechanism)
{
    char challenge[8192];
    int code;

    anonid_sasl_begin(x->client, on_step, x);
    await_step(x);
    code = serve(x, mechanism, challenge, sizeof(challenge));
    while (code == SASL_CONTINUE) {
        x->stepped = 0;
        anonid_sasl_step(x->client, challenge, strlen(challenge), on_step, x);
        await_step(x);
        if (x->result != ANONID_SASL_RESPONSE)
            return SASL_CONTINUE;
        code = serve(x, NULL, challenge, sizeof(challenge));
    }
    return code;
}

static const setting_t scram = { "SCRAM-SHA-256", ANONID_BINDING_NONE,
                                 PASSWORD, NULL, NULL };
static const setting_t scram_plus = { "SCRAM-SHA-256-PLUS",
                                      ANONID_BINDING_USED, PASSWORD,
                                      "0123456789abcdef0123456789abcdef",
                                      "0123456789abcdef0123456789abcdef" };

/* A login that has to work. */
static void assert_logs_in(const setting_t *setting)
{
    exchange_t x;

    open_exchange(&x, setting);
    assert_int_equal(talk(&x, setting->mechanism), SASL_OK);
    assert_true(anonid_sasl_complete(x.client));
    close_exchange(&x);
}

static void every_mechanism_logs_in(void **state)
{
    setting_t setting = scram;

    (void)state;
    assert_logs_in(&scram);
    setting.mechanism = "SCRAM-SHA-1";
    setting.binding = ANONID_BINDING_NONE;
    assert_logs_in(&setting);
    setting.mechanism = "CRAM-MD5";
    setting.binding = ANONID_BINDING_NONE;
    assert_logs_in(&setting);
}

static void assert_refused(const setting_t *setting)
{
    exchange_t x;

    open_exchange(&x, setting);
    assert_int_not_equal(talk(&x, setting->mechanism), SASL_OK);
    assert_false(is_mutual(setting) && anonid_sasl_complete(x.client));
    close_exchange(&x);
}

static void a_wrong_password_is_refused(void **state)
{
    setting_t setting = scram;

    (void)state;
    setting.password = "wrong";
    assert_refused(&setting);
}

static void the_channel_is_bound(void **state)
{
    setting_t setting = scram_plus;

    (void)state;
    assert_logs_in(&scram_plus);
    /* Somebody in between has two channels. */
    setting.server_binding = "another channel, which is not the client's";
    assert_refused(&setting);
}

/* The first message, decoded. */
static void first_message(const setting_t *setting, char *out, unsigned size)
{
    exchange_t x;
    unsigned length;

    open_exchange(&x, setting);
    anonid_sasl_begin(x.client, on_step, &x);
    assert_int_equal(sasl_decode64(x.text, (unsigned)strlen(x.text), out,
                                   size - 1, &length),
                     SASL_OK);
    out[length] = '\0';
    close_exchange(&x);
}

static void plain_says_who_and_what(void **state)
{
    setting_t setting = scram;
    char text[256];

    (void)state;
    setting.mechanism = "PLAIN";
    setting.binding = ANONID_BINDING_NONE;
    first_message(&setting, text, sizeof(text));
    assert_memory_equal(text, "\0" USER "\0" PASSWORD,
                        2 + strlen(USER) + strlen(PASSWORD));
}

static void the_use_of_binding_is_said(void **state)
{
    setting_t setting = scram_plus;
    char text[256];

    (void)state;
    first_message(&scram_plus, text, sizeof(text));
    assert_memory_equal(text, "p=tls-exporter,,n=" USER, 18 + strlen(USER));
    first_message(&scram, text, sizeof(text));
    assert_memory_equal(text, "n,,n=" USER, 5 + strlen(USER));
    setting.mechanism = "SCRAM-SHA-256";
    setting.binding = ANONID_BINDING_UNUSED;
    first_message(&setting, text, sizeof(text));
    assert_memory_equal(text, "y,,n=" USER, 5 + strlen(USER));
}

/* A -PLUS that was taken out of the server's offer is noticed. */
static void a_downgrade_is_noticed(void **state)
{
    setting_t setting = scram_plus;

    (void)state;
    setting.mechanism = "SCRAM-SHA-256";
    setting.binding = ANONID_BINDING_UNUSED;
    assert_refused(&setting);
}

static void iterations_are_bounded(void **state)
{
    static const struct {
        const char *count;
        const char *why;
    } rows[] = { { "4095", "below 4,096" }, { "65537", "above 65,536" } };
    exchange_t x;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        unit_sasl_iterate(rows[i].count);
        open_exchange(&x, &scram);
        assert_int_equal(talk(&x, "SCRAM-SHA-256"), SASL_CONTINUE);
        assert_int_equal(x.result, ANONID_SASL_BAD_SERVER);
        assert_non_null(strstr(x.text, rows[i].why));
        close_exchange(&x);
    }
    unit_sasl_iterate("10000");
    assert_logs_in(&scram);
    unit_sasl_iterate(NULL);
}

static void assert_bad_server(const setting_t *setting, const char *challenge)
{
    exchange_t x;

    open_exchange(&x, setting);
    anonid_sasl_begin(x.client, on_step, &x);
    x.stepped = 0;
    anonid_sasl_step(x.client, challenge, strlen(challenge), on_step, &x);
    await_step(&x);
    assert_int_equal(x.result, ANONID_SASL_BAD_SERVER);
    assert_false(is_mutual(setting) && anonid_sasl_complete(x.client));
    close_exchange(&x);
}

static void bad_challenges_are_refused(void **state)
{
    setting_t plain = scram;
    char huge[20000];

    (void)state;
    plain.mechanism = "PLAIN";
    plain.binding = ANONID_BINDING_NONE;
    memset(huge, 'A', sizeof(huge) - 4);
    memset(huge + sizeof(huge) - 4, 0, 4);
    assert_bad_server(&scram, "no base64");
    assert_bad_server(&scram, "");
    assert_bad_server(&scram, huge);
    assert_bad_server(&plain, "QUFB"); /* one too many */
}

/* Has the engine answer the first message of a server with a salt that stays
 * the same: 1 if it does so at once. */
static int answer_first(exchange_t *x, anonid_secret_t *password)
{
    anonid_sasl_login_t login = { .service = "smtp",
                                  .host = "localhost",
                                  .user = USER,
                                  .account = USER,
                                  .secret = password,
                                  .mechanism = mechanism_of(&scram) };
    char first[256], message[512], challenge[1024];
    const char *why;
    unsigned length;

    memset(x, 0, sizeof(*x));
    x->client = anonid_sasl_open(&login, &why);
    assert_non_null(x->client);
    anonid_sasl_begin(x->client, on_step, x);
    assert_int_equal(sasl_decode64(x->text, (unsigned)strlen(x->text), first,
                                   sizeof(first) - 1, &length),
                     SASL_OK);
    first[length] = '\0';
    snprintf(message, sizeof(message), "%sserver,s=c2FsdA==,i=4096",
             strstr(first, "r="));
    sasl_encode64(message, (unsigned)strlen(message), challenge,
                  sizeof(challenge), NULL);
    x->stepped = 0;
    anonid_sasl_step(x->client, challenge, strlen(challenge), on_step, x);
    length = (unsigned)x->stepped;
    await_step(x);
    assert_int_equal(x->result, ANONID_SASL_RESPONSE);
    return (int)length;
}

static anonid_secret_t *password_secret(void)
{
    return anonid_secret_make(ANONID_SECRET_PASSWORD, PASSWORD,
                              strlen(PASSWORD));
}

/* Hashing takes long, and so waits for a thread; asked the same again, the
 * keys are known. */
static void keys_are_made_once(void **state)
{
    anonid_secret_t *password = password_secret();
    exchange_t x;

    (void)state;
    assert_false(answer_first(&x, password));
    anonid_sasl_close(x.client);
    assert_true(answer_first(&x, password));
    anonid_sasl_close(x.client);
    anonid_secret_drop(password);
}

/* A server may say that it refuses, and why, before it does. */
static void an_error_is_answered_and_no_success(void **state)
{
    static const char error[] = "ZT1pbnZhbGlkLXByb29m"; /* e=invalid-proof */
    anonid_secret_t *password = password_secret();
    exchange_t x;

    (void)state;
    (void)answer_first(&x, password);
    anonid_sasl_step(x.client, error, strlen(error), on_step, &x);
    assert_int_equal(x.result, ANONID_SASL_RESPONSE);
    assert_string_equal(x.text, "");
    assert_false(anonid_sasl_complete(x.client));
    anonid_sasl_step(x.client, error, strlen(error), on_step, &x);
    assert_int_equal(x.result, ANONID_SASL_BAD_SERVER);
    anonid_sasl_close(x.client);
    anonid_secret_drop(password);
}

/* Who shows another signature does not know the password. */
static void a_server_has_to_prove_itself(void **state)
{
    static const char wrong[] = "dj1BQUFB"; /* v=AAAA */
    anonid_secret_t *password = password_secret();
    exchange_t x;

    (void)state;
    (void)answer_first(&x, password);
    anonid_sasl_step(x.client, wrong, strlen(wrong), on_step, &x);
    assert_int_equal(x.result, ANONID_SASL_BAD_SERVER);
    assert_false(anonid_sasl_complete(x.client));
    anonid_sasl_close(x.client);
    anonid_secret_drop(password);
}

/* A keytab, whatever is in it, is not what a password mechanism sends. */
static void a_keytab_is_no_password(void **state)
{
    static const char *const names[] = { "PLAIN", "CRAM-MD5",
                                         "SCRAM-SHA-256" };
    anonid_sasl_login_t login = {
        .service = "smtp", .host = "localhost", .user = USER, .account = USER
    };
    const char *why;

    (void)state;
    login.secret =
        anonid_secret_make(ANONID_SECRET_KEYTAB, PASSWORD, strlen(PASSWORD));
    for (size_t i = 0; i < COUNT(names); i++) {
        login.mechanism.info = anonid_mechanism_find(names[i]);
        assert_null(anonid_sasl_open(&login, &why));
        assert_non_null(strstr(why, "no password"));
    }
    anonid_secret_drop(login.secret);
}

/* The engine may be closed while a thread computes. */
static void it_may_be_closed_at_work(void **state)
{
    exchange_t x;
    char challenge[8192];

    (void)state;
    open_exchange(&x, &scram);
    anonid_sasl_begin(x.client, on_step, &x);
    serve(&x, "SCRAM-SHA-256", challenge, sizeof(challenge));
    x.stepped = 0;
    anonid_sasl_step(x.client, challenge, strlen(challenge), on_step, &x);
    assert_false(x.stepped);
    anonid_sasl_close(x.client);
    sasl_dispose(&x.server);
    anonid_thread_pool_stop();
    assert_false(x.stepped);
    anonid_thread_pool_start(base, 2, 1);
}

static int start(void **state)
{
    base = event_base_new();
    return unit_setup(state) != 0 || !base
           || anonid_thread_pool_start(base, 2, 1) != APR_SUCCESS
           || anonid_sasl_library_start() != APR_SUCCESS
           || !unit_sasl_start(USER, PASSWORD);
}

static int stop(void **state)
{
    anonid_thread_pool_stop();
    event_base_free(base);
    return unit_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mechanism_logs_in),
        cmocka_unit_test(a_wrong_password_is_refused),
        cmocka_unit_test(the_channel_is_bound),
        cmocka_unit_test(plain_says_who_and_what),
        cmocka_unit_test(the_use_of_binding_is_said),
        cmocka_unit_test(a_downgrade_is_noticed),
        cmocka_unit_test(iterations_are_bounded),
        cmocka_unit_test(bad_challenges_are_refused),
        cmocka_unit_test(keys_are_made_once),
        cmocka_unit_test(an_error_is_answered_and_no_success),
        cmocka_unit_test(a_server_has_to_prove_itself),
        cmocka_unit_test(a_keytab_is_no_password),
        cmocka_unit_test(it_may_be_closed_at_work),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
