// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// MNIST and its relatives. Which labels belong to which images is in the files' names, as in
// train-images-idx3-ubyte and train-labels-idx1-ubyte; "t10k" or "test" names the test split.

#include <algorithm>
#include <cctype>
#include <map>

#include "base/error.hpp"
#include "datasets/formats/format.hpp"
#include "datasets/formats/idx_file.hpp"
#include "datasets/formats/source_files.hpp"

namespace dtrain::datasets {
namespace {

namespace fs = std::filesystem;

/// What a file's name says, in lower case and without .gz.
std::string plain_name(const fs::path& path) {
  std::string name = path.filename().string();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  return name;
}

bool is_labels_name(const std::string& name) {
  return name.find("label") != std::string::npos || name.find("idx1") != std::string::npos;
}

bool looks_like_idx(const fs::path& path) {
  const std::string name = plain_name(path);
  return name.find("idx1") != std::string::npos || name.find("idx3") != std::string::npos;
}

/// The name that an image file and its labels share: "train--idx-ubyte".
std::string pair_name(std::string name) {
  for (const char* word : {"images", "labels", "image", "label"})
    if (const auto at = name.find(word); at != std::string::npos)
      name.erase(at, std::string(word).size());
  for (const char* word : {"idx1", "idx3"})
    if (const auto at = name.find(word); at != std::string::npos) name.replace(at, 4, "idx");
  return name;
}

/// A published dataset in this format, known by a word in its files' names or folder.
struct Known {
  std::string_view word, name, licence, source;
  std::vector<std::string> classes;
  std::int64_t first_label = 0;
  bool transposed = false;  ///< images are stored by columns
};

std::vector<std::string> characters(std::string_view text) {
  std::vector<std::string> names;
  for (char c : text) names.emplace_back(1, c);
  return names;
}

const std::vector<Known>& known_datasets() {
  static constexpr std::string_view emnist_source =
      "G. Cohen, S. Afshar, J. Tapson, A. van Schaik (2017), EMNIST, arXiv:1702.05373";
  static constexpr std::string_view balanced = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt";
  static const std::vector<Known> known = {
      {"fashion",
       "fashion-mnist",
       "MIT",
       "H. Xiao, K. Rasul, R. Vollgraf (2017), Fashion-MNIST, arXiv:1708.07747",
       {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
        "Ankle boot"}},
      {"k49",
       "kuzushiji-49",
       "CC BY-SA 4.0",
       "T. Clanuwat et al. (2018), Deep Learning for Classical Japanese Literature, "
       "arXiv:1812.01718",
       {}},
      {"kmnist",
       "kmnist",
       "CC BY-SA 4.0",
       "T. Clanuwat et al. (2018), Deep Learning for Classical Japanese Literature, "
       "arXiv:1812.01718",
       {"o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"}},
      {"emnist-letters", "emnist-letters", "", emnist_source,
       characters("abcdefghijklmnopqrstuvwxyz"), 1, true},
      {"emnist-balanced", "emnist-balanced", "", emnist_source, characters(balanced), 0, true},
      {"emnist-bymerge", "emnist-bymerge", "", emnist_source, characters(balanced), 0, true},
      {"emnist-byclass", "emnist-byclass", "", emnist_source,
       characters("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"), 0, true},
      {"emnist-digits", "emnist-digits", "", emnist_source, characters("0123456789"), 0, true},
      {"emnist", "emnist", "", emnist_source, {}, 0, true},
      {"mnist", "mnist", "CC BY-SA 3.0", "Y. LeCun, C. Cortes, C. Burges, the MNIST database",
       characters("0123456789")},
  };
  return known;
}

const Known* recognise(const fs::path& images) {
  std::error_code ignored;
  const std::string where = plain_name(fs::weakly_canonical(images, ignored).parent_path());
  for (const std::string& text : {plain_name(images), where})
    for (const Known& known : known_datasets())
      if (text.find(known.word) != std::string::npos) return &known;
  return nullptr;
}

/// Each (rows, columns) image becomes (columns, rows).
void transpose_images(std::vector<std::byte>& images, std::int64_t rows, std::int64_t columns) {
  const auto size = static_cast<std::size_t>(rows * columns);
  std::vector<std::byte> image(size);
  for (std::size_t begin = 0; begin < images.size(); begin += size) {
    std::copy_n(images.begin() + static_cast<std::ptrdiff_t>(begin), size, image.begin());
    for (std::int64_t y = 0; y < rows; ++y)
      for (std::int64_t x = 0; x < columns; ++x)
        images[begin + static_cast<std::size_t>(x * rows + y)] =
            image[static_cast<std::size_t>(y * columns + x)];
  }
}

/// Images and labels that belong together.
struct FilePair {
  fs::path images, labels;
  bool test = false;
};

std::vector<FilePair> pair_files(const std::vector<SourceFile>& files) {
  std::map<std::string, FilePair> pairs;  // by folder and shared name
  for (const SourceFile& file : files) {
    const std::string name = plain_name(file.path);
    FilePair& pair = pairs[(file.path.parent_path() / pair_name(name)).string()];
    fs::path& place = is_labels_name(name) ? pair.labels : pair.images;
    if (!place.empty())
      throw InputError(
          fmt::format("{} and {}: which of the two is wanted? Name the files one by one",
                      place.string(), file.path.string()));
    place = file.path;
    pair.test = file.test || name.find("t10k") != std::string::npos ||
                name.find("test") != std::string::npos;
  }
  std::vector<FilePair> list;
  for (auto& [name, pair] : pairs) {
    if (pair.labels.empty())
      throw InputError(
          fmt::format("{}: there is no labels file to it (its name with \"labels-idx1\")",
                      pair.images.string()));
    if (pair.images.empty())
      throw InputError(
          fmt::format("{}: there is no images file to it (its name with \"images-idx3\")",
                      pair.labels.string()));
    list.push_back(pair);
  }
  return list;
}

}  // namespace

ImportedDataset import_idx(const ImportRequest& request) {
  ImportedDataset dataset;
  const Known* known = nullptr;
  std::string first_images;
  for (const FilePair& pair : pair_files(find_source_files(request, looks_like_idx))) {
    IdxArray images = read_idx(pair.images);
    IdxArray labels = read_idx(pair.labels);
    if (images.extents.size() != 3)
      throw InputError(fmt::format("{}: holds labels, not images", images.file));
    if (labels.extents.size() != 1)
      throw InputError(fmt::format("{}: holds images, not labels", labels.file));
    if (images.extents[0] != labels.extents[0])
      throw InputError(fmt::format("{} holds {} images, but {} holds {} labels", images.file,
                                   images.extents[0], labels.file, labels.extents[0]));
    std::int64_t height = images.extents[1], width = images.extents[2];
    const Known* found = recognise(pair.images);
    if (found != nullptr && found->transposed) {
      transpose_images(images.elements, height, width);
      std::swap(height, width);
    }
    if (first_images.empty()) {
      first_images = images.file;
      known = found;
      dataset.info.sample_shape = {1, height, width};
    } else if (found != known || dataset.info.sample_shape != Shape{1, height, width}) {
      throw InputError(fmt::format("{} and {} do not belong to one dataset; name the files of one",
                                   first_images, images.file));
    }
    ImportedSplit& split = pair.test ? dataset.test : dataset.train;
    append(split.samples, std::move(images.elements));
    for (std::byte label : labels.elements)
      split.labels.push_back(std::to_integer<std::int64_t>(label) -
                             (known != nullptr ? known->first_label : 0));
  }
  if (known != nullptr) {
    dataset.info.name = known->name;
    dataset.info.licence = known->licence;
    dataset.info.source = known->source;
    dataset.info.classes = known->classes;
  }
  return dataset;
}

}  // namespace dtrain::datasets
