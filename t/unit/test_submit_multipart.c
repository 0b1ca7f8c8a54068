/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The framing of multipart bodies.
 */
#include "unit.h"

#include <string.h>

#include "module/text/multipart.h"

static anonid_multipart_t multipart;
static anonid_part_t part;

static anonid_multipart_state_t begin(const char *boundary, const char *body)
{
    return anonid_multipart_begin(&multipart, boundary, body, strlen(body));
}

/* The next part has that header and content. */
static void expect_part(const char *header, const char *content)
{
    assert_int_equal(anonid_multipart_next(&multipart, &part),
                     ANONID_MULTIPART_PART);
    assert_int_equal(part.header_length, strlen(header));
    assert_memory_equal(part.header, header, part.header_length);
    assert_int_equal(part.length, strlen(content));
    assert_memory_equal(part.content, content, part.length);
}

static void expect(anonid_multipart_state_t state)
{
    assert_int_equal(anonid_multipart_next(&multipart, &part), state);
}

static void parts_are_found(void **state)
{
    (void)state;
    assert_int_equal(begin("b", "--b\r\nA: 1\r\nB: 2\r\n\r\none\r\ntwo\r\n"
                                "--b \t\r\n\r\n\r\n\r\n--b\r\nC: 3\r\n\r\n"
                                "\r\n--b--\r\nrest"),
                     ANONID_MULTIPART_PART);
    expect_part("A: 1\r\nB: 2\r\n", "one\r\ntwo");
    expect_part("", "\r\n");
    expect_part("C: 3\r\n", "");
    expect(ANONID_MULTIPART_END);
    expect(ANONID_MULTIPART_END);
}

static void preambles_are_skipped(void **state)
{
    (void)state;
    assert_int_equal(begin("b", "hello --b\r\n--bx\r\n--b\r\n\r\nx\r\n--b--"),
                     ANONID_MULTIPART_PART);
    expect_part("", "x");
    expect(ANONID_MULTIPART_END);
}

static void content_like_the_boundary_is_kept(void **state)
{
    (void)state;
    assert_int_equal(begin("b", "--b\r\n\r\n\r\n--bb\r\n--b-\r\n-- b\n--b\r\n"
                                "--b--"),
                     ANONID_MULTIPART_PART);
    expect_part("", "\r\n--bb\r\n--b-\r\n-- b\n--b");
    expect(ANONID_MULTIPART_END);
}

static void parts_without_content_are_found(void **state)
{
    (void)state;
    assert_int_equal(begin("b", "--b\r\n\r\n--b\r\nA: 1\r\n--b\r\nB: 2\r\n"
                                "\r\n--b--"),
                     ANONID_MULTIPART_PART);
    expect_part("", "");
    expect_part("A: 1", "");
    expect_part("B: 2\r\n", "");
    expect(ANONID_MULTIPART_END);
}

static void malformed_bodies_are_refused(void **state)
{
    char boundary[ANONID_BOUNDARY_MAX + 2];

    (void)state;
    assert_int_equal(begin("b", ""), ANONID_MULTIPART_BAD);
    assert_int_equal(begin("b", "--b"), ANONID_MULTIPART_BAD);
    assert_int_equal(begin("b", "--b\n\nx\n--b--\n"), ANONID_MULTIPART_BAD);
    assert_int_equal(begin("", "--\r\n\r\nx\r\n----"), ANONID_MULTIPART_BAD);
    memset(boundary, 'b', sizeof(boundary) - 1);
    boundary[sizeof(boundary) - 1] = '\0';
    assert_int_equal(begin(boundary, "--b\r\n"), ANONID_MULTIPART_BAD);
    assert_int_equal(begin("b", "--b--"), ANONID_MULTIPART_END);

    assert_int_equal(begin("b", "--b\r\n\r\nx"), ANONID_MULTIPART_PART);
    expect(ANONID_MULTIPART_BAD);
    assert_int_equal(begin("b", "--b\r\n\r\nx\r\n--b"), ANONID_MULTIPART_PART);
    expect(ANONID_MULTIPART_BAD);
}

static void long_headers_are_refused(void **state)
{
    char body[ANONID_PART_HEADER_MAX + 64];

    (void)state;
    memset(body, 'a', sizeof(body));
    memcpy(body, "--b\r\n", 5);
    memcpy(body + sizeof(body) - 11, "\r\n\r\n\r\n--b--", 11);
    assert_int_equal(
        anonid_multipart_begin(&multipart, "b", body, sizeof(body)),
        ANONID_MULTIPART_PART);
    expect(ANONID_MULTIPART_BAD);
}

static void fields_are_found(void **state)
{
    const char *value;
    apr_size_t length;

    (void)state;
    begin("b", "--b\r\nNameless\r\nX-A: 1\r\nA: 2\r\n 3\r\na: 4\r\nE:\r\n\r\n"
               "B: 5\r\n--b--");
    expect(ANONID_MULTIPART_PART);
    assert_int_equal(anonid_part_field(&part, "a", &value, &length), 1);
    assert_int_equal(length, 6);
    assert_memory_equal(value, " 2\r\n 3", 6);
    assert_int_equal(anonid_part_field(&part, "E", &value, &length), 1);
    assert_int_equal(length, 0);
    assert_int_equal(anonid_part_field(&part, "B", &value, &length), 0);
    assert_int_equal(anonid_part_field(&part, "Nameless", &value, &length), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_found),
        cmocka_unit_test(preambles_are_skipped),
        cmocka_unit_test(content_like_the_boundary_is_kept),
        cmocka_unit_test(parts_without_content_are_found),
        cmocka_unit_test(malformed_bodies_are_refused),
        cmocka_unit_test(long_headers_are_refused),
        cmocka_unit_test(fields_are_found),
    };

    return cmocka_run_group_tests_name("submit_multipart", tests, unit_setup,
                                       unit_teardown);
}
