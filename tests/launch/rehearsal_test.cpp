// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// Damaged HDF5 files that nothing seals, as --data, --init and --input meet them: one error and exit
// code 3, also where the HDF5 library crashes.

#include "hdf5/rehearsal.hpp"

#include <gmock/gmock.h>

#include <random>

#include "base/error.hpp"
#include "tests/launch/dtrain_process.hpp"

namespace dtrain::test {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Rehearsal, ACrashIsBadInput) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGABRT})
    EXPECT_THAT([&] { hdf5::rehearse("some.h5", [&] { std::raise(signal); }); },
                ThrowsMessage<InputError>(HasSubstr("some.h5 is damaged")))
        << signal;
}

TEST(Rehearsal, OnlyCrashesCount) {
  bool here = false;
  EXPECT_NO_THROW(hdf5::rehearse("some.h5", [&] { here = true; }));
  EXPECT_FALSE(here);  // it was another process
  EXPECT_NO_THROW(hdf5::rehearse("some.h5", [] { throw InputError("the reader's own"); }));
}

/// The seeds of a fuzz target, with bytes changed at random.
class DamagedFile : public DtrainTest {
 protected:
  void damage(const fs::path& seed, int variant) {
    std::string bytes = read_text(fs::path(FUZZ_CORPUS) / seed);
    std::mt19937 random(static_cast<unsigned>(variant));
    for (int change = 0; change < 4; ++change)
      bytes[random() % bytes.size()] = static_cast<char>(random() % 4 == 0 ? 0xFF : random());
    write_text(folder_ / "damaged.h5", bytes);
  }

  /// Either it goes well, for not every byte matters, or it is one error. True for an error.
  bool is_refused(const std::string& options) {
    const Finished finished = dtrain(options);
    if (finished.code == 0) return false;
    EXPECT_EQ(finished.code, 3) << options << "\n" << finished.err;
    EXPECT_EQ(count_of(finished.err, "\n"), 1u) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr("dtrain: error: damaged.h5"));
    return true;
  }
};

TEST_F(DamagedFile, AsData) {
  int refused = 0;
  for (const char* seed : {"dataset/contiguous", "dataset/checked", "dataset/compressed"})
    for (int variant = 0; variant < 15; ++variant) {
      damage(seed, variant);
      refused += is_refused("data info damaged.h5 --check") ? 1 : 0;
    }
  EXPECT_GT(refused, 0);
}

TEST_F(DamagedFile, OnWhichHdf5Crashes) {
  fs::copy_file(fs::path(FUZZ_CORPUS) / "dataset/hdf5-crashes-in-global-heap",
                folder_ / "damaged.h5");
  EXPECT_TRUE(is_refused("data info damaged.h5"));
  EXPECT_TRUE(is_refused("--data damaged.h5 --steps 0 --output run"));
  fs::copy_file(fs::path(FUZZ_CORPUS) / "weights/hdf5-allocates-absurdly", folder_ / "damaged.h5",
                fs::copy_options::overwrite_existing);
  EXPECT_TRUE(is_refused("--init damaged.h5 --steps 0 --output run"));
}

TEST_F(DamagedFile, AsInitialWeights) {
  write_text(folder_ / "m.json",
             R"({"layers": [{"type": "linear", "name": "fc", "units": "classes"}]})");
  int refused = 0;
  for (int variant = 0; variant < 15; ++variant) {
    damage("weights/h5py", variant);
    refused +=
        is_refused(fmt::format("--model m.json --data synthetic:1x1x3:2:10 --steps 0 --threads 1 "
                               "--init damaged.h5 --output run{} --progress none",
                               variant))
            ? 1
            : 0;
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace dtrain::test
