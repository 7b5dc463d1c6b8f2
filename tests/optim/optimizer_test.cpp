// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "optim/optimizer.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "base/rng.hpp"

namespace dtrain::optim {
namespace {

using kernels::Layout;
using tensor::Parameter;
using tensor::ParameterArena;

/// Three parameters: two weights and a bias between them that does not decay.
class OptimizerTest : public ::testing::TestWithParam<const char*> {
 protected:
  OptimizerTest()
      : backend_(std::string(GetParam()) == "cpu" ? kernels::make_cpu_backend(1)
                                                  : kernels::make_reference_backend()),
        stream_(backend_->device->make_stream()),
        arena_(*backend_, {request("a.weight", 37, true), request("a.bias", 5, false),
                           request("b.weight", 100, true)}) {
    for (const Parameter& parameter : arena_.parameters())
      for (std::int64_t i = 0; i < parameter.floats(); ++i)
        arena_.value(parameter)[i] = noise(parameter.offset + i);
  }

  static tensor::ParameterRequest request(const std::string& name, std::int64_t size, bool decays) {
    return {{.name = name, .shape = Shape{size}, .decays = decays}, Layout::plain({size})};
  }
  static float noise(std::int64_t i) {
    return Rng(1, RngPurpose::synthetic, 0).normal_at(static_cast<std::uint64_t>(i));
  }
  static float gradient_of(std::int64_t i, std::int64_t step) {
    return 0.3f * noise(i + 1000 * step);
  }

  void set_gradients(std::int64_t step) {
    for (const Parameter& parameter : arena_.parameters())
      for (std::int64_t i = 0; i < parameter.floats(); ++i)
        arena_.gradient(parameter)[i] = gradient_of(parameter.offset + i, step);
  }

  /// One step over the arena cut into `slices` parts, as ranks of a sharded optimizer would.
  void step(Optimizer& optimizer, float rate, std::int64_t number, std::int64_t slices = 1) {
    const auto slice = [&](std::int64_t i) {
      return Slice{arena_.trainable_floats() * i / slices,
                   arena_.trainable_floats() * (i + 1) / slices};
    };
    std::vector<double> norms;
    for (std::int64_t i = 0; i < slices; ++i) {
      const std::vector<double> part = optimizer.partial_norms(slice(i), number, *stream_);
      norms.resize(part.size());
      for (std::size_t k = 0; k < part.size(); ++k) norms[k] += part[k];
    }
    for (std::int64_t i = 0; i < slices; ++i)
      optimizer.update(slice(i), norms, rate, number, *stream_);
  }

  /// The same in double for one parameter, by the published formula: w, g, step number -> w.
  template <class Formula>
  void compare(const OptimizerOptions& options, Formula formula, double tolerance = 2e-6) {
    std::vector<std::vector<double>> expected;
    for (const Parameter& parameter : arena_.parameters())
      expected.emplace_back(arena_.value(parameter), arena_.value(parameter) + parameter.floats());
    const auto optimizer = make_optimizer(options, arena_, *backend_);
    for (std::int64_t number = 1; number <= 4; ++number) {
      const double rate = 0.1 / static_cast<double>(number);  // a rate that changes
      set_gradients(number);
      step(*optimizer, static_cast<float>(rate), number);
      for (std::size_t p = 0; p < expected.size(); ++p) {
        const Parameter& parameter = arena_.parameters()[p];
        std::vector<double> gradient;
        for (std::int64_t i = 0; i < parameter.floats(); ++i)
          gradient.push_back(static_cast<double>(gradient_of(parameter.offset + i, number)));
        formula(p, parameter.spec.decays, expected[p], gradient, rate, number);
        for (std::size_t i = 0; i < expected[p].size(); ++i)
          ASSERT_NEAR(static_cast<double>(arena_.value(parameter)[i]), expected[p][i], tolerance)
              << parameter.spec.name << "[" << i << "] at step " << number;
      }
    }
  }

  double gradient_norm(std::int64_t number) {
    double sum = 0;
    for (const Parameter& parameter : arena_.parameters())
      for (std::int64_t i = 0; i < parameter.floats(); ++i)
        sum += std::pow(static_cast<double>(gradient_of(parameter.offset + i, number)), 2);
    return std::sqrt(sum);
  }

  std::unique_ptr<kernels::Backend> backend_;
  std::unique_ptr<kernels::Stream> stream_;
  ParameterArena arena_;
};

using Vector = std::vector<double>;

double norm(const Vector& x) {
  double sum = 0;
  for (double element : x) sum += element * element;
  return std::sqrt(sum);
}

TEST_P(OptimizerTest, SgdTakesTheHandWorkedSteps) {
  ParameterArena one(*backend_, {request("w", 1, true)});
  OptimizerOptions options{.kind = OptimizerKind::sgd, .momentum = 0.5f, .weight_decay = 0.1f};
  const auto optimizer = make_optimizer(options, one, *backend_);
  one.values()[0] = 1.0f;
  one.gradients()[0] = 2.0f;
  optimizer->update({0, 16}, {}, 0.1f, 1, *stream_);
  EXPECT_FLOAT_EQ(one.values()[0], 0.79f);  // v = 2.1
  optimizer->update({0, 16}, {}, 0.1f, 2, *stream_);
  EXPECT_FLOAT_EQ(one.values()[0], 0.79f - 0.1f * (1.05f + 2.079f));  // g = 2.079
  for (int i = 1; i < 16; ++i) EXPECT_EQ(one.values()[i], 0.0f);
}

TEST_P(OptimizerTest, AdamTakesTheHandWorkedStep) {
  ParameterArena one(*backend_, {request("w", 1, true)});
  const auto optimizer = make_optimizer({.kind = OptimizerKind::adam}, one, *backend_);
  one.values()[0] = 1.0f;
  one.gradients()[0] = -3.0f;
  optimizer->update({0, 16}, {}, 0.01f, 1, *stream_);
  EXPECT_NEAR(one.values()[0], 1.01f, 1e-6);  // the first step is lr * sign(g)
}

TEST_P(OptimizerTest, SgdIsPyTorchs) {
  for (const bool nesterov : {false, true}) {
    std::vector<Vector> velocity(3);
    OptimizerOptions options{.momentum = 0.9f, .nesterov = nesterov, .weight_decay = 0.05f};
    compare(options,
            [&](std::size_t p, bool decays, Vector& w, Vector g, double rate, std::int64_t) {
              velocity[p].resize(w.size());
              for (std::size_t i = 0; i < w.size(); ++i) {
                g[i] += decays ? 0.05 * w[i] : 0.0;
                velocity[p][i] = 0.9 * velocity[p][i] + g[i];
                w[i] -= rate * (nesterov ? g[i] + 0.9 * velocity[p][i] : velocity[p][i]);
              }
            });
  }
}

TEST_P(OptimizerTest, PlainSgdKeepsNoState) {
  const auto optimizer = make_optimizer({.momentum = 0.0f}, arena_, *backend_);
  EXPECT_TRUE(optimizer->state().empty());
}

TEST_P(OptimizerTest, AdamAndAdamWAreThePublishedOnes) {
  for (const OptimizerKind kind : {OptimizerKind::adam, OptimizerKind::adamw}) {
    std::vector<Vector> m(3), v(3);
    OptimizerOptions options{.kind = kind, .weight_decay = 0.05f};
    compare(options,
            [&](std::size_t p, bool decays, Vector& w, Vector g, double rate, std::int64_t t) {
              m[p].resize(w.size());
              v[p].resize(w.size());
              const double decay = decays ? 0.05 : 0.0;
              for (std::size_t i = 0; i < w.size(); ++i) {
                if (kind == OptimizerKind::adam) g[i] += decay * w[i];
                if (kind == OptimizerKind::adamw) w[i] -= rate * decay * w[i];
                m[p][i] = 0.9 * m[p][i] + 0.1 * g[i];
                v[p][i] = 0.999 * v[p][i] + 0.001 * g[i] * g[i];
                const double corrected = v[p][i] / (1 - std::pow(0.999, t));
                w[i] -= rate * m[p][i] / (1 - std::pow(0.9, t)) / (std::sqrt(corrected) + 1e-8);
              }
            });
  }
}

TEST_P(OptimizerTest, LarsIsThePublishedOne) {
  std::vector<Vector> velocity(3);
  OptimizerOptions options{.kind = OptimizerKind::lars, .momentum = 0.9f, .weight_decay = 0.05f};
  compare(options, [&](std::size_t p, bool decays, Vector& w, Vector g, double rate, std::int64_t) {
    velocity[p].resize(w.size());
    const double beta = decays ? 0.05 : 0.0;
    const double local_rate = decays ? 0.001 * norm(w) / (norm(g) + beta * norm(w)) : 1.0;
    for (std::size_t i = 0; i < w.size(); ++i) {
      velocity[p][i] = 0.9 * velocity[p][i] + rate * local_rate * (g[i] + beta * w[i]);
      w[i] -= velocity[p][i];
    }
  });
}

TEST_P(OptimizerTest, LambIsThePublishedOne) {
  std::vector<Vector> m(3), v(3);
  OptimizerOptions options{.kind = OptimizerKind::lamb, .weight_decay = 0.05f};
  compare(options,
          [&](std::size_t p, bool decays, Vector& w, Vector g, double rate, std::int64_t t) {
            m[p].resize(w.size());
            v[p].resize(w.size());
            Vector r(w.size());
            for (std::size_t i = 0; i < w.size(); ++i) {
              m[p][i] = 0.9 * m[p][i] + 0.1 * g[i];
              v[p][i] = 0.999 * v[p][i] + 0.001 * g[i] * g[i];
              r[i] = m[p][i] / (1 - std::pow(0.9, t)) /
                         (std::sqrt(v[p][i] / (1 - std::pow(0.999, t))) + 1e-6) +
                     (decays ? 0.05 * w[i] : 0.0);
            }
            const double ratio = decays ? norm(w) / norm(r) : 1.0;
            for (std::size_t i = 0; i < w.size(); ++i) w[i] -= rate * ratio * r[i];
          });
}

TEST_P(OptimizerTest, ClippingScalesTheGradientToTheNorm) {
  OptimizerOptions options{.momentum = 0.0f, .clip_norm = 0.5f};
  compare(options, [&](std::size_t, bool, Vector& w, const Vector& g, double rate, std::int64_t t) {
    const double scale = std::min(1.0, 0.5 / (gradient_norm(t) + 1e-6));
    EXPECT_LT(scale, 0.5);
    for (std::size_t i = 0; i < w.size(); ++i) w[i] -= rate * scale * g[i];
  });
}

TEST_P(OptimizerTest, ClippingLeavesASmallGradientAlone) {
  OptimizerOptions options{.momentum = 0.0f, .clip_norm = 100.0f};
  compare(options, [&](std::size_t, bool, Vector& w, const Vector& g, double rate, std::int64_t) {
    for (std::size_t i = 0; i < w.size(); ++i) w[i] -= rate * g[i];
  });
}

TEST_P(OptimizerTest, SlicesGiveWhatTheWholeGives) {
  const std::vector<float> start(arena_.values(), arena_.values() + arena_.trainable_floats());
  for (const OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adam, OptimizerKind::adamw,
                                   OptimizerKind::lars, OptimizerKind::lamb}) {
    OptimizerOptions options{.kind = kind, .weight_decay = 0.01f};
    if (kind != OptimizerKind::lamb) options.clip_norm = 0.7f;
    std::vector<float> results[2];
    for (const std::int64_t slices : {1, 3}) {
      std::copy(start.begin(), start.end(), arena_.values());
      const auto optimizer = make_optimizer(options, arena_, *backend_);
      for (std::int64_t number = 1; number <= 3; ++number) {
        set_gradients(number);
        step(*optimizer, 0.1f, number, slices);
      }
      results[slices / 3].assign(arena_.values(), arena_.values() + arena_.trainable_floats());
    }
    for (std::size_t i = 0; i < start.size(); ++i)
      ASSERT_NEAR(results[0][i], results[1][i], 1e-6) << to_string(kind) << " " << i;
    EXPECT_NE(results[0], start);
  }
}

TEST_P(OptimizerTest, StateThatIsCopiedContinuesTheSame) {
  for (const OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adam, OptimizerKind::lamb}) {
    const OptimizerOptions options{.kind = kind};
    const auto first = make_optimizer(options, arena_, *backend_);
    set_gradients(1);
    step(*first, 0.1f, 1);
    const std::vector<float> values(arena_.values(), arena_.values() + arena_.trainable_floats());
    const auto second = make_optimizer(options, arena_, *backend_);
    ASSERT_FALSE(first->state().empty());
    for (std::size_t s = 0; s < first->state().size(); ++s) {
      EXPECT_EQ(first->state()[s].name, second->state()[s].name);
      std::copy_n(first->state()[s].data, arena_.trainable_floats(), second->state()[s].data);
    }
    set_gradients(2);
    step(*first, 0.1f, 2);
    const std::vector<float> expected(arena_.values(), arena_.values() + arena_.trainable_floats());
    std::copy(values.begin(), values.end(), arena_.values());
    step(*second, 0.1f, 2);
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), arena_.values())) << to_string(kind);
  }
}

// What ranks of a sharded optimizer do, one after the other: state for the owned slices only.
TEST_P(OptimizerTest, OwnersOfPartsTogetherGiveWhatOneOwnerGives) {
  const std::int64_t all = arena_.trainable_floats();
  const std::vector<std::vector<Slice>> owned{{{0, 10}, {50, 60}}, {{10, 50}, {60, all}}, {}};
  for (const OptimizerKind kind :
       {OptimizerKind::sgd, OptimizerKind::adam, OptimizerKind::lars, OptimizerKind::lamb}) {
    const OptimizerOptions options{.kind = kind, .weight_decay = 0.05f};
    const std::vector<float> start(arena_.values(), arena_.values() + all);
    const auto whole = make_optimizer(options, arena_, *backend_);
    for (std::int64_t number = 1; number <= 3; ++number) {
      set_gradients(number);
      step(*whole, 0.1f, number);
    }
    const std::vector<float> expected(arena_.values(), arena_.values() + all);

    std::copy(start.begin(), start.end(), arena_.values());
    std::vector<std::unique_ptr<Optimizer>> owners;
    for (const auto& slices : owned)
      owners.push_back(make_optimizer(options, arena_, *backend_, slices));
    for (std::int64_t number = 1; number <= 3; ++number) {
      set_gradients(number);
      std::vector<double> norms = owners[2]->partial_norms({0, 0}, number, *stream_);
      for (const auto& owner : owners)
        for (const Slice& slice : owner->owned()) {
          const auto part = owner->partial_norms(slice, number, *stream_);
          ASSERT_EQ(part.size(), norms.size());
          for (std::size_t k = 0; k < part.size(); ++k) norms[k] += part[k];
        }
      for (const auto& owner : owners)
        for (const Slice& slice : owner->owned())
          owner->update(slice, norms, 0.1f, number, *stream_);
    }
    for (std::size_t i = 0; i < start.size(); ++i)
      ASSERT_NEAR(arena_.values()[i], expected[i], 1e-6) << to_string(kind) << " " << i;
    std::copy(start.begin(), start.end(), arena_.values());
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, OptimizerTest, ::testing::Values("reference", "cpu"),
                         [](const auto& info) { return std::string(info.param); });

TEST(OptimizerKind, NamesRoundTrip) {
  for (const char* name : {"sgd", "adam", "adamw", "lars", "lamb"})
    EXPECT_EQ(to_string(parse_optimizer(name)), name);
  EXPECT_THROW(parse_optimizer("adagrad"), UsageError);
}

TEST(Optimizer, OptionsThatDoNotGoTogetherAreUsageErrors) {
  const auto backend = kernels::make_reference_backend();
  ParameterArena arena(*backend, {});
  const auto make = [&](const OptimizerOptions& options) {
    return make_optimizer(options, arena, *backend);
  };
  EXPECT_THROW(make({.kind = OptimizerKind::adam, .nesterov = true}), UsageError);
  EXPECT_THROW(make({.momentum = 0.0f, .nesterov = true}), UsageError);
  EXPECT_THROW(make({.momentum = 1.0f}), UsageError);
  EXPECT_THROW(make({.weight_decay = -1.0f}), UsageError);
  EXPECT_THROW(make({.weight_decay = NAN}), UsageError);
  EXPECT_THROW(make({.kind = OptimizerKind::lamb, .clip_norm = 1.0f}), UsageError);
}

}  // namespace
}  // namespace dtrain::optim
