# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""Reads a dtrain checkpoint as a PyTorch state_dict of numpy arrays, under dtrain's names."""

import h5py


def load_checkpoint(path):
    state = {}
    with h5py.File(path, "r") as file:
        for section in ("parameters", "buffers"):
            for layer, arrays in file[section].items():
                for leaf, array in arrays.items():
                    state[f"{layer}.{leaf}"] = array[()]
    return state  # model.load_state_dict({name: torch.from_numpy(a) for name, a in state.items()})
