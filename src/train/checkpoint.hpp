// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The checkpoint file (docs/checkpoint-format.md): HDF5 behind a 512-byte user block that holds the
// format's name, its schema and the XXH3-128 of everything after it, checked before HDF5 sees it.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "measure/energy_window.hpp"
#include "nn/replica.hpp"
#include "optim/optimizer.hpp"
#include "train/optimizer_state.hpp"

namespace dtrain::train {

/// How a run trains, in what a resumed run may do otherwise.
struct Recipe {
  std::string loss, schedule;  ///< names, as of the options
  float learning_rate = 0;
  double warmup_epochs = 0;
  bool operator==(const Recipe&) const = default;
};

/// Where in the run a checkpoint was taken, and what must match to go on from it.
struct Progress {
  std::int64_t epoch = 0;   ///< epochs completed
  std::int64_t step = 0;    ///< global steps completed
  std::int64_t cursor = 0;  ///< samples of the current epoch already used
  bool evaluated = false;   ///< these weights, and reported
  std::uint64_t seed = 0;
  std::int64_t global_batch = 0;
  std::int64_t shards = 0;  ///< 0: batches are not cut into shards
  std::int64_t train_samples = 0;
  std::int64_t total_steps = 0;  ///< of the schedule
  // Sums over the current epoch so far, so that its averages come out as if never interrupted.
  double epoch_loss_sum = 0;
  std::int64_t epoch_correct = 0;
  double epoch_train_seconds = 0;
  std::int64_t epoch_skipped_samples = 0;  ///< of those in skipped steps, which have no loss
  std::int64_t skipped_steps = 0;          ///< over all epochs
  measure::EnergyWindow epoch_train_energy = {};
  // Over the whole run so far.
  measure::EnergyWindow train_energy = {}, eval_energy = {};
  // The best checkpoint so far, by validation or test accuracy; best_step < 0: none yet.
  double best_accuracy = -1;
  std::int64_t best_step = -1;
  std::string optimizer;  ///< name; state is loaded only into the same one
  Recipe recipe;
  bool operator==(const Progress&) const = default;
  /// The epoch of the last step, counted from 1; 0 before the first.
  std::int64_t current_epoch() const { return epoch + (cursor > 0 ? 1 : 0); }
};

/// What eval and predict need of the data, so that they need no dataset for it.
struct DataFacts {
  std::string name;
  Shape sample_shape;
  std::vector<std::string> classes;
  std::vector<float> mean, std;
  bool integer_samples = true;  ///< uint8 pixels: divide by 255 first
  bool operator==(const DataFacts&) const = default;
};

/// One array in canonical layout.
struct NamedArray {
  std::string name;  ///< "conv1.weight"
  Shape shape;
  std::vector<float> data;
};

/// A checkpoint in memory.
struct Checkpoint {
  std::vector<NamedArray> parameters, buffers;
  /// state name ("momentum") -> arrays named as parameters
  std::vector<std::pair<std::string, std::vector<NamedArray>>> optimizer;
  Progress progress;
  std::string model_name, model_text;
  DataFacts data;
  std::string origin;  ///< where it was read from, for messages; not part of the file
};

/// Copies out of / into a live replica and optimizer, of which capture takes the state put together
/// from all ranks (optimizer_state.hpp). restore throws InputError naming the first parameter that
/// does not fit. `optimizer` may be null: weights only.
Checkpoint capture(nn::Replica&, std::span<const WholeState>, const Progress&, const DataFacts&);
void restore(const Checkpoint&, nn::Replica&, optim::Optimizer*);

/// Writes to a temporary name in the same folder, flushes it to disk and renames: the name either
/// holds a whole checkpoint or does not exist. Throws Error (full disk, no permission) and leaves
/// no trace. The same checkpoint gives the same bytes.
void write_checkpoint(const std::filesystem::path& file, const Checkpoint&);
/// A file, or the one that the `latest` of a run's folder names. Throws InputError naming the file
/// and what is wrong with it.
Checkpoint read_checkpoint(const std::filesystem::path& file_or_folder);
/// For --init: a checkpoint, or any HDF5 file with /parameters (and /buffers) laid out like one,
/// which ten lines of h5py can write (tests/pytorch/write_checkpoint.py). Only the arrays are
/// filled in.
Checkpoint read_weights(const std::filesystem::path& file_or_folder);

/// The bytes of the whole file, and back. `origin` names the file in errors.
std::vector<std::byte> encode(const Checkpoint&);
Checkpoint decode(std::span<const std::byte> bytes, const std::string& origin);

/// Gives all ranks what the root has (collective), so that one rank reads the file.
std::optional<Checkpoint> share(comm::Communicator&, const std::optional<Checkpoint>& at_root);

/// weights_hash of the contract, from a file's arrays.
std::string weights_hash(const Checkpoint&);

}  // namespace dtrain::train
