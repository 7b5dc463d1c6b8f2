// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// CIFAR binary version (A. Krizhevsky, 2009). A CIFAR-10 record is the label and 3072 bytes, the
// red, green and blue plane of 32x32; a CIFAR-100 record has the coarse label before the fine one,
// which is the one that counts here.

#include <algorithm>
#include <string_view>

#include "base/error.hpp"
#include "datasets/formats/format.hpp"
#include "datasets/formats/input_file.hpp"
#include "datasets/formats/source_files.hpp"
#include "datasets/formats/tar.hpp"

namespace dtrain::datasets {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t image_bytes = 3 * 32 * 32;

struct Variant {
  std::string_view name;
  std::size_t label_bytes;  ///< before the image; the last one is the label
  std::vector<std::string> classes;
};

/// ".bin", ".bin.gz"
bool is_batch(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.ends_with(".bin") || name.ends_with(".bin.gz");
}

bool is_archive(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.ends_with(".tar.gz") || name.ends_with(".tgz") || name.ends_with(".tar");
}

bool is_batch_or_archive(const fs::path& path) {
  return is_batch(path) || is_archive(path);
}

bool names_test(const fs::path& path) {
  return path.filename().string().find("test") != std::string::npos;
}

/// Appends the records of one batch file. `name` is for messages.
void append_records(ImportedSplit& split, std::span<const std::byte> records,
                    const std::string& name, const Variant& variant) {
  const std::size_t record_bytes = variant.label_bytes + image_bytes;
  if (records.empty()) throw InputError(fmt::format("{}: holds no samples", name));
  if (records.size() % record_bytes != 0)
    throw InputError(fmt::format("{}: {} bytes are no whole number of {} records of {} bytes", name,
                                 records.size(), variant.name, record_bytes));
  const std::size_t count = records.size() / record_bytes;
  split.samples.reserve(split.samples.size() + count * image_bytes);
  for (std::size_t i = 0; i < count; ++i) {
    const auto record = records.subspan(i * record_bytes, record_bytes);
    const auto label = std::to_integer<std::int64_t>(record[variant.label_bytes - 1]);
    if (label >= static_cast<std::int64_t>(variant.classes.size()))
      throw InputError(fmt::format("{}: label of record {} is {}, but {} has {} classes", name, i,
                                   label, variant.name, variant.classes.size()));
    split.labels.push_back(label);
    const auto image = record.subspan(variant.label_bytes);
    split.samples.insert(split.samples.end(), image.begin(), image.end());
  }
}

ImportedDataset import_cifar(const ImportRequest& request, const Variant& variant) {
  ImportedDataset dataset;
  dataset.info.name = variant.name;
  dataset.info.sample_shape = {3, 32, 32};
  dataset.info.classes = variant.classes;
  dataset.info.source =
      "A. Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images";
  const auto split_for = [&](const fs::path& name, bool test) -> ImportedSplit& {
    return test || names_test(name) ? dataset.test : dataset.train;
  };
  for (const SourceFile& source : find_source_files(request, is_batch_or_archive)) {
    if (is_archive(source.path)) {
      TarReader archive(source.path);
      while (const auto entry = archive.next())
        if (is_batch(entry->name))
          append_records(split_for(entry->name, source.test), archive.read(),
                         source.path.string() + ": " + entry->name, variant);
    } else {
      InputFile file(source.path);
      append_records(split_for(source.path, source.test), file.read_rest(), file.name(), variant);
    }
  }
  return dataset;
}

}  // namespace

ImportedDataset import_cifar10(const ImportRequest& request) {
  return import_cifar(request, {"cifar10",
                                1,
                                {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog",
                                 "horse", "ship", "truck"}});
}

ImportedDataset import_cifar100(const ImportRequest& request) {
  return import_cifar(
      request,
      {"cifar100",
       2,
       {"apple",       "aquarium_fish", "baby",      "bear",       "beaver",       "bed",
        "bee",         "beetle",        "bicycle",   "bottle",     "bowl",         "boy",
        "bridge",      "bus",           "butterfly", "camel",      "can",          "castle",
        "caterpillar", "cattle",        "chair",     "chimpanzee", "clock",        "cloud",
        "cockroach",   "couch",         "crab",      "crocodile",  "cup",          "dinosaur",
        "dolphin",     "elephant",      "flatfish",  "forest",     "fox",          "girl",
        "hamster",     "house",         "kangaroo",  "keyboard",   "lamp",         "lawn_mower",
        "leopard",     "lion",          "lizard",    "lobster",    "man",          "maple_tree",
        "motorcycle",  "mountain",      "mouse",     "mushroom",   "oak_tree",     "orange",
        "orchid",      "otter",         "palm_tree", "pear",       "pickup_truck", "pine_tree",
        "plain",       "plate",         "poppy",     "porcupine",  "possum",       "rabbit",
        "raccoon",     "ray",           "road",      "rocket",     "rose",         "sea",
        "seal",        "shark",         "shrew",     "skunk",      "skyscraper",   "snail",
        "snake",       "spider",        "squirrel",  "streetcar",  "sunflower",    "sweet_pepper",
        "table",       "tank",          "telephone", "television", "tiger",        "tractor",
        "train",       "trout",         "tulip",     "turtle",     "wardrobe",     "whale",
        "willow_tree", "wolf",          "woman",     "worm"}});
}

}  // namespace dtrain::datasets
