// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "comm/communicator.hpp"

namespace dtrain::comm {

/// Every rank's text, in rank order, on every rank. Collective.
inline std::vector<std::string> gather_texts(Communicator& communicator, std::string_view text) {
  std::vector<std::string> all;
  for (const auto& bytes : communicator.all_gather(std::as_bytes(std::span(text))))
    all.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return all;
}

}  // namespace dtrain::comm
