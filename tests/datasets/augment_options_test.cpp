// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "datasets/data_loader.hpp"

namespace dtrain::datasets {
namespace {

TEST(AugmentOptions, Parses) {
  EXPECT_EQ(parse_augment("none"), AugmentOptions{});
  EXPECT_EQ(parse_augment("crop=4"), (AugmentOptions{4, false}));
  EXPECT_EQ(parse_augment("flip"), (AugmentOptions{0, true}));
  EXPECT_EQ(parse_augment("crop=12,flip"), (AugmentOptions{12, true}));
  EXPECT_EQ(parse_augment("flip,crop=2"), (AugmentOptions{2, true}));
}

TEST(AugmentOptions, RefusesTheRest) {
  for (const char* text : {"", "crop", "crop=", "crop=0", "crop=-1", "crop=x", "crop=4x",
                           "crop=999", "flip,", "none,flip", "rotate"})
    EXPECT_THROW(parse_augment(text), UsageError) << text;
}

}  // namespace
}  // namespace dtrain::datasets
