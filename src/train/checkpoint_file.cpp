// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/assert.hpp"
#include "base/error.hpp"
#include "hdf5/file.hpp"
#include "train/checkpoint.hpp"
#include "train/output_file.hpp"
#include "train/seal.hpp"

// The file is made and read in memory: its bytes are sealed before the disk sees them and checked
// before HDF5 does, and a full disk is met by a plain write.

namespace dtrain::train {
namespace {

// Layers are groups: "conv1.weight" is <section>/conv1/weight. Groups keep the order in which they
// were made, which is the model's.

std::pair<std::string, std::string> split_name(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  DTRAIN_ASSERT(dot != std::string::npos);
  return {name.substr(0, dot), name.substr(dot + 1)};
}

void write_arrays(hdf5::Group section, const std::vector<NamedArray>& arrays) {
  for (const NamedArray& array : arrays) {
    const auto [layer, leaf] = split_name(array.name);
    hdf5::Group group =
        section.contains(layer) ? section.group(layer) : section.create_group(layer);
    const auto extents = array.shape.extents();
    group.write_array<float>(leaf, {extents.begin(), extents.end()}, array.data);
  }
}

std::vector<NamedArray> read_arrays(const hdf5::Group& section) {
  std::vector<NamedArray> arrays;
  for (const std::string& layer : section.names()) {
    const hdf5::Group group = section.group(layer);
    for (const std::string& leaf : group.names()) {
      const hdf5::Dataset dataset = group.dataset(leaf);
      if (dataset.extents().size() > Shape::max_rank) dataset.fail("has too many dimensions");
      arrays.push_back({fmt::format("{}.{}", layer, leaf), Shape(std::span(dataset.extents())),
                        dataset.read<float>()});
    }
  }
  return arrays;
}

void set_energy(hdf5::Group& group, const std::string& name, const measure::EnergyWindow& energy) {
  group.set_attribute(
      name, std::vector<double>{energy.joules, energy.idle_joules, energy.uncertainty_joules});
}

measure::EnergyWindow energy_of(const hdf5::Group& group, const std::string& name) {
  if (!group.has_attribute(name)) return measure::EnergyWindow::unknown();  // an older file
  const auto values = group.attribute<std::vector<double>>(name);
  if (values.size() != 3) group.fail(name + " does not hold three numbers");
  return {values[0], values[1], values[2]};
}

void write_progress(hdf5::Group group, const Progress& progress) {
  group.set_attribute("epoch", progress.epoch);
  group.set_attribute("step", progress.step);
  group.set_attribute("cursor", progress.cursor);
  group.set_attribute("evaluated", std::int64_t{progress.evaluated});
  group.set_attribute("seed", progress.seed);
  group.set_attribute("global_batch", progress.global_batch);
  group.set_attribute("shards", progress.shards);
  group.set_attribute("train_samples", progress.train_samples);
  group.set_attribute("total_steps", progress.total_steps);
  group.set_attribute("epoch_loss_sum", progress.epoch_loss_sum);
  group.set_attribute("epoch_correct", progress.epoch_correct);
  group.set_attribute("epoch_train_seconds", progress.epoch_train_seconds);
  group.set_attribute("epoch_skipped_samples", progress.epoch_skipped_samples);
  group.set_attribute("skipped_steps", progress.skipped_steps);
  group.set_attribute("loss_scale", static_cast<double>(progress.loss_scale.value));
  group.set_attribute("loss_scale_steps", progress.loss_scale.finite_steps);
  set_energy(group, "epoch_train_energy", progress.epoch_train_energy);
  set_energy(group, "train_energy", progress.train_energy);
  set_energy(group, "eval_energy", progress.eval_energy);
  group.set_attribute("best_accuracy", progress.best_accuracy);
  group.set_attribute("best_step", progress.best_step);
  group.set_attribute("optimizer", progress.optimizer);
  group.set_attribute("loss", progress.recipe.loss);
  group.set_attribute("schedule", progress.recipe.schedule);
  group.set_attribute("learning_rate", static_cast<double>(progress.recipe.learning_rate));
  group.set_attribute("warmup_epochs", progress.recipe.warmup_epochs);
}

Progress read_progress(const hdf5::Group& group) {
  Progress progress;
  progress.epoch = group.attribute<std::int64_t>("epoch");
  progress.step = group.attribute<std::int64_t>("step");
  progress.cursor = group.attribute<std::int64_t>("cursor");
  progress.evaluated = group.attribute<std::int64_t>("evaluated") != 0;
  progress.seed = group.attribute<std::uint64_t>("seed");
  progress.global_batch = group.attribute<std::int64_t>("global_batch");
  progress.shards = group.attribute<std::int64_t>("shards");
  progress.train_samples = group.attribute<std::int64_t>("train_samples");
  progress.total_steps = group.attribute<std::int64_t>("total_steps");
  progress.epoch_loss_sum = group.attribute<double>("epoch_loss_sum");
  progress.epoch_correct = group.attribute<std::int64_t>("epoch_correct");
  progress.epoch_train_seconds = group.attribute<double>("epoch_train_seconds");
  if (group.has_attribute("skipped_steps")) {  // older files lack them
    progress.epoch_skipped_samples = group.attribute<std::int64_t>("epoch_skipped_samples");
    progress.skipped_steps = group.attribute<std::int64_t>("skipped_steps");
  }
  if (group.has_attribute("loss_scale")) {
    progress.loss_scale.value = static_cast<float>(group.attribute<double>("loss_scale"));
    progress.loss_scale.finite_steps = group.attribute<std::int64_t>("loss_scale_steps");
  }
  progress.epoch_train_energy = energy_of(group, "epoch_train_energy");
  progress.train_energy = energy_of(group, "train_energy");
  progress.eval_energy = energy_of(group, "eval_energy");
  progress.best_accuracy = group.attribute<double>("best_accuracy");
  progress.best_step = group.attribute<std::int64_t>("best_step");
  progress.optimizer = group.attribute<std::string>("optimizer");
  progress.recipe.loss = group.attribute<std::string>("loss");
  progress.recipe.schedule = group.attribute<std::string>("schedule");
  progress.recipe.learning_rate = static_cast<float>(group.attribute<double>("learning_rate"));
  progress.recipe.warmup_epochs = group.attribute<double>("warmup_epochs");
  return progress;
}

void write_data(hdf5::Group group, const DataFacts& data) {
  const auto extents = data.sample_shape.extents();
  group.set_attribute("name", data.name);
  group.set_attribute("sample_shape", std::vector<std::int64_t>(extents.begin(), extents.end()));
  group.set_attribute("mean", data.mean);
  group.set_attribute("std", data.std);
  group.set_attribute("integer_samples", std::int64_t{data.integer_samples ? 1 : 0});
  // One name per line: there may be more than an attribute can hold.
  group.write_string("classes", fmt::format("{}", fmt::join(data.classes, "\n")));
}

/// Weights without a model have no sample shape; any other is an image's.
void check_shape(const hdf5::Group& group, const DataFacts& data) {
  const Shape& shape = data.sample_shape;
  const auto channels = static_cast<std::size_t>(shape.rank() > 0 ? shape[0] : 0);
  constexpr std::int64_t largest_extent = std::int64_t{1} << 30;
  const bool positive = std::ranges::all_of(
      shape.extents(), [](std::int64_t extent) { return extent > 0 && extent <= largest_extent; });
  if (!positive || (shape.rank() != 0 && shape.rank() != 3) || data.mean.size() != channels ||
      data.std.size() != channels)
    group.fail("sample_shape, mean and std are not those of images");
}

DataFacts read_data(const hdf5::Group& group) {
  DataFacts data;
  data.name = group.attribute<std::string>("name");
  const auto extents = group.attribute<std::vector<std::int64_t>>("sample_shape");
  if (extents.size() > Shape::max_rank) group.fail("sample_shape has too many dimensions");
  data.sample_shape = Shape(std::span(extents));
  data.mean = group.attribute<std::vector<float>>("mean");
  data.std = group.attribute<std::vector<float>>("std");
  check_shape(group, data);
  data.integer_samples = group.attribute<std::int64_t>("integer_samples") != 0;
  const std::string classes = group.dataset("classes").read_string();
  for (std::size_t at = 0; at < classes.size();) {
    const std::size_t end = std::min(classes.find('\n', at), classes.size());
    data.classes.push_back(classes.substr(at, end - at));
    at = end + 1;
  }
  return data;
}

/// The file itself, or the one that a run's folder names in `latest`.
std::filesystem::path file_of(const std::filesystem::path& file_or_folder) {
  if (!std::filesystem::is_directory(file_or_folder)) return file_or_folder;
  std::string name;
  if (!(std::ifstream(file_or_folder / "latest") >> name))
    throw InputError(fmt::format(
        "the folder {} holds no checkpoint: name that of a run, or a file checkpoint-NNNN.h5",
        file_or_folder.string()));
  return file_or_folder / std::filesystem::path(name).filename();
}

std::vector<std::byte> read_bytes(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error)
    throw InputError(
        fmt::format("cannot open {}: {}. Name a file checkpoint-NNNN.h5, or the folder of a run.",
                    file.string(), error.message()));
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  std::ifstream stream(file, std::ios::binary);
  if (!stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size)))
    throw InputError(fmt::format("cannot read {}: {}.", file.string(), std::strerror(errno)));
  return bytes;
}

}  // namespace

std::vector<std::byte> encode(const Checkpoint& checkpoint) {
  hdf5::File file = hdf5::File::create_in_memory("checkpoint", seal_bytes);
  file.set_attribute("dtrain_version", std::string(DTRAIN_VERSION));
  write_arrays(file.create_group("parameters"), checkpoint.parameters);
  write_arrays(file.create_group("buffers"), checkpoint.buffers);
  hdf5::Group optimizer = file.create_group("optimizer");
  for (const auto& [state, arrays] : checkpoint.optimizer)
    write_arrays(optimizer.create_group(state), arrays);
  write_progress(file.create_group("progress"), checkpoint.progress);
  hdf5::Group model = file.create_group("model");
  model.set_attribute("name", checkpoint.model_name);
  model.write_string("text", checkpoint.model_text);
  write_data(file.create_group("data"), checkpoint.data);

  std::vector<std::byte> bytes = file.image();
  seal(bytes);
  return bytes;
}

Checkpoint decode(std::span<const std::byte> bytes, const std::string& origin) {
  check_seal(bytes, origin);
  const hdf5::File file = hdf5::File::open_image(origin, bytes);
  Checkpoint checkpoint;
  checkpoint.origin = origin;
  checkpoint.parameters = read_arrays(file.group("parameters"));
  checkpoint.buffers = read_arrays(file.group("buffers"));
  const hdf5::Group optimizer = file.group("optimizer");
  for (const std::string& state : optimizer.names())
    checkpoint.optimizer.emplace_back(state, read_arrays(optimizer.group(state)));
  checkpoint.progress = read_progress(file.group("progress"));
  const hdf5::Group model = file.group("model");
  checkpoint.model_name = model.attribute<std::string>("name");
  checkpoint.model_text = model.dataset("text").read_string();
  checkpoint.data = read_data(file.group("data"));
  return checkpoint;
}

void write_checkpoint(const std::filesystem::path& file, const Checkpoint& checkpoint) {
  write_file_durably(file, {encode(checkpoint)});
}

Checkpoint read_checkpoint(const std::filesystem::path& file_or_folder) {
  const std::filesystem::path file = file_of(file_or_folder);
  return decode(read_bytes(file), file.string());
}

Checkpoint read_weights(const std::filesystem::path& file_or_folder) {
  const std::filesystem::path path = file_of(file_or_folder);
  const std::vector<std::byte> bytes = read_bytes(path);
  if (has_seal(bytes)) check_seal(bytes, path.string());
  const hdf5::File file = hdf5::File::open_image(path.string(), bytes);
  Checkpoint weights;
  weights.origin = path.string();
  weights.parameters = read_arrays(file.group("parameters"));
  if (file.contains("buffers")) weights.buffers = read_arrays(file.group("buffers"));
  return weights;
}

}  // namespace dtrain::train
