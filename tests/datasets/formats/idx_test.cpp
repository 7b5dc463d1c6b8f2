// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "datasets/formats/format.hpp"
#include "tests/datasets/files.hpp"
#include "tests/datasets/gzip.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dtrain::datasets {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class Idx : public ::testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }

  /// Two 2x3 images: 1..6 and 11..16.
  std::string images() const {
    return bytes({0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3}) +
           bytes({1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16});
  }
  std::string labels(int first, int second) const {
    return bytes({0, 0, 8, 1, 0, 0, 0, 2, first, second});
  }
  void write_all(const std::string& prefix, int first = 0, int second = 1) {
    write_file(path(prefix + "train-images-idx3-ubyte"), images());
    write_file(path(prefix + "train-labels-idx1-ubyte"), labels(first, second));
    write_file(path(prefix + "t10k-images-idx3-ubyte.gz"), gzip(images()));
    write_file(path(prefix + "t10k-labels-idx1-ubyte.gz"), gzip(labels(second, first)));
  }
  DatasetSplits import(double test_fraction = 0) {
    ImportRequest request;
    request.sources = {folder_.path()};
    return import_dataset(find_format("idx"), request, test_fraction);
  }
  void expect_refused(const std::string& file, const std::string& content,
                      const std::string& reason) {
    write_all("");
    write_file(path(file), content);
    EXPECT_THAT([&] { import(); },
                ThrowsMessage<InputError>(AllOf(HasSubstr(file), HasSubstr(reason))));
  }
  static std::vector<int> first_image(Dataset& dataset) {
    std::vector<std::uint8_t> image(static_cast<std::size_t>(dataset.sample_bytes()));
    const std::int64_t ids[] = {0};
    dataset.read(ids, image.data());
    return {image.begin(), image.end()};
  }

  TemporaryFolder folder_;
};

TEST_F(Idx, ImportsAFolderPlainOrCompressed) {
  write_all("");
  const DatasetSplits splits = import();
  EXPECT_EQ(splits.train->info().sample_shape, (Shape{1, 2, 3}));
  EXPECT_EQ(splits.train->size(), 2);
  EXPECT_EQ(splits.test->size(), 2);
  EXPECT_THAT(first_image(*splits.train), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(splits.train->labels()[1], 1);
  EXPECT_EQ(splits.test->labels()[1], 0);
  EXPECT_THAT(splits.train->info().classes, ElementsAre("0", "1"));
}

TEST_F(Idx, KnowsDatasetsByTheirNames) {
  write_all("kmnist-");
  const DatasetSplits splits = import();
  EXPECT_EQ(splits.train->info().name, "kmnist");
  EXPECT_THAT(splits.train->info().classes,
              ElementsAre("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"));
}

// EMNIST stores images by columns, and counts letters from 1.
TEST_F(Idx, TurnsEmnistUpright) {
  write_all("emnist-letters-", 1, 26);
  const DatasetSplits splits = import();
  EXPECT_EQ(splits.train->info().classes.size(), 26u);
  EXPECT_EQ(splits.train->labels()[0], 0);
  EXPECT_EQ(splits.train->labels()[1], 25);
  // Stored rows 1 2 3 / 4 5 6 are the columns of the image.
  EXPECT_EQ(splits.train->info().sample_shape, (Shape{1, 3, 2}));
  EXPECT_THAT(first_image(*splits.train), ElementsAre(1, 4, 2, 5, 3, 6));
}

TEST_F(Idx, RefusesTwoDatasetsInOneFolder) {
  write_all("emnist-letters-", 1, 2);
  write_all("emnist-digits-");
  EXPECT_THAT([&] { import(); },
              ThrowsMessage<InputError>(HasSubstr("do not belong to one dataset")));
}

TEST_F(Idx, NamesTheFileAndWhatIsWrongWithIt) {
  const std::string file = "train-images-idx3-ubyte", label_file = "train-labels-idx1-ubyte";
  expect_refused(file, "PNG and more", "is no IDX file");
  expect_refused(file, "", "truncated");
  expect_refused(file, images().substr(0, 20), "truncated");
  expect_refused(file, images() + "x", "more bytes");
  expect_refused(file, bytes({0, 0, 13, 3}) + images().substr(4), "IDX element type 0x0d");
  expect_refused(file, bytes({0, 0, 8, 2}) + images().substr(4), "has 2 axes");
  expect_refused(file, bytes({0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3}), "no samples");
  expect_refused(file, bytes({0, 0, 8, 3, 255, 255, 255, 255, 0, 0, 1, 0, 0, 0, 1, 0}),
                 "truncated");
  expect_refused(file, bytes({0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 255, 255}),
                 "absurd");
  expect_refused(file, labels(0, 1), "holds labels, not images");
  expect_refused(label_file, bytes({0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 0}), "holds 3 labels");
}

TEST_F(Idx, SaysWhichHalfOfAPairIsMissing) {
  write_all("");
  std::filesystem::remove(path("train-labels-idx1-ubyte"));
  EXPECT_THAT([&] { import(); },
              ThrowsMessage<InputError>(
                  AllOf(HasSubstr("train-images-idx3-ubyte"), HasSubstr("no labels file"))));
}

TEST_F(Idx, WithoutATestSplitAsksForOneOrHoldsOut) {
  write_all("");
  std::filesystem::remove(path("t10k-images-idx3-ubyte.gz"));
  std::filesystem::remove(path("t10k-labels-idx1-ubyte.gz"));
  EXPECT_THAT([&] { import(); }, ThrowsMessage<InputError>(HasSubstr("no test samples")));
  const DatasetSplits splits = import(0.5);
  EXPECT_EQ(splits.train->size(), 1);
  EXPECT_EQ(splits.test->size(), 1);
}

TEST_F(Idx, UnknownFormatsAndSourcesAreNamed) {
  EXPECT_THROW(find_format("tfrecord"), UsageError);
  EXPECT_THAT([&] { import(); }, ThrowsMessage<InputError>(HasSubstr("no file in this folder")));
  EXPECT_THAT(
      [&] {
        ImportRequest request;
        request.sources = {path("absent")};
        import_dataset(find_format("idx"), request, 0);
      },
      ThrowsMessage<InputError>(HasSubstr("absent: no such file or folder")));
}

}  // namespace
}  // namespace dtrain::datasets
