#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""Times PyTorch training steps on a GPU of the networks in dtrain's model files; prints a JSON object per line.

    torch_steps.py [--seconds S] MODEL.json:BATCH:PRECISION[:compiled]...

The data is a batch of normalised images on the GPU, channels last. bf16 and fp16 are autocast, fp16 with a
GradScaler; "compiled" is torch.compile(mode="max-autotune"). Optimizers are the reference ones. What is not
begun after S seconds is left out.
"""
import argparse
import json
import statistics
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

WINDOWS, STEPS_TIME = 5, 0.2  # the median of so many windows of so many seconds counts
CLASSES = 10
ADAM_MODELS = ("mlp", "mlp64", "cnn-small")
TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def module_for(layer, sample):
    kind = layer["type"]
    if kind == "conv2d":
        return nn.Conv2d(sample.shape[1], layer["channels"], layer["kernel"], layer.get("stride", 1),
                         layer.get("padding", 0), bias=layer.get("bias", True))
    if kind == "linear":
        units = CLASSES if layer["units"] == "classes" else layer["units"]
        return nn.Sequential(nn.Flatten(), nn.Linear(sample[0].numel(), units))
    if kind == "batch_norm":
        return nn.BatchNorm2d(sample.shape[1])
    simple = {"max_pool": lambda: nn.MaxPool2d(layer["window"]), "relu": nn.ReLU,
              "global_average_pool": lambda: nn.AdaptiveAvgPool2d(1), "flatten": nn.Flatten,
              "dropout": lambda: nn.Dropout(layer.get("rate", 0.5)), "gelu": nn.GELU, "add": nn.Identity}
    return simple[kind]()


class Network(nn.Module):
    """The graph of a model file."""

    def __init__(self, model, shape):
        super().__init__()
        self.steps, values, names = [], [torch.zeros(2, *shape)], {}
        self.layers = nn.ModuleList()
        for layer in model["layers"]:
            inputs = [names[name] for name in layer.get("inputs", [])] or [len(values) - 1]
            self.layers.append(module_for(layer, values[inputs[0]]))
            self.steps.append((layer["type"] == "add", inputs))
            with torch.no_grad():
                values.append(self.layers[-1](values[inputs[0]]))
            names[layer.get("name", "")] = len(values) - 1

    def forward(self, images):
        values = [images]
        for layer, (adds, inputs) in zip(self.layers, self.steps):
            values.append(values[inputs[0]] + values[inputs[1]] if adds else layer(values[inputs[0]]))
        return values[-1].flatten(1)


def make_step(model, batch, precision, compiled):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.benchmark = True
    torch.manual_seed(0)
    shape = (1, 28, 28) if model["name"].startswith("mlp") else (3, 32, 32)
    network = Network(model, shape).cuda().to(memory_format=torch.channels_last)
    if model["name"] in ADAM_MODELS:
        optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    else:
        optimizer = torch.optim.SGD(network.parameters(), lr=1e-3, momentum=0.9, fused=True)
    scaler = torch.amp.GradScaler("cuda", enabled=precision == "fp16")
    images = torch.randn(batch, *shape, device="cuda").contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, CLASSES, (batch,), device="cuda")
    run = torch.compile(network, mode="max-autotune") if compiled else network

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cuda", dtype=TYPES.get(precision, torch.bfloat16), enabled=precision in TYPES):
            loss = F.cross_entropy(run(images).float(), labels)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()

    return step


def seconds_per_step(step):
    def window(steps):
        torch.cuda.synchronize()
        begin = time.perf_counter()
        for _ in range(steps):
            step()
        torch.cuda.synchronize()
        return (time.perf_counter() - begin) / steps

    window(5)
    steps = max(3, int(STEPS_TIME / window(3)))
    return statistics.median(window(steps) for _ in range(WINDOWS))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("work", nargs="+")
    options = parser.parse_args()
    end = time.monotonic() + options.seconds
    for work in options.work:
        file, batch, precision, *compiled = work.split(":")
        if time.monotonic() > end:
            break
        model = json.loads(Path(file).read_text())
        seconds = seconds_per_step(make_step(model, int(batch), precision, bool(compiled)))
        torch._dynamo.reset()
        print(json.dumps({"model": model["name"], "batch": int(batch), "precision": precision,
                          "device": "torch-compiled" if compiled else "torch", "torch": torch.__version__,
                          "ms_per_step": seconds * 1e3, "samples_per_second": int(batch) / seconds}), flush=True)


if __name__ == "__main__":
    main()
