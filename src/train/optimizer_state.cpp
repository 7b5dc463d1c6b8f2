// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/optimizer_state.hpp"

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"

namespace dtrain::train {
namespace {

using optim::Slice;

std::size_t bytes_of(const Slice& slice) {
  return static_cast<std::size_t>(slice.end - slice.begin) * sizeof(float);
}

/// What this rank tells the others: its slices, then its floats.
std::vector<std::byte> pack(std::span<const Slice> owned, const float* state,
                            kernels::Device& device, kernels::Stream& stream) {
  std::size_t state_bytes = 0;
  for (const Slice& slice : owned) state_bytes += bytes_of(slice);
  std::vector<std::byte> bytes(owned.size_bytes() + state_bytes);
  std::ranges::copy(std::as_bytes(owned), bytes.begin());
  device.copy_to_host(bytes.data() + owned.size_bytes(), state, state_bytes, stream);
  return bytes;
}

/// Puts another rank's floats where they belong; gives how many they are.
std::int64_t unpack(std::span<const std::byte> bytes, std::size_t slices, float* whole,
                    kernels::Device& device, kernels::Stream& stream) {
  std::vector<Slice> owned(slices);
  std::ranges::copy(bytes.first(slices * sizeof(Slice)),
                    std::as_writable_bytes(std::span(owned)).begin());
  const std::byte* at = bytes.data() + slices * sizeof(Slice);
  std::int64_t floats = 0;
  for (const Slice& slice : owned) {
    device.copy_to_device(whole + slice.begin, at, bytes_of(slice), stream);
    at += bytes_of(slice);
    floats += slice.end - slice.begin;
  }
  stream.synchronize();
  return floats;
}

}  // namespace

WholeState empty_state(const std::string& name, nn::Replica& replica) {
  const auto floats = static_cast<std::size_t>(replica.parameters().trainable_floats());
  return {name, replica.backend().device->allocate(floats * sizeof(float))};
}

std::vector<WholeState> gather_state(optim::Optimizer& optimizer, nn::Replica& replica,
                                     comm::Communicator& communicator, bool is_sharded) {
  kernels::Device& device = *replica.backend().device;
  const auto stream = device.make_stream();
  const std::span<const Slice> owned = optimizer.owned();

  std::vector<std::vector<std::byte>> counts;
  if (is_sharded) {
    const std::size_t count = owned.size();
    counts = communicator.all_gather(std::as_bytes(std::span(&count, 1)));
  }
  std::vector<WholeState> states;
  for (const optim::StateArray& state : optimizer.state()) {
    const std::vector<std::byte> mine = pack(owned, state.data, device, *stream);
    if (!is_sharded) {
      WholeState& whole = states.emplace_back(empty_state(state.name, replica));
      unpack(mine, owned.size(), whole.array->floats(), device, *stream);
      continue;
    }
    const auto parts = communicator.all_gather(mine);
    if (!communicator.is_root()) continue;
    WholeState& whole = states.emplace_back(empty_state(state.name, replica));
    std::int64_t gathered = 0;
    for (std::size_t rank = 0; rank < parts.size(); ++rank) {
      std::size_t count = 0;
      std::memcpy(&count, counts[rank].data(), sizeof count);
      gathered += unpack(parts[rank], count, whole.array->floats(), device, *stream);
    }
    DTRAIN_ASSERT(gathered == replica.parameters().trainable_floats());
  }
  return states;
}

void take_owned(const WholeState& whole, const optim::Optimizer& optimizer,
                const optim::StateArray& state, nn::Replica& replica) {
  kernels::Device& device = *replica.backend().device;
  const auto stream = device.make_stream();
  std::vector<std::byte> host;
  float* to = state.data;
  for (const Slice& slice : optimizer.owned()) {
    host.resize(bytes_of(slice));
    device.copy_to_host(host.data(), whole.array->floats() + slice.begin, host.size(), *stream);
    device.copy_to_device(to, host.data(), host.size(), *stream);
    stream->synchronize();
    to += slice.end - slice.begin;
  }
}

}  // namespace dtrain::train
