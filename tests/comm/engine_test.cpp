// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/mpi_main.hpp"

namespace dtrain::comm {
namespace {

using testing::HasSubstr;

/// Every rank's answer.
std::vector<std::string> on_all_ranks(const std::string& mine) {
  std::vector<std::string> all;
  for (const auto& bytes : test::world().all_gather(std::as_bytes(std::span(mine))))
    all.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return all;
}

TEST(Engine, AllRanksChooseAlike) {
  for (const std::size_t bytes : {std::size_t{100}, std::size_t{1} << 20, std::size_t{1} << 24}) {
    const Engine engine = make_engine(test::world(), {.gradient_bytes = bytes});
    const auto answers =
        on_all_ranks(engine.collective->name() + engine.reason + std::to_string(engine.bucket_mb));
    for (const std::string& answer : answers) EXPECT_EQ(answer, answers[0]);
  }
}

TEST(Engine, DoesAsAsked) {
  const Engine engine = make_engine(test::world(), {.comm = "mpi",
                                                    .bucket_mb = 0.5,
                                                    .overlap = true,
                                                    .compress = true,
                                                    .shard = true,
                                                    .gradient_bytes = 1000});
  EXPECT_EQ(engine.collective->name(), "mpi");
  EXPECT_EQ(engine.bucket_mb, 0.5);
  EXPECT_EQ(engine.options.overlap, test::world().size() > 1);
  EXPECT_TRUE(engine.options.compress);
  EXPECT_TRUE(engine.options.shard);
}

TEST(Engine, OnOneNodeThereIsNothingToHide) {
  const Engine engine = make_engine(test::world(), {.gradient_bytes = 1000});
  EXPECT_FALSE(engine.options.overlap);
  if (test::world().size() > 1) {
    EXPECT_THAT(engine.reason, HasSubstr("after backward"));
  }
}

}  // namespace
}  // namespace dtrain::comm
