#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""The dataset file between dtrain and h5py, both ways.

    h5py_test.py PROGRAM    (built from h5py_dataset_file.cpp)
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import h5py
    import numpy as np
except ImportError as error:
    print(f"SKIPPED: {error}")
    sys.exit(77)

PROGRAM = sys.argv[1]


def run(*words):
    output = subprocess.run([PROGRAM, *map(str, words)], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def text(values):
    return [value.decode() if isinstance(value, bytes) else value for value in values]


def read_what_dtrain_wrote(folder):
    (printed,) = run("write", folder / "dtrain.h5")
    with h5py.File(folder / "dtrain.h5") as file:
        images = file["train/images"]
        assert images.dtype == np.uint8 and images.fletcher32
        assert list(images.shape) == printed["shape"] == [100, 3, 40, 41]
        assert images.chunks == (26, 3, 40, 41), images.chunks  # 2^17 / 4920 samples
        assert np.array_equal(images[:].ravel(), printed["values"])
        assert file["train/labels"].dtype == np.int64
        assert list(file["train/labels"]) == printed["labels"]
        assert file["test/images"].shape == (20, 3, 40, 41)
        assert file.attrs["schema"] == 1
        assert text([file.attrs["name"]]) == ["synthetic:3x40x41:7:100"]
        assert text(file.attrs["classes"]) == printed["classes"] == list("0123456")
        assert np.allclose(file.attrs["mean"], printed["mean"])
        mean = images[:].mean(axis=(0, 2, 3)) / 255
        std = images[:].std(axis=(0, 2, 3)) / 255
        assert np.allclose(file.attrs["mean"], mean, rtol=1e-5), (file.attrs["mean"][:], mean)
        assert np.allclose(file.attrs["std"], std, rtol=1e-5)


def write_what_dtrain_reads(folder, chunked, images, labels):
    with h5py.File(folder / "h5py.h5", "w") as file:
        file.attrs["schema"] = 1
        file.attrs["name"] = "made by h5py"
        file.attrs["classes"] = ["a", "bé"]
        file.attrs["mean"] = np.array([0.5, 0.25])
        file.attrs["std"] = np.array([1.0, 2.0], dtype=np.float32)
        options = {"chunks": (3, *images.shape[1:]), "compression": "gzip", "fletcher32": True} if chunked else {}
        for split in ("train", "test"):
            file.create_dataset(f"{split}/images", data=images, **options)
            file.create_dataset(f"{split}/labels", data=labels)
    printed = run("read", folder / "h5py.h5")
    assert len(printed) == 4
    for split in printed:
        assert split["shape"] == list(images.shape)
        assert np.array_equal(np.float32(split["values"]), images.ravel().astype(np.float32))
        answers = split["targets"] if labels.dtype == np.float32 else split["labels"]
        assert np.array_equal(np.array(answers, dtype=labels.dtype), labels.ravel())
        assert split["classes"] == ["a", "bé"]


def main():
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (10, 2, 5, 4), dtype=np.uint8)
    floats = random.standard_normal((10, 2, 5, 4)).astype(np.float32)
    labels = random.integers(0, 2, 10)
    targets = random.standard_normal((10, 2)).astype(np.float32)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        read_what_dtrain_wrote(folder)
        for chunked in (True, False):
            write_what_dtrain_reads(folder, chunked, pixels, labels.astype(np.int64))
            write_what_dtrain_reads(folder, chunked, pixels, labels.astype(np.uint8))
            write_what_dtrain_reads(folder, chunked, floats, targets)


if __name__ == "__main__":
    main()
