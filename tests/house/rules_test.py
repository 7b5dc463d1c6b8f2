#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""Plants one violation of each kind in a small house and expects rules.py to name it."""
import tempfile
import unittest
from pathlib import Path

import rules

HEADER = "// SPDX-License-Identifier: BSD-3-Clause\n// Copyright (c) 2026, the dtrain authors\n"


class RulesTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name)
        self.write("docs/architecture.md", "```\nkernels -> base\nnn -> kernels\nlaunch -> all\n```\n")
        self.write("src/base/error.hpp", HEADER + "#pragma once\n")
        self.write("kernels/conv2d.hpp", HEADER + '#include <vector>\n#include "base/error.hpp"\n')
        self.write("src/nn/layer.hpp", HEADER + '#include "base/error.hpp"\n#include "kernels/conv2d.hpp"\n')
        self.write("launch/main.cpp", HEADER + '#include "nn/layer.hpp"\n')
        self.write("kernels/CMakeLists.txt", "dtrain_add_room(kernels SOURCES a.cpp ROOMS base)\n")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def expect(self, file, text, problem):
        self.write(file, text)
        found = list(rules.problems(self.root))
        self.assertEqual(len(found), 1, found)
        self.assertIn(file, found[0])
        self.assertIn(problem, found[0])

    def test_a_clean_house_has_no_problems(self):
        self.assertEqual(list(rules.problems(self.root)), [])

    def test_upward_include(self):
        self.expect("kernels/relu.cpp", HEADER + '#include "nn/layer.hpp"\n', "room kernels may not include room nn")

    def test_include_of_a_neighbour_that_nothing_allows(self):
        self.expect("src/base/a.cpp", HEADER + '#include "kernels/conv2d.hpp"\n', "may not include room kernels")

    def test_include_that_does_not_name_its_room(self):
        self.expect("src/nn/a.cpp", HEADER + '#include "layer.hpp"\n', "does not name its room")

    def test_relative_include(self):
        self.expect("src/nn/a.cpp", HEADER + '#include "../base/error.hpp"\n', "does not name its room")

    def test_include_in_angle_brackets(self):
        self.expect("src/nn/a.cpp", HEADER + "#include <base/error.hpp>\n", "in quotes")

    def test_include_of_nothing(self):
        self.expect("src/nn/a.cpp", HEADER + '#include "nn/gone.hpp"\n', "does not exist")

    def test_feature_condition(self):
        self.expect("src/nn/a.cpp", HEADER + "#ifdef HAVE_FAST\n#endif\n", "no feature #if")

    def test_missing_licence(self):
        self.expect("src/nn/a.cpp", "int x;\n", "SPDX")

    def test_upward_link(self):
        self.expect("src/nn/CMakeLists.txt", "dtrain_add_room(nn SOURCES a.cpp\n  ROOMS launch)\n",
                    "room nn may not link room launch")


if __name__ == "__main__":
    unittest.main()
