// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "comm/allreduce/algorithms.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "comm/allreduce/building_blocks.hpp"

namespace dtrain::comm {
namespace {

constexpr AllreduceAlgorithm mpi_algorithm{
    .name = "mpi",
    .run = [](Transport& transport, std::span<float> data,
              Workspace&) { transport.allreduce(data); },
    .steps = [](int) { return 0; },
    .bytes = [](int, std::int64_t) { return std::int64_t{0}; },
};

}  // namespace

std::span<const AllreduceAlgorithm> allreduce_algorithms() {
  static const std::array table{mpi_algorithm, ring_algorithm, recursive_doubling_algorithm,
                                rabenseifner_algorithm};
  return table;
}

const AllreduceAlgorithm& allreduce_algorithm(std::string_view name) {
  const auto table = allreduce_algorithms();
  const auto found = std::ranges::find(table, name, &AllreduceAlgorithm::name);
  if (found != table.end()) return *found;
  std::vector<std::string_view> names;
  for (const AllreduceAlgorithm& algorithm : table) names.push_back(algorithm.name);
  throw UsageError(
      fmt::format("there is no allreduce algorithm \"{}\": {}", name, fmt::join(names, ", ")));
}

}  // namespace dtrain::comm
