// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
// Batch normalisation on (N*H*W, C) arrays. Forward: statistics in one read, normalised in another.
// Backward: both sums in one read of x and dy, the gradient in another.
//   dx = gamma / deviation * (dy - mean(dy) - normal * mean(dy * normal))

#include "kernels/batch_norm.hpp"

#include "kernels/cuda/column_sums.cuh"
#include "kernels/cuda/element.cuh"
#include "kernels/cuda/layout.hpp"
#include "kernels/cuda/map.cuh"
#include "kernels/cuda/ops.hpp"
#include "kernels/functors.hpp"

namespace dtrain::kernels::cuda {
namespace {

/// What backward wants to know again, per channel.
struct Normal {
  float mean, inverse_deviation;
  __device__ float of(float x) const { return (x - mean) * inverse_deviation; }
};

/// Count, mean and squared deviations of some elements (T. Chan, G. Golub and R. LeVeque, 1979).
template <class T>
struct Statistics {
  struct Partial {
    float count, mean, squares;
  };
  const T* input;
  float epsilon;
  float* mean;
  float* variance;
  Normal* saved;

  __device__ Partial of(std::int64_t index, std::int64_t) const {
    return {1, static_cast<float>(input[index]), 0};
  }
  __device__ static Partial join(const Partial& a, const Partial& b) {
    const float count = a.count + b.count;
    if (b.count == 0) return a;
    const float share = b.count / count, difference = b.mean - a.mean;
    return {count, a.mean + difference * share,
            a.squares + b.squares + difference * difference * a.count * share};
  }
  __device__ void finish(std::int64_t column, const Partial& all) const {
    mean[column] = all.mean;
    variance[column] = all.squares / fmaxf(all.count - 1, 1);
    saved[column] = {all.mean, 1.0f / sqrtf(all.squares / all.count + epsilon)};
  }
};

/// Sums of dy and of dy * normal; dy is masked on the way.
template <class T>
struct GradientSums {
  struct Partial {
    float dy, dy_normal;
  };
  bool rectify;
  const T* input;
  const T* output;
  T* output_gradient;
  const Normal* saved;
  float* gamma_gradient;
  float* beta_gradient;

  __device__ Partial of(std::int64_t index, std::int64_t column) const {
    float dy = static_cast<float>(output_gradient[index]);
    if (rectify) {
      dy *= Relu::derivative(static_cast<float>(output[index]));
      output_gradient[index] = static_cast<T>(dy);  // as it was, or 0
    }
    return {dy, dy * saved[column].of(static_cast<float>(input[index]))};
  }
  __device__ static Partial join(const Partial& a, const Partial& b) {
    return {a.dy + b.dy, a.dy_normal + b.dy_normal};
  }
  __device__ void finish(std::int64_t column, const Partial& all) const {
    beta_gradient[column] = all.dy;
    gamma_gradient[column] = all.dy_normal;
  }
};

/// Calls visit(index, column) for every element of a (rows, columns) array.
template <class Visit>
__device__ void for_each(std::int64_t count, unsigned columns, const Visit& visit) {
  const std::int64_t threads = std::int64_t{gridDim.x} * blockDim.x;
  for (std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < count;
       i += threads)
    visit(i, static_cast<unsigned>(i <= 0xFFFFFFFF ? static_cast<unsigned>(i) % columns
                                                   : i % columns));
}

template <class T>
__global__ void __launch_bounds__(256)
    normalize_batch(bool rectify, std::int64_t count, unsigned channels, const T* input,
                    const Normal* saved, const float* gamma, const float* beta, T* output) {
  for_each(count, channels, [&](std::int64_t i, unsigned c) {
    const float y = gamma[c] * saved[c].of(static_cast<float>(input[i])) + beta[c];
    output[i] = static_cast<T>(rectify ? Relu::forward(y) : y);
  });
}

template <class T>
__global__ void __launch_bounds__(256)
    normalize_by_running(bool rectify, std::int64_t count, unsigned channels, const T* input,
                         const float* mean, const float* variance, float epsilon,
                         const float* gamma, const float* beta, T* output) {
  for_each(count, channels, [&](std::int64_t i, unsigned c) {
    const Normal normal{mean[c], 1.0f / sqrtf(variance[c] + epsilon)};
    const float y = gamma[c] * normal.of(static_cast<float>(input[i])) + beta[c];
    output[i] = static_cast<T>(rectify ? Relu::forward(y) : y);
  });
}

template <class T>
__global__ void __launch_bounds__(256)
    input_gradient_kernel(std::int64_t count, unsigned channels, float share, const T* input,
                          const Normal* saved, const float* gamma, const float* gamma_gradient,
                          const float* beta_gradient, const T* output_gradient, T* input_gradient) {
  for_each(count, channels, [&](std::int64_t i, unsigned c) {
    const Normal normal = saved[c];
    const float centred = static_cast<float>(output_gradient[i]) - share * beta_gradient[c] -
                          share * gamma_gradient[c] * normal.of(static_cast<float>(input[i]));
    input_gradient[i] = static_cast<T>(gamma[c] * normal.inverse_deviation * centred);
  });
}

template <class T>
class CudaBatchNorm final : public BatchNorm {
 public:
  explicit CudaBatchNorm(const BatchNormSpec& spec)
      : spec_(spec),
        rows_(spec.batch * spec.height * spec.width),
        count_(rows_ * spec.channels),
        channels_(static_cast<unsigned>(spec.channels)),
        rectify_(spec.activation == Activation::relu) {
    input_layout_ = output_layout_ = channels_last(spec.shape(), spec.input.elements().type);
    if (spec.pass == Pass::inference) return;
    saved_bytes_ = static_cast<std::size_t>(spec.channels) * sizeof(Normal);
    const ColumnBlocks blocks(rows_, spec.channels);
    scratch_bytes_ = std::max(blocks.bytes<typename Statistics<T>::Partial>(spec.channels),
                              blocks.bytes<typename GradientSums<T>::Partial>(spec.channels));
  }

  void forward(const Forward& f, Stream& stream) override {
    if (spec_.pass == Pass::inference) {
      normalize_by_running<<<blocks_for(count_), 256, 0, raw(stream)>>>(
          rectify_, count_, channels_, as<T>(f.input), f.mean, f.variance, spec_.epsilon, f.gamma,
          f.beta, as<T>(f.output));
    } else {
      auto* saved = static_cast<Normal*>(f.saved);
      sum_columns(Statistics<T>{as<T>(f.input), spec_.epsilon, f.mean, f.variance, saved}, rows_,
                  spec_.channels, f.scratch, stream);
      normalize_batch<<<blocks_for(count_), 256, 0, raw(stream)>>>(
          rectify_, count_, channels_, as<T>(f.input), saved, f.gamma, f.beta, as<T>(f.output));
    }
    check_launch("batch norm");
  }

  void backward(const Backward& b, Stream& stream) override {
    const auto* saved = static_cast<const Normal*>(b.saved);
    sum_columns(GradientSums<T>{rectify_, as<T>(b.input), as<T>(b.output), as<T>(b.output_gradient),
                                saved, b.gamma_gradient, b.beta_gradient},
                rows_, spec_.channels, b.scratch, stream);
    if (b.input_gradient == nullptr) return;
    input_gradient_kernel<<<blocks_for(count_), 256, 0, raw(stream)>>>(
        count_, channels_, 1.0f / static_cast<float>(rows_), as<T>(b.input), saved, b.gamma,
        b.gamma_gradient, b.beta_gradient, as<T>(b.output_gradient), as<T>(b.input_gradient));
    check_launch("batch norm's gradient");
  }

 private:
  BatchNormSpec spec_;
  std::int64_t rows_, count_;
  unsigned channels_;
  bool rectify_;
};

}  // namespace

std::unique_ptr<BatchNorm> make_batch_norm(Device&, const BatchNormSpec& spec) {
  std::unique_ptr<BatchNorm> op;
  with_type(spec.input.elements().type,
            [&]<class T>(T) { op = std::make_unique<CudaBatchNorm<T>>(spec); });
  return op;
}

}  // namespace dtrain::kernels::cuda
