// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/checkpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstring>
#include <fstream>

#include "base/error.hpp"
#include "hdf5/file.hpp"
#include "tests/support/run_ranks.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/train/example_checkpoint.hpp"
#include "train/seal.hpp"

namespace dtrain::train {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

void expect_equal(const std::vector<NamedArray>& a, const std::vector<NamedArray>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].name, b[i].name);
    EXPECT_EQ(a[i].shape, b[i].shape);
    EXPECT_EQ(a[i].data, b[i].data);
  }
}

void expect_equal(const Checkpoint& a, const Checkpoint& b) {
  expect_equal(a.parameters, b.parameters);
  expect_equal(a.buffers, b.buffers);
  ASSERT_EQ(a.optimizer.size(), b.optimizer.size());
  for (std::size_t i = 0; i < a.optimizer.size(); ++i) {
    EXPECT_EQ(a.optimizer[i].first, b.optimizer[i].first);
    expect_equal(a.optimizer[i].second, b.optimizer[i].second);
  }
  EXPECT_EQ(a.progress, b.progress);
  EXPECT_EQ(a.model_name, b.model_name);
  EXPECT_EQ(a.model_text, b.model_text);
  EXPECT_EQ(a.data, b.data);
}

/// The message with which `bytes` are refused as an input file.
std::string refusal(std::span<const std::byte> bytes) {
  try {
    decode(bytes, "some.h5");
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Checkpoint, ComesBackAsItWas) {
  const TemporaryFolder folder;
  const Checkpoint written = example_checkpoint();
  write_checkpoint(folder.path() / "c.h5", written);
  const Checkpoint read = read_checkpoint(folder.path() / "c.h5");
  expect_equal(read, written);
  EXPECT_EQ(read.origin, (folder.path() / "c.h5").string());
  EXPECT_EQ(weights_hash(read), weights_hash(written));
}

TEST(Checkpoint, SameContentGivesTheSameBytes) {
  EXPECT_EQ(encode(example_checkpoint()), encode(example_checkpoint()));
}

TEST(Checkpoint, WeightsHashSeesEveryPart) {
  const std::string hash = weights_hash(example_checkpoint());
  Checkpoint changed = example_checkpoint();
  changed.parameters[0].name = "stem.weighs";
  EXPECT_NE(weights_hash(changed), hash);
  changed = example_checkpoint();
  changed.parameters[2].shape = {16, 2};
  EXPECT_NE(weights_hash(changed), hash);
  changed = example_checkpoint();
  changed.buffers[1].data[0] += 1;
  EXPECT_NE(weights_hash(changed), hash);
  changed = example_checkpoint();
  changed.progress.step += 1;  // not a weight
  EXPECT_EQ(weights_hash(changed), hash);
}

TEST(Checkpoint, EveryFlippedBitIsNoticedBeforeHdf5SeesTheFile) {
  std::vector<std::byte> bytes = encode(example_checkpoint());
  for (std::size_t at = 0; at < bytes.size(); at += at < seal_bytes ? 1 : 13) {
    const std::byte bit{static_cast<unsigned char>(1u << (at % 8))};
    bytes[at] ^= bit;
    ASSERT_THROW(check_seal(bytes, "some.h5"), InputError) << "byte " << at;
    bytes[at] ^= bit;
  }
  EXPECT_NO_THROW(check_seal(bytes, "some.h5"));
}

TEST(Checkpoint, TruncatedAndExtendedFilesAreRefused) {
  const std::vector<std::byte> bytes = encode(example_checkpoint());
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{30}, std::size_t{511},
                                 std::size_t{512}, bytes.size() / 2, bytes.size() - 1})
    EXPECT_THAT(refusal(std::span(bytes).first(size)), HasSubstr("some.h5 is ")) << size;
  EXPECT_THAT(refusal(std::span(bytes).first(bytes.size() / 2)), HasSubstr("truncated"));
  std::vector<std::byte> longer = bytes;
  longer.push_back({});
  EXPECT_NE(refusal(longer), "accepted");
}

TEST(Checkpoint, RefusalsSayWhatIsWrong) {
  std::vector<std::byte> bytes = encode(example_checkpoint());
  std::vector<std::byte> damaged = bytes;
  damaged.back() ^= std::byte{1};
  EXPECT_THAT(refusal(damaged), HasSubstr("damaged"));

  std::vector<std::byte> newer = bytes;
  std::memcpy(newer.data() + std::strlen("dtrain checkpoint\nschema "), "2", 1);
  EXPECT_THAT(refusal(newer), HasSubstr("schema 2"));

  hdf5::File plain = hdf5::File::create_in_memory("plain");
  EXPECT_THAT(refusal(plain.image()), HasSubstr("--init"));

  EXPECT_THROW(read_checkpoint("/nonexistent/c.h5"), InputError);
  EXPECT_THROW(read_checkpoint("/"), InputError);
}

TEST(Checkpoint, SealedNonsenseIsRefused) {
  // Whoever seals a file can put anything behind the seal: HDF5's errors must come out as ours.
  std::vector<std::byte> nonsense(4096, std::byte{0x5A});
  seal(nonsense);
  EXPECT_NE(refusal(nonsense), "accepted");

  hdf5::File empty = hdf5::File::create_in_memory("empty", seal_bytes);
  std::vector<std::byte> bytes = empty.image();
  seal(bytes);
  EXPECT_THAT(refusal(bytes), HasSubstr("parameters"));
}

/// No file may grow beyond `bytes`, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST(Checkpoint, AFullDiskIsOneErrorAndLeavesTheOldFile) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "c.h5";
  write_checkpoint(file, example_checkpoint(1));
  {
    const FileSizeLimit limit(4096);
    try {
      write_checkpoint(file, example_checkpoint(2));
      ADD_FAILURE() << "no exception";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::failed);
      EXPECT_THAT(error.what(), HasSubstr(file.string()));
      EXPECT_THAT(error.what(), HasSubstr("Free some space"));
    }
  }
  EXPECT_EQ(read_checkpoint(file).progress.step, 1);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1) << "left something behind";
}

TEST(Checkpoint, AFolderThatDoesNotExistIsAnError) {
  EXPECT_THROW(write_checkpoint("/nonexistent/c.h5", example_checkpoint()), Error);
}

TEST(Checkpoint, WeightsComeFromACheckpointOrAnyHdf5File) {
  const TemporaryFolder folder;
  const fs::path sealed = folder.path() / "sealed.h5", plain = folder.path() / "plain.h5";
  const Checkpoint checkpoint = example_checkpoint();
  write_checkpoint(sealed, checkpoint);
  expect_equal(read_weights(sealed).parameters, checkpoint.parameters);
  expect_equal(read_weights(sealed).buffers, checkpoint.buffers);

  {
    hdf5::File file = hdf5::File::create(plain);
    hdf5::Group layer = file.create_group("parameters").create_group("fc");
    layer.write_array<double>("weight", {2}, std::vector<double>{0.5, 0.25});  // converted
  }
  const Checkpoint weights = read_weights(plain);
  ASSERT_EQ(weights.parameters.size(), 1u);
  EXPECT_EQ(weights.parameters[0].name, "fc.weight");
  EXPECT_EQ(weights.parameters[0].data, (std::vector<float>{0.5f, 0.25f}));
  EXPECT_TRUE(weights.buffers.empty());
  EXPECT_THROW(read_checkpoint(plain), InputError);  // no digest

  std::fstream stream(sealed, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(3000).put('!');
  stream.close();
  EXPECT_THROW(read_weights(sealed), InputError);  // where there is a digest it must be right
}

TEST(Checkpoint, HoldsAsManyChannelsAsADatasetMayHave) {
  Checkpoint checkpoint = example_checkpoint();
  checkpoint.data.sample_shape = {16000, 1, 1};
  checkpoint.data.mean.assign(16000, 0.5f);
  checkpoint.data.std.assign(16000, 2.0f);
  EXPECT_EQ(decode(encode(checkpoint), "c.h5").data.mean, checkpoint.data.mean);
}

TEST(Checkpoint, IsSharedWithAllRanks) {
  test::run_ranks(3, [](comm::Communicator& communicator) {
    const bool root = communicator.is_root();
    EXPECT_FALSE(share(communicator, std::nullopt));
    const auto whole =
        share(communicator, root ? std::optional(example_checkpoint()) : std::nullopt);
    ASSERT_TRUE(whole);
    expect_equal(*whole, example_checkpoint());

    Checkpoint only_weights;
    only_weights.parameters = example_checkpoint().parameters;
    const auto weights = share(communicator, root ? std::optional(only_weights) : std::nullopt);
    ASSERT_TRUE(weights);
    expect_equal(*weights, only_weights);
  });
}

}  // namespace
}  // namespace dtrain::train
