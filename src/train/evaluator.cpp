// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/evaluator.hpp"

#include <array>
#include <numeric>

namespace dtrain::train {

Evaluator::Evaluator(nn::Replica& replica, comm::Communicator& communicator,
                     datasets::Dataset& dataset, nn::Loss& loss, std::int64_t max_batch)
    : replica_(replica),
      communicator_(communicator),
      dataset_(dataset),
      loss_(loss),
      loader_(dataset, replica.backend(), max_batch, datasets::AugmentOptions{}, 0),
      passes_(datasets::plan_passes(dataset.size(), communicator.rank(), communicator.size(), 0,
                                    max_batch)) {}

Evaluation Evaluator::run(kernels::Stream& stream, const OnOutput& on_output) {
  std::vector<std::int64_t> in_order(static_cast<std::size_t>(dataset_.size()));
  std::iota(in_order.begin(), in_order.end(), 0);
  loader_.start(in_order, passes_, /*epoch=*/0);

  std::array<double, 2> sums{};  // loss, correct
  for (std::size_t pass = 0; pass < passes_.size(); ++pass) {
    const datasets::Batch batch = loader_.next(stream);
    const nn::StepContext context{.sample_ids = batch.sample_ids};
    const float* output =
        replica_.forward(batch.size, kernels::Pass::inference, batch.input, context, stream);
    const nn::LossResult result =
        loss_.evaluate(output, batch.size, batch.labels, batch.targets, stream);
    sums[0] += result.loss_sum;
    sums[1] += static_cast<double>(result.correct);
    if (on_output) on_output(batch, output);
  }
  communicator_.allreduce(std::span<double>(sums), comm::ReduceOp::sum);

  const auto samples = static_cast<double>(dataset_.size());
  Evaluation evaluation{sums[0] / samples, std::nullopt};
  if (!dataset_.labels().empty()) evaluation.accuracy = sums[1] / samples;
  return evaluation;
}

}  // namespace dtrain::train
