// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <filesystem>
#include <optional>
#include <span>

namespace dtrain {

/// The NUMA domain that has all of `cores`; none where they span several, or where `folder`
/// (Linux: /sys/devices/system/node) does not say.
std::optional<int> numa_domain_of(std::span<const int> cores, const std::filesystem::path& folder);

/// That of this thread's affinity mask. DTRAIN_SYSFS_ROOT comes before the folder's name.
std::optional<int> numa_domain();

}  // namespace dtrain
