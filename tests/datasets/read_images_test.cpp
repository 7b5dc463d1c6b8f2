// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/read_images.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "datasets/dataset_file.hpp"
#include "datasets/synthetic.hpp"
#include "hdf5/file.hpp"
#include "tests/datasets/files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dtrain::datasets {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class ReadImages : public ::testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  static std::string text(const Images& images) {
    return {reinterpret_cast<const char*>(images.samples.data()), images.samples.size()};
  }
  TemporaryFolder folder_;
};

TEST_F(ReadImages, OneImage) {
  write_file(path("a.pgm"), "P5 3 1 255\nabc");
  const Images images = read_images(path("a.pgm"));
  EXPECT_EQ(images.sample_shape, (Shape{1, 1, 3}));
  EXPECT_EQ(images.size(), 1);
  EXPECT_EQ(text(images), "abc");
}

TEST_F(ReadImages, Idx) {
  write_file(path("images-idx3-ubyte"),
             bytes({0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2}) + "abcd");
  const Images images = read_images(path("images-idx3-ubyte"));
  EXPECT_EQ(images.sample_shape, (Shape{1, 1, 2}));
  EXPECT_EQ(images.size(), 2);
  EXPECT_EQ(text(images), "abcd");
  write_file(path("labels"), bytes({0, 0, 8, 1, 0, 0, 0, 1, 7}));
  EXPECT_THAT([&] { read_images(path("labels")); },
              ThrowsMessage<InputError>(HasSubstr("holds labels, not images")));
}

TEST_F(ReadImages, TheTestSplitOfADatasetFileOrAnArrayOfThatName) {
  DatasetSplits splits = make_synthetic("synthetic:2x3x4:2:20", 1 << 20);
  write_dataset_file(path("set.h5"), *splits.train, *splits.test);
  const Images images = read_images(path("set.h5"));
  EXPECT_EQ(images.sample_shape, (Shape{2, 3, 4}));
  EXPECT_EQ(images.size(), 4);
  {
    hdf5::File file = hdf5::File::create(path("bare.h5"));
    file.write_array<float>("images", {1, 1, 1, 2}, std::vector<float>{0.5f, 2});
    file.close();
  }
  const Images floats = read_images(path("bare.h5"));
  EXPECT_EQ(floats.type, SampleType::float32);
  EXPECT_EQ(floats.size(), 1);
}

TEST_F(ReadImages, NamesWhatCannotBeRead) {
  write_file(path("notes.txt"), "no image");
  EXPECT_THAT([&] { read_images(path("notes.txt")); },
              ThrowsMessage<InputError>(HasSubstr("notes.txt: is no IDX file")));
  EXPECT_THAT([&] { read_images(path("absent.h5")); },
              ThrowsMessage<InputError>(HasSubstr("absent.h5: No such file")));
}

}  // namespace
}  // namespace dtrain::datasets
