#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""Compares dtrain's gradients with PyTorch's, on random networks and on every shipped model.

    check_gradients.py BUILD/tests/pytorch/dump_gradients [--networks 40] [--verbose]

dump_gradients writes inputs, weights, outputs and gradients of one training pass for each backend; this
script builds the same networks in PyTorch, in double precision, and compares. An array passes when its
largest difference is at most 1e-4 of its largest element, or of 1 % of the network's largest gradient
where that is more. Where the true gradient is 0 (a bias before batch norm) only rounding is left: it must
be below 1e-4 of the network's largest gradient. Exits with 77 where PyTorch is not installed.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import torch
    from torch.nn import functional as F
except ImportError:
    print("SKIPPED: PyTorch is not installed (Debian: apt-get install python3-torch)")
    sys.exit(77)

TOLERANCE = 1e-4


def pair(value):
    return tuple(value) if isinstance(value, list) else (value, value)


def conv2d(a, x, p):
    return F.conv2d(x[0], p["weight"], p.get("bias"), pair(a.get("stride", 1)),
                    pair(a.get("padding", 0)), groups=a.get("groups", 1))


def linear(a, x, p):
    return F.linear(x[0].flatten(1), p["weight"], p.get("bias"))


def window(a):
    size = pair(a.get("window", 2))
    return size, pair(a["stride"]) if "stride" in a else size, pair(a.get("padding", 0))


def batch_norm(a, x, p):
    """Gradients do not depend on the running statistics; their observations are checked by name."""
    axes = [0] + list(range(2, x[0].dim()))
    p["observed"] = {"running_mean": x[0].mean(axes), "running_var": x[0].var(axes, unbiased=True)}
    return F.batch_norm(x[0], None, None, p["weight"], p["bias"], True, 0.0, a.get("epsilon", 1e-5))


LAYERS = {
    "conv2d": conv2d,
    "linear": linear,
    "max_pool": lambda a, x, p: F.max_pool2d(x[0], *window(a)),
    "average_pool": lambda a, x, p: F.avg_pool2d(x[0], *window(a), count_include_pad=False),
    "global_average_pool": lambda a, x, p: F.adaptive_avg_pool2d(x[0], 1),
    "batch_norm": batch_norm,
    "relu": lambda a, x, p: F.relu(x[0]),
    "gelu": lambda a, x, p: F.gelu(x[0]),
    "sigmoid": lambda a, x, p: torch.sigmoid(x[0]),
    "tanh": lambda a, x, p: torch.tanh(x[0]),
    "add": lambda a, x, p: x[0] + x[1],
    "dropout": lambda a, x, p: x[0] * p["factors"],
    "flatten": lambda a, x, p: x[0].flatten(1),
}


class Case:
    """One network as dtrain ran it."""

    def __init__(self, stem):
        self.description = json.loads(stem.with_suffix(".json").read_text())
        data = torch.frombuffer(bytearray(stem.with_suffix(".bin").read_bytes()), dtype=torch.float32)
        self.arrays, offset = {}, 0
        for entry in self.description["arrays"]:
            count = 1
            for extent in entry["shape"]:
                count *= extent
            values = data[offset:offset + count].double().reshape(entry["shape"])
            self.arrays[entry["kind"], entry["name"]] = values
            offset += count
        assert offset == len(data), f"{stem}: {len(data) - offset} values too many"

    def expected(self):
        """Arrays as PyTorch computes them, keyed like self.arrays, and the loss."""
        parameters, statistics = {}, {}
        for (kind, name), value in self.arrays.items():
            if kind == "value" and "running_" not in name:
                parameters[name] = value.clone().requires_grad_()
        values = []
        for layer in self.description["layers"]:
            inputs = [self.arrays["input", ""] if i < 0 else values[i] for i in layer["inputs"]]
            prefix = layer["name"] + "."
            own = {n[len(prefix):]: v for n, v in parameters.items() if n.startswith(prefix)}
            own["factors"] = self.arrays.get(("dropout", layer["name"]))
            values.append(LAYERS[layer["type"]](layer["attributes"], inputs, own))
            for name, value in own.get("observed", {}).items():
                statistics["gradient", prefix + name] = value.detach()
        output = values[-1].flatten(1)
        labels = torch.tensor(self.description["labels"])
        if self.description["loss"] == "mse":
            loss = F.mse_loss(output, F.one_hot(labels, output.shape[1]).double())
        else:
            loss = F.cross_entropy(output, labels, label_smoothing=self.description["label_smoothing"])
        loss.backward()
        gradients = {("gradient", name): value.grad for name, value in parameters.items()}
        return {("output", ""): output.detach(), **gradients, **statistics}, loss.item()

    def differences(self):
        """(array, relative difference) of the loss and of every array that PyTorch also has."""
        expected, loss = self.expected()
        checked = {key for key in self.arrays if key[0] in ("output", "gradient")}
        assert checked == set(expected), f"not compared: {checked ^ set(expected)}"
        largest = max(value.abs().max().item() for key, value in expected.items()
                      if key[0] == "gradient" and "running_" not in key[1])
        yield "loss", abs(self.description["mean_loss"] - loss) / abs(loss)
        for key, value in expected.items():
            difference = (self.arrays[key] - value).abs().max().item()
            size = value.abs().max().item()
            scale = largest if size < 1e-12 * largest else max(size, 0.01 * largest)
            yield " ".join(key).strip(), difference / scale


def check(backend, dump, networks, verbose):
    """Number of arrays that differ."""
    failures, worst, arrays, types = 0, 0.0, 0, set()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([dump, backend, folder, str(networks)], check=True)
        stems = sorted(path.with_suffix("") for path in pathlib.Path(folder).glob("*.json"))
        for stem in stems:
            case = Case(stem)
            types |= {layer["type"] for layer in case.description["layers"]}
            for name, difference in case.differences():
                arrays, worst = arrays + 1, max(worst, difference)
                if verbose or not difference <= TOLERANCE:
                    print(f"{backend} {stem.name}: {name} differs by {difference:.1e}")
                failures += not difference <= TOLERANCE
    missing = set(LAYERS) - types
    if missing:
        print(f"{backend}: no network has {', '.join(sorted(missing))}")
    print(f"{backend}: {len(stems)} networks, {arrays} arrays, largest relative difference {worst:.1e}, "
          f"{failures} above {TOLERANCE:.0e}")
    return failures + len(missing)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("dump_gradients", help="the program built beside this script")
    parser.add_argument("--networks", type=int, default=40, help="random networks")
    parser.add_argument("--verbose", action="store_true", help="print every comparison")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    failures = sum(check(backend, arguments.dump_gradients, arguments.networks, arguments.verbose)
                   for backend in ("reference", "cpu"))
    sys.exit(1 if failures else 0)


main()
