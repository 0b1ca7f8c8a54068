/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sending policy: what a worker may ask for, and what becomes of aliases
 * in the envelope.
 */
#include "unit.h"

#include "agent/logon/config.h"
#include "agent/submission/policy.h"

#include <string.h>

static anonid_config_t config;
static anonid_joint_t pair;

static void add_recipient(anonid_service_t *service, const char *alias,
                          const char *first, const char *second)
{
    anonid_recipient_t recipient = { alias, NULL };

    recipient.addresses = apr_array_make(pool, 2, sizeof(const char *));
    APR_ARRAY_PUSH(recipient.addresses, const char *) = first;
    if (second)
        APR_ARRAY_PUSH(recipient.addresses, const char *) = second;
    APR_ARRAY_PUSH(service->recipients, anonid_recipient_t) = recipient;
}

static int make_config(void **state)
{
    anonid_service_t *service, *other;
    anonid_account_t *account;

    if (unit_setup(state) != 0)
        return -1;
    service = anonid_service_make(pool, "mail");
    service->mail_from = "site@example.test";
    add_recipient(service, "Office", "a@example.test", "b@example.test");
    add_recipient(service, "sales", "b@example.test", NULL);
    config.pool = pool;
    config.accounts = apr_hash_make(pool);
    config.services = apr_hash_make(pool);
    config.pairs = apr_hash_make(pool);
    account = anonid_account_make(pool, "site");
    apr_hash_set(config.accounts, "site", APR_HASH_KEY_STRING, account);
    other = anonid_service_make(pool, "elsewhere");
    other->mail_from = "site@example.test";
    add_recipient(other, "office", "c@example.test", NULL);
    apr_hash_set(config.services, "elsewhere", APR_HASH_KEY_STRING, other);
    pair = (anonid_joint_t){ account, service };
    apr_hash_set(config.pairs, &pair, sizeof(pair), &pair);
    apr_hash_set(config.services, "mail", APR_HASH_KEY_STRING, service);
    return 0;
}

static anonid_submit_result_t judge(const char *account, const char *service,
                                    const char *const *aliases, int n,
                                    anonid_mandate_t *mandate)
{
    apr_array_header_t *list = apr_array_make(pool, 2, sizeof(const char *));
    anonid_submission_request_t request = {
        .account = account, .service = service, .aliases = list, .message = -1
    };

    for (int i = 0; i < n; i++)
        APR_ARRAY_PUSH(list, const char *) = aliases[i];
    return anonid_policy_judge(&request, &config, pool, mandate);
}

static anonid_submit_result_t judge_one(const char *account,
                                        const char *service, const char *alias,
                                        anonid_mandate_t *mandate)
{
    return judge(account, service, &alias, 1, mandate);
}

static void what_is_configured_may_be_used(void **state)
{
    anonid_mandate_t m;

    (void)state;
    assert_int_equal(judge_one("site", "mail", "office", &m),
                     ANONID_SUBMIT_ACCEPTED);
    assert_string_equal(m.envelope->mail_from, "site@example.test");
    assert_int_equal(m.envelope->addresses->nelts, 2);
    assert_int_equal(judge_one("other", "mail", "office", &m),
                     ANONID_SUBMIT_UNKNOWN);
    assert_int_equal(judge_one("site", "other", "office", &m),
                     ANONID_SUBMIT_UNKNOWN);
    assert_int_equal(judge_one(NULL, "mail", "office", &m),
                     ANONID_SUBMIT_UNKNOWN);
    assert_int_equal(judge_one("site", NULL, "office", &m),
                     ANONID_SUBMIT_UNKNOWN);
}

static void only_pairs_are_joined(void **state)
{
    anonid_mandate_t m;

    (void)state;
    assert_int_equal(judge_one("site", "elsewhere", "office", &m),
                     ANONID_SUBMIT_NOT_PAIRED);
    assert_non_null(m.account);
    assert_non_null(m.service);
    assert_null(m.envelope);
}

static void only_aliases_are_recipients(void **state)
{
    static const char *const wrong[] = { "boss", "a@example.test", "",
                                         "off ice",
                                         "office\r\nRCPT TO:<x@y>" };
    anonid_mandate_t m;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(judge_one("site", "mail", wrong[i], &m),
                         ANONID_SUBMIT_UNKNOWN_ALIAS);
        assert_string_equal(m.detail, wrong[i]);
    }
    assert_int_equal(judge_one("site", "mail", NULL, &m),
                     ANONID_SUBMIT_UNKNOWN_ALIAS);
    assert_int_equal(judge("site", "mail", NULL, 0, &m),
                     ANONID_SUBMIT_BAD_MESSAGE);
}

static void recipients_are_bounded(void **state)
{
    const char *aliases[ANONID_ALIASES_MAX + 1];
    anonid_mandate_t m;

    (void)state;
    for (size_t i = 0; i < COUNT(aliases); i++)
        aliases[i] = "office";
    assert_int_equal(judge("site", "mail", aliases, ANONID_ALIASES_MAX, &m),
                     ANONID_SUBMIT_ACCEPTED);
    assert_int_equal(m.envelope->aliases->nelts, 1);
    assert_int_equal(
        judge("site", "mail", aliases, ANONID_ALIASES_MAX + 1, &m),
        ANONID_SUBMIT_BAD_MESSAGE);
}

/* An address that two aliases share is asked for once, and counts for both. */
static void aliases_may_share_addresses(void **state)
{
    static const char *const both[] = { "OFFICE", "sales" };
    const anonid_envelope_alias_t *office, *sales;
    anonid_envelope_address_t *shared;
    anonid_mandate_t m;

    (void)state;
    assert_int_equal(judge("site", "mail", both, 2, &m),
                     ANONID_SUBMIT_ACCEPTED);
    assert_int_equal(m.envelope->addresses->nelts, 2);
    office = &APR_ARRAY_IDX(m.envelope->aliases, 0, anonid_envelope_alias_t);
    sales = &APR_ARRAY_IDX(m.envelope->aliases, 1, anonid_envelope_alias_t);
    assert_string_equal(office->alias, "Office");

    shared =
        APR_ARRAY_IDX(m.envelope->addresses, 1, anonid_envelope_address_t *);
    shared->code = 250;
    assert_true(anonid_envelope_accepted(office));
    assert_true(anonid_envelope_accepted(sales));
    assert_int_equal(anonid_envelope_count(m.envelope, 2), 1);
    shared->code = 550;
    assert_false(anonid_envelope_accepted(office));
    assert_ptr_equal(anonid_envelope_refused(sales), shared);
    assert_false(anonid_envelope_utf8(m.envelope));
}

/* What one server said to an address is not what the next one says. */
static void each_server_has_an_envelope_of_its_own(void **state)
{
    static const char *const both[] = { "office", "sales" };
    const anonid_envelope_alias_t *sales;
    anonid_envelope_t *again;
    anonid_mandate_t m;

    (void)state;
    assert_int_equal(judge("site", "mail", both, 2, &m),
                     ANONID_SUBMIT_ACCEPTED);
    APR_ARRAY_IDX(m.envelope->addresses, 1, anonid_envelope_address_t *)
        ->code = 550;
    again = anonid_envelope_again(pool, m.envelope);
    assert_string_equal(again->mail_from, m.envelope->mail_from);
    assert_int_equal(again->addresses->nelts, 2);
    assert_int_equal(again->aliases->nelts, 2);
    sales = &APR_ARRAY_IDX(again->aliases, 1, anonid_envelope_alias_t);
    assert_string_equal(sales->alias, "sales");
    assert_null(anonid_envelope_refused(sales));
    assert_int_equal(anonid_envelope_count(again, 5), 0);
    assert_int_equal(anonid_envelope_count(m.envelope, 5), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_configured_may_be_used),
        cmocka_unit_test(only_pairs_are_joined),
        cmocka_unit_test(only_aliases_are_recipients),
        cmocka_unit_test(recipients_are_bounded),
        cmocka_unit_test(aliases_may_share_addresses),
        cmocka_unit_test(each_server_has_an_envelope_of_its_own),
    };

    return cmocka_run_group_tests(tests, make_config, unit_teardown);
}
