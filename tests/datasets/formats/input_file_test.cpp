// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/formats/input_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "tests/datasets/files.hpp"
#include "tests/datasets/gzip.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dtrain::datasets {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class InputFileTest : public ::testing::Test {
 protected:
  std::string read_rest(const std::string& content) {
    write_file(path_, content);
    const auto bytes = InputFile(path_).read_rest();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  auto refuses(const std::string& reason) {
    return ThrowsMessage<InputError>(AllOf(HasSubstr(path_.string()), HasSubstr(reason)));
  }
  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "file";
};

TEST_F(InputFileTest, ReadsPlainAndGzipAlike) {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += std::to_string(i);
  EXPECT_EQ(read_rest(text), text);
  EXPECT_EQ(read_rest(gzip(text)), text);
  EXPECT_EQ(read_rest(gzip("two ") + gzip("members")), "two members");
  EXPECT_EQ(read_rest(""), "");
  EXPECT_EQ(read_rest("x"), "x");
}

TEST_F(InputFileTest, RefusesEveryTruncationOfGzip) {
  const std::string whole = gzip("a text that is long enough to be cut at many places");
  for (std::size_t size = 2; size < whole.size(); ++size)
    EXPECT_THAT([&] { read_rest(whole.substr(0, size)); }, refuses("")) << size;
}

TEST_F(InputFileTest, RefusesDamageAndTrailingBytes) {
  std::string damaged = gzip(std::string(1000, 'a') + "b");
  damaged[damaged.size() - 6] ^= 1;  // the checksum
  EXPECT_THAT([&] { read_rest(damaged); }, refuses("incorrect data check"));
  EXPECT_THAT([&] { read_rest(gzip("text") + "junk"); }, refuses("other bytes follow"));
  EXPECT_THAT(
      [&] {
        read_rest(gzip("text") +
                  "\x1f"
                  "junk");
      },
      refuses("damaged"));
}

TEST_F(InputFileTest, RefusesMissingFilesAndFolders) {
  EXPECT_THAT([&] { InputFile file(path_); }, refuses("No such file"));
  EXPECT_THAT([&] { InputFile file(folder_.path()); },
              ThrowsMessage<InputError>(HasSubstr("is a folder")));
}

TEST_F(InputFileTest, CountsExactly) {
  write_file(path_, "12345");
  InputFile file(path_);
  std::byte two[2];
  file.read_exactly(two);
  EXPECT_THAT([&] { file.expect_end(); }, refuses("more bytes"));
  InputFile again(path_);
  // What a damaged header may ask for: memory grows with the file, not with the number.
  EXPECT_THAT([&] { again.read_vector(std::uint64_t{1} << 60); }, refuses("truncated"));
}

}  // namespace
}  // namespace dtrain::datasets
