// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/software.hpp"

#include <dnnl.h>
#include <fmt/format.h>
#include <hdf5.h>

#include "comm/communicator.hpp"
#include "launch/revision.hpp"
#include "launch/version.hpp"

namespace dtrain::launch {

std::string onednn_version() {
  const dnnl_version_t* linked = ::dnnl_version();
  return fmt::format("{}.{}.{}", linked->major, linked->minor, linked->patch);
}

std::string hdf5_version() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return fmt::format("{}.{}.{}", major, minor, release);
}

std::vector<std::pair<std::string, std::string>> software_versions() {
  return {{"dtrain", version},
          {"git_revision", revision},
          {"compiler", compiler},
          {"build_type", build_type},
          {"mpi", comm::MpiSession::library_version()},
          {"onednn", onednn_version()},
          {"hdf5", hdf5_version()}};
}

}  // namespace dtrain::launch
