# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""Writes a PyTorch state_dict as weights that `dtrain --init` takes."""

import h5py
import numpy


def write_checkpoint(path, state_dict):
    with h5py.File(path, "w") as file:
        for name, value in state_dict.items():
            layer, _, leaf = name.rpartition(".")
            if leaf == "num_batches_tracked":
                continue
            section = "buffers" if leaf.startswith("running_") else "parameters"
            file[f"{section}/{layer}/{leaf}"] = numpy.asarray(value, dtype="float32")
