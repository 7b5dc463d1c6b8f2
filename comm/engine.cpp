// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <set>

#include "base/error.hpp"
#include "base/stopwatch.hpp"
#include "comm/staged_collective.hpp"
#include "kernels/device/cuda_module.hpp"

namespace dtrain::comm {
namespace {

constexpr double seconds_per_candidate = 0.15;
constexpr int most_rounds = 20;
/// A candidate must be this much faster than the one that is expected to win, so that runs on the
/// same machine choose alike and give the same bits.
constexpr double clearly_faster = 0.75;
/// Enough to tell candidates apart, and not so much that a slow network takes seconds.
constexpr std::size_t most_bytes = std::size_t{8} << 20;
constexpr std::size_t smallest_message = 4096;
/// A bucket pays for its latency when that is a tenth of its time.
constexpr double buckets_per_latency = 10;
constexpr double smallest_bucket_mb = 0.25;

/// Of the array that tells how fast a sum of the gradient is.
std::size_t probe_bytes(std::size_t gradient_bytes) {
  return std::clamp(gradient_bytes, smallest_message, most_bytes);
}

/// Seconds of one allreduce of the slowest rank, the best of some: what else the machine does is not
/// the candidate's fault.
double measure(Communicator& communicator, Collective& collective, std::size_t bytes) {
  const auto memory = collective.allocate(bytes);  // zeros, whose sums are zeros
  const auto stream = kernels::make_host_device()->make_stream();
  const std::span data(memory->floats(), bytes / sizeof(float));
  const auto once = [&] {
    communicator.barrier();
    const Stopwatch watch;
    collective.allreduce(data, {}, *stream);
    double seconds = watch.seconds();
    communicator.allreduce(std::span(&seconds, 1), ReduceOp::max);
    return seconds;
  };
  once();
  double best = once();
  const int rounds = std::clamp(static_cast<int>(seconds_per_candidate / best), 1, most_rounds);
  for (int round = 1; round < rounds; ++round) best = std::min(best, once());
  return best;
}

/// In the order in which they are expected to be fast. From node to node the ring sends the least;
/// Rabenseifner's algorithm as little where nodes are a power of two, in fewer steps.
std::vector<CollectiveOptions> candidates(const Communicator& communicator, const std::string& comm,
                                          bool has_shared_memory, Waiting waiting) {
  const bool shares_nodes = has_shared_memory && communicator.nodes() < communicator.size();
  const auto nodes = static_cast<unsigned>(communicator.nodes());
  const bool few_steps = nodes > 2 && std::has_single_bit(nodes);
  std::vector<CollectiveOptions> list;
  if (comm == "node" || (comm == "auto" && shares_nodes)) {
    list.push_back({"node", "ring", waiting});
    if (communicator.numa_domains() > communicator.nodes())
      list.push_back({"node", "ring", waiting, Neighbours::numa_domain});
    if (few_steps) list.push_back({"node", "rabenseifner", waiting});
  }
  if (comm != "node") list.push_back({"mpi", "", waiting});
  if (comm == "auto" && !shares_nodes)
    list.push_back({few_steps ? "rabenseifner" : "ring", "", waiting});
  return list;
}

std::string describe(const CollectiveOptions& options, bool several_nodes) {
  if (options.neighbours == Neighbours::numa_domain)
    return "node by NUMA domains, then " + options.across;
  return several_nodes && options.name == "node" ? "node, then " + options.across : options.name;
}

/// What the ranks' devices allow.
struct DeviceFacts {
  bool all_gpus = true, gpus_are_shared = false;
};

DeviceFacts look_at_devices(Communicator& communicator, const kernels::Device* device) {
  const std::string mine = device != nullptr ? device->unique_name() : std::string();
  DeviceFacts facts;
  std::set<std::vector<std::byte>> seen;
  for (auto& name : communicator.all_gather(std::as_bytes(std::span(mine)))) {
    if (name.empty()) facts.all_gpus = false;
    if (!name.empty() && !seen.insert(std::move(name)).second) facts.gpus_are_shared = true;
  }
  return facts;
}

/// Whether to sum by NCCL; `reason` why not, where it might be asked.
bool takes_nccl(Communicator& communicator, const EngineRequest& request, std::string& reason) {
  const bool is_asked = request.comm == "nccl";
  if (!is_asked && request.comm != "auto") return false;
  const DeviceFacts facts = look_at_devices(communicator, request.device);
  if (!facts.all_gpus)
    reason = "NCCL is for GPUs, and not every rank has one";
  else if (facts.gpus_are_shared)
    reason = "ranks share a GPU, which NCCL does not serve";
  else if (request.compress)
    reason = "--compress is not for NCCL";
  if (reason.empty()) return is_asked || communicator.size() > 1;
  if (is_asked) throw UsageError(fmt::format("--comm nccl: {}; use auto, node or mpi", reason));
  return false;
}

std::unique_ptr<Collective> make_nccl_collective(Communicator& communicator,
                                                 kernels::Device& device) {
  const auto make = reinterpret_cast<Collective* (*)(Communicator*, kernels::Device*)>(
      kernels::CudaModule::open().entry("dtrain_nccl_collective"));
  return std::unique_ptr<Collective>(make(&communicator, &device));
}

Engine make_nccl_engine(Communicator& communicator, const EngineRequest& request) {
  Engine engine;
  engine.collective = make_nccl_collective(communicator, *request.device);
  engine.bucket_mb = request.bucket_mb.value_or(largest_bucket_mb);
  engine.options = {.overlap = request.overlap.value_or(true) && communicator.size() > 1,
                    .shard = request.shard};
  engine.reason = fmt::format("nccl, buckets of {:.3g} MB, {} backward", engine.bucket_mb,
                              engine.options.overlap ? "beside" : "after");
  if (request.shard) engine.reason += ", optimizer sharded";
  return engine;
}

Engine make_host_engine(Communicator& communicator, const EngineRequest& request) {
  const bool several_nodes = communicator.nodes() > 1;
  Engine engine;
  engine.bucket_mb = request.bucket_mb.value_or(largest_bucket_mb);
  // A thread that communicates costs backward a core: there must be something to hide.
  // A GPU works on while its host communicates.
  engine.options = {.overlap = request.overlap.value_or(several_nodes || request.device != nullptr),
                    .compress = request.compress,
                    .shard = request.shard};
  const Waiting waiting = engine.options.overlap ? Waiting::sleep : Waiting::spin;
  // Values and gradients, with some room for what else the ranks share.
  const std::size_t arena =
      request.gradient_bytes * (2 + static_cast<std::size_t>(request.gradient_addends));
  const bool has_shared_memory = communicator.has_shared_memory(arena);
  const auto list = candidates(communicator, request.comm, has_shared_memory, waiting);
  if (communicator.size() == 1) {
    engine.collective = communicator.make_collective(list[0]);
    engine.options.overlap = false;
    return engine;
  }

  const std::size_t bytes = probe_bytes(request.gradient_bytes);
  const bool fits_buckets = several_nodes && !request.bucket_mb;
  CollectiveOptions chosen;
  double fastest = 0;
  std::string times;
  for (const CollectiveOptions& candidate : list) {
    auto collective = communicator.make_collective(candidate);
    double seconds = 0;
    if (list.size() > 1 || fits_buckets) {
      seconds = measure(communicator, *collective, bytes);
      times += fmt::format("{}{} {:.3g} ms", times.empty() ? "" : ", ",
                           describe(candidate, several_nodes), 1e3 * seconds);
    }
    if (engine.collective != nullptr && seconds >= clearly_faster * fastest) continue;
    fastest = seconds;
    engine.collective = std::move(collective);
    chosen = candidate;
    engine.reason = describe(candidate, several_nodes);
  }
  if (!times.empty())
    engine.reason += fmt::format(" ({:.3g} MB: {})", static_cast<double>(bytes) * 1e-6, times);
  if (fits_buckets)
    engine.bucket_mb = fitting_bucket_mb(request.gradient_bytes, [&](std::size_t size) {
      return size == bytes ? fastest : measure(communicator, *engine.collective, size);
    });
  engine.reason += fmt::format(", buckets of {:.3g} MB, {}", engine.bucket_mb,
                               engine.options.overlap ? "beside backward" : "after backward");
  const bool sends =
      several_nodes || chosen.name != "node" || chosen.neighbours == Neighbours::numa_domain;
  if (request.compress)
    engine.reason += sends ? ", as bf16" : ", bf16 for nothing: within a node nothing is sent";
  if (request.shard) engine.reason += ", optimizer sharded";
  if (!has_shared_memory && request.comm == "auto")
    engine.reason += ", without shared memory: /dev/shm is too small";
  return engine;
}

}  // namespace

double fitting_bucket_mb(std::size_t gradient_bytes,
                         const std::function<double(std::size_t bytes)>& seconds) {
  const std::size_t bytes = probe_bytes(gradient_bytes);
  const double latency = seconds(smallest_message);
  const double bytes_per_second =
      static_cast<double>(bytes) / std::max(seconds(bytes) - latency, 1e-9);
  return std::clamp(buckets_per_latency * latency * bytes_per_second * 1e-6, smallest_bucket_mb,
                    largest_bucket_mb);
}

Engine make_engine(Communicator& communicator, const EngineRequest& request) {
  const bool has_gpu = request.device != nullptr && !request.device->is_host();
  EngineRequest own = request;
  if (!has_gpu) own.device = nullptr;
  std::string no_nccl;
  if (takes_nccl(communicator, own, no_nccl)) return make_nccl_engine(communicator, own);
  Engine engine = make_host_engine(communicator, own);
  if (!has_gpu) return engine;
  engine.collective =
      make_staged_collective(*own.device, std::move(engine.collective), communicator.size());
  if (communicator.size() == 1) return engine;
  engine.reason += ", by way of host memory";
  if (!no_nccl.empty()) engine.reason += ": " + no_nccl;
  return engine;
}

}  // namespace dtrain::comm
