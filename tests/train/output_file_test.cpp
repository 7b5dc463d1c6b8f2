// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/output_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dtrain::train {
namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

TEST(WriteFile, ReplacesTheWholeFile) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "f";
  write_file(file, "a longer text");
  write_file(file, "short");
  EXPECT_EQ(text_of(file), "short");
  write_file(file, "");
  EXPECT_EQ(text_of(file), "");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "f.partial"));
}

TEST(WriteFile, PutsPartsOneAfterTheOther) {
  const TemporaryFolder folder;
  const std::string a = "ab", b = "", c = "cde";
  write_file_durably(folder.path() / "f", {std::as_bytes(std::span(a)), std::as_bytes(std::span(b)),
                                           std::as_bytes(std::span(c))});
  EXPECT_EQ(text_of(folder.path() / "f"), "abcde");
}

TEST(WriteFile, AFolderInItsPlaceIsAnError) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "f" / "g");
  EXPECT_THROW(write_file(folder.path() / "f", "text"), Error);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "f.partial"));
}

TEST(AppendFile, HoldsBackUntilFlushed) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "f";
  {
    AppendFile file(path);
    file.append("one\n");
    EXPECT_EQ(text_of(path), "");
    file.flush();
    EXPECT_EQ(text_of(path), "one\n");
    file.append("two\n");
  }
  EXPECT_EQ(text_of(path), "one\ntwo\n");
  AppendFile(path).append("three\n");
  EXPECT_EQ(text_of(path), "one\ntwo\nthree\n");
}

TEST(AppendFile, DoesNotHoldBackWithoutBound) {
  const TemporaryFolder folder;
  AppendFile file(folder.path() / "f");
  for (int i = 0; i < 10000; ++i) file.append("a line of some length\n");
  EXPECT_GT(std::filesystem::file_size(folder.path() / "f"), 100000u);
}

TEST(AppendFile, AFullDiskIsAnError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  AppendFile file("/dev/full");
  file.append("text");
  try {
    file.flush();
    FAIL() << "no exception";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("No space left"));
  }
}

TEST(AppendFile, ARemovedFileIsAnError) {
  const TemporaryFolder folder;
  AppendFile file(folder.path() / "f");
  file.append("one\n");
  file.flush();
  std::filesystem::remove(folder.path() / "f");
  file.append("two\n");
  try {
    file.flush();
    FAIL() << "no exception";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("was removed"));
  }
}

TEST(AppendFile, AMissingFolderIsAnError) {
  EXPECT_THROW(AppendFile("/nonexistent/f"), Error);
}

}  // namespace
}  // namespace dtrain::train
