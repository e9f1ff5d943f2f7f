# read_events.py - the scalars of an event file of TensorBoard as lines "tag step value".
#
# SPDX-License-Identifier: MIT
#
# From the descriptions of TFRecord and of protocol buffers, with Python alone. Any byte that
# does not fit ends it with an error.
import struct
import sys


def crc32c(data):
    c = 0xFFFFFFFF
    for byte in data:
        c ^= byte
        for _ in range(8):
            c = (c >> 1) ^ (0x82F63B78 if c & 1 else 0)
    return c ^ 0xFFFFFFFF


def check(data, stored):
    c = crc32c(data)
    masked = (((c >> 15) | (c << 17)) + 0xA282EAD8) & 0xFFFFFFFF
    assert struct.pack("<I", masked) == stored, "a CRC is wrong"


def records(data):
    at = 0
    while at < len(data):
        check(data[at:at + 8], data[at + 8:at + 12])
        (n,) = struct.unpack("<Q", data[at:at + 8])
        body = data[at + 12:at + 12 + n]
        assert len(body) == n
        check(body, data[at + 12 + n:at + 16 + n])
        yield body
        at += 16 + n


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value, at
        shift += 7


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            n = {1: 8, 5: 4}.get(key & 7)
            if n is None:
                assert key & 7 == 2
                n, at = varint(data, at)
            value = data[at:at + n]
            assert len(value) == n
            at += n
        yield key >> 3, value


last_time = 0
for i, record in enumerate(records(open(sys.argv[1], "rb").read())):
    event = dict(fields(record))
    (time,) = struct.unpack("<d", event[1])
    assert time >= last_time
    last_time = time
    assert event.get(3) == (b"brain.Event:2" if i == 0 else None)
    for number, value in fields(event.get(5, b"")):
        scalar = dict(fields(value))
        assert number == 1 and set(scalar) == {1, 2}
        print(scalar[1].decode(), event[2], *struct.unpack("<f", scalar[2]))
