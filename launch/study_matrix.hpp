// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "launch/study_kind.hpp"

namespace dtrain::launch {

/// What a study compares: every combination of the lists, each so many times.
struct StudyMatrix {
  StudyKind kind = StudyKind::strong;
  std::vector<std::string> models, devices, precisions, comms;
  std::vector<std::int64_t> ranks, threads;  ///< threads of a rank; 0: its share of the cores
  std::vector<std::int64_t> batches;  ///< of all ranks; of each where the study is of weak scaling
  std::int64_t repeats = 3;
};

/// One configuration, in the words of train's options.
struct StudyCell {
  std::string model, device, precision, comm;
  std::int64_t ranks = 1, threads = 1, global_batch = 0;

  /// What its runs' folders are called, up to the repeat: "cnn-fp32-r2-t1-b256".
  std::string name() const;
  /// What people read: "cnn, 2 ranks, 1 thread each, batch 256, fp32".
  std::string title() const;
};

/// The cells of a matrix, with growing ranks where all else is the same. Where devices are compared the
/// precisions are the GPU's; the CPU's is fp32. Throws UsageError where ranks outnumber a batch's samples,
/// or where two cells (models in files of one name) would share a folder.
std::vector<StudyCell> study_cells(const StudyMatrix& matrix);

}  // namespace dtrain::launch
