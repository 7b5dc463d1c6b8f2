#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""`dtrain study predict` against training on four hosts. Runs on the first of them:

    hosts.sh up 4 --bandwidth 500mbit --delay 100us python3 predict_check.py DTRAIN [--rounds N] [--within X]

The hosts share this machine's cores, which hosts of their own would not. So a prediction for N of them starts
from what N replicas take that run side by side without a word to each other, one on each host. All else is the
model's: what sums take between two hosts, and the formulas. Replicas, sums and training are measured in turn,
--rounds times. Ends with code 1 where a prediction is off by more than --within.
"""
import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

HOSTS = Path(__file__).with_name("hosts.sh")

# Computation and sums of about the same length, in buckets of several sizes. The link is so slow that what TCP
# costs the cores is little beside what it waits for.
MODEL = ["--model", "cnn-small", "--data", "synthetic:3x32x32:10:5120", "--threads", "1", "--augment", "none",
         "--checkpoint-every", "0", "--progress", "none"]
BATCH_PER_RANK = 256
REPLICA_EPOCHS = 3
BUCKET = ["--bucket-mb", "0.5"]
WAYS = ("--no-overlap", "--overlap")


def host_list(count):
    return [f"node{i + 1}" for i in range(count)]


def train_replicas(folder, count):
    """One replica on each of `count` hosts, at the same time, none of which waits for another."""
    replicas = []
    for host in host_list(count):
        command = [DTRAIN, *MODEL, "--global-batch", str(BATCH_PER_RANK), "--epochs", str(REPLICA_EPOCHS),
                   "--output", str(folder / host)]
        replicas.append(subprocess.Popen([HOSTS, "exec", host, shlex.join(command)], stdout=subprocess.DEVNULL))
    if any([replica.wait() for replica in replicas]):
        sys.exit("a replica failed")


def on_hosts(count, *command):
    """dtrain with a rank on each of `count` hosts; what it printed."""
    where = ",".join(f"{host}:1" for host in host_list(count))
    return subprocess.run([DTRAIN, "launch", "-np", str(count), "--hosts", where, "--", *command], check=True,
                          stdout=subprocess.PIPE, text=True).stdout


def train_together(folder, count, way):
    """As many steps as each replica takes."""
    on_hosts(count, *MODEL, "--global-batch", str(count * BATCH_PER_RANK), "--epochs", str(count * REPLICA_EPOCHS),
             "--comm", "node", *BUCKET, way, "--output", str(folder))


def measure_sums(file):
    with open(file, "a") as sums:
        sums.write(on_hosts(2, "bench", "allreduce", "--json", "--min-bytes", "16384", "--max-bytes", "4194304",
                            "--seconds", "0.5"))


def predict(replicas, together, sums, count, way):
    """The prediction of weak scaling on `count` hosts, which is compared with what was measured there."""
    rows = subprocess.run(
        [DTRAIN, "study", "predict", replicas, together, "--allreduce", sums, "--ranks", str(count), "--across",
         "ring", "--json", *BUCKET, way], check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(rows.splitlines()[0])


def main():
    global DTRAIN
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dtrain")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--within", type=float, default=0.15)
    arguments = parser.parse_args()
    DTRAIN = os.path.abspath(arguments.dtrain)
    # Every host takes its rank to have all cores to itself.
    os.environ["OMPI_MCA_mpi_yield_when_idle"] = "1"

    worst = 0
    with tempfile.TemporaryDirectory(prefix="dtrain-test-") as name:
        folder = Path(name)
        sums = folder / "sums"
        for turn in range(arguments.rounds):
            measure_sums(sums)
            for count in (1, 2, 4):
                train_replicas(folder / f"{count}-replicas" / str(turn), count)
                for way in WAYS if count > 1 else ():
                    train_together(folder / f"{count}{way}" / str(turn), count, way)
        print(f"{'hosts':>5}  {'sums':13}  {'compute':>9}  {'sums':>9}  {'exposed':>9}  {'predicted':>11}  "
              f"{'measured':>11}  {'error':>7}")
        for count in (2, 4):
            for way in WAYS:
                row = predict(folder / f"{count}-replicas", folder / f"{count}{way}", sums, count, way)
                print(f"{count:>5}  {way[2:]:13}  {row['compute_ms']:>6.1f} ms  {row['comm_ms']:>6.1f} ms  "
                      f"{row['comm_exposed_ms']:>6.1f} ms  {row['samples_per_second']:>7.0f} s/s  "
                      f"{row['measured_samples_per_second']:>7.0f} s/s  {100 * row['error']:>+5.1f} %")
                worst = max(worst, abs(row["error"]))
        print(f"a step between two hosts: {row['link_us']:.0f} us + bytes at {row['link_gbit']:.3f} Gbit/s")
    print(f"worst error {100 * worst:.1f} %, {100 * arguments.within:.0f} % allowed")
    return worst > arguments.within


if __name__ == "__main__":
    sys.exit(main())
