#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""train_test.py DTRAIN: trains the same work on the CPU and on the GPU.

Skipped, with the reason, where dtrain finds no GPU. Losses are compared step by step: at the start they
differ by rounding alone, later by what training makes of it.
"""
import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

DTRAIN = sys.argv.pop(1)
IMAGES = "synthetic:3x32x32:10:2000"
# Model, steps, batch: so many that the CPU takes seconds.
WORK = [("mlp", 200, 64), ("lenet", 200, 64), ("cnn-small", 100, 64), ("cnn", 40, 64), ("resnet20", 40, 64)]


def dtrain(*words):
    run = subprocess.run([DTRAIN, *map(str, words)], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise AssertionError(f"dtrain {' '.join(map(str, words))} ended with {run.returncode}:\n{run.stderr}")
    return run.stdout


def why_no_gpu():
    line = next(line for line in dtrain("doctor").splitlines() if re.search(r"\] *GPUs\b", line))
    return "" if "[X]" in line else line.strip()


class Run:
    """A finished training run and what it left."""

    def __init__(self, folder, *words, ranks=1):
        common = ["--output", folder, "--progress", "none", *words]
        dtrain(*(["launch", "-np", ranks, "--", *common] if ranks > 1 else common))
        self.folder = folder
        self.summary = json.loads((folder / "summary.json").read_text())
        lines = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
        self.losses = {line["step"]: line["loss"] for line in lines if line["event"] == "step"}


class CpuAndGpu(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_on(self, device, model, steps, *words, name=None, ranks=1):
        return Run(self.folder / (name or f"{model}-{device}"), "--model", model, "--data", IMAGES,
                   "--steps", steps, "--seed", 3, "--device", device, *words, ranks=ranks)

    def assert_losses_agree(self, one, other, early=1e-4, late=0.05):
        self.assertEqual(one.losses.keys(), other.losses.keys())
        for step, loss in one.losses.items():
            allowed = early if step <= 5 else late
            self.assertLessEqual(abs(loss - other.losses[step]), allowed * (1 + abs(loss)), f"step {step}")

    def test_losses_agree(self):
        for model, steps, batch in WORK:
            with self.subTest(model=model):
                runs = [self.run_on(device, model, steps, "--global-batch", batch) for device in ("cpu", "cuda")]
                self.assertEqual(runs[1].summary["device"], "cuda")
                self.assert_losses_agree(*runs)

    def test_tf32_trains_as_well(self):
        fp32, tf32 = (self.run_on("cuda", "cnn", 60, "--precision", precision, name=precision)
                      for precision in ("fp32", "tf32"))
        self.assert_losses_agree(fp32, tf32, early=1e-2, late=0.1)

    def test_16_bits_learn_as_much(self):
        """The same accuracy as float32 within 0.3 points, on data that is learnt almost whole."""
        for model in ("cnn", "resnet20"):
            accuracy = {}
            for precision in ("fp32", "bf16", "fp16"):
                run = self.run_on("cuda", model, 150, "--precision", precision, name=f"{model}-{precision}")
                accuracy[precision] = run.summary["test_accuracy"]
                self.assertEqual(run.summary["precision"], precision)
            for precision in ("bf16", "fp16"):
                self.assertAlmostEqual(accuracy[precision], accuracy["fp32"], delta=0.003, msg=f"{model} {accuracy}")

    def test_a_checkpoint_of_one_continues_on_the_other(self):
        whole = self.run_on("cpu", "cnn-small", 40, name="whole")
        for first, second in (("cpu", "cuda"), ("cuda", "cpu")):
            with self.subTest(first=first):
                begun = self.run_on(first, "cnn-small", 20, name=f"from-{first}")
                dtrain("--resume", begun.folder, "--steps", 40, "--device", second, "--progress", "none")
                done = json.loads((begun.folder / "summary.json").read_text())
                self.assertEqual(done["device"], second)
                one, other = whole.summary["epochs"][-1], done["epochs"][-1]
                self.assertAlmostEqual(one["test_loss"], other["test_loss"], delta=0.05)

    def test_augmentation_and_dropout_draw_alike(self):
        runs = [self.run_on(device, "cnn-small", 20, "--augment", "crop=4,flip") for device in ("cpu", "cuda")]
        self.assert_losses_agree(*runs)

    def test_nccl_with_one_rank(self):
        plain = self.run_on("cuda", "cnn-small", 20, name="plain")
        nccl = self.run_on("cuda", "cnn-small", 20, "--comm", "nccl", name="nccl")
        self.assertEqual(nccl.summary["comm"], "nccl")
        self.assert_losses_agree(plain, nccl)

    def test_ranks_that_share_a_gpu(self):
        """By way of host memory; the same weights, bit for bit, where that is asked for."""
        hashes = set()
        for ranks in (1, 2, 4):
            run = self.run_on("cuda", "cnn-small", 20, "--reproducible", "--global-batch", 64,
                              name=f"ranks-{ranks}", ranks=ranks)
            self.assertEqual(run.summary["world_size"], ranks)
            self.assertNotEqual(run.summary["comm"], "nccl")
            hashes.add(run.summary["weights_hash"])
        self.assertEqual(len(hashes), 1)

    def test_reproducible_by_nccl_is_the_same(self):
        runs = [self.run_on("cuda", "cnn-small", 20, "--reproducible", "--comm", comm, name=comm)
                for comm in ("auto", "nccl")]
        self.assertEqual(*(run.summary["weights_hash"] for run in runs))

    def test_evaluates_alike(self):
        run = self.run_on("cpu", "resnet20", 10, name="eval")
        losses = [json.loads(dtrain("eval", run.folder, "--data", IMAGES, "--device", device, "--json"))["loss"]
                  for device in ("cpu", "cuda")]
        self.assertAlmostEqual(*losses, delta=1e-4)

    def test_too_large_a_batch_is_one_clear_error(self):
        run = subprocess.run([DTRAIN, "bench", "step", "--model", "cnn", "--device", "cuda", "--batch",
                              str(1 << 19)], capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 1)
        self.assertIn("not enough GPU memory", run.stderr)


if __name__ == "__main__":
    reason = why_no_gpu()
    if reason:
        print(f"SKIPPED: {reason}")
        sys.exit(77)
    unittest.main(verbosity=2)
