// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
// Losses and softmax: a warp per sample, value and gradient in one launch.

#include "kernels/loss.hpp"

#include "kernels/cuda/ops.hpp"
#include "kernels/cuda/stream.hpp"

namespace dtrain::kernels::cuda {
namespace {

constexpr int warps = 4;  ///< samples of one block
constexpr int threads = 32 * warps;

unsigned blocks_for_rows(std::int64_t rows) {
  return static_cast<unsigned>((rows + warps - 1) / warps);
}

__device__ std::int64_t row_of_warp() {
  return std::int64_t{blockIdx.x} * warps + threadIdx.x / 32;
}
__device__ int lane() {
  return static_cast<int>(threadIdx.x % 32);
}

/// The join of all lanes' values, on all lanes, always in the same order.
template <class T, class Join>
__device__ T across_warp(T value, const Join& join) {
  for (int distance = 16; distance > 0; distance /= 2)
    value = join(value, __shfl_xor_sync(0xFFFFFFFF, value, distance));
  return value;
}
__device__ float warp_sum(float value) {
  return across_warp(value, [](float a, float b) { return a + b; });
}

/// Passes NaN by: what it does to a loss comes with the sums.
__device__ float largest_of(std::int64_t count, const float* x) {
  float largest = -INFINITY;
  for (std::int64_t k = lane(); k < count; k += 32) largest = fmaxf(largest, x[k]);
  return across_warp(largest, [](float a, float b) { return fmaxf(a, b); });
}

__device__ float sum_of_exponentials(std::int64_t count, const float* x, float largest) {
  float sum = 0;
  for (std::int64_t k = lane(); k < count; k += 32) sum += expf(x[k] - largest);
  return warp_sum(sum);
}

/// Is the label the first index of the largest output?
__device__ bool is_arg_max(const float* x, std::int64_t label, float largest) {
  bool earlier = false;
  for (std::int64_t k = lane(); k < label; k += 32) earlier = earlier || x[k] == largest;
  return !__any_sync(0xFFFFFFFF, earlier ? 1 : 0) && x[label] == largest;
}

__global__ void __launch_bounds__(threads) cross_entropy_kernel(LossArgs args) {
  const std::int64_t n = row_of_warp(), classes = args.classes;
  if (n >= args.rows) return;
  const float* x = args.output + n * classes;
  const std::int64_t label = args.labels[n];
  const float smooth = args.label_smoothing / static_cast<float>(classes);
  const float hard = 1.0f - args.label_smoothing;
  const float largest = largest_of(classes, x);
  const float sum = sum_of_exponentials(classes, x, largest);
  const float log_sum = logf(sum);  // of exp(x - largest)

  float smooth_loss = 0;
  for (std::int64_t k = lane(); k < classes; k += 32) {
    if (smooth > 0) smooth_loss += smooth * ((largest - x[k]) + log_sum);
    if (args.gradient == nullptr) continue;
    const float target = (k == label ? hard : 0.0f) + smooth;
    args.gradient[n * classes + k] = args.gradient_scale * (expf(x[k] - largest) / sum - target);
  }
  smooth_loss = warp_sum(smooth_loss);
  const bool correct = args.correct != nullptr && is_arg_max(x, label, largest);
  if (lane() != 0) return;
  args.loss[n] = hard * ((largest - x[label]) + log_sum) + smooth_loss;
  if (args.correct != nullptr) args.correct[n] = correct ? 1 : 0;
}

__global__ void __launch_bounds__(threads) squared_error_kernel(LossArgs args) {
  const std::int64_t n = row_of_warp(), classes = args.classes;
  if (n >= args.rows) return;
  const float* x = args.output + n * classes;
  const float* targets = args.targets != nullptr ? args.targets + n * classes : nullptr;
  const std::int64_t label = args.labels != nullptr ? args.labels[n] : -1;
  const float share = 1.0f / static_cast<float>(classes);
  float loss = 0;
  for (std::int64_t k = lane(); k < classes; k += 32) {
    const float target = targets != nullptr ? targets[k] : (k == label ? 1.0f : 0.0f);
    const float difference = x[k] - target;
    loss += difference * difference;
    if (args.gradient != nullptr)
      args.gradient[n * classes + k] = args.gradient_scale * 2.0f * share * difference;
  }
  loss = warp_sum(loss);
  const bool correct = args.correct != nullptr && is_arg_max(x, label, largest_of(classes, x));
  if (lane() != 0) return;
  args.loss[n] = loss * share;
  if (args.correct != nullptr) args.correct[n] = correct ? 1 : 0;
}

__global__ void __launch_bounds__(threads)
    softmax_kernel(std::int64_t rows, std::int64_t classes, const float* logits,
                   float* probabilities) {
  const std::int64_t n = row_of_warp();
  if (n >= rows) return;
  const float* x = logits + n * classes;
  const float largest = largest_of(classes, x);
  const float factor = 1.0f / sum_of_exponentials(classes, x, largest);
  for (std::int64_t k = lane(); k < classes; k += 32)
    probabilities[n * classes + k] = expf(x[k] - largest) * factor;
}

}  // namespace

void softmax_cross_entropy(const LossArgs& args, Stream& stream) {
  if (args.rows == 0) return;
  cross_entropy_kernel<<<blocks_for_rows(args.rows), threads, 0, raw(stream)>>>(args);
  check_launch("softmax_cross_entropy");
}

void mean_squared_error(const LossArgs& args, Stream& stream) {
  if (args.rows == 0) return;
  squared_error_kernel<<<blocks_for_rows(args.rows), threads, 0, raw(stream)>>>(args);
  check_launch("mean_squared_error");
}

void softmax(std::int64_t rows, std::int64_t classes, const float* logits, float* probabilities,
             Stream& stream) {
  if (rows == 0) return;
  softmax_kernel<<<blocks_for_rows(rows), threads, 0, raw(stream)>>>(rows, classes, logits,
                                                                     probabilities);
  check_launch("softmax");
}

}  // namespace dtrain::kernels::cuda
