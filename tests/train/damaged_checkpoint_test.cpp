// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// Flipped bits in a checkpoint: each is noticed by the seal, before HDF5 opens the file.
// DTRAIN_TEST_FLIPS=all flips every bit of every byte instead of a sample.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "base/error.hpp"
#include "base/rng.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/train/example_checkpoint.hpp"
#include "train/seal.hpp"

namespace dtrain::train {
namespace {

/// Where HDF5's structures begin: they start with one of these words.
std::set<std::size_t> structures(std::span<const std::byte> file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  std::set<std::size_t> places = {0, seal_bytes, file.size() - 1};
  for (const std::string_view word : {"\x89HDF", "TREE", "SNOD", "HEAP", "GCOL", "OHDR", "OCHK",
                                      "FRHP", "FHDB", "FHIB", "BTHD", "BTLF", "BTIN"})
    for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1))
      places.insert(at);
  return places;
}

struct Flip {
  std::size_t byte;
  int bit;
};

/// The whole seal, the first 64 bytes of every structure, and 2000 places drawn at random; one bit each.
std::vector<Flip> sample_flips(std::span<const std::byte> file) {
  std::set<std::size_t> bytes;
  for (std::size_t at = 0; at < seal_bytes; ++at) bytes.insert(at);
  for (const std::size_t begin : structures(file))
    for (std::size_t at = begin; at < std::min(begin + 64, file.size()); ++at) bytes.insert(at);
  Rng rng(4, RngPurpose::split, 0);
  for (const std::size_t known = bytes.size(); bytes.size() < known + 2000;)
    bytes.insert(static_cast<std::size_t>(rng.below(file.size())));
  std::vector<Flip> flips;
  flips.reserve(bytes.size());
  for (const std::size_t byte : bytes) flips.push_back({byte, static_cast<int>(rng.below(8))});
  return flips;
}

std::vector<Flip> all_flips(std::span<const std::byte> file) {
  std::vector<Flip> flips;
  flips.reserve(8 * file.size());
  for (std::size_t byte = 0; byte < file.size(); ++byte)
    for (int bit = 0; bit < 8; ++bit) flips.push_back({byte, bit});
  return flips;
}

TEST(DamagedCheckpoint, EveryFlippedBitIsNoticedByTheSeal) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "c.h5";
  Checkpoint checkpoint = example_checkpoint();
  checkpoint.parameters.push_back(make_array("wide.weight", {64, 64}, 3));
  write_checkpoint(path, checkpoint);
  const std::vector<std::byte> file = encode(checkpoint);

  const char* option = std::getenv("DTRAIN_TEST_FLIPS");
  const bool all = option != nullptr && std::string_view(option) == "all";
  const std::vector<Flip> flips = all ? all_flips(file) : sample_flips(file);
  ASSERT_GE(flips.size(), 2000u);
  const int descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  const auto put = [&](std::size_t at, std::byte value) {
    ASSERT_EQ(pwrite(descriptor, &value, 1, static_cast<off_t>(at)), 1);
  };
  for (const auto& [byte, bit] : flips) {
    put(byte, file[byte] ^ std::byte{1} << bit);
    try {
      read_checkpoint(path);
      ADD_FAILURE() << "bit " << bit << " of byte " << byte << " was not noticed";
    } catch (const InputError& error) {
      // What the seal says; HDF5's messages name an object, or that it cannot be opened.
      EXPECT_THAT(error.what(),
                  testing::MatchesRegex(".*c\\.h5 (is no checkpoint: .*|has schema .*|is "
                                        "truncated: .*|is damaged: its bytes .*)"));
    }
    put(byte, file[byte]);
  }
  close(descriptor);
  EXPECT_EQ(read_checkpoint(path).progress, checkpoint.progress);
  RecordProperty("flips", static_cast<int>(flips.size()));
  std::printf("%zu flips of a checkpoint of %zu bytes, all noticed\n", flips.size(), file.size());
}

}  // namespace
}  // namespace dtrain::train
