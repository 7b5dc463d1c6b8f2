// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/json.hpp"

namespace dtrain::train {
namespace {

std::optional<double> number_at(const Json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || it->is_null()) return std::nullopt;
  return it->get<double>();
}

}  // namespace

std::string to_text(const Json& json, int indent) {
  return json.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

Json to_json(const EpochRecord& record) {
  return {{"epoch", record.epoch},
          {"step", record.step},
          {"train_loss", record.train_loss},
          {"train_accuracy", json_or_null(record.train_accuracy)},
          {"validation_loss", json_or_null(record.validation_loss)},
          {"validation_accuracy", json_or_null(record.validation_accuracy)},
          {"test_loss", record.test_loss},
          {"test_accuracy", json_or_null(record.test_accuracy)},
          {"train_seconds", record.train_seconds},
          {"eval_seconds", record.eval_seconds},
          {"samples_per_second", record.samples_per_second},
          {"energy_joules", nullptr},
          {"eval_energy_joules", nullptr},
          {"average_watts", nullptr},
          {"joules_per_sample", nullptr}};
}

EpochRecord epoch_from_json(const Json& object) {
  EpochRecord record;
  record.epoch = object.at("epoch");
  record.step = object.at("step");
  record.train_loss = object.at("train_loss");
  record.train_accuracy = number_at(object, "train_accuracy");
  record.validation_loss = number_at(object, "validation_loss");
  record.validation_accuracy = number_at(object, "validation_accuracy");
  record.test_loss = object.at("test_loss");
  record.test_accuracy = number_at(object, "test_accuracy");
  record.train_seconds = object.at("train_seconds");
  record.eval_seconds = object.at("eval_seconds");
  record.samples_per_second = object.at("samples_per_second");
  return record;
}

}  // namespace dtrain::train
