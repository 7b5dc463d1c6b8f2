# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""A checkpoint as h5py sees it, both ways. Usage: h5py_test.py H5PY_CHECKPOINT PYTORCH_SCRIPTS"""

import os
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy
except ImportError as missing:
    print(f"SKIPPED: {missing}")
    sys.exit(77)

program, scripts = sys.argv[1:]
sys.path.insert(0, scripts)
from load_checkpoint import load_checkpoint
from write_checkpoint import write_checkpoint

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "checkpoint.h5")
    subprocess.run([program, "write", path], check=True)

    with h5py.File(path, "r") as file:
        assert file.userblock_size == 512
        assert file.attrs["dtrain_version"]
        assert set(file) == {"parameters", "buffers", "optimizer", "progress", "model", "data"}
        assert set(file["parameters"]) == {"stem", "a.fc"}
        assert file["parameters/stem/weight"].shape == (4, 3, 3, 3)
        assert file["parameters/stem/weight"].dtype == "float32"
        assert set(file["optimizer"]) == {"first_moment", "second_moment"}
        assert file["progress"].attrs["step"] == 12
        assert file["progress"].attrs["seed"] == 0xFFFFFFFFFFFFFFF7
        assert file["progress"].attrs["optimizer"] in ("adam", b"adam")
        assert file["model/text"][()].decode().startswith('{"name": "example"')
        assert file["data/classes"][()].decode().split("\n") == ["zero", "été", "a b"]
        assert list(file["data"].attrs["sample_shape"]) == [3, 8, 8]
        assert numpy.allclose(file["data"].attrs["mean"], [0.1, 0.2, 0.3])

    state = load_checkpoint(path)
    assert state["a.fc.weight"].shape == (2, 16)
    assert len(state) == 6

    state["bn.num_batches_tracked"] = numpy.int64(3)  # PyTorch's, which dtrain has not
    write_checkpoint(path, state)
    subprocess.run([program, "compare", path], check=True)
    state["stem.bias"][0] += 1
    write_checkpoint(path, state)
    assert subprocess.run([program, "compare", path], stderr=subprocess.DEVNULL).returncode == 1
