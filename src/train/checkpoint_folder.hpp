// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <functional>

#include "train/checkpoint.hpp"

namespace dtrain::train {

/// A run's checkpoints: checkpoint-NNNN.h5 by global step, and `latest`, the name of the last one
/// written.
class CheckpointFolder {
 public:
  /// `keep`: how many stay besides the best one, at least 1.
  CheckpointFolder(std::filesystem::path folder, std::int64_t keep);

  /// Writes the checkpoint, names it in `latest` and then removes what is no longer kept among
  /// those up to its step. Returns its file.
  std::filesystem::path write(const Checkpoint&) const;

 private:
  std::filesystem::path folder_;
  std::int64_t keep_;
};

struct FoundCheckpoint {
  std::filesystem::path file;
  Checkpoint checkpoint;
};

/// The newest checkpoint of `folder` that can be read: the one that `latest` names, or the one
/// before it when that is damaged, and so on. `notice` hears of each damaged one. None: no file
/// there can be read.
std::optional<FoundCheckpoint> newest_checkpoint(
    const std::filesystem::path& folder, const std::function<void(const std::string&)>& notice);

}  // namespace dtrain::train
