// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/placement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/cores.hpp"
#include "base/error.hpp"
#include "base/host_name.hpp"
#include "kernels/device/cuda_module.hpp"
#include "launch/console.hpp"

namespace dtrain::launch {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RankPlace, host, cpus, cores, gpus, no_gpus, has_infiniband,
                                   uses_infiniband)

namespace {

namespace fs = std::filesystem;

fs::path sysfs(const std::string& path) {
  const char* prefix = std::getenv("DTRAIN_SYSFS_ROOT");
  return fs::path(prefix != nullptr ? prefix : "/") / "sys" / path;
}

/// The first hardware thread of the core: "3,35" and "2-3" begin with it. Where the system does not
/// say, each one counts as a core.
int core_of(int cpu) {
  std::ifstream list(
      sysfs(fmt::format("devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu)));
  int first = cpu;
  list >> first;
  return list ? first : cpu;
}

/// A process that sends over InfiniBand or RoCE holds the device's verbs file open.
bool holds_verbs() {
  std::error_code ignored;
  for (const auto& descriptor : fs::directory_iterator("/proc/self/fd", ignored))
    if (fs::read_symlink(descriptor, ignored).string().starts_with("/dev/infiniband/uverbs"))
      return true;
  return false;
}

void count_gpus(RankPlace& place) {
  try {
    const auto report = kernels::CudaModule::open().report();
    place.gpus = report.devices;
    place.no_gpus = report.problem;
  } catch (const Error& error) {
    place.no_gpus = error.what();
  }
}

RankPlace own_placement() {
  RankPlace place;
  place.host = host_name();
  place.cpus = core_numbers();
  for (const int cpu : place.cpus) place.cores.push_back(core_of(cpu));
  std::ranges::sort(place.cores);
  place.cores.erase(std::unique(place.cores.begin(), place.cores.end()), place.cores.end());
  std::error_code ignored;
  place.has_infiniband =
      fs::directory_iterator(sysfs("class/infiniband"), ignored) != fs::directory_iterator();
  place.uses_infiniband = holds_verbs();
  count_gpus(place);
  return place;
}

}  // namespace

std::vector<RankPlace> rank_places(comm::Communicator& communicator) {
  communicator.all_gather({});  // lets MPI open what it sends over
  const std::string mine = nlohmann::json(own_placement()).dump();
  std::vector<RankPlace> all;
  for (const auto& bytes : communicator.all_gather(std::as_bytes(std::span(mine)))) {
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    all.push_back(nlohmann::json::parse(text).get<RankPlace>());
  }
  return all;
}

}  // namespace dtrain::launch
