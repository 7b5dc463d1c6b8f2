// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// One pass over the input for the statistics (moments of each plane, merged by channel after
// T. Chan, G. Golub and R. LeVeque, 1979), one to normalise; backward likewise. Sums are merged in
// double in the order of the planes: results do not depend on the number of threads.

#include "kernels/batch_norm.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/cpu/loops.hpp"
#include "kernels/cpu/planes.hpp"
#include "kernels/cpu/planned_ops.hpp"

namespace dtrain::kernels::cpu {

namespace {

class CpuBatchNorm final : public BatchNorm {
 public:
  explicit CpuBatchNorm(const BatchNormSpec& spec)
      : spec_(spec), moments_(static_cast<std::size_t>(spec.channels)) {
    DTRAIN_ASSERT(spec.activation == Activation::none || spec.activation == Activation::relu);
    std::optional<Planes> planes = planes_of(spec.shape(), spec.input);
    input_layout_ = planes ? spec.input : Layout::plain(spec.shape());
    if (!planes) planes = planes_of(spec.shape(), input_layout_);
    output_layout_ = input_layout_;
    planes_ = *planes;
    extent_ = {.pixels = planes_.pixels(), .lanes = planes_.lanes};
    lane_floats_ = planes_.count * planes_.lanes;
    scratch_bytes_ = static_cast<std::size_t>(3 * lane_floats_) * sizeof(float);
    if (spec.pass == Pass::training)
      saved_bytes_ = 2 * static_cast<std::size_t>(spec.channels) * sizeof(float);
  }

  void forward(const Forward& f, Stream&) override {
    if (spec_.pass == Pass::training) measure(f);
    for_each_plane(f.scratch, [&](std::int64_t plane, float* mean, float* scale, float* shift) {
      set_lanes(plane, mean, [&](std::int64_t c) { return f.mean[c]; });
      set_lanes(plane, scale, [&](std::int64_t c) {
        const float inverse = spec_.pass == Pass::training ? inverse_deviations(f.saved)[c]
                                                           : inverse_deviation(f.variance[c]);
        return f.gamma[c] * inverse;
      });
      set_lanes(plane, shift, [&](std::int64_t c) { return f.beta[c]; });
      const std::int64_t at = plane * planes_.floats();
      loops_.normalise(extent_, has_relu(), f.input + at, mean, scale, shift, f.output + at);
    });
  }

  /// dx = gamma / deviation * (dy - mean(dy) - (x - mean) / variance * mean(dy * (x - mean)))
  void backward(const Backward& b, Stream&) override {
    const float* means = static_cast<const float*>(b.saved);
    const float* inverse = inverse_deviations(b.saved);
    for_each_plane(b.scratch, [&](std::int64_t plane, float* mean, float* sum, float* centred) {
      set_lanes(plane, mean, [&](std::int64_t c) { return means[c]; });
      const std::int64_t at = plane * planes_.floats();
      loops_.gradient_sums(extent_, b.input + at, mean, has_relu() ? b.output + at : nullptr,
                           b.output_gradient + at, sum, centred);
    });

    std::fill(moments_.begin(), moments_.end(), Moments{});
    for_each_lane(b.scratch, [&](std::int64_t c, float, float sum, float centred) {
      moments_[c].add(static_cast<double>(extent_.pixels), sum, centred);
    });
    for (std::int64_t c = 0; c < spec_.channels; ++c) {
      b.beta_gradient[c] = static_cast<float>(moments_[c].first);
      b.gamma_gradient[c] = static_cast<float>(moments_[c].second * inverse[c]);
    }
    if (b.input_gradient == nullptr) return;

    for_each_plane(b.scratch, [&](std::int64_t plane, float* of_dy, float* of_x, float* constant) {
      const auto slope = [&](std::int64_t c) {
        return -b.gamma[c] * inverse[c] * inverse[c] * inverse[c] *
               static_cast<float>(moments_[c].second / moments_[c].count);
      };
      set_lanes(plane, of_dy, [&](std::int64_t c) { return b.gamma[c] * inverse[c]; });
      set_lanes(plane, of_x, slope);
      set_lanes(plane, constant, [&](std::int64_t c) {
        const auto mean_dy = static_cast<float>(moments_[c].first / moments_[c].count);
        return -slope(c) * means[c] - b.gamma[c] * inverse[c] * mean_dy;
      });
      const std::int64_t at = plane * planes_.floats();
      loops_.combine(extent_, b.output_gradient + at, b.input + at, of_dy, of_x, constant,
                     b.input_gradient + at);
    });
  }

 private:
  /// Sums over a channel; while moments are merged, mean and squared deviations from it.
  struct Moments {
    double count = 0, first = 0, second = 0;

    void add(double n, double a, double b) {
      count += n;
      first += a;
      second += b;
    }
    void merge(double n, double mean, double squares) {
      const double difference = mean - first, total = count + n;
      second += squares + difference * difference * count * n / total;
      first += difference * n / total;
      count = total;
    }
  };

  bool has_relu() const { return spec_.activation == Activation::relu; }
  float inverse_deviation(double variance) const {
    return static_cast<float>(1.0 / std::sqrt(variance + spec_.epsilon));
  }
  /// `saved` holds the means, then the inverse deviations.
  const float* inverse_deviations(const void* saved) const {
    return static_cast<const float*>(saved) + spec_.channels;
  }

  void measure(const Forward& f) {
    for_each_plane(f.scratch, [&](std::int64_t plane, float* mean, float* squares, float*) {
      loops_.moments(extent_, f.input + plane * planes_.floats(), mean, squares);
    });
    std::fill(moments_.begin(), moments_.end(), Moments{});
    for_each_lane(f.scratch, [&](std::int64_t c, float mean, float squares, float) {
      moments_[c].merge(static_cast<double>(extent_.pixels), mean, squares);
    });
    auto* saved = static_cast<float*>(f.saved);
    for (std::int64_t c = 0; c < spec_.channels; ++c) {
      const Moments& m = moments_[c];
      f.mean[c] = saved[c] = static_cast<float>(m.first);
      f.variance[c] = static_cast<float>(m.second / std::max(m.count - 1, 1.0));
      saved[spec_.channels + c] = inverse_deviation(m.second / m.count);
    }
  }

  /// Scratch holds three arrays of a float per lane of every plane.
  template <class Visit>
  void for_each_plane(void* scratch, Visit visit) {
    float* lanes = static_cast<float*>(scratch);
#pragma omp parallel for
    for (std::int64_t plane = 0; plane < planes_.count; ++plane) {
      float* first = lanes + plane * planes_.lanes;
      visit(plane, first, first + lane_floats_, first + 2 * lane_floats_);
    }
  }
  /// Calls visit(channel, the three floats) for every lane that is not padding.
  template <class Visit>
  void for_each_lane(const void* scratch, Visit visit) {
    const float* lane = static_cast<const float*>(scratch);
    for (std::int64_t plane = 0; plane < planes_.count; ++plane)
      for (std::int64_t l = 0; l < planes_.lanes; ++l, ++lane)
        if (const std::int64_t c = planes_.channel(plane, l); c >= 0)
          visit(c, lane[0], lane[lane_floats_], lane[2 * lane_floats_]);
  }
  /// values[lane] = of(channel); 0 in padding, which stays zero thereby.
  template <class Of>
  void set_lanes(std::int64_t plane, float* values, Of of) {
    for (std::int64_t l = 0; l < planes_.lanes; ++l) {
      const std::int64_t c = planes_.channel(plane, l);
      values[l] = c >= 0 ? of(c) : 0.0f;
    }
  }

  const Loops& loops_ = loops(best_instruction_set());
  BatchNormSpec spec_;
  Planes planes_;
  PlaneExtent extent_{};
  std::int64_t lane_floats_ = 0;
  std::vector<Moments> moments_;  // by channel
};

}  // namespace

std::unique_ptr<BatchNorm> make_batch_norm(Device&, const BatchNormSpec& spec) {
  return std::make_unique<CpuBatchNorm>(spec);
}

}  // namespace dtrain::kernels::cpu
