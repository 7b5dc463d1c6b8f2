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
#include "nn/replica.hpp"
#include "optim/optimizer.hpp"
#include "train/optimizer_state.hpp"
#include "train/progress.hpp"

namespace dtrain::train {

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
