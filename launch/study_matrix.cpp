// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "launch/study_matrix.hpp"

#include <filesystem>
#include <set>

#include "base/error.hpp"
#include "launch/console.hpp"

namespace dtrain::launch {
namespace {

std::vector<std::string> precisions_on(const std::string& device, const StudyMatrix& matrix) {
  if (matrix.kind == StudyKind::devices && device == "cpu") return {"fp32"};
  return matrix.precisions;
}

void refuse_bad_cells(const std::vector<StudyCell>& cells) {
  std::set<std::string> names;
  for (const StudyCell& cell : cells) {
    if (cell.ranks > cell.global_batch)
      throw UsageError(fmt::format("a batch of {} leaves some of {} ranks without a sample",
                                   cell.global_batch, cell.ranks));
    if (!names.insert(cell.name()).second)
      throw UsageError(
          fmt::format("two configurations would both be called {}: name each value "
                      "once, and model files differently",
                      cell.name()));
  }
}

}  // namespace

std::string StudyCell::name() const {
  std::string text = std::filesystem::path(model).stem().string();
  if (device != "auto") text += fmt::format("-{}", device);
  text += fmt::format("-{}", precision);
  if (comm != "auto") text += fmt::format("-{}", comm);
  text += fmt::format("-r{}", ranks);
  if (threads > 0) text += fmt::format("-t{}", threads);
  return text + fmt::format("-b{}", global_batch);
}

std::string StudyCell::title() const {
  std::string text = fmt::format("{}, {}", model, counted(ranks, "rank"));
  if (threads > 0) text += fmt::format(", {} each", counted(threads, "thread"));
  text += fmt::format(", batch {}, {}", global_batch, precision);
  if (device != "auto") text += fmt::format(", {}", device);
  if (comm != "auto") text += fmt::format(", comm {}", comm);
  return text;
}

std::vector<StudyCell> study_cells(const StudyMatrix& matrix) {
  std::vector<StudyCell> cells;
  for (const std::string& model : matrix.models)
    for (const std::string& device : matrix.devices)
      for (const std::string& precision : precisions_on(device, matrix))
        for (const std::string& comm : matrix.comms)
          for (const std::int64_t threads : matrix.threads)
            for (const std::int64_t batch : matrix.batches)
              for (const std::int64_t ranks : matrix.ranks)
                cells.push_back(
                    {.model = model,
                     .device = device,
                     .precision = precision,
                     .comm = comm,
                     .ranks = ranks,
                     .threads = threads,
                     .global_batch = matrix.kind == StudyKind::weak ? batch * ranks : batch});
  refuse_bad_cells(cells);
  return cells;
}

}  // namespace dtrain::launch
