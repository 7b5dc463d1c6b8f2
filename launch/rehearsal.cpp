// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/rehearsal.hpp"

#include <array>
#include <fstream>

#include "datasets/dataset_file.hpp"
#include "datasets/read_images.hpp"
#include "hdf5/rehearsal.hpp"
#include "train/checkpoint.hpp"
#include "train/seal.hpp"

namespace dtrain::launch {
namespace {

bool is_sealed(const std::string& file) {
  std::array<char, train::seal_bytes> start{};
  std::ifstream(file, std::ios::binary).read(start.data(), start.size());
  return train::has_seal(std::as_bytes(std::span(start)));
}

}  // namespace

void rehearse_dataset(const std::string& name_or_path) {
  constexpr std::int64_t most_sample_bytes = std::int64_t{8} << 20;
  if (const auto file = datasets::find_dataset_file(name_or_path))
    hdf5::rehearse(file->string(), [&] { datasets::open_dataset_file(*file, most_sample_bytes); });
}

void rehearse_weights(const std::string& file_or_folder) {
  if (!is_sealed(file_or_folder))
    hdf5::rehearse(file_or_folder, [&] { train::read_weights(file_or_folder); });
}

void rehearse_images(const std::string& file) {
  if (datasets::is_hdf5_name(file)) hdf5::rehearse(file, [&] { datasets::read_images(file); });
}

}  // namespace dtrain::launch
