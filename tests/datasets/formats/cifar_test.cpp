// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

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

std::string record(std::initializer_list<int> labels, char pixel) {
  return bytes(labels) + std::string(3072, pixel);
}

/// A tar archive of one file, as POSIX says.
std::string tar_entry(const std::string& name, const std::string& content) {
  std::string header(512, '\0');
  header.replace(0, name.size(), name);
  char size[12];
  std::snprintf(size, sizeof(size), "%011zo", content.size());
  header.replace(124, 11, size);
  header.replace(148, 8, "        ");
  header[156] = '0';
  header.replace(257, 5, "ustar");
  unsigned sum = 0;
  for (char c : header) sum += static_cast<unsigned char>(c);
  char digits[8];
  std::snprintf(digits, sizeof(digits), "%06o", sum);
  header.replace(148, 7, std::string(digits, 7));
  return header + content + std::string((512 - content.size() % 512) % 512, '\0');
}

class Cifar : public ::testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  DatasetSplits import(const std::string& format, std::vector<std::filesystem::path> sources,
                       std::vector<std::filesystem::path> test = {}) {
    ImportRequest request;
    request.sources = std::move(sources);
    request.test_sources = std::move(test);
    return import_dataset(find_format(format), request, 0);
  }
  TemporaryFolder folder_;
};

TEST_F(Cifar, ImportsAnySubsetOfBatchesPlainOrCompressed) {
  write_file(path("data_batch_1.bin"), record({3}, 'a') + record({9}, 'b'));
  write_file(path("data_batch_4.bin.gz"), gzip(record({0}, 'c')));
  write_file(path("test_batch.bin"), record({5}, 'd'));
  write_file(path("batches.meta.txt"), "not data");
  const DatasetSplits splits = import("cifar10", {folder_.path()});
  EXPECT_THAT(
      std::vector<std::int64_t>(splits.train->labels().begin(), splits.train->labels().end()),
      ElementsAre(3, 9, 0));
  EXPECT_EQ(splits.test->size(), 1);
  EXPECT_EQ(splits.test->labels()[0], 5);
  EXPECT_EQ(splits.train->info().sample_shape, (Shape{3, 32, 32}));
  EXPECT_EQ(splits.train->info().classes[9], "truck");
  const DatasetSplits named =
      import("cifar10", {path("data_batch_4.bin.gz")}, {path("data_batch_1.bin")});
  EXPECT_EQ(named.train->size(), 1);
  EXPECT_EQ(named.test->size(), 2);
}

TEST_F(Cifar, ImportsTheArchive) {
  const std::string archive = tar_entry("cifar-10-batches-bin/data_batch_1.bin", record({1}, 'a')) +
                              tar_entry("cifar-10-batches-bin/readme.html", "<html>") +
                              tar_entry("cifar-10-batches-bin/test_batch.bin", record({2}, 'b')) +
                              std::string(1024, '\0');
  write_file(path("cifar-10-binary.tar.gz"), gzip(archive));
  const DatasetSplits splits = import("cifar10", {path("cifar-10-binary.tar.gz")});
  EXPECT_EQ(splits.train->labels()[0], 1);
  EXPECT_EQ(splits.test->labels()[0], 2);
  write_file(path("bad.tar.gz"), gzip("x" + archive));
  EXPECT_THAT([&] { import("cifar10", {path("bad.tar.gz")}); },
              ThrowsMessage<InputError>(HasSubstr("no tar archive")));
  write_file(path("bad.tar.gz"), gzip(archive.substr(0, 2000)));
  EXPECT_THAT([&] { import("cifar10", {path("bad.tar.gz")}); },
              ThrowsMessage<InputError>(HasSubstr("truncated")));
}

TEST_F(Cifar, TakesTheFineLabelOfCifar100) {
  write_file(path("train.bin"), record({19, 99}, 'a'));
  write_file(path("test.bin"), record({0, 1}, 'b'));
  const DatasetSplits splits = import("cifar100", {folder_.path()});
  EXPECT_EQ(splits.train->labels()[0], 99);
  EXPECT_EQ(splits.train->info().classes.size(), 100u);
  EXPECT_EQ(splits.train->info().classes[99], "worm");
  EXPECT_EQ(splits.train->info().classes[53], "orange");
}

TEST_F(Cifar, NamesTheFileAndWhatIsWrongWithIt) {
  const auto refused = [&](const std::string& content, const std::string& reason) {
    write_file(path("data_batch_1.bin"), content);
    EXPECT_THAT([&] { import("cifar10", {folder_.path()}); },
                ThrowsMessage<InputError>(AllOf(HasSubstr("data_batch_1.bin"), HasSubstr(reason))));
  };
  write_file(path("test_batch.bin"), record({5}, 'd'));
  refused(record({3}, 'a').substr(1), "3072 bytes are no whole number of cifar10 records");
  refused(record({3}, 'a') + record({10}, 'a'), "label of record 1 is 10");
  refused("", "holds no samples");
}

}  // namespace
}  // namespace dtrain::datasets
