// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "nn/model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "nn/layer_registry.hpp"

namespace dtrain::nn {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const InputSpec image{{3, 32, 32}, 10};

std::string error_of(const std::string& text, const InputSpec& input = image) {
  try {
    Model::parse(text, "my.json", input);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

/// The error of a model with `layer` before a classifier.
std::string layer_error(const std::string& layer, const InputSpec& input = image) {
  return error_of("{\"layers\": [" + layer + R"(, {"type": "linear", "units": "classes"}]})",
                  input);
}

TEST(Model, CountsParametersAndFlopsOfTheShippedModels) {
  struct Expected {
    const char* name;
    std::int64_t parameters, forward_madds, first_madds;
  };
  // Written out from the layer sizes.
  const Expected table[] = {
      {"mlp", 784 * 256 + 256 + 256 * 128 + 128 + 1290, 784 * 256 + 256 * 128 + 1280, 784 * 256},
      {"mlp64", 784 * 64 + 64 + 650, 784 * 64 + 640, 784 * 64},
      {"cnn", 27 * 64 + 64 + 576 * 128 + 128 + 1152 * 256 + 256 + 4096 * 512 + 512 + 5130,
       1024 * 27 * 64 + 256 * 576 * 128 + 64 * 1152 * 256 + 4096 * 512 + 5120, 1024 * 27 * 64},
      {"cnn-small", 27 * 32 + 32 + 288 * 64 + 64 + 4096 * 128 + 128 + 1290,
       1024 * 27 * 32 + 256 * 288 * 64 + 4096 * 128 + 1280, 1024 * 27 * 32},
      {"lenet", 75 * 6 + 6 + 150 * 16 + 16 + 400 * 120 + 120 + 120 * 84 + 84 + 850,
       784 * 75 * 6 + 100 * 150 * 16 + 400 * 120 + 120 * 84 + 840, 784 * 75 * 6},
  };
  for (const Expected& expected : table) {
    const Model model = Model::load(expected.name, reference_input(expected.name));
    EXPECT_EQ(model.name(), expected.name);
    EXPECT_EQ(model.parameter_count(), expected.parameters) << expected.name;
    EXPECT_EQ(model.flops_per_sample(), 2 * (3 * expected.forward_madds - expected.first_madds))
        << expected.name;
    EXPECT_FALSE(model.has_batch_norm());
  }
}

TEST(Model, Resnet20HasThePublishedSize) {
  const Model model = Model::load("resnet20", image);
  // 0.27 M (K. He et al., 2015, table 6); 1x1 projections with batch norm add 2,752 to option A.
  EXPECT_EQ(model.parameter_count(), 269722 + 16 * 32 + 64 + 32 * 64 + 128);
  EXPECT_TRUE(model.has_batch_norm());
}

TEST(Model, EveryBuiltinModelAdaptsToTheData) {
  for (const std::string& name : builtin_model_names()) {
    const Model model = Model::load(name, {{1, 28, 28}, 47});
    EXPECT_EQ(model.layers().back().output_shape, Shape{47}) << name;
    EXPECT_FALSE(model.training().empty()) << name;
  }
  EXPECT_EQ(Model::load("cnn", {{1, 8, 8}, 10}).layers()[8].output_shape, (Shape{256, 1, 1}));
}

TEST(Model, LenetSaysWhichLayerDoesNotFitSmallImages) {
  try {
    Model::load("lenet", {{1, 8, 8}, 10});
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("lenet"), HasSubstr("'conv2'"), HasSubstr("5x5"),
                                    HasSubstr("2x2")));
  }
}

TEST(Model, ANameIsAShortText) {
  const auto named = [](const std::string& name) {
    return error_of(R"({"name": )" + name + R"(, "layers": [{"type": "linear", "units": 10}]})");
  };
  const std::string longest(200, 'x');
  EXPECT_EQ(named("\"été 3\""), "no error");
  EXPECT_EQ(named("\"" + longest + "\""), "no error");
  for (const std::string& name :
       {"\"" + longest + "x\"", std::string(R"("")"), std::string("7"), std::string("null"),
        std::string(R"("a\u0000b")"), std::string(R"("a\u001b[2Jb")")})
    EXPECT_THAT(named(name), AllOf(HasSubstr("my.json"), HasSubstr("\"name\""))) << name;
}

TEST(Model, NamesUnnamedLayersByTypeAndParametersByLayer) {
  const Model model = Model::parse(R"({"layers": [{"type": "linear", "units": 3}, {"type": "relu"},
      {"type": "linear", "units": "classes"}]})",
                                   "dir/small.json", image);
  EXPECT_EQ(model.name(), "small");
  EXPECT_EQ(model.layers()[2].name, "linear2");
  EXPECT_EQ(model.layers()[2].parameters[1].name, "linear2.bias");
  EXPECT_EQ(model.layers()[0].parameters[0].initializer, tensor::Initializer::he_normal);
  EXPECT_EQ(model.layers()[2].parameters[0].initializer, tensor::Initializer::uniform_fan_in);
}

TEST(Model, ErrorsNameFileLayerAndWhatDoesNotFit) {
  EXPECT_THAT(error_of("{"), AllOf(HasSubstr("my.json"), HasSubstr("not valid JSON")));
  EXPECT_THAT(error_of("[]"), HasSubstr("JSON object"));
  EXPECT_THAT(error_of("{}"), HasSubstr("\"layers\""));
  EXPECT_THAT(error_of(R"({"layers": 1e999})"), HasSubstr("not valid JSON"));
  EXPECT_THAT(error_of(std::string(100000, '[')), HasSubstr("nests deeper"));
  EXPECT_THAT(error_of(R"({"layers": []})"), HasSubstr("\"layers\""));
  EXPECT_THAT(error_of(R"({"layers": [3]})"), HasSubstr("layer 1"));
  EXPECT_THAT(error_of(R"({"layers": [{"type": "relu"}], "colour": 1})"), HasSubstr("colour"));
  EXPECT_THAT(error_of(R"({"layers": [{"type": "relu"}], "training": {"colour": 1}})"),
              AllOf(HasSubstr("training"), HasSubstr("colour")));
  EXPECT_THAT(error_of(R"({"layers": [{"type": "relu"}], "training": {"lr": [1]}})"),
              HasSubstr("\"lr\""));
  EXPECT_THAT(error_of(R"({"layers": [{"type": "linear", "units": 7}]})"),
              AllOf(HasSubstr("linear1"), HasSubstr("7 values"), HasSubstr("10 classes")));
  EXPECT_THAT(layer_error(R"({"type": "swish", "name": "s"})"),
              AllOf(HasSubstr("'s'"), HasSubstr("swish"), HasSubstr("gelu")));
  EXPECT_THAT(layer_error(R"({"name": "x"})"), HasSubstr("\"type\" is missing"));
  EXPECT_THAT(layer_error(R"({"type": "conv2d", "kernel": 3})"),
              HasSubstr("\"channels\" is missing"));
  EXPECT_THAT(layer_error(R"({"type": "conv2d", "channels": 2, "kernel_size": 3})"),
              HasSubstr("\"kernel_size\" is not an attribute; this layer has channels, kernel"));
  EXPECT_THAT(layer_error(R"({"type": "conv2d", "channels": 4, "kernel": 3, "dilation": 2})"),
              AllOf(HasSubstr("layer 1"), HasSubstr("dilation"), HasSubstr("padding")));
  EXPECT_THAT(layer_error(R"({"type": "relu", "inplace": true})"), HasSubstr("has none"));
  EXPECT_THAT(layer_error(R"({"type": "conv2d", "channels": 4, "kernel": 40})"),
              AllOf(HasSubstr("40x40"), HasSubstr("32x32")));
  EXPECT_THAT(layer_error(R"({"type": "conv2d", "channels": 4, "kernel": 3, "groups": 2})"),
              HasSubstr("groups"));
  EXPECT_THAT(layer_error(R"({"type": "max_pool", "window": 3, "padding": 2})"), HasSubstr("half"));
  EXPECT_THAT(layer_error(R"({"type": "max_pool", "window": 33})"), HasSubstr("33x33"));
  EXPECT_THAT(layer_error(R"({"type": "flatten"}, {"type": "conv2d", "channels": 4, "kernel": 3})"),
              HasSubstr("needs an image"));
  EXPECT_THAT(layer_error(R"({"type": "add"})"), HasSubstr("two inputs"));
  EXPECT_THAT(layer_error(R"({"type": "conv2d", "name": "a", "channels": 4, "kernel": 1},
                             {"type": "add", "inputs": ["a", "input"]})"),
              AllOf(HasSubstr("4x32x32"), HasSubstr("3x32x32")));
  EXPECT_THAT(layer_error(R"({"type": "relu", "inputs": ["input", "input"]})"),
              HasSubstr("takes one input"));
  EXPECT_THAT(layer_error(R"({"type": "relu", "input": "later"})"), HasSubstr("later"));
  EXPECT_THAT(layer_error(R"({"type": "relu", "inputs": "input"})"), HasSubstr("list"));
  EXPECT_THAT(layer_error(R"({"type": "relu", "name": "a/b"})"), HasSubstr("letters"));
  EXPECT_THAT(layer_error(R"({"type": "relu", "name": "a"}, {"type": "relu", "name": "a"})"),
              HasSubstr("taken"));
  EXPECT_THAT(layer_error(R"({"type": "relu", "name": "a"}, {"type": "relu", "input": "input"})"),
              AllOf(HasSubstr("'a'"), HasSubstr("no layer reads")));
}

TEST(Model, OddNumbersAreErrors) {
  for (const char* number :
       {"0", "-1", "1.5", "1e30", "-1e300", "99999999999999999999999", "9223372036854775808",
        "1048577", "\"4\"", "null", "true", "[1]", "[1, 2, 3]", "{}"}) {
    const std::string value = number;
    EXPECT_THAT(layer_error(R"({"type": "conv2d", "channels": 4, "kernel": )" + value + "}"),
                HasSubstr("kernel"))
        << number;
    EXPECT_THAT(layer_error(R"({"type": "linear", "units": )" + value + "}"), HasSubstr("units"))
        << number;
  }
  EXPECT_THAT(layer_error(R"({"type": "dropout", "rate": 1})"), HasSubstr("rate"));
  EXPECT_THAT(layer_error(R"({"type": "dropout", "rate": -0.1})"), HasSubstr("rate"));
  EXPECT_THAT(layer_error(R"({"type": "batch_norm", "epsilon": "small"})"), HasSubstr("epsilon"));
}

TEST(Model, SizesThatNoMachineHasAreErrors) {
  EXPECT_THAT(layer_error(R"({"type": "linear", "units": 1048576})"), HasSubstr("too large"));
  EXPECT_THAT(layer_error(R"({"type": "conv2d", "channels": 1048576, "kernel": 1048576,
                              "padding": 1048576})"),
              HasSubstr("too large"));
}

TEST(Model, LoadsFilesAndSaysWhereNamesComeFrom) {
  const auto folder = std::filesystem::temp_directory_path() / "dtrain_model_test";
  std::filesystem::create_directories(folder);
  const std::string file = (folder / "one.json").string();
  std::ofstream(file) << R"({"layers": [{"type": "linear", "units": "classes"}]})";
  EXPECT_EQ(Model::load(file, image).name(), "one");
  std::filesystem::remove_all(folder);
  EXPECT_THROW(Model::load(file, image), InputError);
  EXPECT_THROW(Model::load(folder.parent_path().string() + "/.json", image), InputError);
  try {
    Model::load("cnnn", image);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("cnnn"), HasSubstr("resnet20")));
  }
}

}  // namespace
}  // namespace dtrain::nn
