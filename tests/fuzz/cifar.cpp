// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/formats/format.hpp"
#include "tests/fuzz/target.hpp"

/// A batch file behind one byte, which is 100 for CIFAR-100 and anything else for CIFAR-10.
void dtrain::fuzz::read_input(Bytes bytes) {
  const bool coarse = !bytes.empty() && bytes[0] == std::byte{100};
  datasets::ImportRequest request;
  request.sources = {as_file("batch.bin", bytes.subspan(bytes.empty() ? 0 : 1))};
  datasets::import_dataset(datasets::find_format(coarse ? "cifar100" : "cifar10"), request,
                           /*test_fraction=*/0.5);
}
