#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""Times training steps on the GPU and prints a table: every shipped model in every precision, beside the CPU
and, where it can be imported, PyTorch.

    bench.py DTRAIN [--seconds S] [--output FILE.jsonl]

What does not fit into S seconds is left out, the least important last. The exit status is 1 when a step of
dtrain on the GPU fails.
"""
import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODELS = HERE.parents[1] / "src/nn/models"
PRECISIONS = ["fp32", "tf32", "bf16", "fp16"]
CHAINS = ["mlp", "mlp64", "lenet", "cnn-small", "cnn", "resnet20"]
# What torch.compile, which takes long, is asked for.
COMPILED = [("resnet20", 1024, "bf16"), ("cnn", 1024, "bf16"), ("lenet", 64, "fp32"), ("mlp", 64, "fp32")]


def json_lines(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def dtrain_step(dtrain, model, batch, precision, device):
    words = [dtrain, "bench", "step", "--model", model, "--batch", batch, "--device", device,
             "--precision", precision, "--seconds", 0.1, "--json"]
    run = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if run.returncode == 0:
        return json_lines(run.stdout)
    print(f"{model}, batch {batch}, {precision} on {device}: {run.stderr.strip() or run.returncode}", flush=True)
    return []


def torch_steps(seconds):
    """Eager steps of everything first, then compiled ones, as far as the time goes."""
    if subprocess.run([sys.executable, "-c", "import torch; assert torch.cuda.is_available()"],
                      capture_output=True, check=False).returncode != 0:
        print("SKIPPED: no PyTorch with a GPU here")
        return []
    work = [f"{MODELS / model}.json:{batch}:{precision}"
            for precision in PRECISIONS for batch in (64, 1024) for model in CHAINS]
    work[:0] = [f"{MODELS / model}.json:{batch}:{precision}" for model, batch, precision in COMPILED]
    work += [f"{MODELS / model}.json:{batch}:{precision}:compiled" for model, batch, precision in COMPILED]
    command = [sys.executable, HERE / "torch_steps.py", "--seconds", str(seconds), *dict.fromkeys(work)]
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 15)
        output, error = run.stdout, run.stderr if run.returncode else ""
    except subprocess.TimeoutExpired as late:
        output, error = (late.stdout or b"").decode(), ""
    if error:
        print(f"PyTorch failed: {error.strip().splitlines()[-1]}")
    return json_lines(output)


def table(rows):
    """A line per (model, batch, precision); samples/s, and the ratio to PyTorch's best."""
    cells = {}
    for row in rows:
        cells.setdefault((row["model"], row["batch"], row["precision"]), {})[row["device"]] = row
    lines = [f"{'model':<10}{'batch':>6} {'type':<5}{'ms':>9}{'samples/s':>12}{'TFLOP/s':>9}{'of peak':>9}"
             f"{'CPU':>11}{'PyTorch':>11}{'compiled':>11}{'ratio':>7}"]

    def speed(row):
        return f"{row['samples_per_second']:.0f}" if row else "-"

    for (model, batch, precision), by_device in sorted(
            cells.items(), key=lambda cell: (CHAINS.index(cell[0][0]), cell[0][1], PRECISIONS.index(cell[0][2]))):
        gpu, cpu = by_device.get("cuda"), by_device.get("cpu")
        eager, compiled = by_device.get("torch"), by_device.get("torch-compiled")
        peers = [row["samples_per_second"] for row in (eager, compiled) if row]
        ratio = f"{gpu['samples_per_second'] / max(peers):.2f}" if gpu and peers else "-"
        mine = (f"{gpu['ms_per_step']:>9.3f}{gpu['samples_per_second']:>12.0f}{gpu['gflops'] / 1e3:>9.2f}"
                f"{gpu['fraction_of_peak']:>8.1%} " if gpu else f"{'-':>9}{'-':>12}{'-':>9}{'-':>8} ")
        lines.append(f"{model:<10}{batch:>6} {precision:<5}{mine}{speed(cpu):>11}{speed(eager):>11}"
                     f"{speed(compiled):>11}{ratio:>7}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("dtrain")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    begin, rows, failures, left_out = time.monotonic(), [], 0, 0
    for batch in (1024, 64):
        for model in CHAINS:
            for device, precision in [("cuda", p) for p in PRECISIONS] + [("cpu", "fp32")]:
                if time.monotonic() - begin > options.seconds * 0.6:
                    left_out += 1
                    continue
                done = dtrain_step(options.dtrain, model, batch, precision, device)
                failures += device == "cuda" and not done
                rows += done
    if left_out:
        print(f"CUT OFF: no time for {left_out} of dtrain's timings")
    rows += torch_steps(options.seconds - (time.monotonic() - begin))
    if options.output:
        options.output.write_text("".join(json.dumps(row) + "\n" for row in rows))
    print(table(rows))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
