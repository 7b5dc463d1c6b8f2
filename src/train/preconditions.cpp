// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/preconditions.hpp"

#include "base/error.hpp"

namespace dtrain::train {
namespace {

void check_samples(const std::unique_ptr<datasets::Dataset>& split, const char* name) {
  if (split == nullptr || split->size() == 0)
    throw InputError(fmt::format("the dataset has no {} samples.", name));
}

}  // namespace

const TrainerOptions& checked_options(const TrainerOptions& options,
                                      const comm::Communicator& communicator,
                                      const datasets::DatasetSplits& splits) {
  check_samples(splits.train, "training");
  check_samples(splits.test, "test");
  const int ranks = communicator.size();
  const auto check = [&](std::int64_t limit, const char* what, const char* advice) {
    if (ranks > limit)
      throw UsageError(
          fmt::format("{} ranks are more than the {} {}: {}.", ranks, limit, what, advice));
  };
  check(splits.train->size(), "training samples", "use fewer ranks");
  check(options.global_batch, "samples of a global batch",
        "use fewer ranks or a larger --global-batch");
  if (options.shards > 0)
    check(options.shards, "shards of a batch", "use fewer ranks or more --shards");
  const optim::OptimizerOptions& optimizer = options.synchronization.optimizer;
  const comm::ReducerOptions& reduction = options.synchronization.reduction;
  if (options.reproducible && reduction.compress)
    throw UsageError("--compress rounds what ranks send, so it does not go with --reproducible");
  const bool has_norms = optimizer.clip_norm != 0.0f ||
                         optimizer.kind == optim::OptimizerKind::lars ||
                         optimizer.kind == optim::OptimizerKind::lamb;
  if (options.reproducible && reduction.shard && has_norms)
    throw UsageError(
        "--shard-optimizer sums norms (of --clip-norm, lars and lamb) in an order that depends on "
        "the ranks, so it does not go with --reproducible");
  if (splits.train->labels().empty() && options.loss == nn::LossKind::cross_entropy)
    throw UsageError("the dataset has float targets instead of class labels: use --loss mse.");
  return options;
}

void check_same_layout(comm::Communicator& communicator, const tensor::ParameterArena& arena) {
  const std::string mine = arena.fingerprint();
  const auto all = communicator.all_gather(std::as_bytes(std::span(mine)));
  for (std::size_t rank = 1; rank < all.size(); ++rank)
    if (all[rank] != all[0])
      throw Error(
          fmt::format("rank {} lays out its parameters otherwise than rank 0: their "
                      "processors differ. Run on nodes of one kind.",
                      rank));
}

}  // namespace dtrain::train
