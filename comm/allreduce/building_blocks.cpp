// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/allreduce/building_blocks.hpp"

namespace dtrain::comm {
namespace {

void add(std::span<const float> from, std::span<float> to) {
  const float* const in = from.data();
  float* const sum = to.data();
  for (std::size_t i = 0; i < to.size(); ++i) sum[i] += in[i];
}

}  // namespace

void exchange(Transport& transport, int to, std::span<const float> out, int from,
              std::span<float> in) {
  transport.exchange(to, std::as_bytes(out), from, std::as_writable_bytes(in));
}

void exchange_and_add(Transport& transport, int to, std::span<const float> out, int from,
                      std::span<float> sum, Workspace& workspace) {
  if (workspace.size() < sum.size()) workspace.resize(sum.size());
  const std::span received = std::span(workspace).first(sum.size());
  exchange(transport, to, out, from, received);
  add(received, sum);
}

}  // namespace dtrain::comm
