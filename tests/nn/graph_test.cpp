// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/graph.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dtrain::nn {
namespace {

/// "conv2d+relu max_pool": the types left to run, those that run a ReLU marked.
std::string layers_left(const std::string& layers, kernels::Pass pass = kernels::Pass::training) {
  const Model model = Model::parse("{\"layers\": [" + layers + "]}", "test.json", {{2, 8, 8}, 10});
  std::string text;
  for (const GraphNode& node : simplify(model, pass).nodes) {
    if (!text.empty()) text += " ";
    text += node.type->name;
    if (node.fused == kernels::Activation::relu) text += "+relu";
  }
  return text;
}

const std::string conv = R"({"type": "conv2d", "channels": 4, "kernel": 3})";
const std::string relu = R"({"type": "relu"})";
const std::string pool = R"({"type": "max_pool"})";
const std::string flatten = R"({"type": "flatten"})";
const std::string dropout = R"({"type": "dropout"})";
const std::string classes = R"({"type": "linear", "units": "classes"})";

TEST(Graph, ReluRunsInsideTheLayerBefore) {
  EXPECT_EQ(layers_left(conv + "," + relu + "," + classes), "conv2d+relu linear");
  EXPECT_EQ(layers_left(conv + "," + pool + "," + relu + "," + classes),
            "conv2d max_pool+relu linear");
  EXPECT_EQ(layers_left(conv + "," + relu + "," + relu + "," + classes), "conv2d+relu linear");
}

TEST(Graph, ReluMovesBehindMaxPooling) {
  EXPECT_EQ(layers_left(conv + "," + relu + "," + pool + "," + classes),
            "conv2d max_pool+relu linear");
  EXPECT_EQ(layers_left(conv + "," + relu + R"(,{"type": "average_pool"},)" + classes),
            "conv2d+relu average_pool linear");
}

TEST(Graph, ReluStaysWhereAnotherLayerReadsItsInput) {
  const std::string text = R"({"type": "conv2d", "name": "a", "channels": 4, "kernel": 1},
      {"type": "relu", "name": "b"}, {"type": "add", "inputs": ["a", "b"]},)";
  EXPECT_EQ(layers_left(text + classes), "conv2d relu add linear");
}

TEST(Graph, ReluStaysBeforePoolingWhereAnotherLayerReadsIt) {
  const std::string text = R"({"type": "conv2d", "channels": 4, "kernel": 1},
      {"type": "relu", "name": "a"}, {"type": "max_pool", "window": 3, "stride": 1, "padding": 1,
      "name": "b"}, {"type": "add", "inputs": ["a", "b"]},)";
  EXPECT_EQ(layers_left(text + classes), "conv2d+relu max_pool add linear");
}

TEST(Graph, FlattenIsLeftOutAndDropoutInInference) {
  const std::string text = conv + "," + flatten + "," + dropout + "," + classes;
  EXPECT_EQ(layers_left(text), "conv2d dropout linear");
  EXPECT_EQ(layers_left(text, kernels::Pass::inference), "conv2d linear");
  EXPECT_EQ(layers_left(conv + "," + flatten + "," + relu + "," + classes), "conv2d+relu linear");
}

}  // namespace
}  // namespace dtrain::nn
