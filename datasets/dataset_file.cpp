// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/dataset_file.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "base/partial_file.hpp"
#include "datasets/image_array.hpp"
#include "hdf5/file.hpp"

namespace dtrain::datasets {
namespace {

constexpr std::int64_t schema = 1;

const char* type_name(SampleType type) {
  return type == SampleType::uint8 ? "uint8" : "float32";
}

/// What the labels of a split are: one of the two is empty.
struct Answers {
  std::vector<std::int64_t> labels;
  std::vector<float> targets;
};

// ---- Reading

class StreamedDataset : public Dataset {
 public:
  StreamedDataset(DatasetInfo info, ImageArray images, Answers answers)
      : info_(std::move(info)), images_(std::move(images)), answers_(std::move(answers)) {}

  const DatasetInfo& info() const override { return info_; }
  std::int64_t size() const override { return images_.size(); }
  std::int64_t chunk_samples() const override { return images_.chunk_samples(); }
  const void* resident_samples() const override { return nullptr; }
  std::span<const std::int64_t> labels() const override { return answers_.labels; }
  std::span<const float> targets() const override { return answers_.targets; }
  void read(std::span<const std::int64_t> ids, void* destination) override {
    images_.read(ids, static_cast<std::byte*>(destination));
  }

 private:
  DatasetInfo info_;
  ImageArray images_;
  Answers answers_;
};

/// What is wrong with the names of classes; "" when nothing is. Text files keep one on a line.
std::string fault_of(const std::vector<std::string>& classes) {
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (classes[i].empty()) return fmt::format("class {} has no name", i);
    if (classes[i].find_first_of("\r\n") != std::string::npos)
      return fmt::format("the name of class {} has a line break", i);
  }
  return "";
}

std::vector<float> read_channel_attribute(const hdf5::File& file, const std::string& name,
                                          std::int64_t channels) {
  auto values = file.attribute<std::vector<float>>(name);
  if (static_cast<std::int64_t>(values.size()) != channels)
    file.fail(
        fmt::format("attribute '{}' has {} values for {} channels", name, values.size(), channels));
  for (float value : values)
    if (!std::isfinite(value) || (name == "std" && value <= 0))
      file.fail(fmt::format("attribute '{}' holds {}", name, value));
  return values;
}

DatasetInfo read_info(const hdf5::File& file) {
  if (const auto found = file.attribute<std::int64_t>("schema"); found != schema)
    file.fail(fmt::format("is of schema {}; this dtrain reads schema {}", found, schema));
  DatasetInfo info;
  info.name = file.attribute<std::string>("name");
  info.classes = file.attribute<std::vector<std::string>>("classes");
  if (info.classes.empty()) file.fail("attribute 'classes' is empty");
  if (const auto fault = fault_of(info.classes); !fault.empty()) file.fail(fault);
  if (file.has_attribute("licence")) info.licence = file.attribute<std::string>("licence");
  if (file.has_attribute("source")) info.source = file.attribute<std::string>("source");

  const ImageArray images(file.group("train").dataset("images"));
  info.sample_shape = images.sample_shape();
  info.type = images.type();
  info.mean = read_channel_attribute(file, "mean", info.sample_shape[0]);
  info.std = read_channel_attribute(file, "std", info.sample_shape[0]);
  return info;
}

/// The split's images, which must look like those of the training split.
ImageArray open_images(const hdf5::Group& split, const DatasetInfo& info) {
  ImageArray images(split.dataset("images"));
  if (images.sample_shape() != info.sample_shape || images.type() != info.type)
    images.stored().fail(fmt::format("has {} samples of {}, but /train/images {} of {}",
                                     type_name(images.type()), images.sample_shape().to_string(),
                                     type_name(info.type), info.sample_shape.to_string()));
  return images;
}

Answers read_answers(const hdf5::Group& split, const DatasetInfo& info, std::int64_t samples) {
  const hdf5::Dataset stored = split.dataset("labels");
  if (stored.extents().empty() || stored.rows() != samples)
    stored.fail(fmt::format("has {} rows for {} images", stored.rows(), samples));
  const auto classes = static_cast<std::int64_t>(info.classes.size());
  Answers answers;
  if (stored.type() == hdf5::ElementType::float32) {
    if (stored.elements() != samples * classes)
      stored.fail(fmt::format("has {} targets a sample, but there are {} class names",
                              stored.elements() / samples, classes));
    answers.targets = stored.read<float>();
    const auto bad = std::find_if_not(answers.targets.begin(), answers.targets.end(),
                                      [](float value) { return std::isfinite(value); });
    if (bad != answers.targets.end())
      stored.fail(fmt::format("target of sample {} is {}",
                              (bad - answers.targets.begin()) / classes, *bad));
    return answers;
  }
  if (stored.type() != hdf5::ElementType::int64 && stored.type() != hdf5::ElementType::uint8)
    stored.fail("is neither integer labels nor float32 targets");
  if (stored.extents().size() != 1) stored.fail("has more than one label a sample");
  answers.labels = stored.read<std::int64_t>();
  for (std::size_t i = 0; i < answers.labels.size(); ++i)
    if (answers.labels[i] < 0 || answers.labels[i] >= classes)
      stored.fail(fmt::format("label of sample {} is {}, but there are {} classes", i,
                              answers.labels[i], classes));
  return answers;
}

std::unique_ptr<Dataset> open_split(const hdf5::File& file, const std::string& name,
                                    const DatasetInfo& info, std::int64_t memory_limit_bytes) {
  const hdf5::Group split = file.group(name);
  ImageArray images = open_images(split, info);
  Answers answers = read_answers(split, info, images.size());
  if (images.size() * images.sample_bytes() > memory_limit_bytes)
    return std::make_unique<StreamedDataset>(info, std::move(images), std::move(answers));
  return std::make_unique<MemoryDataset>(info, images.read_all(), std::move(answers.labels),
                                         std::move(answers.targets), images.chunk_samples());
}

// ---- Writing

void write_split(hdf5::Group split, Dataset& dataset) {
  const DatasetInfo& info = dataset.info();
  const std::int64_t size = dataset.size();
  const std::int64_t chunk = std::min(chunk_samples_for(dataset.sample_bytes()), size);
  const Shape shape = info.sample_shape.with_batch(size);
  hdf5::Dataset images =
      split.create_dataset("images", element_type(info.type),
                           {shape.extents().begin(), shape.extents().end()}, {chunk, true});
  std::vector<std::byte> samples(static_cast<std::size_t>(chunk * dataset.sample_bytes()));
  for (std::int64_t first = 0; first < size; first += chunk) {
    std::vector<std::int64_t> ids(static_cast<std::size_t>(std::min(chunk, size - first)));
    std::iota(ids.begin(), ids.end(), first);
    dataset.read(ids, samples.data());
    images.write_rows(first, static_cast<std::int64_t>(ids.size()), element_type(info.type),
                      samples.data());
  }
  const hdf5::Storage storage{std::min<std::int64_t>(size, 16384), true};
  if (dataset.targets().empty()) {
    split.write_array<std::int64_t>("labels", {size}, dataset.labels(), storage);
  } else {
    split.write_array<float>("labels", {size, static_cast<std::int64_t>(info.classes.size())},
                             dataset.targets(), storage);
  }
}

}  // namespace

DatasetSplits open_dataset_file(const std::filesystem::path& path,
                                std::int64_t memory_limit_bytes) {
  const hdf5::File file = hdf5::File::open(path);
  const DatasetInfo info = read_info(file);
  DatasetSplits splits;
  splits.train = open_split(file, "train", info, memory_limit_bytes);
  splits.test = open_split(file, "test", info, memory_limit_bytes);
  if (splits.train->targets().empty() != splits.test->targets().empty())
    file.fail("one split has class labels, the other float targets");
  return splits;
}

void write_dataset_file(const std::filesystem::path& path, Dataset& train, Dataset& test) {
  if (const auto fault = fault_of(train.info().classes); !fault.empty())
    throw InputError(fmt::format("{}: {}", train.info().source, fault));
  PartialFile partial(path);
  hdf5::File file = hdf5::File::create(partial.path());
  const DatasetInfo& info = train.info();
  file.set_attribute("schema", schema);
  file.set_attribute("name", info.name);
  file.set_attribute("classes", info.classes);
  file.set_attribute("mean", info.mean);
  file.set_attribute("std", info.std);
  file.set_attribute("licence", info.licence);
  file.set_attribute("source", info.source);
  write_split(file.create_group("train"), train);
  write_split(file.create_group("test"), test);
  file.close();
  partial.commit(PartialFile::Flush::yes);
}

}  // namespace dtrain::datasets
