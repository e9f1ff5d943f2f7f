/* test_tfevents.c - event files, taken apart record by record.
 *
 * SPDX-License-Identifier: MIT
 *
 * Truth: the vectors of RFC 3720, and a reader of the format's description that shares
 * no code with the writer (support/event_file.h).
 */
#include "support/support.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/append.h"
#include "io/tfevents.h"
#include "support/event_file.h"

/* RFC 3720, appendix B.4; there the CRC's bytes are told, lowest first. */
static void
test_crcs_are_those_of_rfc_3720(void **state)
{
    (void)state;
    static const unsigned char read_command[48] = {0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18,
        0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0};
    unsigned char data[32] = {0};
    assert_int_equal(dna_crc32c(data, 32), 0x8a9136aa);
    memset(data, 0xff, sizeof(data));
    assert_int_equal(dna_crc32c(data, 32), 0x62a8ab43);
    for (int i = 0; i < 32; i++) {
        data[i] = (unsigned char)i;
    }
    assert_int_equal(dna_crc32c(data, 32), 0x46dd794e);
    assert_int_equal(event_crc(data, 32), 0x46dd794e); /* the reader's own */
    for (int i = 0; i < 32; i++) {
        data[i] = (unsigned char)(31 - i);
    }
    assert_int_equal(dna_crc32c(data, 32), 0x113fdb5c);
    assert_int_equal(dna_crc32c(read_command, 48), 0xd9963a56);
    /* the check value of the catalogue of CRCs (CRC-32/ISCSI) */
    assert_int_equal(dna_crc32c("123456789", 9), 0xe3069283);
    assert_int_equal(dna_crc32c("", 0), 0);
}

static void
test_the_first_record_is_the_version_byte_by_byte(void **state)
{
    (void)state;
    /* the first twelve bytes are those of every event file; the last four are the masked
     * CRC of the 24 before, by a loop over bits in Python */
    static const unsigned char expected[] = {24, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b,
        0x22, /* struct.pack('<d', 1.5e9) */ 1 << 3 | 1, 0, 0, 0, 0xc0, 0x0b, 0x5a,
        0xd6, 0x41, 3 << 3 | 2, 13, 'b', 'r', 'a', 'i', 'n', '.', 'E', 'v', 'e', 'n',
        't', ':', '2', 0x4c, 0xa9, 0xa4, 0x64};
    const char *path = test_path("version");
    dna_tfevents *e = NULL;
    unsigned char *data = NULL;
    size_t n = 0;
    assert_ok(dna_tfevents_open(&e, path, 0, 1.5e9));
    dna_tfevents_close(e);
    assert_ok(dna_file_read(path, 1000, &data, &n));
    assert_int_equal(n, sizeof(expected));
    assert_memory_equal(data, expected, sizeof(expected));
    dna_free(data);
}

static void
test_events_hold_their_tags_and_values(void **state)
{
    (void)state;
    const char *path = test_path("events.out.tfevents.1.host");
    dna_tfevents *e = NULL;
    event events[8];
    char tag[64];

    assert_ok(dna_tfevents_open(&e, path, 0, 10.25));
    dna_tfevents_scalar(e, "loss/training", 0.1);
    dna_tfevents_scalar(e, "loss/validation", -1e-30);
    dna_tfevents_scalar(e, "r2/none", (double)NAN);
    dna_tfevents_scalar(e, "rmse/\xc2\xb5", (double)INFINITY);
    assert_ok(dna_tfevents_put(e, 0, 11.5));
    assert_ok(dna_tfevents_put(e, 5, 12.0)); /* nothing to tell: no record */
    for (int i = 0; i < 40; i++) { /* more than 127 bytes: lengths of two bytes */
        snprintf(tag, sizeof(tag), "accuracy/parameter %d", i);
        dna_tfevents_scalar(e, tag, (double)i);
    }
    assert_ok(dna_tfevents_put(e, ((int64_t)1 << 40) + 300, 13.0));
    dna_tfevents_close(e);

    assert_int_equal(read_event_file(path, events, 8), 3);
    assert_string_equal(events[0].version, "brain.Event:2");
    assert_true(events[0].wall_time == 10.25);
    assert_int_equal(events[0].step, -1);
    assert_int_equal(events[0].n_value, 0);

    assert_string_equal(events[1].version, "");
    assert_true(events[1].wall_time == 11.5);
    assert_int_equal(events[1].step, 0);
    assert_int_equal(events[1].n_value, 3);
    assert_string_equal(events[1].values[0].tag, "loss/training");
    assert_true(events[1].values[0].value == 0.1f);
    assert_string_equal(events[1].values[1].tag, "loss/validation");
    assert_true(events[1].values[1].value == -1e-30f);
    assert_string_equal(events[1].values[2].tag, "rmse/\xc2\xb5");
    assert_true(isinf(events[1].values[2].value));

    assert_int_equal(events[2].step, ((int64_t)1 << 40) + 300);
    assert_int_equal(events[2].n_value, 40);
    assert_string_equal(events[2].values[39].tag, "accuracy/parameter 39");
    assert_true(events[2].values[39].value == 39.0f);
}

static void
put(dna_tfevents *e, double value, int64_t step)
{
    dna_tfevents_scalar(e, "loss/training", value);
    assert_ok(dna_tfevents_put(e, step, 1.0));
}

static void
test_a_later_run_goes_on_and_doubles_nothing(void **state)
{
    (void)state;
    const char *path = test_path("resumed");
    dna_tfevents *e = NULL;
    event events[8];
    int64_t length = 0;
    assert_ok(dna_tfevents_open(&e, path, 0, 1.0));
    put(e, 1.0, 64);
    assert_ok(dna_tfevents_sync(e, &length));
    put(e, 2.0, 128);
    dna_tfevents_close(e);
    assert_ok(dna_tfevents_open(&e, path, length, 2.0));
    put(e, 3.0, 128);
    dna_tfevents_close(e);
    assert_int_equal(read_event_file(path, events, 8), 3);
    assert_true(events[1].values[0].value == 1.0f);
    assert_int_equal(events[2].step, 128);
    assert_true(events[2].values[0].value == 3.0f);
    e = NULL;
    assert_fails(dna_tfevents_open(&e, path, 5000, 2.0), DNA_EFORMAT,
        "fewer than the 5000 it had");
    assert_fails(
        dna_tfevents_open(&e, test_path("no/folder"), 0, 2.0), DNA_EIO, "No such file");
    assert_null(e);
}

static void
test_a_full_disk_leaves_whole_records(void **state)
{
    (void)state;
    const char *path = test_path("full");
    struct rlimit old, tight;
    dna_tfevents *e = NULL;
    event events[4];
    assert_ok(dna_tfevents_open(&e, path, 0, 1.0));
    put(e, 1.0, 64);
    signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes stands for a full disk */
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = old;
    tight.rlim_cur = 110;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    dna_tfevents_scalar(e, "loss/training", 2.0);
    int rc = dna_tfevents_put(e, 128, 1.0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(rc, DNA_EIO);
    assert_non_null(strstr(dna_message(), "full: File too large"));
    dna_tfevents_close(e);
    assert_int_equal(read_event_file(path, events, 4), 2);
    assert_true(events[1].values[0].value == 1.0f);
}

static int
make_file(const char *path)
{
    dna_tfevents *e = NULL;
    int rc = DNA_OK;
    DNA_TRY(dna_tfevents_open(&e, path, 0, 1.0));
    dna_tfevents_scalar(e, "a tag long enough that the memory for it must grow", 1.0);
    dna_tfevents_scalar(e, "a tag long enough that the memory for it must grow", 2.0);
    DNA_TRY(dna_tfevents_put(e, 1, 1.0));
out:
    dna_tfevents_close(e);
    return rc;
}

static void
test_lack_of_memory_is_told(void **state)
{
    (void)state;
    const char *path = test_path("oom");
    event events[4];
    for_each_oom(i) {
        int rc = make_file(path);
        bool has_failed = dna_mem_has_failed();
        assert_int_equal(rc, has_failed ? DNA_ENOMEM : DNA_OK);
        if (oom_done()) {
            break;
        }
    }
    assert_int_equal(read_event_file(path, events, 4), 2);
    assert_int_equal(events[1].n_value, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crcs_are_those_of_rfc_3720),
        cmocka_unit_test(test_the_first_record_is_the_version_byte_by_byte),
        cmocka_unit_test(test_events_hold_their_tags_and_values),
        cmocka_unit_test(test_a_later_run_goes_on_and_doubles_nothing),
        cmocka_unit_test(test_a_full_disk_leaves_whole_records),
        cmocka_unit_test(test_lack_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
