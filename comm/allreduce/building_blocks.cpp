// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/allreduce/building_blocks.hpp"

#include <array>

#include "kernels/host_arrays.hpp"

namespace dtrain::comm {

void exchange(Transport& transport, int to, std::span<const float> out, int from,
              std::span<float> in) {
  transport.exchange(to, std::as_bytes(out), from, std::as_writable_bytes(in));
}

void exchange_and_add(Transport& transport, int to, std::span<const float> out, int from,
                      std::span<float> sum, Workspace& workspace) {
  if (workspace.size() < sum.size()) workspace.resize(sum.size());
  const std::span received = std::span(workspace).first(sum.size());
  exchange(transport, to, out, from, received);
  const std::array<const float*, 2> sources{sum.data(), received.data()};
  kernels::sum_arrays(static_cast<std::int64_t>(sum.size()), sources, std::array{sum.data()});
}

}  // namespace dtrain::comm
