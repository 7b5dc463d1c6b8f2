#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""The Python in docs/ does what it says.

    examples_test.py DTRAIN
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import h5py  # noqa: F401
    import numpy
except ImportError as missing:
    print(f"SKIPPED: {missing}")
    sys.exit(77)

DOCS = Path(__file__).parents[2] / "docs"
DTRAIN = Path(sys.argv[1]).resolve()


def functions_of(page):
    """What the page's Python code defines."""
    names = {}
    for code in re.findall(r"^```python\n(.*?)^```", (DOCS / page).read_text(), re.S | re.M):
        exec(code, names)
    return names


def dtrain(*words):
    return subprocess.run([DTRAIN, *words], check=True, capture_output=True, text=True).stdout


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    images = numpy.random.default_rng(1).integers(0, 256, (10, 1, 8, 8), dtype="uint8")
    labels = numpy.arange(10) % 2
    write = functions_of("dataset-format.md")["write"]
    write("mine.h5", images, labels, images[:3], labels[:3], ["even", "odd"])
    facts = json.loads(dtrain("data", "info", "mine.h5", "--check", "--json"))
    assert (facts["train_samples"], facts["test_samples"]) == (10, 3), facts

    dtrain("--model", "mlp64", "--data", "mine.h5", "--epochs", "2", "--threads", "1", "--output", "run")
    checkpoint = Path("run") / Path("run/latest").read_text().strip()
    outputs = functions_of("checkpoint-format.md")["mlp64"](checkpoint, images[:3])
    exponentials = numpy.exp(outputs)
    expected = exponentials / exponentials.sum(axis=1, keepdims=True)
    lines = dtrain("predict", str(checkpoint), "--input", "mine.h5", "--json").splitlines()
    found = [list(json.loads(line)["probabilities"].values()) for line in lines]
    assert numpy.allclose(found, expected, atol=1e-4), (found, expected)
