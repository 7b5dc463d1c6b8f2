#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""The names that users and scripts rely on: the parser's help, README.md and the list below agree.

    help_test.py DTRAIN
"""
import re
import subprocess
import sys
import unittest
from pathlib import Path

README = (Path(__file__).parents[2] / "README.md").read_text()

# Names fixed for all time; a new version may fill gaps but not rename.
COMMANDS = set("train launch eval predict data models bench study report verify doctor".split())
TRAIN_OPTIONS = set("""
--model --data --validation --epochs --steps --target-accuracy --global-batch --batch-per-rank --micro-batch
--optimizer --lr --momentum --nesterov --weight-decay --schedule --warmup-epochs --label-smoothing --clip-norm
--loss --augment --seed --device --precision --threads --comm --bucket-mb --compress --shard-optimizer
--overlap --no-overlap --reproducible --shards --check-replicas --on-nan --hang-timeout --output
--checkpoint-every --checkpoint-every-steps --checkpoint-keep --resume --init --energy --trace --progress
--config --dry-run --version --help""".split())


def help_text(*command):
    return subprocess.run([DTRAIN, *command, "--help"], check=True, capture_output=True, text=True).stdout


def rows(heading):
    """First cells of the table under a README heading."""
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", README, re.S | re.M)
    return re.findall(r"^\| `(.+?)` \|", section.group(1), re.M) if section else []


class HelpTest(unittest.TestCase):
    def test_train_options(self):
        heads = re.findall(r"^  ((?:-\w, )?--[a-z-]+(?:, --[a-z-]+)*)(?: |$)", help_text("train"), re.M)
        helped = {option for head in heads for option in re.findall(r"--[a-z-]+", head)}
        self.assertGreater(len(helped), 20)
        listed = {option for row in rows("Train options") for option in re.findall(r"--[a-z-]+", row)}
        self.assertEqual(helped, listed | {"--help"}, "`dtrain train --help` and README.md differ")
        self.assertLessEqual(helped, TRAIN_OPTIONS, "an option that is none of the fixed names")

    def test_commands(self):
        helped = set(re.findall(r"^  dtrain (\w+) ", help_text(), re.M))
        listed = {re.sub(r"[^a-z]", "", row.split()[1]) for row in rows("Commands")}
        self.assertEqual(helped, listed, "`dtrain --help` and README.md differ")
        self.assertLessEqual(helped, COMMANDS, "a command that is none of the fixed names")

    def test_benches(self):
        helped = re.findall(r"^  dtrain bench (\w+)", help_text("bench"), re.M)
        self.assertIn(f"dtrain bench {'|'.join(helped)} ", help_text(), "`dtrain --help` lists other benches")

    def test_every_command_has_help(self):
        for row in rows("Commands"):
            command = row.split()[1].strip("[]")
            self.assertIn(f"dtrain {command}", help_text(command))


if __name__ == "__main__":
    DTRAIN = sys.argv.pop(1)
    unittest.main()
