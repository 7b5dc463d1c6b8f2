// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/software.hpp"

#include "comm/communicator.hpp"
#include "hdf5/file.hpp"
#include "kernels/backend.hpp"
#include "launch/revision.hpp"
#include "launch/version.hpp"

namespace dtrain::launch {

std::vector<std::pair<std::string, std::string>> software_versions() {
  return {{"dtrain", version},
          {"git_revision", revision},
          {"compiler", compiler},
          {"build_type", build_type},
          {"mpi", comm::MpiSession::library_version()},
          {"onednn", kernels::onednn_version()},
          {"hdf5", hdf5::library_version()}};
}

}  // namespace dtrain::launch
