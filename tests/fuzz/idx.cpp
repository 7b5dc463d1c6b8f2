// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/formats/format.hpp"
#include "tests/fuzz/target.hpp"

/// A file of images and one of labels, each of which may be gzipped.
void dtrain::fuzz::read_input(Bytes bytes) {
  const auto [images, labels] = as_two(bytes);
  datasets::ImportRequest request;
  request.sources = {as_file("train-images-idx3-ubyte", images),
                     as_file("train-labels-idx1-ubyte", labels)};
  datasets::import_dataset(datasets::find_format("idx"), request, /*test_fraction=*/0.5);
}
