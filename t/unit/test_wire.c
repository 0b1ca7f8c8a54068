/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames: what is written is read again, and nothing malformed is taken.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "common/protocol.h"

#define LIMIT 1024

static void sample(anonid_writer_t *w)
{
    anonid_writer_begin(w, ANONID_MSG_SUBMIT, 1, 7);
    anonid_writer_text(w, ANONID_TAG_ACCOUNT, "IUSR_web1");
    anonid_writer_u32(w, ANONID_TAG_FLAGS, 0xdeadbeef);
    anonid_writer_u64(w, ANONID_TAG_VERSION, 0x0123456789abcdefULL);
    anonid_writer_text(w, ANONID_TAG_ALIAS, "");
    anonid_writer_text(w, ANONID_TAG_DETAIL, NULL);
    assert_int_equal(anonid_writer_end(w), 1);
}

static void a_frame_is_read_as_written(void **state)
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    anonid_frame_t frame;
    uint64_t n;
    anonid_field_t field;
    size_t consumed = 0;

    (void)state;
    sample(&w);
    assert_int_equal(
        anonid_wire_decode(w.data, w.length, LIMIT, &frame, &consumed),
        ANONID_PARSE_OK);
    assert_int_equal(consumed, w.length);
    assert_int_equal(frame.type, ANONID_MSG_SUBMIT);
    assert_int_equal(frame.nfds, 1);
    assert_int_equal(frame.id, 7);
    assert_string_equal(anonid_frame_text(&frame, ANONID_TAG_ACCOUNT, pool),
                        "IUSR_web1");
    assert_int_equal(anonid_frame_u32(&frame, ANONID_TAG_FLAGS, 0),
                     0xdeadbeef);
    assert_true(anonid_frame_field(&frame, ANONID_TAG_VERSION, &field));
    assert_true(anonid_field_u64(&field, &n));
    assert_true(n == 0x0123456789abcdefULL);
    assert_string_equal(anonid_frame_text(&frame, ANONID_TAG_ALIAS, pool), "");
    assert_null(anonid_frame_text(&frame, ANONID_TAG_DETAIL, pool));
    anonid_writer_free(&w);
}

static void every_beginning_of_a_frame_wants_more(void **state)
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    anonid_frame_t frame;
    size_t consumed;

    (void)state;
    sample(&w);
    for (size_t n = 0; n < w.length; n++) {
        unsigned char *part = malloc(n ? n : 1);

        memcpy(part, w.data, n);
        assert_int_equal(anonid_wire_decode(part, n, LIMIT, &frame, &consumed),
                         ANONID_PARSE_MORE);
        free(part);
    }
    anonid_writer_free(&w);
}

/* An octet of the sample that, changed, makes the frame bad. */
static const struct {
    const char *what;
    size_t at;
    unsigned char octet;
} damage[] = {
    { "magic", 0, 'B' },
    { "version", 3, 2 },
    { "length over the limit", 5, 1 },
    { "too many descriptors", 10, ANONID_WIRE_MAX_FDS + 1 },
    { "reserved octet of the header", 11, 1 },
    { "reserved octet of a field", 18, 1 },
    { "field longer than the frame", 22, 1 },
    { "field of odd length", 23, 8 },
};

static void a_damaged_frame_is_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(damage); i++) {
        anonid_writer_t w = ANONID_WRITER_INIT;
        anonid_frame_t frame;
        size_t consumed;

        sample(&w);
        w.data[damage[i].at] = damage[i].octet;
        if (anonid_wire_decode(w.data, w.length, LIMIT, &frame, &consumed)
            != ANONID_PARSE_BAD)
            fail_msg("%s was taken", damage[i].what);
        anonid_writer_free(&w);
    }
}

static void text_with_a_nul_is_no_text(void **state)
{
    anonid_writer_t w = ANONID_WRITER_INIT;
    anonid_frame_t frame;
    size_t consumed;

    (void)state;
    anonid_writer_begin(&w, ANONID_MSG_LOG, 0, 0);
    anonid_writer_bytes(&w, ANONID_TAG_TEXT, "a\0b", 3);
    assert_int_equal(anonid_writer_end(&w), 1);
    assert_int_equal(
        anonid_wire_decode(w.data, w.length, LIMIT, &frame, &consumed),
        ANONID_PARSE_OK);
    assert_null(anonid_frame_text(&frame, ANONID_TAG_TEXT, pool));
    assert_int_equal(anonid_frame_u32(&frame, ANONID_TAG_TEXT, 42), 42);
    anonid_writer_free(&w);
}

static void a_message_is_allowed_only_from_its_sender(void **state)
{
    anonid_frame_t frame = { .type = ANONID_MSG_SUBMIT, .nfds = 1 };

    (void)state;
    assert_true(anonid_message_allowed(&frame, ANONID_FROM_WORKER));
    assert_false(anonid_message_allowed(&frame, ANONID_FROM_CTL));
    assert_false(anonid_message_allowed(&frame, ANONID_FROM_PARENT));
    frame.nfds = 0;
    assert_false(anonid_message_allowed(&frame, ANONID_FROM_WORKER));
    frame.type = 9999;
    assert_false(anonid_message_allowed(&frame, ANONID_FROM_WORKER));
    assert_string_equal(anonid_message_name(9999), "unknown");
    assert_string_equal(anonid_message_name(ANONID_MSG_ROTATE), "ROTATE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_is_read_as_written),
        cmocka_unit_test(every_beginning_of_a_frame_wants_more),
        cmocka_unit_test(a_damaged_frame_is_bad),
        cmocka_unit_test(text_with_a_nul_is_no_text),
        cmocka_unit_test(a_message_is_allowed_only_from_its_sender),
    };

    return cmocka_run_group_tests(tests, unit_setup, unit_teardown);
}
