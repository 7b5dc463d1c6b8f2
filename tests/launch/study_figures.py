#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""A small real study of strong scaling: what study.json says follows from what its runs say.

    study_figures.py DTRAIN
"""
import csv
import json
import math
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

DTRAIN = Path(sys.argv[1]).resolve()
T_95 = 12.706204736174694  # scipy.stats.t.ppf(0.975, 1)


def near(found, expected):
    assert math.isclose(found, expected, rel_tol=1e-9), (found, expected)


def check_spread(spread, values):
    near(spread["median"], statistics.median(values))
    near(spread["mean"], statistics.mean(values))
    assert (spread["min"], spread["max"]) == (min(values), max(values))
    assert abs(spread["half_width_95"] - T_95 * statistics.stdev(values) / math.sqrt(2)) <= 1e-9 * max(values)


def check_run(folder, run):
    """A run's object repeats what the run and the bench beside it have written."""
    summary = json.loads((folder / run["folder"] / "summary.json").read_text())
    for name in "model", "dataset", "device", "samples_per_second", "test_accuracy", "step_milliseconds":
        assert run[name] == summary[name], name
    assert run["ranks"] == summary["world_size"]
    ideal = json.loads((folder / run["folder"] / "ideal.json").read_text())
    assert (ideal["comm"], ideal["ranks"], ideal["threads"]) == ("none", run["ranks"], run["threads_per_rank"])
    assert (ideal["batch"], ideal["model"]) == (run["global_batch"], run["model"])
    near(run["ideal_samples_per_second"], 1e3 * run["global_batch"] / ideal["ms_per_step"])


def check_points(study):
    base = statistics.median(run["samples_per_second"] for run in study["runs"] if run["ranks"] == 1)
    for point in study["points"]:
        runs = [run for run in study["runs"] if run["ranks"] == point["ranks"]]
        assert len(runs) == point["runs"] == 2
        check_spread(point["samples_per_second"], [run["samples_per_second"] for run in runs])
        check_spread(point["fraction_of_ideal"],
                     [run["samples_per_second"] / run["ideal_samples_per_second"] for run in runs])
        check_spread(point["exposed_communication"],
                     [run["step_milliseconds"]["comm_exposed"] / run["step_milliseconds"]["median"] for run in runs])
        near(point["speedup"], point["samples_per_second"]["median"] / base)
        near(point["efficiency"], point["speedup"] / point["ranks"])
    # Two points determine both of Amdahl's parameters, and make his fraction Karp and Flatt's.
    two = study["points"][1]
    fraction = (1 / two["speedup"] - 1 / 2) / (1 - 1 / 2)
    near(two["karp_flatt"], fraction)
    amdahl = study["fits"]["serial_fractions"][0]["amdahl"]
    assert abs(amdahl - fraction) < 1e-9 * max(1, abs(fraction)), (amdahl, fraction)


with tempfile.TemporaryDirectory() as name:
    folder = Path(name) / "study"
    subprocess.run([DTRAIN, "study", "strong", "--model", "mlp64", "--ranks", "1,2", "--repeats", "2",
                    "--bench-seconds", "0.01",
                    "--output", folder], check=True, stdout=subprocess.DEVNULL)
    study = json.loads((folder / "study.json").read_text())
    assert (study["schema"], study["kind"], len(study["runs"])) == (1, "strong", 4)
    assert [point["ranks"] for point in study["points"]] == [1, 2]
    for run in study["runs"]:
        check_run(folder, run)
    check_points(study)
    sizes = {time["bytes"] for time in study["allreduce"]}
    assert len(sizes) > 4 and {time["ranks"] for time in study["allreduce"]} == {2}
    rows = list(csv.DictReader((folder / "study.csv").open()))
    for row, point in zip(rows, study["points"], strict=True):
        near(float(row["samples_per_second"]), point["samples_per_second"]["median"])
        near(float(row["fraction_of_ideal"]), point["fraction_of_ideal"]["median"])
        measured = point["joules_per_sample"] is not None
        assert (row["joules_per_sample"] != "") == measured
