// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/replica_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/host_name.hpp"
#include "comm/gather_texts.hpp"

namespace dtrain::train {
namespace {

/// The hash of device memory, which comes to the host in pieces that stay in the cache.
Digest128 digest_of(const float* data, std::int64_t floats, kernels::Device& device,
                    kernels::Stream& stream) {
  constexpr std::int64_t piece = 1 << 15;
  std::vector<float> staging(static_cast<std::size_t>(std::min(piece, floats)));
  Hash128 hash;
  for (std::int64_t begin = 0; begin < floats; begin += piece) {
    const auto bytes = static_cast<std::size_t>(std::min(piece, floats - begin)) * sizeof(float);
    device.copy_to_host(staging.data(), data + begin, bytes, stream);
    hash.update(std::as_bytes(std::span(staging)).first(bytes));
  }
  return hash.digest();
}

/// One message of four numbers: the maxima of both halves, and of their complements, are complements
/// of each other where all ranks have the same.
bool same_on_all_ranks(const Digest128& digest, comm::Communicator& communicator) {
  const auto high = static_cast<std::int64_t>(digest.high);
  const auto low = static_cast<std::int64_t>(digest.low);
  std::array<std::int64_t, 4> most{high, low, ~high, ~low};
  communicator.allreduce(std::span(most), comm::ReduceOp::max);
  return most[0] == ~most[2] && most[1] == ~most[3];
}

/// What more than half of the ranks have, else what rank 0 has.
Digest128 reference_of(const std::vector<Digest128>& ranks) {
  for (const Digest128& digest : ranks)
    if (2 * std::ranges::count(ranks, digest) > static_cast<std::ptrdiff_t>(ranks.size()))
      return digest;
  return ranks[0];
}

/// One parameter's digest on each rank. [parameter][rank]
std::vector<std::vector<Digest128>> gather_digests(const std::vector<Digest128>& mine,
                                                   comm::Communicator& communicator) {
  std::vector<std::vector<Digest128>> digests(mine.size());
  for (const auto& bytes : communicator.all_gather(std::as_bytes(std::span(mine))))
    for (std::size_t i = 0; i < mine.size(); ++i)
      std::memcpy(&digests[i].emplace_back(), bytes.data() + i * sizeof(Digest128),
                  sizeof(Digest128));
  return digests;
}

}  // namespace

ReplicaCheck::ReplicaCheck(const nn::Replica& replica, comm::Communicator& communicator,
                           std::int64_t every)
    : replica_(replica), communicator_(communicator), every_(every) {}

void ReplicaCheck::after_step(std::int64_t step, kernels::Stream& stream) {
  if (every_ > 0 && step % every_ == 0) compare(step, stream);
}

void ReplicaCheck::before_checkpoint(std::int64_t step, kernels::Stream& stream) {
  if (every_ > 0 && step != compared_) compare(step, stream);
}

void ReplicaCheck::compare(std::int64_t step, kernels::Stream& stream) {
  if (communicator_.size() == 1) return;
  const tensor::ParameterArena& arena = replica_.parameters();
  const Digest128 mine =
      digest_of(arena.values(), arena.value_floats(), *replica_.backend().device, stream);
  if (!same_on_all_ranks(mine, communicator_)) fail(step, stream);
  compared_ = step;
}

void ReplicaCheck::fail(std::int64_t step, kernels::Stream& stream) {
  const tensor::ParameterArena& arena = replica_.parameters();
  std::vector<Digest128> mine;
  for (const tensor::Parameter& parameter : arena.parameters())
    mine.push_back(digest_of(arena.values() + parameter.offset, parameter.floats(),
                             *replica_.backend().device, stream));
  const auto digests = gather_digests(mine, communicator_);
  const std::vector<std::string> hosts = comm::gather_texts(communicator_, host_name());

  std::string where = "the memory between parameters differs";
  for (std::size_t i = 0; i < digests.size(); ++i) {
    const Digest128 reference = reference_of(digests[i]);
    std::vector<std::string> others;
    for (std::size_t rank = 0; rank < hosts.size(); ++rank)
      if (digests[i][rank] != reference)
        others.push_back(fmt::format("rank {} on {}", rank, hosts[rank]));
    if (others.empty()) continue;
    const auto agreeing = std::ranges::find(digests[i], reference) - digests[i].begin();
    where = fmt::format("{} is not on {} what it is on rank {}", arena.parameters()[i].spec.name,
                        fmt::join(others, ", "), agreeing);
    break;
  }
  throw DivergedError(fmt::format(
      "replicas differ after step {}: {}. A host's memory, network or libraries may be at "
      "fault. The last checkpoint is from when all were the same: go on from it with "
      "--resume, without that host if it happens again.",
      step, where));
}

}  // namespace dtrain::train
