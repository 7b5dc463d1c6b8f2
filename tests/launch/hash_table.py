#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""hash_table.py DTRAIN [--models mlp,cnn,resnet20] [--ranks 1,2,3,4,5,6,7,8] [--epochs 3]
              [--variant=OPTIONS...]

Trains each model with --reproducible at each number of ranks (and with each variant's options) and
prints the weights' hashes as a table. Ends with 1 unless each model has one hash. resnet20 has batch
norm, and trains with crop and flip."""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

OPTIONS = {
    "mlp": ["--data", "digits"],
    "cnn": ["--data", "digits"],
    "resnet20": ["--data", "synthetic:3x32x32:10:1000", "--augment", "crop=4,flip"],
}


def weights_hash(dtrain, model, ranks, epochs, variant):
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "run"
        subprocess.run(
            [dtrain, "launch", "-np", str(ranks), "--", "--model", model, *OPTIONS[model],
             "--epochs", str(epochs), "--reproducible", "--progress", "none", "--output", output,
             *variant.split()],
            check=True)
        summary = json.loads((output / "summary.json").read_text())
        assert summary["world_size"] == ranks and len(summary["epochs"]) == epochs, summary
        return summary["weights_hash"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dtrain")
    parser.add_argument("--models", default="mlp,cnn,resnet20")
    parser.add_argument("--ranks", default="1,2,3,4,5,6,7,8")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--variant", action="append", help="such as --variant='--comm mpi'")
    arguments = parser.parse_args()
    same = True
    for model in arguments.models.split(","):
        hashes = set()
        for ranks in map(int, arguments.ranks.split(",")):
            for variant in arguments.variant or [""]:
                found = weights_hash(arguments.dtrain, model, ranks, arguments.epochs, variant)
                hashes.add(found)
                print(f"{model:<9} {ranks} ranks  {found}  {variant}".rstrip(), flush=True)
        same = same and len(hashes) == 1
    sys.exit(0 if same else 1)


main()
