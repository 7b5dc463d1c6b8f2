// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "datasets/formats/format.hpp"
#include "datasets/statistics.hpp"
#include "datasets/subset_dataset.hpp"

namespace dtrain::datasets {
namespace {

constexpr Format table[] = {
    {"idx", "MNIST, Fashion-MNIST, KMNIST, EMNIST: idx3/idx1 files or their folder, .gz or plain",
     import_idx},
    {"cifar10", "CIFAR-10 binary: batch files, their folder, or the .tar.gz", import_cifar10},
    {"cifar100", "CIFAR-100 binary: train.bin and test.bin, their folder, or the .tar.gz",
     import_cifar100},
    {"csv", "one image a row, pixels as numbers, with a label column", import_csv},
    {"folder", "PNG, PPM and PGM images of one size in a folder per class", import_image_folder},
};

constexpr std::uint64_t hold_out_seed = 0;

std::string join_paths(const std::vector<std::filesystem::path>& paths) {
  std::string text;
  for (const auto& path : paths) text += (text.empty() ? "" : ", ") + path.string();
  return text;
}

void name_classes(DatasetInfo& info, const ImportedSplit& train, const ImportedSplit& test) {
  if (!info.classes.empty()) return;
  std::int64_t largest = 0;
  for (const ImportedSplit* split : {&train, &test})
    for (std::int64_t label : split->labels) largest = std::max(largest, label);
  for (std::int64_t label = 0; label <= largest; ++label)
    info.classes.push_back(std::to_string(label));
}

void check_labels(const ImportedSplit& split, std::string_view split_name, const DatasetInfo& info,
                  const std::string& sources) {
  for (std::size_t i = 0; i < split.labels.size(); ++i)
    if (split.labels[i] < 0 || split.labels[i] >= static_cast<std::int64_t>(info.classes.size()))
      throw InputError(fmt::format("{}: label of {} sample {} is {}, but there are {} classes",
                                   sources, split_name, i, split.labels[i], info.classes.size()));
}

ImportedSplit take(const ImportedSplit& split, std::span<const std::int64_t> ids) {
  const std::size_t bytes = split.samples.size() / split.labels.size();
  ImportedSplit part;
  part.samples.resize(ids.size() * bytes);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto id = static_cast<std::size_t>(ids[i]);
    std::memcpy(part.samples.data() + i * bytes, split.samples.data() + id * bytes, bytes);
    part.labels.push_back(split.labels[id]);
  }
  return part;
}

}  // namespace

std::span<const Format> formats() {
  return table;
}

const Format& find_format(std::string_view name) {
  std::string known;
  for (const Format& format : table) {
    if (format.name == name) return format;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", format.name);
  }
  throw UsageError(fmt::format("\"{}\" is no known dataset format; use one of {}", name, known));
}

DatasetSplits hold_in_memory(DatasetInfo info, ImportedSplit train, ImportedSplit test) {
  set_channel_statistics(info, train.samples);

  DatasetSplits splits;
  splits.train =
      std::make_unique<MemoryDataset>(info, std::move(train.samples), std::move(train.labels));
  splits.test =
      std::make_unique<MemoryDataset>(info, std::move(test.samples), std::move(test.labels));
  return splits;
}

DatasetSplits import_dataset(const Format& format, const ImportRequest& request,
                             double test_fraction) {
  ImportedDataset imported = format.import(request);
  ImportedSplit& train = imported.train;
  ImportedSplit& test = imported.test;
  DatasetInfo& info = imported.info;
  const std::string sources = join_paths(request.sources);
  if (info.name.empty()) info.name = request.name;
  if (train.labels.empty()) throw InputError(fmt::format("{}: no training samples", sources));
  if (test.labels.empty() && test_fraction <= 0)
    throw InputError(fmt::format(
        "{}: no test samples; name their files with --test, or hold some out with --test-fraction",
        sources));
  name_classes(info, train, test);
  check_labels(train, "training", info, sources);
  check_labels(test, "test", info, sources);
  if (test.labels.empty()) {
    const HoldOut parts = choose_held_out(static_cast<std::int64_t>(train.labels.size()),
                                          test_fraction, hold_out_seed);
    test = take(train, parts.held_out);
    train = take(train, parts.kept);
  }
  return hold_in_memory(std::move(info), std::move(train), std::move(test));
}

}  // namespace dtrain::datasets
