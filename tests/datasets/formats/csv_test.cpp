// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "datasets/formats/format.hpp"
#include "tests/datasets/files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dtrain::datasets {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class Csv : public ::testing::Test {
 protected:
  /// `train` as training file, and as test file too.
  DatasetSplits import(const std::string& train, const std::string& label_column = "",
                       const Shape& shape = {}) {
    const auto file = folder_.path() / "data.csv";
    write_file(file, train);
    ImportRequest request;
    request.sources = request.test_sources = {file};
    request.sample_shape = shape;
    request.label_column = label_column;
    return import_dataset(find_format("csv"), request, 0);
  }
  static std::vector<std::int64_t> labels(const DatasetSplits& splits) {
    return {splits.train->labels().begin(), splits.train->labels().end()};
  }
  static std::vector<int> first_bytes(const DatasetSplits& splits) {
    const auto* data = static_cast<const std::uint8_t*>(splits.train->resident_samples());
    return {data, data + splits.train->sample_bytes()};
  }
  TemporaryFolder folder_;
};

TEST_F(Csv, WithoutAHeaderTheLabelIsLast) {
  const DatasetSplits splits = import("1,2,3,4,0\n5,6,7,8,2\n");
  EXPECT_EQ(splits.train->info().sample_shape, (Shape{1, 2, 2}));
  EXPECT_EQ(splits.train->info().type, SampleType::uint8);
  EXPECT_THAT(labels(splits), ElementsAre(0, 2));
  EXPECT_THAT(first_bytes(splits), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(splits.train->info().classes, ElementsAre("0", "1", "2"));
}

TEST_F(Csv, AHeaderNamesTheLabel) {
  EXPECT_THAT(labels(import("label,p0,p1,p2,p3\r\n3,1,2,3,4\r\n1,9,9,9,9")), ElementsAre(3, 1));
  EXPECT_THAT(labels(import("0,1,2,3,label\n1,2,3,4,7\n")), ElementsAre(7));
  EXPECT_THAT(labels(import("a;b;kind;c;d\n1;2;7;3;4\n", "kind")), ElementsAre(7));
}

TEST_F(Csv, ANumberNamesTheLabel) {
  const DatasetSplits splits = import("2,1,1,1,1\n0,9,9,9,9\n", "0");
  EXPECT_THAT(labels(splits), ElementsAre(2, 0));
  EXPECT_THAT(first_bytes(splits), ElementsAre(1, 1, 1, 1));
}

TEST_F(Csv, WordsAreClassesInAlphabeticalOrder) {
  const DatasetSplits splits = import("1,\"dog\"\n2,cat\n3,dog\n");
  EXPECT_THAT(labels(splits), ElementsAre(1, 0, 1));
  EXPECT_THAT(splits.train->info().classes, ElementsAre("cat", "dog"));
}

TEST_F(Csv, OtherNumbersAreFloats) {
  const DatasetSplits splits = import("0.5,-2e3,0\n1,2,1\n", "", {2, 1, 1});
  EXPECT_EQ(splits.train->info().type, SampleType::float32);
  const auto* values = static_cast<const float*>(splits.train->resident_samples());
  EXPECT_THAT(std::vector<float>(values, values + 4), ElementsAre(0.5f, -2000, 1, 2));
  EXPECT_EQ(import("0,256,0\n", "", {2, 1, 1}).train->info().type, SampleType::float32);
}

TEST_F(Csv, NamesTheLineAndWhatIsWrongWithIt) {
  const auto refused = [&](const std::string& content, const std::string& reason) {
    EXPECT_THAT([&] { import(content); },
                ThrowsMessage<InputError>(AllOf(HasSubstr("data.csv"), HasSubstr(reason))))
        << content;
  };
  refused("", "holds no rows");
  refused("1\n", "has one column");
  refused("label,a,b,c,d\n", "no training samples");
  refused("1,2,3,4,0\n1,2,3,0\n", "line 2 has 4 columns, 5 were expected");
  refused("1,2,3,4,0\n\n1,x,3,4,0\n", "line 3, column 1: \"x\" is not a finite number");
  refused("1,2,nan,4,0\n", "\"nan\" is not a finite number");
  refused("1,2,inf,4,0\n", "\"inf\" is not a finite number");
  refused("1,2,3,4,\n", "line 1 has no label");
  refused("1,2,3,0\n", "rows of 3 pixels are no square images");
  EXPECT_THROW(import("1,2,3,4,0\n", "7"), InputError);
  EXPECT_THROW(import("1,2,3,4,0\n", "species"), InputError);
  EXPECT_THROW(import("1,2,3,4,0\n", "", {3, 1, 1}), InputError);
}

}  // namespace
}  // namespace dtrain::datasets
