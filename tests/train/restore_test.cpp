// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "tests/train/training.hpp"

namespace dtrain::train {
namespace {

using testing::HasSubstr;

/// A replica and its optimizer.
struct Rig {
  explicit Rig(std::uint64_t seed, const char* text = small_batch_norm)
      : model(nn::Model::parse(text, "test.json", {{1, 8, 8}, 4})),
        replica(model, *backend, 16, seed),
        optimizer(optim::make_optimizer({.kind = optim::OptimizerKind::adam}, replica.parameters(),
                                        *backend)) {}

  Checkpoint capture() {
    return train::capture(replica, gather_state(*optimizer, replica, *alone, false), {}, {});
  }

  std::unique_ptr<comm::Communicator> alone = comm::make_self_communicator();
  std::unique_ptr<kernels::Backend> backend = kernels::make_cpu_backend(1);
  nn::Model model;
  nn::Replica replica;
  std::unique_ptr<optim::Optimizer> optimizer;
};

/// Something other than zeros in the optimizer.
void take_a_step(Rig& rig) {
  const auto stream = rig.backend->device->make_stream();
  tensor::ParameterArena& arena = rig.replica.parameters();
  for (const tensor::Parameter& parameter : arena.parameters()) {
    std::vector<float> gradient(static_cast<std::size_t>(parameter.spec.shape.elements()));
    float value = 0;
    for (float& g : gradient) g = value += 0.01f;
    arena.from_canonical(parameter, gradient, arena.gradients());
  }
  rig.optimizer->update({0, arena.trainable_floats()}, {}, 0.1f, 1, *stream);
}

TEST(Restore, BringsBackWeightsBuffersAndState) {
  Rig original(1), other(2);
  take_a_step(original);
  const Checkpoint checkpoint = original.capture();
  EXPECT_EQ(checkpoint.buffers.size(), 2u);
  EXPECT_NE(original.replica.weights_hash(), other.replica.weights_hash());
  restore(checkpoint, other.replica, other.optimizer.get());
  EXPECT_EQ(original.replica.weights_hash(), other.replica.weights_hash());
  EXPECT_EQ(encode(other.capture()), encode(checkpoint));
}

TEST(Restore, HashOfTheFileIsThatOfTheReplica) {
  Rig rig(3);
  EXPECT_EQ(weights_hash(capture(rig.replica, {}, {}, {})), rig.replica.weights_hash());
}

/// The message with which a changed checkpoint is refused.
std::string refusal(const std::function<void(Checkpoint&)>& change) {
  Rig rig(1);
  Checkpoint checkpoint = rig.capture();
  checkpoint.origin = "some.h5";
  change(checkpoint);
  try {
    restore(checkpoint, rig.replica, rig.optimizer.get());
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Restore, NamesWhatDoesNotFit) {
  EXPECT_EQ(refusal([](Checkpoint&) {}), "accepted");
  EXPECT_THAT(refusal([](Checkpoint& c) { c.parameters.pop_back(); }), HasSubstr("fc1.bias"));
  EXPECT_THAT(refusal([](Checkpoint& c) { c.buffers.clear(); }), HasSubstr("bn1.running_mean"));
  EXPECT_THAT(refusal([](Checkpoint& c) {
                c.parameters.push_back({"extra.weight", {1}, {0}});
              }),
              HasSubstr("extra.weight"));
  EXPECT_THAT(refusal([](Checkpoint& c) {
                c.parameters[0].shape = {6, 1, 9};
              }),
              testing::AllOf(HasSubstr("some.h5"), HasSubstr("conv1.weight"), HasSubstr("6x1x9"),
                             HasSubstr("6x1x3x3")));
  EXPECT_THAT(refusal([](Checkpoint& c) { c.optimizer.pop_back(); }), HasSubstr("optimizer state"));
  EXPECT_THAT(refusal([](Checkpoint& c) { c.parameters[0].data.back() = NAN; }),
              testing::AllOf(HasSubstr("some.h5"), HasSubstr("conv1.weight"), HasSubstr("finite")));
  EXPECT_THAT(refusal([](Checkpoint& c) { c.buffers[0].data[0] = INFINITY; }),
              HasSubstr("bn1.running_mean"));
}

}  // namespace
}  // namespace dtrain::train
