// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>

#include "base/error.hpp"
#include "datasets/formats/format.hpp"
#include "datasets/formats/image_file.hpp"
#include "tests/datasets/files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dtrain::datasets {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class ImageFolder : public ::testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  std::vector<int> planes(const std::string& name) const {
    std::vector<int> values;
    for (std::byte value : read_image(path(name)).planes)
      values.push_back(std::to_integer<int>(value));
    return values;
  }
  void write_png(const std::string& name, png_uint_32 format, png_uint_32 width, png_uint_32 height,
                 const std::string& pixels, const std::string& colours = {}) {
    std::filesystem::create_directories(path(name).parent_path());
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = width;
    image.height = height;
    image.format = format;
    image.colormap_entries = static_cast<png_uint_32>(colours.size() / 3);
    ASSERT_TRUE(png_image_write_to_file(&image, path(name).c_str(), 0, pixels.data(), 0,
                                        colours.empty() ? nullptr : colours.data()));
  }
  static DatasetSplits import(std::vector<std::filesystem::path> sources,
                              std::vector<std::filesystem::path> test = {}) {
    ImportRequest request;
    request.sources = std::move(sources);
    request.test_sources = std::move(test);
    return import_dataset(find_format("folder"), request, 0);
  }
  TemporaryFolder folder_;
};

TEST_F(ImageFolder, ReadsPgmAndPpm) {
  write_file(path("a.pgm"), "P5\n# a comment\n3 1\n255\n" + bytes({10, 20, 30}));
  EXPECT_THAT(planes("a.pgm"), ElementsAre(10, 20, 30));
  EXPECT_EQ(read_image(path("a.pgm")).shape, (Shape{1, 1, 3}));
  write_file(path("a.ppm"), "P6 2 1 255\n" + bytes({1, 2, 3, 4, 5, 6}));
  EXPECT_THAT(planes("a.ppm"), ElementsAre(1, 4, 2, 5, 3, 6));  // planes R, G, B
  EXPECT_EQ(read_image(path("a.ppm")).shape, (Shape{3, 1, 2}));
  write_file(path("plain.pgm"), "P2 2 2 15\n0 15\n 3 9");  // scaled to 255
  EXPECT_THAT(planes("plain.pgm"), ElementsAre(0, 255, 51, 153));
  write_file(path("wide.pgm"), "P5 2 1 65535\n" + bytes({255, 255, 128, 128}));
  EXPECT_THAT(planes("wide.pgm"), ElementsAre(255, 128));
}

TEST_F(ImageFolder, ReadsPngOfEveryKind) {
  write_png("grey.png", PNG_FORMAT_GRAY, 2, 2, bytes({1, 2, 3, 254}));
  EXPECT_THAT(planes("grey.png"), ElementsAre(1, 2, 3, 254));
  write_png("colour.png", PNG_FORMAT_RGB, 2, 1, bytes({1, 2, 3, 4, 5, 6}));
  EXPECT_THAT(planes("colour.png"), ElementsAre(1, 4, 2, 5, 3, 6));
  write_png("alpha.png", PNG_FORMAT_RGBA, 1, 1, bytes({9, 8, 7, 100}));
  EXPECT_THAT(planes("alpha.png"), ElementsAre(9, 8, 7));
  write_png("palette.png", PNG_FORMAT_RGB_COLORMAP, 2, 1, bytes({1, 0}),
            bytes({10, 20, 30, 40, 50, 60}));
  EXPECT_THAT(planes("palette.png"), ElementsAre(40, 10, 50, 20, 60, 30));
}

TEST_F(ImageFolder, RefusesDamagedImages) {
  const auto refused = [&](const std::string& name, const std::string& content) {
    write_file(path(name), content);
    EXPECT_THAT([&] { read_image(path(name)); }, ThrowsMessage<InputError>(HasSubstr(name)))
        << content.substr(0, 40);
  };
  write_png("good.png", PNG_FORMAT_GRAY, 20, 20, std::string(400, 'x'));
  const std::string png = read_file(path("good.png"));
  for (std::size_t size = 0; size < png.size(); size += 3) refused("cut.png", png.substr(0, size));
  std::string wide = png;
  wide.replace(16, 4, bytes({0x7f, 0, 0, 0}));  // its width; the chunk's checksum now fails
  refused("wide.png", wide);
  refused("a.png", "P5 1 1 255\nx");
  for (const char* content :
       {"", "P5", "P7 1 1 255\nx", "P5 2 2 255\nabc", "P5 0 2 255\n", "P5 2 x 255\n",
        "P5 2 2 0\nabcd", "P5 1000000 1000000 255\nabcd", "P5 99999999 1 255\n", "P2 2 1 255\n1 x",
        "P2 2 1 100\n1 101", "P6 1 1 70000\nabcdef"})
    refused("a.pgm", content);
}

TEST_F(ImageFolder, FoldersAreClasses) {
  for (const char* split : {"train", "test"})
    for (const char* kind : {"dog", "cat"})
      write_file(path(std::string(split) + "/" + kind + "/1.pgm"),
                 std::string("P5 1 1 255\n") + kind[0]);
  write_file(path("train/cat/2.pgm"), "P5 1 1 255\nC");
  write_file(path("train/cat/readme.txt"), "not an image");
  const DatasetSplits splits = import({folder_.path()});
  EXPECT_THAT(splits.train->info().classes, ElementsAre("cat", "dog"));
  EXPECT_THAT(
      std::vector<std::int64_t>(splits.train->labels().begin(), splits.train->labels().end()),
      ElementsAre(0, 0, 1));
  EXPECT_EQ(std::memcmp(splits.train->resident_samples(), "cCd", 3), 0);
  EXPECT_EQ(splits.test->size(), 2);

  const DatasetSplits separate = import({path("train")}, {path("test")});
  EXPECT_EQ(separate.train->size(), 3);
  EXPECT_EQ(separate.test->size(), 2);
}

TEST_F(ImageFolder, NamesTheFileThatDoesNotFit) {
  write_file(path("train/cat/1.pgm"), "P5 1 1 255\nc");
  write_file(path("train/cat/2.pgm"), "P5 2 1 255\ncc");
  const auto import_both = [&] { import({path("train")}, {path("test")}); };
  write_file(path("test/cat/1.pgm"), "P5 1 1 255\nc");
  EXPECT_THAT(import_both, ThrowsMessage<InputError>(
                               AllOf(HasSubstr("2.pgm: is 1x1x2"), HasSubstr("1.pgm is 1x1x1"))));
  std::filesystem::remove(path("train/cat/2.pgm"));
  write_file(path("test/horse/1.pgm"), "P5 1 1 255\nc");
  EXPECT_THAT(import_both,
              ThrowsMessage<InputError>(HasSubstr("horse: the training split has no such class")));
}

}  // namespace
}  // namespace dtrain::datasets
