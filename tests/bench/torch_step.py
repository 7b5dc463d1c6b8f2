#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""Times PyTorch training steps of a network that a dtrain model file describes; prints JSON.

    torch_step.py MODEL.json [--batch N] [--threads N] [--seconds S]

The batch is a rank's. With RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT in the environment it is one
rank of DistributedDataParallel over gloo. Optimizers are the reference ones: Adam for mlp, mlp64 and
cnn-small, else SGD with momentum. Each memory layout is tried; the faster one counts.
"""
import argparse
import json
import os
import statistics
import time

import torch
from torch import nn

WINDOWS = 5  # the median of so many timings counts
CLASSES = 10
ADAM_MODELS = ("mlp", "mlp64", "cnn-small")


def refuse_reference_blas():
    """Debian's PyTorch falls back on the reference BLAS, a tenth of its speed: no peer to measure against."""
    torch.randn(64, 64) @ torch.randn(64, 64)  # loads the library
    with open("/proc/self/maps") as maps:
        libraries = maps.read()
    if "libblas.so" in libraries and not any(fast in libraries for fast in ("openblas", "mkl", "blis")):
        raise SystemExit("torch_step.py: PyTorch runs on the slow reference BLAS here; "
                         "apt-get install libopenblas0-pthread, then run this again")


def make_network(model, shape):
    """The nn.Sequential of a model file whose layers form a chain; `shape` is one sample's (C, H, W)."""
    modules, sample = [], torch.zeros(1, *shape)
    for layer in model["layers"]:
        kind = layer["type"]
        if kind == "conv2d":
            module = nn.Conv2d(sample.shape[1], layer["channels"], layer["kernel"],
                               layer.get("stride", 1), layer.get("padding", 0))
        elif kind == "linear":
            if sample.dim() > 2:
                modules.append(nn.Flatten())
                sample = sample.flatten(1)
            units = CLASSES if layer["units"] == "classes" else layer["units"]
            module = nn.Linear(sample.shape[1], units)
        elif kind == "max_pool":
            module = nn.MaxPool2d(layer["window"])
        elif kind == "relu":
            module = nn.ReLU()
        else:
            raise SystemExit(f"torch_step.py: layer type '{kind}' is not known here")
        modules.append(module)
        with torch.no_grad():
            sample = module(sample)
    return nn.Sequential(*modules)


def make_step(model, batch, shape, layout, distributed):
    """A function that does one training step on random data."""
    torch.manual_seed(0)
    network = make_network(model, shape).to(memory_format=layout)
    if distributed:
        network = nn.parallel.DistributedDataParallel(network)
    if model["name"] in ADAM_MODELS:
        optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    else:
        optimizer = torch.optim.SGD(network.parameters(), lr=1e-3, momentum=0.9)
    images = torch.randn(batch, *shape).contiguous(memory_format=layout)
    labels = torch.randint(0, CLASSES, (batch,))

    def step():
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(network(images), labels).backward()
        optimizer.step()

    return step


def seconds_per_step(step, window_seconds, distributed):
    for _ in range(3):
        step()
    begin = time.perf_counter()
    step()
    steps = torch.tensor([max(3, int(window_seconds / (time.perf_counter() - begin)))])
    if distributed:
        torch.distributed.broadcast(steps, 0)  # ranks must agree on how long to go on

    def window():
        if distributed:
            torch.distributed.barrier()
        begin = time.perf_counter()
        for _ in range(int(steps)):
            step()
        return (time.perf_counter() - begin) / int(steps)

    return statistics.median(window() for _ in range(WINDOWS))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.5, help="length of one window")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    refuse_reference_blas()
    distributed = "WORLD_SIZE" in os.environ
    if distributed:
        torch.distributed.init_process_group("gloo")
    with open(options.model) as file:
        model = json.load(file)
    shape = (1, 28, 28) if model["name"].startswith("mlp") else (3, 32, 32)
    layouts = {"default": torch.contiguous_format}
    if shape[0] > 1:
        layouts["channels_last"] = torch.channels_last
    seconds = {
        name: seconds_per_step(make_step(model, options.batch, shape, layout, distributed),
                               options.seconds, distributed)
        for name, layout in layouts.items()
    }
    best = min(seconds, key=seconds.get)
    ranks = int(os.environ.get("WORLD_SIZE", 1))
    if int(os.environ.get("RANK", 0)) == 0:
        print(json.dumps({"model": model["name"], "torch": torch.__version__, "layout": best,
                          "ranks": ranks, "ms_per_step": seconds[best] * 1e3,
                          "samples_per_second": ranks * options.batch / seconds[best]}))


if __name__ == "__main__":
    main()
