// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain verify: are two checkpoints the same, bit for bit, and if not, where do they part?

#include <bit>
#include <cmath>
#include <optional>

#include "launch/command_line.hpp"
#include "train/checkpoint.hpp"

namespace dtrain::launch {
namespace {

using train::NamedArray;

/// What tells two arrays of one place apart; none where they hold the same bits.
std::optional<std::string> difference(const NamedArray& a, const NamedArray& b) {
  if (a.name != b.name)
    return fmt::format("{} in the first file, {} in the second", a.name, b.name);
  if (a.shape != b.shape)
    return fmt::format("{} is {} in the first file, {} in the second", a.name, a.shape.to_string(),
                       b.shape.to_string());
  std::size_t differing = 0, where = 0;
  double largest = 0;
  for (std::size_t i = 0; i < a.data.size(); ++i) {
    if (std::bit_cast<std::uint32_t>(a.data[i]) == std::bit_cast<std::uint32_t>(b.data[i]))
      continue;
    const double apart = std::abs(static_cast<double>(a.data[i]) - static_cast<double>(b.data[i]));
    if (differing++ == 0 || apart > largest) largest = apart, where = i;
  }
  if (differing == 0) return std::nullopt;
  return fmt::format(
      "{}: {} of {} values differ, by {:.3g} at most (element {}: {:.9g} and {:.9g})", a.name,
      differing, a.data.size(), largest, where, a.data[where], b.data[where]);
}

std::optional<std::string> difference(std::string_view kind, const std::vector<NamedArray>& a,
                                      const std::vector<NamedArray>& b) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    if (const auto found = difference(a[i], b[i])) return fmt::format("{} {}", kind, *found);
  if (a.size() != b.size())
    return fmt::format("{}: {} arrays in the first file, {} in the second", kind, a.size(),
                       b.size());
  return std::nullopt;
}

std::optional<std::string> difference(const train::Checkpoint& a, const train::Checkpoint& b) {
  if (auto found = difference("parameter", a.parameters, b.parameters)) return found;
  if (auto found = difference("buffer", a.buffers, b.buffers)) return found;
  if (a.progress.optimizer != b.progress.optimizer)
    return fmt::format("optimizer {} in the first file, {} in the second", a.progress.optimizer,
                       b.progress.optimizer);
  if (a.optimizer.size() != b.optimizer.size()) return "the optimizers keep different state";
  for (std::size_t i = 0; i < a.optimizer.size(); ++i)
    if (auto found = difference("optimizer " + a.optimizer[i].first, a.optimizer[i].second,
                                b.optimizer[i].second))
      return found;
  if (a.progress.step != b.progress.step)
    return fmt::format("step {} in the first file, {} in the second", a.progress.step,
                       b.progress.step);
  return std::nullopt;
}

}  // namespace

ExitCode run_verify(Arguments arguments, Session& session) {
  std::string first, second;
  auto parser =
      make_parser("verify", "Compare two checkpoints: exit code 0 when identical, else 1.");
  parser->add_option("A.h5", first, "a checkpoint, or the folder of a run")->required();
  parser->add_option("B.h5", second, "another one")->required();
  if (!parse(*parser, arguments, session)) return ExitCode::done;

  const auto a = train::read_checkpoint(first);
  const auto b = train::read_checkpoint(second);
  const auto found = difference(a, b);
  if (session.is_root())
    fmt::print("{}\n", found ? "different: " + *found
                             : fmt::format("identical (step {}, weights {})", a.progress.step,
                                           train::weights_hash(a)));
  return found ? ExitCode::failed : ExitCode::done;
}

}  // namespace dtrain::launch
