#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""The jobs of cluster/ on a real Slurm of four virtual nodes. Runs on the first of them:

    cluster.sh up python3 jobs_test.py DTRAIN [--full] [Jobs.TEST...]

Without --full the tests that wait for Slurm's own clock (time limits, minutes) are left out.
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

REPOSITORY = Path(__file__).resolve().parents[2]
# What a virtual node has room for.
TWO_RANKS = ["--ntasks-per-node=2", "--cpus-per-task=1"]
ENDED = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY"}
# A training of some seconds on a few ranks, whose last bit tells whether it was whole.
LONG = dict(MODEL="mlp64", DATA="digits", EPOCHS="150", CHECKPOINT_STEPS="200")
SHORT = dict(MODEL="mlp64", DATA="digits", EPOCHS="3")


def run(*command, **environment):
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def records(job):
    """What Slurm knows of a job, or of each task of an array."""
    lines = run("scontrol", "--oneliner", "show", "job", job).splitlines()
    return [dict(re.findall(r"(\w+)=(\S*)", line)) for line in lines if line]


def logs():
    """What the jobs of this test have printed."""
    return "".join(f"--- {log}\n{log.read_text()}" for log in sorted(Path().glob("*.[lo][ou][gt]")))


def soon(condition, seconds=60):
    """Waits until `condition` gives something, and returns that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds} s in vain\n{run('squeue')}{logs()}")


def dtrain_processes():
    """Ranks that live on any node, whatever they wait for."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # ended meanwhile
        if command[0] == str(DTRAIN).encode() and b"--output" in command:
            found.append(int(process.name))
    return found


class Jobs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="dtrain-test-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "cluster").symlink_to(REPOSITORY / "cluster")
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)
        os.environ |= {"DTRAIN": str(DTRAIN), "SITE": "generic"}

    def tearDown(self):
        run("scancel", "--user=root")
        soon(lambda: not run("squeue", "--noheader"))
        self.allow("node1", "node2", "node3", "node4")
        self.assertEqual(dtrain_processes(), [])
        left = run("srun", "--nodes=4", "--ntasks=4", "find", os.environ["LOCAL_SCRATCH"], "-name", "*.h5")
        self.assertEqual(left, "", "left on the nodes' disks")

    def submit(self, script, *options, nodes=2, words=(), **knobs):
        return run("sbatch", "--parsable", f"--nodes={nodes}", *TWO_RANKS, *options,
                   f"cluster/{script}.sbatch", *words, **knobs).strip()

    def ended(self, job, seconds=120):
        """Waits for the job; its records."""
        def all_ended():
            found = records(job)
            return found if all(each["JobState"] in ENDED for each in found) else None
        return soon(all_ended, seconds)

    def assert_ends(self, job, state="COMPLETED", code=0):
        for record in self.ended(job):
            self.assertEqual((record["JobState"], record["ExitCode"]), (state, f"{code}:0"), logs())

    def summary(self, run_folder):
        return json.loads((Path(run_folder) / "summary.json").read_text())

    def epochs_of(self, run_folder):
        """Epochs that the run has written so far."""
        try:
            return len((Path(run_folder) / "epochs.csv").read_text().splitlines()) - 1
        except FileNotFoundError:
            return 0

    def wait_for_epoch(self, run_folder, epoch):
        soon(lambda: self.epochs_of(run_folder) >= epoch)

    def go_on(self, job, nodes=2):
        """Slurm lets a requeued job rest for two minutes. Here for some seconds: until the nodes have ended
        the round before, whose credential they revoke, they would refuse the next one too."""
        soon(lambda: records(job)[0]["Reason"] == "BeginTime")
        run("scontrol", "update", f"JobId={job}", "StartTime=now+5", f"NumTasks={2 * nodes}")

    def allow(self, *nodes):
        """Drains all other nodes."""
        for node in "node1", "node2", "node3", "node4":
            drained = bool(run("sinfo", "--noheader", f"--nodes={node}", "--states=drain", "--format=%n"))
            if drained == (node in nodes):
                run("scontrol", "update", f"NodeName={node}",
                    *(["State=RESUME"] if drained else ["State=DRAIN", "Reason=test"]))

    def uninterrupted(self):
        """The weights that LONG ends with, whatever the number of ranks."""
        if not hasattr(Jobs, "weights"):
            run(DTRAIN, "--model", LONG["MODEL"], "--epochs", LONG["EPOCHS"], "--reproducible",
                "--output", "alone", "--progress", "none")
            Jobs.weights = self.summary("alone")["weights_hash"]
        return Jobs.weights

    # Every script to its end.

    def test_train_cpu(self):
        job = self.submit("train-cpu", words=["--reproducible"], **SHORT)
        self.assert_ends(job)
        by_srun = self.summary(f"runs/train-cpu-{job}")
        self.assertEqual((by_srun["world_size"], by_srun["nodes"], by_srun["threads_per_rank"]), (4, 2, 1))
        slurm = json.loads(Path(f"runs/train-cpu-{job}/environment.json").read_text())["slurm"]
        self.assertEqual((slurm["SLURM_JOB_ID"], slurm["SLURM_STEP_ID"]), (job, "0"))

        job = self.submit("train-cpu", words=["--reproducible"], LAUNCHER="mpirun", **SHORT)
        self.assert_ends(job)
        by_mpirun = self.summary(f"runs/train-cpu-{job}")
        self.assertEqual((by_mpirun["world_size"], by_mpirun["nodes"]), (4, 2))
        self.assertEqual(by_mpirun["weights_hash"], by_srun["weights_hash"])

    def test_launch(self):
        """dtrain launch starts srun itself; USR1 to it is a request to stop."""
        words = f"{DTRAIN} launch -np 4 -- --model mlp64 --output run --progress plain"
        job = run("sbatch", "--parsable", "--nodes=2", *TWO_RANKS, "--wrap", f"exec {words} --epochs 3").strip()
        self.assert_ends(job)
        self.assertEqual(self.summary("run")["nodes"], 2)
        job = run("sbatch", "--parsable", "--nodes=2", *TWO_RANKS, "--wrap",
                  f"exec {words} --epochs 3000 --resume auto").strip()
        self.wait_for_epoch("run", 10)
        run("scancel", "--batch", "--signal=USR1", job)
        self.assert_ends(job, "FAILED", 75)

    def test_staged_dataset(self):
        Path("shelf").mkdir()
        run(DTRAIN, "data", "synth", "synthetic:1x8x8:4:200", "-o", "shelf/mine.h5")
        for data, where in ("mine", "shelf"), ("shelf/mine.h5", ""):
            job = self.submit("train-cpu", MODEL="mlp64", DATA=data, EPOCHS="1", DTRAIN_DATA=where)
            self.assert_ends(job)
            self.assertEqual(self.summary(f"runs/train-cpu-{job}")["train_samples"], 200)
            opened = Path(f"runs/train-cpu-{job}/config.toml").read_text()
            self.assertIn('data = "mine"', opened)

    def test_train_gpu(self):
        """The nodes' GPUs are none: asked for, they are one clear error; the rest works without."""
        job = self.submit("train-gpu", "--gpus-per-node=1", SITE="generic", **SHORT)
        self.assert_ends(job, "FAILED", 1)
        self.assertEqual(logs().count("dtrain: error:"), 1, logs())
        job = self.submit("train-gpu", "--gpus-per-node=1", SITE="generic", DEVICE="cpu", **SHORT)
        self.assert_ends(job)

    def study(self, name, *nodes, options=(), **knobs):
        """Submits a study; waits for its report. The report's lines by (nodes, ranks)."""
        answer = run("cluster/study.sh", name, *nodes, "--", *TWO_RANKS, *options, **knobs)
        jobs = re.findall(r"\d+", answer.split("writes")[0])
        self.assertEqual(len(jobs), len(nodes) + 1)
        for job in jobs:
            self.assert_ends(job)
        folder = Path(re.search(r"writes (\S+)/report.html", answer).group(1))
        for name in "report.html", "report.md":
            self.assertIn("samples/s", (folder / name).read_text())
        rows = (folder / "report.csv").read_text().splitlines()
        names = rows[0].split(",")
        return folder, [dict(zip(names, row.replace('"', "").split(","))) for row in rows[1:]]

    def test_strong_scaling(self):
        folder, rows = self.study("strong-scaling", "1", "2", "4", REPEATS="2", BATCH="512", **SHORT)
        self.assertEqual([(row["nodes"], row["ranks"], row["runs"]) for row in rows],
                         [("1", "2", "2"), ("2", "4", "2"), ("4", "8", "2")])
        self.assertEqual({row["global_batch"] for row in rows}, {"512"})
        self.assertEqual(rows[0]["speedup"], "1")
        self.assertAlmostEqual(float(rows[2]["efficiency"]), float(rows[2]["speedup"]) / 4)

    def test_weak_scaling(self):
        _, rows = self.study("weak-scaling", "1", "2", REPEATS="1", MODEL="mlp64",
                             DATA="synthetic:1x8x8:4:5000", STEPS="50")
        self.assertEqual([(row["ranks"], row["global_batch"]) for row in rows], [("2", "128"), ("4", "256")])

    def test_energy(self):
        folder, rows = self.study("energy", "1", REPEATS="1", **SHORT)
        self.assertEqual(rows[0]["ranks"], "2")
        self.assertTrue((folder / "1-nodes-1/slurm-energy.txt").exists())

    def test_compare_devices(self):
        _, rows = self.study("compare-devices", "1", options=["--gpus-per-node=1"], REPEATS="2",
                             SITE="generic", DEVICES="cpu", **SHORT)
        self.assertEqual([(row["device"], row["runs"]) for row in rows], [("cpu", "2")])

    def test_study(self):
        """dtrain study: as steps of one job, and as jobs of its own."""
        words = [str(DTRAIN), *"study strong --model mlp64 --ranks 2,4 --ranks-per-node 2 --repeats 1 "
                 "--bench-seconds 0.01".split()]
        job = run("sbatch", "--parsable", "--nodes=2", *TWO_RANKS, "--wrap",
                  f"exec {' '.join(words)} --launcher srun --output steps").strip()
        self.assert_ends(job)
        answer = run(*words, "--launcher", "sbatch", "--output", "jobs")
        for job in re.findall(r"\d+", answer.split("that writes")[0]):
            self.assert_ends(job)
        for folder in "steps", "jobs":
            study = json.loads(Path(folder, "study.json").read_text())
            self.assertEqual([(run["nodes"], run["ranks"]) for run in study["runs"]], [(1, 2), (2, 4)])
            self.assertEqual({time["ranks"] for time in study["allreduce"]}, {2, 4})

    def test_every_script_is_here(self):
        scripts = {script.stem for script in (REPOSITORY / "cluster").glob("*.sbatch")}
        tests = {name[5:].replace("_", "-") for name in dir(self) if name.startswith("test_")}
        self.assertLessEqual(scripts - {"report"}, tests)  # each study has its report
        for script in (REPOSITORY / "cluster").glob("*.sbatch"):
            self.assertLess(len(script.read_text().splitlines()), 45, f"{script} is no page")

    # How jobs end.

    def test_bad_option(self):
        job = self.submit("train-cpu", words=["--epoch", "3"], **SHORT)
        self.assert_ends(job, "FAILED", 2)
        self.assertIn("--epochs", logs())

    def test_requeue_on_fewer_nodes(self):
        """Signalled as before a time limit, on two nodes and then on one: ends as if nothing had been."""
        job = self.submit("train-cpu", nodes="1-2", words=["--reproducible"], **LONG)
        folder = f"runs/train-cpu-{job}"
        self.wait_for_epoch(folder, 5)
        self.assertEqual(records(job)[0]["NumNodes"], "2")
        self.allow("node3")
        run("scancel", "--batch", "--signal=USR1", job)
        self.go_on(job, nodes=1)
        self.assert_ends(job)
        record = records(job)[0]
        self.assertEqual((record["Restarts"], record["NodeList"]), ("1", "node3"))
        summary = self.summary(folder)
        self.assertEqual(summary["world_size"], 2)
        self.assertEqual(summary["weights_hash"], self.uninterrupted())
        self.assertEqual([epoch["epoch"] for epoch in summary["epochs"]],
                         list(range(1, int(LONG["EPOCHS"]) + 1)))
        self.assertIn("resuming from", logs())

    def test_requeue_by_mpirun(self):
        job = self.submit("train-cpu", words=["--reproducible"], LAUNCHER="mpirun", **LONG)
        self.wait_for_epoch(f"runs/train-cpu-{job}", 5)
        run("scancel", "--batch", "--signal=USR1", job)
        self.go_on(job)
        self.assert_ends(job)
        self.assertEqual(self.summary(f"runs/train-cpu-{job}")["weights_hash"], self.uninterrupted())

    def test_scancel(self):
        """A cancelled job stays so; its checkpoint goes on elsewhere."""
        job = self.submit("train-cpu", words=["--reproducible"], **LONG)
        folder = f"runs/train-cpu-{job}"
        self.wait_for_epoch(folder, 5)
        run("scancel", job)
        self.assertEqual(self.ended(job)[0]["JobState"], "CANCELLED")
        soon(lambda: not dtrain_processes())
        run(DTRAIN, "verify", folder, folder)
        again = self.submit("train-cpu", words=["--reproducible"], nodes=1, RUN=folder, **LONG)
        self.assert_ends(again)
        self.assertEqual(self.summary(folder)["weights_hash"], self.uninterrupted())

    def test_killed_rank(self):
        job = self.submit("train-cpu", **LONG)
        folder = f"runs/train-cpu-{job}"
        soon(lambda: (Path(folder) / "latest").exists())
        os.kill(dtrain_processes()[-1], signal.SIGKILL)
        self.assert_ends(job, "FAILED", 4)
        run(DTRAIN, "verify", folder, folder)
        self.assertFalse(dtrain_processes())

    def test_drained_node(self):
        """A drained node finishes its job, and the requeued one goes where there is room."""
        job = self.submit("train-cpu", words=["--reproducible"], **LONG)
        folder = f"runs/train-cpu-{job}"
        self.wait_for_epoch(folder, 5)
        first = records(job)[0]["NodeList"]
        self.assertEqual(first, "node[1-2]")
        self.allow("node1", "node3", "node4")
        self.assertEqual(records(job)[0]["JobState"], "RUNNING")
        run("scancel", "--batch", "--signal=USR1", job)
        self.go_on(job)
        self.assert_ends(job)
        self.assertNotIn("2", records(job)[0]["NodeList"])
        self.assertEqual(self.summary(folder)["weights_hash"], self.uninterrupted())

    @unittest.skipUnless("--full" in sys.argv, "waits for time limits: --full")
    def test_time_limit(self):
        """A limit far below the training's time: four rounds, in turn on two nodes and on one. How much a
        round gets done depends on the machine, so the last round is told when to stop."""
        def stop_after(steps):
            Path("end.toml").write_text(f'steps = {steps}\nschedule = "constant"\n')

        stop_after(10**8)
        job = self.submit("train-cpu", "--time=1", "--signal=B:USR1@20", nodes="1-2",
                          words=["--reproducible", "--config", "end.toml"],
                          **LONG | {"CHECKPOINT_STEPS": "5000"})
        folder = Path(f"runs/train-cpu-{job}")
        rounds = []  # nodes and steps of each
        while len(rounds) < 4:
            soon(lambda: records(job)[0]["JobState"] in ENDED | {"RUNNING"})
            nodes = int(records(job)[0]["NumNodes"])
            if len(rounds) == 3:
                self.assert_ends(job)
            else:
                record = soon(lambda: self.ended_or_requeued(job, len(rounds) + 1), 180)
                self.assertNotIn(record["JobState"], ENDED, logs()[-5000:])
            steps = int(re.search(r"\d+", (folder / "latest").read_text()).group())
            rounds.append((nodes, steps))
            print(f"round {len(rounds)}: nodes {nodes}, to step {steps}", file=sys.stderr)
            if len(rounds) == 3:
                stop_after(steps + 600)
            if len(rounds) < 4:
                nodes = 3 - nodes
                self.allow(*["node1", "node2"][:nodes])
                self.go_on(job, nodes)
        self.assertEqual([nodes for nodes, _ in rounds], [2, 1, 2, 1])
        self.assertEqual(sorted({steps for _, steps in rounds}), [steps for _, steps in rounds])
        run(DTRAIN, "--model", LONG["MODEL"], "--config", "end.toml", "--reproducible", "--output", "alone",
            "--progress", "none")
        limited, alone = self.summary(folder), self.summary("alone")
        print(f"weights {limited['weights_hash']}, uninterrupted {alone['weights_hash']}", file=sys.stderr)
        self.assertEqual(limited["weights_hash"], alone["weights_hash"])
        self.assertEqual([epoch["epoch"] for epoch in limited["epochs"]],
                         [epoch["epoch"] for epoch in alone["epochs"]])

    def ended_or_requeued(self, job, times):
        record = records(job)[0]
        return record if record["JobState"] in ENDED or record["Restarts"] == str(times) else None

    # What a job was granted.

    def test_doctor(self):
        text = run("srun", "--nodelist=node[1-2]", "--ntasks=4", "--ntasks-per-node=2", "--gpus-per-node=1",
                   "--mpi=pmix", DTRAIN, "doctor", "--slurm")
        self.assertRegex(text, r"nodes +2: node\[1-2\]")
        self.assertRegex(text, r"(?m)^ +3 +node2 ")
        self.assertRegex(text, r"\[ \] cores +ranks 0 and 1 on node1 may both run on CPUs")
        self.assertRegex(text, r"\[ \] GPUs +1 granted on node1, but rank 0 sees none")
        self.assertRegex(text, r"\[.\] network")


if __name__ == "__main__":
    DTRAIN = Path(sys.argv.pop(1)).resolve()
    arguments = [word for word in sys.argv if word != "--full"]
    unittest.main(argv=arguments, verbosity=2)
