// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/resident_data.hpp"

#include <numeric>

#include "comm/node/node_group.hpp"
#include "datasets/subset_dataset.hpp"
#include "launch/together.hpp"

namespace dtrain::launch {
namespace {

/// A smaller split is not worth a window: copies of it cost less than the ranks' meeting does.
constexpr std::int64_t least_shared_bytes = std::int64_t{8} << 20;

/// Is one copy a node worth it, and will it leave as much of the nodes' shared memory as it takes? For
/// what sums gradients wants some too. Collective.
bool worth_sharing(comm::Communicator& communicator, std::int64_t bytes) {
  if (communicator.size() == communicator.nodes() || bytes < least_shared_bytes) return false;
  const std::int64_t ranks = communicator.local_size();
  return communicator.has_shared_memory(static_cast<std::size_t>((2 * bytes + ranks - 1) / ranks));
}

std::unique_ptr<datasets::Dataset> shared_copy(datasets::Dataset& split,
                                               comm::Communicator& communicator) {
  const auto group = communicator.make_node_group();
  const auto bytes = static_cast<std::size_t>(split.size() * split.sample_bytes());
  const std::shared_ptr<comm::SharedBlocks> memory =
      group->allocate(group->rank() == 0 ? bytes : 0);
  std::byte* samples = memory->block(0);
  together(communicator, [&] {
    const std::int64_t begin = split.size() * group->rank() / group->size();
    const std::int64_t end = split.size() * (group->rank() + 1) / group->size();
    std::vector<std::int64_t> ids(static_cast<std::size_t>(end - begin));
    std::iota(ids.begin(), ids.end(), begin);
    split.read(ids, samples + begin * split.sample_bytes());
  });
  return datasets::with_samples(split, {memory, {samples, bytes}});
}

}  // namespace

void hold_in_memory(datasets::DatasetSplits& splits, comm::Communicator& communicator,
                    std::int64_t limit_bytes) {
  for (auto* split : {&splits.train, &splits.validation, &splits.test}) {
    if (!*split) continue;
    const std::int64_t bytes = (*split)->size() * (*split)->sample_bytes();
    if (bytes > limit_bytes) continue;
    if (worth_sharing(communicator, bytes))
      *split = shared_copy(**split, communicator);
    else if ((*split)->resident_samples() == nullptr)
      together(communicator, [&] { *split = datasets::copy_to_memory(**split); });
  }
}

}  // namespace dtrain::launch
