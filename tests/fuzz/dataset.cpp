// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <algorithm>
#include <numeric>
#include <vector>

#include "datasets/dataset_file.hpp"
#include "tests/fuzz/beneath_hdf5.hpp"
#include "tests/fuzz/target.hpp"

namespace dtrain::fuzz {
namespace {

void read_both_ways(const std::filesystem::path& file) {
  datasets::open_dataset_file(file, /*memory_limit_bytes=*/1 << 24);
  const datasets::DatasetSplits splits = datasets::open_dataset_file(file, 0);
  for (datasets::Dataset* split : {splits.train.get(), splits.test.get()}) {
    std::vector<std::int64_t> ids(
        static_cast<std::size_t>(std::min<std::int64_t>(split->size(), 64)));
    std::iota(ids.begin(), ids.end(), split->size() - static_cast<std::int64_t>(ids.size()));
    std::vector<std::byte> samples(ids.size() * static_cast<std::size_t>(split->sample_bytes()));
    split->read(ids, samples.data());
  }
}

}  // namespace

/// A dataset file, held in memory and streamed.
void read_input(Bytes bytes) {
  const auto file = as_file("data.h5", bytes);
  const auto read = [&] { read_both_ways(file); };
  if (!crashes_beneath_hdf5(read)) read();
}

}  // namespace dtrain::fuzz
