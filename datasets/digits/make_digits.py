#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""Makes digits.bin.gz from the original files of the UCI archive.

    make_digits.py optdigits.tra optdigits.tes digits.bin.gz

A line of the originals is 64 integers from 0 to 16 (8x8, by rows) and the label. The output is, gzipped,
one record of 65 bytes per line, the training file's 3823 first, then the test file's 1797: the label, then
the 64 values as they are.
"""
import gzip
import hashlib
import sys

EXPECTED = (("e1b683cc", 3823), ("6ebb3d2f", 1797))


def records(path, digest, count):
    text = open(path, "rb").read()
    assert hashlib.sha256(text).hexdigest().startswith(digest), f"{path} is not the original file"
    lines = [[int(word) for word in line.split(b",")] for line in text.split()]
    assert len(lines) == count and all(len(line) == 65 for line in lines)
    assert all(0 <= value <= 16 for line in lines for value in line[:64])
    return b"".join(bytes([line[64]] + line[:64]) for line in lines)


def main():
    *sources, target = sys.argv[1:]
    data = b"".join(records(path, *expected) for path, expected in zip(sources, EXPECTED, strict=True))
    with open(target, "wb") as file:
        file.write(gzip.compress(data, compresslevel=9, mtime=0))


if __name__ == "__main__":
    main()
