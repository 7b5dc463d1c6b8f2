// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/loss_scale.hpp"

#include <gtest/gtest.h>

#include "tests/train/training.hpp"

namespace dtrain::train {
namespace {

TEST(LossScale, HalvesAtOnceAndDoublesAfterManyFiniteSteps) {
  LossScale scale;
  EXPECT_EQ(scale.value, 65536);
  EXPECT_TRUE(scale.back_off());
  EXPECT_TRUE(scale.back_off());
  EXPECT_EQ(scale.value, 16384);
  for (int step = 0; step < 1999; ++step) scale.grow_in_time();
  EXPECT_EQ(scale.value, 16384);
  scale.grow_in_time();
  EXPECT_EQ(scale.value, 32768);
  // A step that is not finite begins the count anew.
  for (int step = 0; step < 1999; ++step) scale.grow_in_time();
  EXPECT_TRUE(scale.back_off());
  scale.grow_in_time();
  EXPECT_EQ(scale.value, 16384);
  EXPECT_EQ(scale.finite_steps, 1);
}

TEST(LossScale, HasBounds) {
  LossScale scale;
  for (int i = 0; i < 16; ++i) EXPECT_TRUE(scale.back_off());
  EXPECT_EQ(scale.value, 1);
  EXPECT_FALSE(scale.back_off());
  EXPECT_EQ(scale.value, 1);
  scale.value = LossScale::largest;
  for (int step = 0; step < 2000; ++step) scale.grow_in_time();
  EXPECT_EQ(scale.value, 16777216);
}

// Backward is linear and multiplication by a power of two exact: with a scaled loss every optimizer ends
// with the same bits.
TEST(LossScale, LeavesTheUpdateAsItIs) {
  Job job;
  job.ranks = 2;
  using enum optim::OptimizerKind;
  for (const auto kind : {sgd, adam, adamw, lars, lamb})
    for (const float clip_norm : {0.0f, 0.25f}) {
      if (kind == lamb && clip_norm > 0) continue;  // LAMB takes none
      auto& optimizer = job.options.synchronization.optimizer;
      optimizer.kind = kind;
      optimizer.weight_decay = 0.01f;
      optimizer.clip_norm = clip_norm;
      job.options.scale_loss = false;
      const std::string plain = job.run().weights_hash;
      job.options.scale_loss = true;
      EXPECT_EQ(job.run().weights_hash, plain) << optim::to_string(kind) << ", clip " << clip_norm;
    }
}

}  // namespace
}  // namespace dtrain::train
