/* npy_files.h - the numbers 0 to 5 as a 2 x 3 array, in .npy files written by NumPy.
 *
 * SPDX-License-Identifier: MIT
 *
 * Made with numpy 1.24: numpy.lib.format.write_array(f, a.astype(type), version), where
 * a = numpy.arange(6).reshape(2, 3); bool holds a % 2. The padding of the header is
 * written as a count.
 */
static const struct {
    const char *what;
    const char *before; /* magic to the end of the dictionary */
    int n_before;
    int n_space; /* then spaces, a line end, and the numbers */
    const char *numbers;
    int n_number;
} npy_files[] = {
    {"|b1",
        "\x93NUMPY\x01\x00v\x00{'descr': '|b1', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58, "\x00\x01\x00\x01\x00\x01", 6},
    {"|u1",
        "\x93NUMPY\x01\x00v\x00{'descr': '|u1', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58, "\x00\x01\x02\x03\x04\x05", 6},
    {"|i1",
        "\x93NUMPY\x01\x00v\x00{'descr': '|i1', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58, "\x00\x01\x02\x03\x04\x05", 6},
    {"<u2",
        "\x93NUMPY\x01\x00v\x00{'descr': '<u2', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58, "\x00\x00\x01\x00\x02\x00\x03\x00\x04\x00\x05\x00", 12},
    {"<i2",
        "\x93NUMPY\x01\x00v\x00{'descr': '<i2', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58, "\x00\x00\x01\x00\x02\x00\x03\x00\x04\x00\x05\x00", 12},
    {"<u4",
        "\x93NUMPY\x01\x00v\x00{'descr': '<u4', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58,
        "\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00"
        "\x00\x05\x00\x00\x00",
        24},
    {"<i4",
        "\x93NUMPY\x01\x00v\x00{'descr': '<i4', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58,
        "\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00"
        "\x00\x05\x00\x00\x00",
        24},
    {"<u8",
        "\x93NUMPY\x01\x00v\x00{'descr': '<u8', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58,
        "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00"
        "\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00"
        "\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00",
        48},
    {"<i8",
        "\x93NUMPY\x01\x00v\x00{'descr': '<i8', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58,
        "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00"
        "\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00"
        "\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00",
        48},
    {"<f2",
        "\x93NUMPY\x01\x00v\x00{'descr': '<f2', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58,
        "\x00\x00\x00<\x00@\x00"
        "B\x00"
        "D\x00"
        "E",
        12},
    {"<f4",
        "\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58,
        "\x00\x00\x00\x00\x00\x00\x80\x3f\x00\x00\x00@\x00\x00@@\x00\x00\x80@"
        "\x00\x00\xa0@",
        24},
    {"<f8",
        "\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58,
        "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00"
        "\x00\x00\x00\x00@\x00\x00\x00\x00\x00\x00\x08@\x00\x00\x00\x00\x00\x00\x10@"
        "\x00\x00\x00\x00\x00\x00\x14@",
        48},
    {">u2",
        "\x93NUMPY\x01\x00v\x00{'descr': '>u2', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58, "\x00\x00\x00\x01\x00\x02\x00\x03\x00\x04\x00\x05", 12},
    {">i2",
        "\x93NUMPY\x01\x00v\x00{'descr': '>i2', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58, "\x00\x00\x00\x01\x00\x02\x00\x03\x00\x04\x00\x05", 12},
    {">u4",
        "\x93NUMPY\x01\x00v\x00{'descr': '>u4', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58,
        "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00"
        "\x04\x00\x00\x00\x05",
        24},
    {">i4",
        "\x93NUMPY\x01\x00v\x00{'descr': '>i4', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58,
        "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00"
        "\x04\x00\x00\x00\x05",
        24},
    {">u8",
        "\x93NUMPY\x01\x00v\x00{'descr': '>u8', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58,
        "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00"
        "\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00"
        "\x00\x04\x00\x00\x00\x00\x00\x00\x00\x05",
        48},
    {">i8",
        "\x93NUMPY\x01\x00v\x00{'descr': '>i8', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58,
        "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00"
        "\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00"
        "\x00\x04\x00\x00\x00\x00\x00\x00\x00\x05",
        48},
    {">f2",
        "\x93NUMPY\x01\x00v\x00{'descr': '>f2', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58,
        "\x00\x00<\x00@\x00"
        "B\x00"
        "D\x00"
        "E\x00",
        12},
    {">f4",
        "\x93NUMPY\x01\x00v\x00{'descr': '>f4', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58,
        "\x00\x00\x00\x00\x3f\x80\x00\x00@\x00\x00\x00@@\x00\x00@\x80\x00\x00@"
        "\xa0\x00\x00",
        24},
    {">f8",
        "\x93NUMPY\x01\x00v\x00{'descr': '>f8', 'fortran_order': False, 'shape': (2, "
        "3), }",
        69, 58,
        "\x00\x00\x00\x00\x00\x00\x00\x00\x3f\xf0\x00\x00\x00\x00\x00\x00@"
        "\x00\x00\x00\x00\x00\x00\x00@\x08\x00\x00\x00\x00\x00\x00@"
        "\x10\x00\x00\x00\x00\x00\x00@\x14\x00\x00\x00\x00\x00\x00",
        48},
    {"Fortran order",
        "\x93NUMPY\x01\x00v\x00{'descr': '<i4', 'fortran_order': True, 'shape': (2, "
        "3), }",
        68, 59,
        "\x00\x00\x00\x00\x03\x00\x00\x00\x01\x00\x00\x00\x04\x00\x00\x00\x02\x00\x00"
        "\x00\x05\x00\x00\x00",
        24},
    {"Fortran order, big-endian",
        "\x93NUMPY\x01\x00v\x00{'descr': '>f8', 'fortran_order': True, 'shape': (2, "
        "3), }",
        68, 59,
        "\x00\x00\x00\x00\x00\x00\x00\x00@"
        "\x08\x00\x00\x00\x00\x00\x00\x3f\xf0\x00\x00\x00\x00\x00\x00@"
        "\x10\x00\x00\x00\x00\x00\x00@\x00\x00\x00\x00\x00\x00\x00@"
        "\x14\x00\x00\x00\x00\x00\x00",
        48},
    {"version 2",
        "\x93NUMPY\x02\x00t\x00\x00\x00{'descr': '<i2', 'fortran_order': False, "
        "'shape': (2, 3), }",
        71, 56, "\x00\x00\x01\x00\x02\x00\x03\x00\x04\x00\x05\x00", 12},
    {"version 3",
        "\x93NUMPY\x03\x00t\x00\x00\x00{'descr': '<i2', 'fortran_order': False, "
        "'shape': (2, 3), }",
        71, 56, "\x00\x00\x01\x00\x02\x00\x03\x00\x04\x00\x05\x00", 12},
};
