// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/evaluator.hpp"

#include <algorithm>
#include <numeric>

namespace dtrain::train {
namespace {

struct PassSums {
  double loss = 0, correct = 0;
};

}  // namespace

Evaluator::Evaluator(nn::Replica& replica, comm::Communicator& communicator,
                     datasets::Dataset& dataset, nn::Loss& loss, std::int64_t pass_samples,
                     ProgressSlot* slot)
    : replica_(replica),
      communicator_(communicator),
      dataset_(dataset),
      loss_(loss),
      slot_(slot),
      loader_(dataset, replica.backend(), pass_samples, datasets::AugmentOptions{}, 0) {
  const std::int64_t passes = (dataset.size() + pass_samples - 1) / pass_samples;
  const std::int64_t rank = communicator.rank(), ranks = communicator.size();
  for (std::int64_t k = passes * rank / ranks; k < passes * (rank + 1) / ranks; ++k)
    passes_.push_back({k * pass_samples, std::min((k + 1) * pass_samples, dataset.size())});
}

datasets::Batch Evaluator::load(kernels::Stream& stream) {
  const ScopedPlace place(slot_, Place::loader);
  return loader_.next(stream);
}

Evaluation Evaluator::run(kernels::Stream& stream, const OnOutput& on_output) {
  std::vector<std::int64_t> in_order(static_cast<std::size_t>(dataset_.size()));
  std::iota(in_order.begin(), in_order.end(), 0);
  loader_.start(in_order, passes_, /*epoch=*/0);

  std::vector<PassSums> mine;
  for (std::size_t pass = 0; pass < passes_.size(); ++pass) {
    const datasets::Batch batch = load(stream);
    const ScopedPlace place(slot_, Place::forward);
    const nn::StepContext context{.sample_ids = batch.sample_ids};
    const float* output =
        replica_.forward(batch.size, kernels::Pass::inference, batch.input, context, stream);
    const nn::LossResult result =
        loss_.evaluate(output, batch.size, batch.labels, batch.targets, stream);
    mine.push_back({result.loss_sum, static_cast<double>(result.correct)});
    if (on_output) on_output(batch, output);
  }

  // In the order of passes, whoever did them.
  PassSums total;
  for (const auto& bytes : communicator_.all_gather(std::as_bytes(std::span(mine)))) {
    std::vector<PassSums> sums(bytes.size() / sizeof(PassSums));
    std::ranges::copy(bytes, std::as_writable_bytes(std::span(sums)).begin());
    for (const PassSums& sum : sums) {
      total.loss += sum.loss;
      total.correct += sum.correct;
    }
  }
  const auto samples = static_cast<double>(dataset_.size());
  Evaluation evaluation{total.loss / samples, std::nullopt};
  if (!dataset_.labels().empty()) evaluation.accuracy = total.correct / samples;
  return evaluation;
}

}  // namespace dtrain::train
