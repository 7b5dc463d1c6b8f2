// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "base/hash.hpp"

#include <gtest/gtest.h>

namespace dtrain {
namespace {

TEST(Hash128, EmptyInputHasThePublishedDigest) {
  EXPECT_EQ(Hash128().hex(), "99aa06d3014798d86001c324468d497f");
}

TEST(Hash128, PiecesEqualTheWhole) {
  Hash128 whole, pieces;
  whole.update("conv1.weight");
  pieces.update("conv1");
  pieces.update(".weight");
  EXPECT_EQ(whole.hex(), pieces.hex());
  EXPECT_NE(whole.hex(), Hash128().hex());
}

}  // namespace
}  // namespace dtrain
