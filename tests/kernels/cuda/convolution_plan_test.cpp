// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
// cuDNN plans for a GPU that is not there, from its properties alone.
#include "kernels/cuda/convolution_plan.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "kernels/backend.hpp"
#include "nn/builtin_models.hpp"
#include "nn/network.hpp"

namespace dtrain::kernels::cuda {
namespace {

DeviceProperties h200() {
  std::ifstream file(DTRAIN_H200_PROPERTIES);
  std::stringstream text;
  text << file.rdbuf();
  return DeviceProperties::from_json(text.str());
}

/// What the network asked its backend for. A factory is a plain function, hence not a member.
std::vector<Conv2dSpec> asked;

std::unique_ptr<Conv2d> note_and_make(Device& device, const Conv2dSpec& spec) {
  asked.push_back(spec);
  return make_reference_backend()->kernels->make_conv2d(device, spec);
}

/// Every convolution of a shipped model, as its network asks for it.
std::vector<Conv2dSpec> convolutions_of(const std::string& name, std::int64_t batch, Pass pass) {
  const auto backend = make_reference_backend();
  KernelTable table = *backend->kernels;
  table.make_conv2d = note_and_make;
  backend->kernels = &table;
  asked.clear();
  const auto model = nn::Model::load(name, nn::reference_input(name));
  const nn::Network network(model, *backend, batch, pass, {});
  return asked;
}

ConvolutionPart fused_part(const Conv2dSpec& spec) {
  const bool rectifies = spec.activation == Activation::relu;
  if (spec.has_bias)
    return rectifies ? ConvolutionPart::forward_bias_relu : ConvolutionPart::forward_bias;
  return rectifies ? ConvolutionPart::forward_relu : ConvolutionPart::forward;
}

class ConvolutionPlans : public testing::TestWithParam<ConvolutionLimits> {};

TEST_P(ConvolutionPlans, EveryConvolutionOfTheShippedModelsHasOne) {
  ConvolutionPlanner planner(h200(), GetParam());
  std::size_t convolutions = 0, fused = 0;
  for (const std::string& name : nn::builtin_model_names())
    for (const Pass pass : {Pass::training, Pass::inference})
      for (const Conv2dSpec& spec : convolutions_of(name, 64, pass)) {
        SCOPED_TRACE(name + " " + spec.input_shape().to_string() + " by " +
                     spec.weight_shape().to_string());
        ++convolutions;
        if (planner.try_plan(spec, fused_part(spec))) ++fused;
        EXPECT_LE(planner.plan(spec, ConvolutionPart::forward)->workspace_bytes(), 1u << 30);
        if (pass == Pass::inference) continue;
        EXPECT_LE(planner.plan(spec, ConvolutionPart::backward_filter)->workspace_bytes(),
                  1u << 30);
        if (spec.needs_input_gradient) {
          EXPECT_LE(planner.plan(spec, ConvolutionPart::backward_data)->workspace_bytes(),
                    1u << 30);
        }
      }
  EXPECT_GT(convolutions, 40u);
  RecordProperty("fused", static_cast<int>(fused));
  std::cout << fused << " of " << convolutions << " convolutions are fused with what follows\n";
}

INSTANTIATE_TEST_SUITE_P(
    Limits, ConvolutionPlans,
    testing::Values(ConvolutionLimits{}, ConvolutionLimits{.deterministic = true},
                    ConvolutionLimits{.tf32 = true},
                    ConvolutionLimits{.type = ElementType::bfloat16},
                    ConvolutionLimits{.type = ElementType::bfloat16, .deterministic = true},
                    ConvolutionLimits{.type = ElementType::float16},
                    ConvolutionLimits{.type = ElementType::float16, .deterministic = true}));

TEST(ConvolutionPlanner, PlansAShapeOnce) {
  ConvolutionPlanner planner(h200(), {});
  const Conv2dSpec spec{.batch = 8,
                        .in_channels = 64,
                        .in_height = 16,
                        .in_width = 16,
                        .out_channels = 128,
                        .kernel_height = 3,
                        .kernel_width = 3,
                        .padding_height = 1,
                        .padding_width = 1};
  const auto plan = planner.plan(spec, ConvolutionPart::forward);
  EXPECT_EQ(planner.plan(spec, ConvolutionPart::forward), plan);
  Conv2dSpec larger = spec;
  larger.batch = 9;
  EXPECT_NE(planner.plan(larger, ConvolutionPart::forward), plan);
  EXPECT_NE(planner.plan(spec, ConvolutionPart::backward_data), plan);
}

TEST(DeviceProperties, RefusesWhatIsNone) {
  EXPECT_THROW(DeviceProperties::from_json("{}"), Error);
}

}  // namespace
}  // namespace dtrain::kernels::cuda
