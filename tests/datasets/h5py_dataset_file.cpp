// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// The C++ side of h5py_test.py: `write FILE` writes a dataset file, `read FILE` prints one as JSON
// lines.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>
#include <string>

#include "base/error.hpp"
#include "datasets/dataset_file.hpp"
#include "datasets/synthetic.hpp"

namespace dtrain::datasets {
namespace {

void print_split(Dataset& dataset) {
  std::vector<std::int64_t> ids;
  for (std::int64_t i = 0; i < dataset.size(); ++i) ids.push_back(i);
  std::vector<std::byte> samples(ids.size() * static_cast<std::size_t>(dataset.sample_bytes()));
  dataset.read(ids, samples.data());
  std::vector<float> values;
  if (dataset.info().type == SampleType::uint8) {
    for (std::byte value : samples) values.push_back(static_cast<float>(value));
  } else {
    values.resize(samples.size() / sizeof(float));
    std::memcpy(values.data(), samples.data(), samples.size());
  }
  fmt::print(
      "{{\"shape\": [{}], \"values\": [{}], \"labels\": [{}], \"targets\": [{}], "
      "\"classes\": [\"{}\"], \"mean\": [{}], \"std\": [{}]}}\n",
      fmt::join(dataset.info().sample_shape.with_batch(dataset.size()).extents(), ", "),
      fmt::join(values, ", "), fmt::join(dataset.labels(), ", "),
      fmt::join(dataset.targets(), ", "), fmt::join(dataset.info().classes, "\", \""),
      fmt::join(dataset.info().mean, ", "), fmt::join(dataset.info().std, ", "));
}

}  // namespace
}  // namespace dtrain::datasets

int main(int count, char** words) try {
  using namespace dtrain::datasets;
  if (count != 3) return 2;
  if (words[1] == std::string("write")) {
    DatasetSplits splits = make_synthetic("synthetic:3x40x41:7:100", 1 << 30);
    write_dataset_file(words[2], *splits.train, *splits.test);
    print_split(*splits.train);
    return 0;
  }
  for (std::int64_t memory_limit : {0, 1 << 30}) {
    DatasetSplits splits = open_dataset_file(words[2], memory_limit);
    print_split(*splits.train);
    print_split(*splits.test);
  }
  return 0;
} catch (const dtrain::Error& error) {
  fmt::print(stderr, "{}\n", error.what());
  return static_cast<int>(error.code());
}
