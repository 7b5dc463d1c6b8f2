// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
// The plain functions of the cuda backend against the reference's, on a GPU. Arrays start at odd
// places too, where nothing can be read four at a time.

#include <numeric>
#include <optional>

#include "tests/kernels/harness.hpp"

namespace dtrain::kernels {
namespace {

class CudaFunctions : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string missing = why_not("cuda");
    if (!missing.empty()) GTEST_SKIP() << missing;
    bench.emplace(make_bench("cuda"));
  }

  /// Values on the device, `offset` floats into their memory.
  struct OnDevice {
    std::unique_ptr<Allocation> memory;
    float* data;
  };
  OnDevice send(const Values& values, std::size_t offset) {
    auto memory = bench->poisoned((values.size() + offset) * sizeof(float) + 64);
    float* data = memory->floats() + offset;
    bench->device().copy_to_device(data, values.data(), values.size() * sizeof(float),
                                   bench->stream());
    return {std::move(memory), data};
  }
  Values fetch(const float* data, std::size_t count) {
    Values values(count);
    bench->device().copy_to_host(values.data(), data, count * sizeof(float), bench->stream());
    return values;
  }
  template <class T>
  std::unique_ptr<Allocation> send_array(const std::vector<T>& values) {
    auto memory = bench->device().allocate(values.size() * sizeof(T));
    bench->device().copy_to_device(memory->data(), values.data(), values.size() * sizeof(T),
                                   bench->stream());
    return memory;
  }

  std::optional<Bench> bench;
  Bench reference = make_bench("reference");
};

constexpr std::int64_t counts[] = {0, 1, 3, 4, 7, 1001, 300007};
constexpr std::size_t offsets[] = {0, 1};

TEST_F(CudaFunctions, Activations) {
  for (const Activation f : {Activation::none, Activation::relu, Activation::gelu,
                             Activation::sigmoid, Activation::tanh})
    for (const std::int64_t count : counts)
      for (const std::size_t offset : offsets) {
        const Values x = random_values(count, 1, -6, 6), dy = random_values(count, 2);
        Values y(x.size()), dx(x.size());
        reference.kernels().activation_forward(f, count, x.data(), y.data(), reference.stream());
        const OnDevice in = send(x, offset), out = send(Values(x.size(), nan_value), offset),
                       gradient = send(dy, offset);
        bench->kernels().activation_forward(f, count, in.data, out.data, bench->stream());
        expect_close(fetch(out.data, x.size()), y, 2e-6, 2e-6, "forward");
        const Values& value = derivative_needs_input(f) ? x : y;
        reference.kernels().activation_backward(f, count, value.data(), dy.data(), dx.data(),
                                                reference.stream());
        const OnDevice sent = send(value, offset);
        bench->kernels().activation_backward(f, count, sent.data, gradient.data, gradient.data,
                                             bench->stream());
        expect_close(fetch(gradient.data, x.size()), dx, 2e-6, 2e-6, "backward");
      }
}

TEST_F(CudaFunctions, SumsFillsAndCasts) {
  for (const std::int64_t count : counts)
    for (const std::size_t offset : offsets) {
      const Values a = random_values(count, 1), b = random_values(count, 2);
      Values sum(a.size()), rectified(a.size()), scaled = b;
      Stream& host = reference.stream();
      reference.kernels().add(AddActivation::none, count, a.data(), b.data(), sum.data(), host);
      reference.kernels().add(AddActivation::relu, count, a.data(), b.data(), rectified.data(),
                              host);
      reference.kernels().add_scaled(count, 0.37f, a.data(), scaled.data(), host);
      const OnDevice x = send(a, offset), y = send(b, offset), out = send(a, offset);
      Stream& stream = bench->stream();
      bench->kernels().add(AddActivation::none, count, x.data, y.data, out.data, stream);
      expect_same_bits(fetch(out.data, a.size()), sum, "add");
      bench->kernels().add(AddActivation::relu, count, x.data, y.data, out.data, stream);
      expect_same_bits(fetch(out.data, a.size()), rectified, "add, relu");
      bench->kernels().add_scaled(count, 0.37f, x.data, y.data, stream);
      expect_same_bits(fetch(y.data, a.size()), scaled, "add_scaled");
      bench->kernels().fill(count, 3, out.data, stream);
      expect_same_bits(fetch(out.data, a.size()), Values(a.size(), 3.0f), "fill");

      std::vector<std::uint16_t> halves(a.size());
      Values widened(a.size());
      reference.kernels().float_to_bf16(count, a.data(), halves.data(), host);
      reference.kernels().bf16_to_float(count, halves.data(), widened.data(), host);
      const auto half = bench->device().allocate(a.size() * 2 + 64);
      auto* on_device = static_cast<std::uint16_t*>(half->data()) + offset;
      bench->kernels().float_to_bf16(count, x.data, on_device, stream);
      bench->kernels().bf16_to_float(count, on_device, out.data, stream);
      expect_same_bits(fetch(out.data, a.size()), widened, "bf16");
    }
}

TEST_F(CudaFunctions, ReducesToTheHost) {
  for (const std::int64_t count : counts) {
    Values x = random_values(count, 3);
    const double expected = reference.kernels().sum_of_squares(count, x.data(), reference.stream());
    const OnDevice sent = send(x, 0);
    const double sum = bench->kernels().sum_of_squares(count, sent.data, bench->stream());
    EXPECT_NEAR(sum, expected, 1e-12 * expected);
    EXPECT_EQ(bench->kernels().sum_of_squares(count, sent.data, bench->stream()), sum);
    EXPECT_EQ(bench->kernels().find_non_finite(count, sent.data, bench->stream()), -1);
    for (const std::int64_t place : {count - 1, count / 2}) {
      if (place < 0 || count == 0) continue;
      x[static_cast<std::size_t>(place)] = infinity;
      EXPECT_EQ(bench->kernels().find_non_finite(count, send(x, 0).data, bench->stream()), place);
    }
  }
}

// The functors are the reference's, and compiled without contraction: the same bits.
TEST_F(CudaFunctions, Updates) {
  for (const std::int64_t count : counts)
    for (const bool flag : {false, true}) {  // Nesterov; decoupled decay
      const Values value = random_values(count, 1), gradient = random_values(count, 2),
                   m = random_values(count, 3), v = random_values(count, 4, 0, 1);
      for (const float momentum : {0.0f, 0.9f}) {
        Values w = value, velocity = m;
        SgdArgs args{.count = count,
                     .learning_rate = 0.1f,
                     .momentum = momentum,
                     .weight_decay = 5e-4f,
                     .nesterov = flag,
                     .gradient_scale = 0.7f,
                     .value = w.data(),
                     .gradient = gradient.data(),
                     .velocity = velocity.data()};
        reference.kernels().sgd_update(args, reference.stream());
        const OnDevice dw = send(value, 0), dg = send(gradient, 0), dm = send(m, 0);
        args.value = dw.data, args.gradient = dg.data, args.velocity = dm.data;
        bench->kernels().sgd_update(args, bench->stream());
        expect_same_bits(fetch(dw.data, w.size()), w, "sgd's value");
        if (momentum != 0) expect_same_bits(fetch(dm.data, w.size()), velocity, "velocity");
      }
      Values w = value, first = m, second = v, direction(value.size());
      AdamArgs args{.count = count,
                    .learning_rate = 0.01f,
                    .weight_decay = 0.01f,
                    .decoupled_decay = flag,
                    .step = 7,
                    .value = w.data(),
                    .gradient = gradient.data(),
                    .first_moment = first.data(),
                    .second_moment = second.data()};
      const OnDevice dw = send(value, 0), dg = send(gradient, 0), dm = send(m, 0), dv = send(v, 0),
                     dd = send(direction, 0);
      const auto on_device = [&](AdamArgs a) {
        a.value = dw.data, a.gradient = dg.data, a.first_moment = dm.data;
        a.second_moment = dv.data;
        return a;
      };
      const auto expect_moments = [&](const char* what) {
        expect_same_bits(fetch(dw.data, w.size()), w, what);
        expect_same_bits(fetch(dm.data, w.size()), first, what);
        expect_same_bits(fetch(dv.data, w.size()), second, what);
      };
      reference.kernels().adam_update(args, reference.stream());
      bench->kernels().adam_update(on_device(args), bench->stream());
      expect_moments("adam");
      reference.kernels().lamb_direction({args, direction.data()}, reference.stream());
      bench->kernels().lamb_direction({on_device(args), dd.data}, bench->stream());
      expect_moments("lamb");
      expect_same_bits(fetch(dd.data, w.size()), direction, "lamb's direction");
    }
}

TEST_F(CudaFunctions, LossesAndSoftmax) {
  for (const std::int64_t classes : {1, 2, 10, 33, 1000})
    for (const std::int64_t rows : {1, 5, 257}) {
      const auto size = static_cast<std::size_t>(rows * classes);
      const Values output = random_values(rows * classes, 1, -9, 9),
                   targets = random_values(rows * classes, 2);
      std::vector<std::int64_t> labels(static_cast<std::size_t>(rows));
      for (std::size_t n = 0; n < labels.size(); ++n)
        labels[n] = static_cast<std::int64_t>(n * 7) % classes;
      const auto device_labels = send_array(labels);
      const OnDevice x = send(output, 0), t = send(targets, 0);
      struct Result {
        Values loss, gradient;
        std::vector<std::int32_t> correct;
      };
      const auto run = [&](const Bench& on, LossArgs args, auto function) {
        const auto loss = on.device().allocate(labels.size() * 4 + 64);
        const auto correct = on.device().allocate(labels.size() * 4 + 64);
        const auto gradient = on.device().allocate(size * 4 + 64);
        args.rows = rows, args.classes = classes, args.gradient_scale = 0.5f;
        args.loss = loss->floats(), args.gradient = gradient->floats();
        args.correct =
            args.labels != nullptr ? static_cast<std::int32_t*>(correct->data()) : nullptr;
        function(args, on.stream());
        Result result{Values(labels.size()), Values(size),
                      std::vector<std::int32_t>(labels.size())};
        on.device().copy_to_host(result.loss.data(), loss->data(), labels.size() * 4, on.stream());
        on.device().copy_to_host(result.gradient.data(), gradient->data(), size * 4, on.stream());
        on.device().copy_to_host(result.correct.data(), correct->data(), labels.size() * 4,
                                 on.stream());
        return result;
      };
      const auto expect_equal = [&](const Result& actual, const Result& expected) {
        expect_close(actual.loss, expected.loss, 2e-6, 2e-6, "loss");
        expect_close(actual.gradient, expected.gradient, 2e-6, 1e-6, "gradient");
        EXPECT_EQ(actual.correct, expected.correct);
      };
      for (const float smoothing : {0.0f, 0.1f}) {
        LossArgs host{
            .label_smoothing = smoothing, .output = output.data(), .labels = labels.data()};
        LossArgs gpu = host;
        gpu.output = x.data, gpu.labels = static_cast<const std::int64_t*>(device_labels->data());
        expect_equal(run(*bench, gpu, bench->kernels().softmax_cross_entropy),
                     run(reference, host, reference.kernels().softmax_cross_entropy));
        expect_equal(run(*bench, gpu, bench->kernels().mean_squared_error),
                     run(reference, host, reference.kernels().mean_squared_error));
      }
      expect_equal(
          run(*bench, {.output = x.data, .targets = t.data}, bench->kernels().mean_squared_error),
          run(reference, {.output = output.data(), .targets = targets.data()},
              reference.kernels().mean_squared_error));
      Values p(size);
      reference.kernels().softmax(rows, classes, output.data(), p.data(), reference.stream());
      bench->kernels().softmax(rows, classes, x.data, x.data, bench->stream());
      expect_close(fetch(x.data, size), p, 2e-6, 1e-7, "softmax");
    }
}

TEST_F(CudaFunctions, DropoutDrawsTheSameMask) {
  for (const std::int64_t features : {1, 3, 4, 10, 513})
    for (const std::int64_t rows : {1, 37}) {
      std::vector<std::int64_t> ids(static_cast<std::size_t>(rows));
      std::iota(ids.begin(), ids.end(), 1000);
      const DropoutArgs args{.rows = rows,
                             .features = features,
                             .rate = 0.4f,
                             .seed = 5,
                             .layer = 3,
                             .step = 11,
                             .sample_ids = ids.data()};
      const Values x = random_values(rows * features, 1);
      Values y(x.size());
      reference.kernels().dropout(args, x.data(), y.data(), reference.stream());
      const OnDevice in = send(x, 0);
      bench->kernels().dropout(args, in.data, in.data, bench->stream());
      expect_same_bits(fetch(in.data, x.size()), y, "dropout");
    }
}

TEST_F(CudaFunctions, AugmentsAsTheReference) {
  constexpr std::int64_t samples = 19, channels = 3, height = 9, width = 7;
  constexpr std::size_t sample = channels * height * width;
  std::vector<std::uint8_t> bytes;
  for (const float draw : random_values(samples * sample, 1, 0, 256))
    bytes.push_back(static_cast<std::uint8_t>(draw));
  const Values floats = random_values(samples * sample, 2), mean{0.4f, 0.5f, 0.6f},
               deviation{0.2f, 0.25f, 0.3f};
  const auto device_bytes = send_array(bytes);
  const OnDevice device_floats = send(floats, 0);
  std::vector<std::int64_t> ids(samples);
  std::iota(ids.begin(), ids.end(), 70);
  for (const SampleType type : {SampleType::uint8, SampleType::float32})
    for (const std::int64_t padding : {0, 4}) {
      const auto run = [&](const Bench& on, const std::byte* stored) {
        std::vector<const void*> sources;
        const std::size_t size = sample * (type == SampleType::uint8 ? 1 : sizeof(float));
        for (std::size_t n = 0; n < samples; ++n) sources.push_back(stored + n * size);
        const auto output = on.poisoned(samples * sample * sizeof(float));
        on.kernels().augment({.samples = samples,
                              .channels = channels,
                              .height = height,
                              .width = width,
                              .type = type,
                              .sources = sources.data(),
                              .sample_ids = ids.data(),
                              .mean = mean.data(),
                              .std = deviation.data(),
                              .crop_padding = padding,
                              .flip = padding > 0,
                              .seed = 17,
                              .epoch = 2,
                              .output = output->floats()},
                             on.stream());
        return on.download(output->floats(), Layout::plain({samples, channels, height, width}));
      };
      const bool is_bytes = type == SampleType::uint8;
      const Values expected =
          run(reference, reinterpret_cast<const std::byte*>(
                             is_bytes ? static_cast<const void*>(bytes.data()) : floats.data()));
      const Values actual = run(
          *bench, reinterpret_cast<const std::byte*>(
                      is_bytes ? device_bytes->data() : static_cast<void*>(device_floats.data)));
      expect_close(actual, expected, 1e-6, 1e-6, "augment");
    }
}

}  // namespace
}  // namespace dtrain::kernels
