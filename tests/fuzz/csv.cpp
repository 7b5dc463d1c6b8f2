// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/formats/format.hpp"
#include "tests/fuzz/target.hpp"

/// One table. The label is in the column of that name or the last one.
void dtrain::fuzz::read_input(Bytes bytes) {
  datasets::ImportRequest request;
  request.sources = {as_file("table.csv", bytes)};
  datasets::import_dataset(datasets::find_format("csv"), request, /*test_fraction=*/0.5);
}
