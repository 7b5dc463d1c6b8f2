// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/non_finite.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/error.hpp"
#include "base/host_name.hpp"
#include "comm/gather_texts.hpp"

namespace dtrain::train {
namespace {

/// What the ranks found, told by the lowest that found something.
std::string origin_of(const std::string& mine, comm::Communicator& communicator) {
  const std::vector<std::string> found = comm::gather_texts(communicator, mine);
  const std::vector<std::string> hosts = comm::gather_texts(communicator, host_name());
  std::string origin;
  int others = 0;
  for (std::size_t rank = 0; rank < found.size(); ++rank) {
    if (found[rank].empty()) continue;
    if (origin.empty())
      origin = fmt::format("{}, on rank {} on {}", found[rank], rank, hosts[rank]);
    else
      ++others;
  }
  if (origin.empty()) return "gradients are finite on every rank, but too large to be summed";
  if (others > 0) origin += fmt::format(" (and on {} other rank{})", others, others > 1 ? "s" : "");
  return origin;
}

}  // namespace

OnNonFinite parse_on_non_finite(const std::string& text) {
  if (text == "stop") return OnNonFinite::stop;
  if (text == "skip") return OnNonFinite::skip;
  throw UsageError(fmt::format("--on-nan takes stop or skip, not \"{}\"", text));
}

std::string first_non_finite(nn::Replica& replica, nn::Loss& loss, const datasets::Batch& batch,
                             const nn::StepContext& context, float gradient_scale,
                             kernels::Stream& stream) {
  const kernels::KernelTable& table = *replica.backend().kernels;
  const std::int64_t sample_floats = replica.model().input().sample_shape.elements();
  const std::int64_t bad_pixel =
      table.find_non_finite(batch.size * sample_floats, batch.input, stream);
  if (bad_pixel >= 0)
    return fmt::format("sample {} of the data is not finite",
                       batch.sample_ids[static_cast<std::size_t>(bad_pixel / sample_floats)]);

  std::string found;
  const float* output = replica.forward(
      batch.size, kernels::Pass::training, batch.input, context, stream,
      [&](const nn::LayerSpec& layer, const float* values, kernels::Elements elements) {
        if (found.empty() && table.find_non_finite(elements, values, stream) >= 0)
          found = fmt::format("the output of layer {} is not finite", layer.name);
      });
  const nn::LossResult result = loss.forward_backward(output, batch.size, batch.labels,
                                                      batch.targets, gradient_scale, stream);
  if (!found.empty()) return found;
  if (!std::isfinite(result.loss_sum)) return "the loss is not finite";

  tensor::ParameterArena& arena = replica.parameters();
  std::int64_t done = 0;  // floats of the gradient that have been looked at
  replica.backward(batch.size, loss.gradient(), {0, 1}, context, stream, [&](std::int64_t end) {
    const std::int64_t bad = table.find_non_finite(end - done, arena.gradients() + done, stream);
    const std::int64_t place = done + bad;
    done = end;
    if (bad < 0 || !found.empty()) return;
    for (const tensor::Parameter& parameter : arena.parameters())
      if (place >= parameter.offset && place < parameter.offset + parameter.floats())
        found = fmt::format("the gradient of {} is not finite", parameter.spec.name);
  });
  return found;
}

std::string NonFiniteSteps::meet(std::int64_t step, std::int64_t epoch, const std::string& mine) {
  std::string what =
      fmt::format("at step {} (epoch {}) {}", step, epoch, origin_of(mine, communicator_));
  in_a_row_ = step == last_ + 1 ? in_a_row_ + 1 : 1;
  last_ = step;
  if (what_ == OnNonFinite::skip && in_a_row_ < most_in_a_row) return what;
  const std::string advice =
      what_ == OnNonFinite::skip
          ? fmt::format("It was the {}th step in a row that had to be skipped.", in_a_row_)
          : "Lower --lr, add --warmup-epochs or --clip-norm, or look for wrong values in the data; "
            "--on-nan skip passes such steps over.";
  throw DivergedError(fmt::format("training diverged: {}. {}", what, advice));
}

}  // namespace dtrain::train
