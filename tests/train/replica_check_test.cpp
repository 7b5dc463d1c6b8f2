// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/replica_check.hpp"

#include <gmock/gmock.h>

#include <cstring>
#include <mutex>

#include "base/error.hpp"
#include "base/host_name.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/train/training.hpp"

namespace dtrain::train {
namespace {

using testing::HasSubstr;

/// The smallest change of one number.
void flip_lowest_bit(nn::Replica& replica, const std::string& parameter) {
  tensor::ParameterArena& arena = replica.parameters();
  float& value = arena.value(arena.find(parameter))[1];
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  bits ^= 1;
  std::memcpy(&value, &bits, sizeof bits);
}

/// What each rank's comparison throws; empty: nothing. `corrupt` changes a rank's replica first.
std::vector<std::string> compare(int ranks,
                                 const std::function<void(int rank, nn::Replica&)>& corrupt) {
  std::mutex mutex;
  std::vector<std::string> told(static_cast<std::size_t>(ranks));
  test::run_ranks(ranks, [&](comm::Communicator& communicator) {
    const auto backend = kernels::make_cpu_backend(1);
    const nn::Model model = nn::Model::parse(small_batch_norm, "test.json", {{1, 8, 8}, 4});
    nn::Replica replica(model, *backend, 4, 1);
    const auto stream = backend->device->make_stream();
    corrupt(communicator.rank(), replica);
    ReplicaCheck check(replica, communicator, 10);
    check.after_step(9, *stream);  // not yet
    try {
      check.after_step(10, *stream);
    } catch (const DivergedError& error) {
      const std::lock_guard lock(mutex);
      told[static_cast<std::size_t>(communicator.rank())] = error.what();
    }
  });
  return told;
}

std::string on_rank(int rank) {
  return fmt::format("rank {} on {}", rank, host_name());
}

TEST(ReplicaCheck, SaysNothingOfReplicasThatAgree) {
  const auto change_all = [](int, nn::Replica& replica) { flip_lowest_bit(replica, "fc1.bias"); };
  for (const int ranks : {1, 2, 5})
    EXPECT_EQ(compare(ranks, change_all),
              std::vector<std::string>(static_cast<std::size_t>(ranks)));
}

TEST(ReplicaCheck, NamesTheFirstParameterAndTheRankOnAllRanksAlike) {
  for (const int ranks : {2, 3, 5})
    for (const char* parameter : {"conv1.weight", "bn1.running_mean", "fc1.weight"}) {
      const int bad = ranks - 1;
      const auto told = compare(ranks, [&](int rank, nn::Replica& replica) {
        if (rank != bad) return;
        flip_lowest_bit(replica, parameter);
        flip_lowest_bit(replica, "fc1.bias");  // the last one
      });
      EXPECT_THAT(told[0], HasSubstr("after step 10"));
      EXPECT_THAT(told[0], HasSubstr(fmt::format("{} is not on {} what it is on rank 0", parameter,
                                                 on_rank(bad))));
      EXPECT_EQ(told, std::vector<std::string>(static_cast<std::size_t>(ranks), told[0]));
    }
}

TEST(ReplicaCheck, TheMajorityIsRight) {
  const auto told = compare(5, [](int rank, nn::Replica& replica) {
    if (rank == 0 || rank == 3) flip_lowest_bit(replica, "bn1.weight");
  });
  EXPECT_THAT(told[0], HasSubstr(fmt::format("bn1.weight is not on {}, {} what it is on rank 1",
                                             on_rank(0), on_rank(3))));
}

/// A rank whose buffer differs, in a run that writes a checkpoint after every step.
Job job_with_bad_rank(const TemporaryFolder& folder) {
  Job job;
  job.ranks = 3;
  job.model = small_batch_norm;
  job.options.shards = 8;
  job.options.output = folder.path();
  job.options.checkpoint_every_steps = 1;
  job.at_start = [](int rank, nn::Replica& replica) {
    tensor::ParameterArena& arena = replica.parameters();
    if (rank == 1) arena.value(arena.find("bn1.running_mean"))[1] += 0.5f;
  };
  return job;
}

TEST(ReplicaCheck, IsMadeBeforeACheckpoint) {
  for (const bool shard : {false, true}) {
    const TemporaryFolder folder;
    Job job = job_with_bad_rank(folder);
    job.options.synchronization.reduction.shard = shard;
    try {
      job.run();
      FAIL() << "no exception";
    } catch (const DivergedError& error) {
      EXPECT_THAT(error.what(), HasSubstr("after step 1: bn1.running_mean is not on rank 1"));
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  }
}

TEST(ReplicaCheck, IsMadeEveryNSteps) {
  const TemporaryFolder folder;
  Job job = job_with_bad_rank(folder);
  job.options.output.clear();
  job.options.check_replicas = 3;
  try {
    job.run();
    FAIL() << "no exception";
  } catch (const DivergedError& error) {
    EXPECT_THAT(error.what(), HasSubstr("after step 3"));
  }
}

TEST(ReplicaCheck, CanBeTurnedOff) {
  const TemporaryFolder folder;
  Job job = job_with_bad_rank(folder);
  job.options.check_replicas = 0;
  job.options.epochs = 1;
  EXPECT_THROW(job.run(), std::logic_error);  // the job's own comparison of the final weights
  EXPECT_FALSE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace dtrain::train
