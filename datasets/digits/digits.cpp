// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/digits/digits.hpp"

#include "base/assert.hpp"
#include "datasets/formats/format.hpp"
#include "datasets/formats/input_file.hpp"

namespace dtrain::datasets {
namespace {

constexpr std::size_t train_count = 3823, test_count = 1797;
constexpr std::size_t pixels = 64, record_bytes = 1 + pixels;

/// Records: the label, then 64 values from 0 to 16.
ImportedSplit decode(std::span<const std::byte> records) {
  ImportedSplit split;
  split.samples.reserve(records.size() / record_bytes * pixels);
  for (; !records.empty(); records = records.subspan(record_bytes)) {
    split.labels.push_back(std::to_integer<std::int64_t>(records[0]));
    for (std::byte value : records.subspan(1, pixels))
      split.samples.push_back(
          static_cast<std::byte>((std::to_integer<unsigned>(value) * 255 + 8) / 16));
  }
  return split;
}

}  // namespace

DatasetSplits open_digits() {
  InputFile archive("digits", digits_archive());
  const std::vector<std::byte> records = archive.read_rest();
  DTRAIN_ASSERT(records.size() == (train_count + test_count) * record_bytes);
  ImportedSplit train = decode(std::span(records).first(train_count * record_bytes));
  ImportedSplit test = decode(std::span(records).subspan(train_count * record_bytes));

  DatasetInfo info;
  info.name = "digits";
  info.sample_shape = {1, 8, 8};
  info.classes = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  info.licence = "CC BY 4.0";
  info.source =
      "E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine "
      "Learning Repository, https://doi.org/10.24432/C50P49";
  return hold_in_memory(std::move(info), std::move(train), std::move(test));
}

}  // namespace dtrain::datasets
