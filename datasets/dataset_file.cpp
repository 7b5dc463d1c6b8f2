// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/dataset_file.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/error.hpp"
#include "datasets/partial_file.hpp"
#include "hdf5/file.hpp"

namespace dtrain::datasets {
namespace {

constexpr std::int64_t schema = 1;

hdf5::ElementType element_type(SampleType type) {
  return type == SampleType::uint8 ? hdf5::ElementType::uint8 : hdf5::ElementType::float32;
}

/// What the labels of a split are: one of the two is empty.
struct Answers {
  std::vector<std::int64_t> labels;
  std::vector<float> targets;
};

// ---- Reading

/// One split's images in the file, read chunk by chunk.
class ImageArray {
 public:
  ImageArray(hdf5::Dataset images, SampleType type, std::int64_t sample_bytes)
      : images_(std::move(images)),
        type_(type),
        sample_bytes_(sample_bytes),
        chunk_samples_(images_.storage().chunk_rows > 0
                           ? std::min(images_.storage().chunk_rows, images_.rows())
                           : chunk_samples_for(sample_bytes)) {}

  std::int64_t size() const { return images_.rows(); }
  std::int64_t chunk_samples() const { return chunk_samples_; }

  void read_rows(std::int64_t first, std::int64_t count, std::byte* out) const {
    images_.read_rows(first, count, element_type(type_), out);
    if (type_ == SampleType::uint8) return;
    const std::int64_t pixels = sample_bytes_ / 4;
    for (std::int64_t i = 0; i < count * pixels; ++i) {
      float value;
      std::memcpy(&value, out + i * 4, sizeof(value));
      if (!std::isfinite(value))
        images_.fail(fmt::format("sample {} holds {}", first + i / pixels, value));
    }
  }

  std::vector<std::byte> read_all() const {
    std::vector<std::byte> samples(static_cast<std::size_t>(size() * sample_bytes_));
    for (std::int64_t first = 0; first < size(); first += chunk_samples_)
      read_rows(first, std::min(chunk_samples_, size() - first),
                samples.data() + first * sample_bytes_);
    return samples;
  }

  /// In any order; every chunk that is needed is read once.
  void read(std::span<const std::int64_t> ids, std::byte* out) const {
    std::vector<std::size_t> by_id(ids.size());
    std::iota(by_id.begin(), by_id.end(), std::size_t{0});
    std::sort(by_id.begin(), by_id.end(),
              [&](std::size_t a, std::size_t b) { return ids[a] < ids[b]; });
    std::vector<std::byte> chunk(static_cast<std::size_t>(chunk_samples_ * sample_bytes_));
    std::int64_t loaded = -1;
    for (std::size_t i : by_id) {
      const std::int64_t wanted = ids[i] / chunk_samples_;
      const std::int64_t first = wanted * chunk_samples_;
      if (wanted != loaded)
        read_rows(first, std::min(chunk_samples_, size() - first), chunk.data());
      loaded = wanted;
      std::memcpy(out + static_cast<std::int64_t>(i) * sample_bytes_,
                  chunk.data() + (ids[i] - first) * sample_bytes_,
                  static_cast<std::size_t>(sample_bytes_));
    }
  }

 private:
  hdf5::Dataset images_;
  SampleType type_;
  std::int64_t sample_bytes_, chunk_samples_;
};

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
  if (file.has_attribute("licence")) info.licence = file.attribute<std::string>("licence");
  if (file.has_attribute("source")) info.source = file.attribute<std::string>("source");

  const hdf5::Dataset images = file.group("train").dataset("images");
  const auto& extents = images.extents();
  if (extents.size() != 4)
    images.fail(fmt::format("has {} axes; (N, C, H, W) was expected", extents.size()));
  info.sample_shape = Shape(std::span(extents).subspan(1));
  if (images.type() == hdf5::ElementType::float32) info.type = SampleType::float32;
  info.mean = read_channel_attribute(file, "mean", extents[1]);
  info.std = read_channel_attribute(file, "std", extents[1]);
  return info;
}

ImageArray open_images(const hdf5::Group& split, const DatasetInfo& info,
                       std::int64_t sample_bytes) {
  hdf5::Dataset images = split.dataset("images");
  if (images.type() != element_type(info.type)) {
    if (images.path() == "/train/images") images.fail("is neither uint8 nor float32");
    images.fail("has another element type than /train/images");
  }
  const auto& extents = images.extents();
  if (extents.size() != 4 || Shape(std::span(extents).subspan(1)) != info.sample_shape)
    images.fail(fmt::format("has shape {}, but samples of /train/images are {}",
                            fmt::join(extents, "x"), info.sample_shape.to_string()));
  if (images.elements() == 0) images.fail("holds no samples");
  images.require_complete();
  return ImageArray(std::move(images), info.type, sample_bytes);
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
  const std::int64_t sample_bytes =
      info.sample_shape.elements() * (info.type == SampleType::uint8 ? 1 : 4);
  ImageArray images = open_images(split, info, sample_bytes);
  Answers answers = read_answers(split, info, images.size());
  if (images.size() * sample_bytes > memory_limit_bytes)
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

std::int64_t chunk_samples_for(std::int64_t sample_bytes) {
  constexpr std::int64_t chunk_bytes = std::int64_t{1} << 17;
  return std::max<std::int64_t>(chunk_bytes / sample_bytes, 1);
}

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
  const PartialFile partial(path);
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
  partial.commit();
}

}  // namespace dtrain::datasets
