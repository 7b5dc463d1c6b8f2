#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""The recipes of cluster/packaging speak of this version and these files. Whether they work only Spack,
EasyBuild, Apptainer and a module command can tell; `spack spec dtrain` and `eb -D` do without building."""
import ast
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECIPES = ROOT / "cluster/packaging"
VERSION = re.search(r"project\(dtrain VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text()).group(1)


class Packaging(unittest.TestCase):
    def test_spack(self):
        file = RECIPES / "spack/packages/dtrain/package.py"
        text = file.read_text()
        classes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
        self.assertEqual([node.name for node in classes], ["Dtrain"])
        up = int(re.search(r"__file__\)\.resolve\(\)\.parents\[(\d)\]", text).group(1))
        self.assertEqual(file.parents[up], ROOT)  # what the recipe clones

    def test_easybuild(self):
        for file in (RECIPES / "easybuild").glob("*.eb"):
            values = {"SOURCE_TAR_GZ": "", "SHLIB_EXT": "so"}
            exec(file.read_text(), values)
            toolchain = "-".join(values["toolchain"].values())
            self.assertEqual(file.name, f"{values['name']}-{values['version']}-{toolchain}.eb")
            if values["name"] == "dtrain":
                self.assertEqual(values["version"], VERSION)

    def test_module_file(self):
        versions = set(re.findall(r"\d+\.\d+\.\d+", (RECIPES / "modulefile").read_text()))
        self.assertEqual(versions, {VERSION})

    def test_container_is_set_up_as_the_readme_says(self):
        post = re.search(r"%post\n(.*?)\n%", (RECIPES / "dtrain.def").read_text(), re.S).group(1)
        quickstart = (ROOT / "launch/quickstart.sh").read_text()
        for command in "cmake/setup.sh", "cmake --preset release", "cmake --build --preset release":
            self.assertIn(command, post)
            self.assertIn(command, quickstart)


if __name__ == "__main__":
    unittest.main()
