/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mail servers are called in a realm.
 */
#include "unit.h"

#include <string.h>

#include "agent/krb5/services.h"
#include "common/service.h"

static apr_array_header_t *names;

static void add(const char *name, const char *mechanism, const char *url)
{
    anonid_service_t *service = anonid_service_make(pool, name);
    anonid_mail_server_t *server = apr_array_push(service->servers);

    if (mechanism) {
        apr_array_clear(service->mechanisms);
        APR_ARRAY_PUSH(service->mechanisms, const char *) = mechanism;
    }
    assert_null(anonid_mail_server_parse(server, url, pool));
    anonid_krb5_services_add(names, service);
}

static int counted(const char *name)
{
    int n = 0;

    for (int i = 0; i < names->nelts; i++)
        n += strcmp(APR_ARRAY_IDX(names, i, const char *), name) == 0;
    return n;
}

static int total(void)
{
    return names->nelts;
}

static int setup(void **state)
{
    (void)state;
    names = apr_array_make(pool, 2, sizeof(const char *));
    return 0;
}

static void each_protocol_has_its_name(void **state)
{
    (void)state;
    assert_int_equal(total(), 0);
    add("a", NULL, "submission://mail.test");
    add("b", NULL, "imaps://mail.test:1993");
    add("c", NULL, "pop3://mail.test");
    assert_int_equal(counted("smtp/mail.test"), 1);
    assert_int_equal(counted("imap/mail.test"), 1);
    assert_int_equal(counted("pop/mail.test"), 1);
    assert_int_equal(total(), 3);
}

static void each_server_is_there_once(void **state)
{
    (void)state;
    add("a", NULL, "submission://mail.test");
    add("b", NULL, "submissions://mail.test");
    add("c", "GSSAPI", "submission://mail.test:2525");
    assert_int_equal(total(), 1);
}

static void addresses_have_no_name(void **state)
{
    (void)state;
    add("a", NULL, "submission://127.0.0.1");
    add("b", NULL, "submission://[::1]");
    add("c", NULL, "submission://192.0.2.7");
    add("d", NULL, "submission://localhost");
    assert_int_equal(counted("smtp/localhost"), 1);
    assert_int_equal(total(), 1);
}

static void who_does_not_want_kerberos_has_none(void **state)
{
    (void)state;
    add("a", "PLAIN", "submission://mail.test");
    assert_int_equal(total(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_protocol_has_its_name, setup),
        cmocka_unit_test_setup(each_server_is_there_once, setup),
        cmocka_unit_test_setup(addresses_have_no_name, setup),
        cmocka_unit_test_setup(who_does_not_want_kerberos_has_none, setup),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
