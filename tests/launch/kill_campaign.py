#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""Kills training at random moments, resumes it at random numbers of ranks, and compares the weights at the end.

    kill_campaign.py DTRAIN [--runs 200] [--seed 1]

Each run is a small --reproducible training that writes a checkpoint every few steps, so that many kills fall into
the writing of one. SIGKILL goes to one rank, to mpirun, or to everything, once or several times; each time the run
is resumed, by hand at another number of ranks or by --max-restarts. In the end its weights_hash must be that of the
uninterrupted training; on the way every checkpoint in its folder must be readable, every end must come within
END_SECONDS of the kill with the code for it, and no process may be left.
"""
import argparse
import collections
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

END_SECONDS = 20
MARK = "DTRAIN_KILL_CAMPAIGN"

CNN = """{"name": "tiny", "layers": [
  {"type": "conv2d", "name": "conv1", "channels": 6, "kernel": 3, "padding": 1, "bias": false},
  {"type": "batch_norm", "name": "bn1"}, {"type": "relu"}, {"type": "max_pool", "window": 2},
  {"type": "linear", "name": "fc1", "units": 16}, {"type": "relu"}, {"type": "dropout", "rate": 0.2},
  {"type": "linear", "name": "fc2", "units": "classes"}]}"""

COMMON = ["--data", "synthetic:1x8x8:4:640", "--global-batch", "32", "--reproducible", "--shards", "4", "--threads", "1",
          "--augment", "crop=1,flip", "--checkpoint-every-steps", "2", "--checkpoint-keep", "2", "--progress", "none"]
TRAININGS = {
    "mlp": ["--model", "mlp", "--optimizer", "adam", "--epochs", "5"],
    "cnn": ["--model", "tiny.json", "--optimizer", "sgd", "--lr", "0.05", "--epochs", "5"],
}


class Failure(Exception):
    pass


class Job:
    """dtrain launch and all that it starts, found by a mark in the environment."""

    def __init__(self, folder, words):
        self.mark = uuid.uuid4().hex
        self.log = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen([DTRAIN, "launch", *words], cwd=folder, stdout=self.log, stderr=self.log,
                                        env={**os.environ, MARK: self.mark})

    def processes(self):
        """{what: [pid]}: ranks, mpirun, and launch with whatever else there is."""
        found = collections.defaultdict(list)
        for process in Path("/proc").glob("[0-9]*"):
            try:
                environment = (process / "environ").read_bytes()  # empty for a zombie
                name = (process / "comm").read_text().strip()
            except OSError:
                continue  # ended meanwhile
            if f"{MARK}={self.mark}".encode() in environment:
                is_rank = b"OMPI_COMM_WORLD_RANK=" in environment and name == "dtrain"
                kind = "rank" if is_rank else "mpirun" if name in ("mpirun", "orterun") else "other"
                found[kind].append(int(process.name))
        return found

    def kill(self, victim):
        """SIGKILL to one rank, to mpirun or to all; False where there is none (yet, or any more)."""
        found = self.processes()
        pids = {"rank": found["rank"] and [random.choice(found["rank"])], "mpirun": found["mpirun"],
                "all": found["rank"] + found["mpirun"] + found["other"]}[victim]
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return bool(pids)

    def end(self, seconds):
        """The exit code; nothing of the job may live on."""
        try:
            code = self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.clean_up()
            raise Failure(f"still running after {seconds} s: {self.said()}")
        deadline = time.monotonic() + END_SECONDS
        while any(left := self.processes().values()):
            if time.monotonic() > deadline:
                self.clean_up()
                raise Failure(f"processes left behind: {list(left)}")
            time.sleep(0.02)
        return code

    def clean_up(self):
        self.kill("all")
        self.process.wait()

    def said(self):
        self.log.seek(0)
        return self.log.read().strip()


class Campaign:
    def __init__(self, folder):
        self.folder = folder
        (folder / "tiny.json").write_text(CNN)
        self.count = collections.Counter()
        self.slowest_end = 0.0
        self.expected, self.seconds = {}, {}
        for name in TRAININGS:
            begin = time.monotonic()
            job = Job(folder, ["-np", "2", "--", *self.options(name, f"{name}-whole")])
            if job.end(300) != 0:
                raise Failure(job.said())
            self.seconds[name] = time.monotonic() - begin
            self.expected[name] = self.weights_hash(f"{name}-whole")

    def options(self, name, run):
        return [*TRAININGS[name], *COMMON, "--output", run, "--resume", "auto"]

    def weights_hash(self, run):
        return json.loads((self.folder / run / "summary.json").read_text())["weights_hash"]

    def check_checkpoints(self, run):
        folder = self.folder / run
        files = sorted(folder.glob("checkpoint-*.h5"))
        if (folder / "latest").exists():
            files.append(folder / (folder / "latest").read_text().strip())
        for file in files:
            verified = subprocess.run([DTRAIN, "verify", file, file], capture_output=True, text=True)
            self.count["checkpoints read"] += 1
            if verified.returncode != 0:
                raise Failure(f"{file.name} cannot be read: {verified.stderr}")
        if any(folder.glob("*.partial")):
            self.count["kills while a checkpoint was written"] += 1

    def attempt(self, name, run, kills, restarts):
        """One job; killed `kills` times unless it ends before. True: the training is done."""
        ranks = random.randint(1, 4)
        job = Job(self.folder, ["-np", str(ranks), "--max-restarts", str(restarts), "--", *self.options(name, run)])
        self.count["jobs"] += 1
        killed = False
        for _ in range(kills):
            # Starting takes a good part of a job; a second kill finds it started again.
            deadline = time.monotonic() + random.uniform(0.05, 0.95 * self.seconds[name])
            while time.monotonic() < deadline and job.process.poll() is None:
                time.sleep(0.005)
            victim = random.choices(["rank", "mpirun", "all"], [6, 2, 2])[0] if restarts == 0 else "rank"
            if job.kill(victim):
                killed = True
                self.count[f"kills of {victim}"] += 1
        if restarts == 0 and killed:
            begin = time.monotonic()
            code = job.end(END_SECONDS)
            self.slowest_end = max(self.slowest_end, time.monotonic() - begin)
        else:
            code = job.end(120)
        self.check_checkpoints(run)
        if code not in ((0, 4, -signal.SIGKILL) if killed else (0,)):
            raise Failure(f"ended with code {code}: {job.said()}")
        if code == 4 and job.said().count("dtrain: error: ") != 1:
            raise Failure(f"not one message: {job.said()}")
        return code == 0

    def run(self, number):
        name = random.choice(sorted(TRAININGS))
        run = f"{name}-{number}"
        by_launch = random.random() < 0.25
        if by_launch:
            kills = random.randint(1, 3)
            done = self.attempt(name, run, kills, restarts=kills)
        else:
            for _ in range(random.randint(1, 3)):
                done = self.attempt(name, run, 1, restarts=0)
                if done:
                    break
        if not done:
            self.attempt(name, run, 0, restarts=0)
        if self.weights_hash(run) != self.expected[name]:
            raise Failure("other weights than those of the uninterrupted training")
        self.count["equal hashes"] += 1
        subprocess.run(["rm", "-r", self.folder / run], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("dtrain")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    global DTRAIN
    DTRAIN = str(Path(options.dtrain).resolve())
    random.seed(options.seed)
    failures = 0
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dtrain-test-") as folder:
        campaign = Campaign(Path(folder))
        for number in range(options.runs):
            try:
                campaign.run(number)
            except Failure as failure:
                failures += 1
                print(f"FAILED: run {number}: {failure}", flush=True)
            if (number + 1) % 20 == 0:
                print(f"{number + 1} of {options.runs} runs, {failures} failed", flush=True)
    for what, times in sorted(campaign.count.items()):
        print(f"{times:6} {what}")
    print(f"{campaign.slowest_end:6.1f} s from a kill to the end of its job, at most")
    print(f"{options.runs - failures} of {options.runs} runs ended with the weights of the uninterrupted training, "
          f"seed {options.seed}, {time.monotonic() - begin:.0f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
