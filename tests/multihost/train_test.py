#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""dtrain across two hosts. Runs on the first of them:

    hosts.sh up 2 --bandwidth 1gbit --delay 100us python3 train_test.py DTRAIN [Multihost.TEST...]
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HOSTS = Path(__file__).with_name("hosts.sh")
TWO_AND_TWO = "node1:2,node2:2"

# What one step sends per direction between two hosts of two ranks, over the size of the gradient:
# (options, at least, at most).
TRAFFIC = [
    (["--comm", "mpi"], 0.98, 4),
    (["--comm", "node"], 0.98, 1.02),
    (["--comm", "node", "--shard-optimizer"], 0.98, 1.02),
    (["--comm", "node", "--compress", "bf16"], 0.49, 0.51),
]


def on_host(host, *command):
    subprocess.run([HOSTS, "exec", host, *command], check=True)


def sent_bytes():
    """TCP payload that each host has sent so far."""
    table = subprocess.run([HOSTS, "bytes"], check=True, capture_output=True, text=True).stdout
    return [int(line.split()[1]) for line in table.splitlines()[1:]]


def rank_pids():
    """{rank: process id} of all ranks that live, on any host. The environment of a zombie is empty."""
    pids = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # ended meanwhile
        for variable in environment:
            if variable.startswith(b"OMPI_COMM_WORLD_RANK="):
                pids[int(variable.split(b"=")[1])] = int(process.name)
    return pids


class Multihost(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="dtrain-test-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def start(self, hosts, *options, launch=()):
        """Four ranks of mlp on hosts, or on this host alone, and the folder of their run."""
        run = self.folder / str(len(list(self.folder.iterdir())))
        where = ["--hosts", hosts] if hosts else []
        job = subprocess.Popen(
            [DTRAIN, "launch", "-np", "4", *where, *launch, "--", "--model", "mlp", "--threads", "1",
             "--output", run, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(job.kill)
        return job, run

    def train(self, hosts, *options):
        """What a run printed, its summary and the loss of each of its steps."""
        job, run = self.start(hosts, *options)
        out, err = job.communicate(timeout=60)
        self.assertEqual(job.returncode, 0, err)
        events = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
        losses = [event["loss"] for event in events if event["event"] == "step"]
        return out, json.loads((run / "summary.json").read_text()), losses

    def test_trains_as_on_one_host(self):
        _, one_host, one_host_losses = self.train(None, "--epochs", "2")
        for hosts in (TWO_AND_TWO, "node1:3,node2:1"):
            with self.subTest(hosts):
                out, summary, losses = self.train(hosts, "--epochs", "2")
                self.assertIn("4 on 2 nodes", out)
                self.assertEqual((summary["world_size"], summary["nodes"]), (4, 2))
                self.assertEqual(len(losses), len(one_host_losses))
                for loss, expected in zip(losses, one_host_losses):
                    self.assertAlmostEqual(loss, expected, delta=1e-4)  # sums in another order
                self.assertAlmostEqual(summary["test_accuracy"], one_host["test_accuracy"], delta=0.002)

    def test_traffic(self):
        steps = 20
        for options, at_least, at_most in TRAFFIC:
            with self.subTest(" ".join(options)):
                # Buckets of a given size: nothing is measured, whose traffic would differ from run to run.
                data = ["--data", "synthetic:1x28x28:10:25600", "--bucket-mb", "1", *options]
                sent = [sent_bytes()]
                for count in (steps, 2 * steps):
                    _, summary, _ = self.train(TWO_AND_TWO, *data, "--steps", str(count))
                    sent.append(sent_bytes())
                # What a run sends besides its steps is in both runs.
                for host, (before, between, after) in enumerate(zip(*sent), 1):
                    a_step = ((after - between) - (between - before)) / steps
                    ratio = a_step / (4 * summary["parameters"])
                    print(f"{' '.join(options)}: node{host} sends {ratio:.4f} of the gradient's size a step")
                    self.assertGreaterEqual(ratio, at_least)
                    self.assertLessEqual(ratio, at_most)

    def lose(self, what, *options):
        """Does `what` to a job that trains; the job must end, everywhere, with the code for that. What it said."""
        job, run = self.start(TWO_AND_TWO, "--epochs", "100000", "--progress", "none", *options)
        while not (run / "latest").exists():
            self.assertIsNone(job.poll(), "the job ended before it had trained an epoch")
            time.sleep(0.05)
        begin = time.monotonic()
        what()
        _, err = job.communicate(timeout=30)
        print(f"ended after {time.monotonic() - begin:.1f} s: {err.strip()}")
        self.assertEqual(job.returncode, 4, err)
        while rank_pids():
            self.assertLess(time.monotonic() - begin, 30, f"left behind: {rank_pids()}")
            time.sleep(0.05)
        return err, run

    def test_lost_rank(self):
        self.lose(lambda: os.kill(rank_pids()[3], signal.SIGKILL))

    def test_stopped_ranks(self):
        """The root and all of another node stop; the one rank that is left tells of them."""
        stopped = (0, 2, 3)

        def stop_them():
            pids = rank_pids()
            for rank in stopped:
                os.kill(pids[rank], signal.SIGSTOP)

        err, run = self.lose(stop_them, "--hang-timeout", "4")
        for rank in range(4):
            line = f"  rank {rank} on node{1 + rank // 2}, pid "
            (self.assertIn if rank in stopped else self.assertNotIn)(line, err)
        self.assertEqual(err.count("dtrain: error: "), 1, err)
        report = err.split("\n----")[0]  # after it Open MPI may warn of the hosts that went
        self.assertIn(report, (run / "hang-report.txt").read_text())
        waited = [float(seconds) for seconds in re.findall(r" for ([0-9.]+) s", report)]
        self.assertLessEqual(max(waited), 4 + 5, err)

    def test_dead_link(self):
        self.addCleanup(on_host, "node2", "ip link set eth0 up")
        self.lose(lambda: on_host("node2", "ip link set eth0 down"))

    def test_goes_on_without_a_lost_host(self):
        training = ["--reproducible", "--epochs", "40", "--checkpoint-every-steps", "20", "--progress", "none"]
        _, whole, _ = self.train(None, *training)
        # As ssh would, the way to a host fails when its link is down.
        agent = self.folder / "agent"
        agent.write_text(f"#!/bin/sh\n{HOSTS} exec $1 'ip link show eth0 | grep -q ,UP' || exit 255\n"
                         f"exec {HOSTS} exec \"$@\"\n")
        agent.chmod(0o700)
        os.environ["OMPI_MCA_plm_rsh_agent"], before = str(agent), os.environ["OMPI_MCA_plm_rsh_agent"]
        self.addCleanup(os.environ.update, {"OMPI_MCA_plm_rsh_agent": before})
        self.addCleanup(on_host, "node2", "ip link set eth0 up")
        job, run = self.start(TWO_AND_TWO, *training, launch=["--max-restarts", "1"])
        while not (run / "latest").exists():
            self.assertIsNone(job.poll(), "the job ended before it had written a checkpoint")
            time.sleep(0.02)
        on_host("node2", "ip link set eth0 down")
        _, err = job.communicate(timeout=120)
        print(err.strip())
        self.assertEqual(job.returncode, 0, err)
        self.assertIn("going on with 2 instead of 4 ranks, on node1:2", err)
        summary = json.loads((run / "summary.json").read_text())
        self.assertEqual(summary["world_size"], 2)
        self.assertEqual(summary["weights_hash"], whole["weights_hash"])


if __name__ == "__main__":
    DTRAIN = sys.argv.pop(1)
    unittest.main()
