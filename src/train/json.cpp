// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/json.hpp"

namespace dtrain::train {
namespace {

std::optional<Straggler> straggler_at(const Json& object) {
  const auto it = object.find("straggler");
  if (it == object.end() || it->is_null()) return std::nullopt;
  Straggler straggler;
  straggler.rank = it->at("rank");
  straggler.host = it->at("host");
  straggler.seconds_lost = it->at("seconds_lost");
  straggler.share = it->at("share");
  return straggler;
}

std::optional<double> number_at(const Json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || it->is_null()) return std::nullopt;
  return it->get<double>();
}

}  // namespace

std::string to_text(const Json& json, int indent) {
  return json.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

std::string valid_utf8(const std::string& text) {
  return Json::parse(to_text(Json(text))).get<std::string>();
}

Json to_json(const std::optional<Straggler>& straggler) {
  if (!straggler) return nullptr;
  return {{"rank", straggler->rank},
          {"host", straggler->host},
          {"seconds_lost", straggler->seconds_lost},
          {"share", straggler->share}};
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
          {"straggler", to_json(record.straggler)},
          {"energy_joules", json_or_null(record.energy.train_joules)},
          {"eval_energy_joules", json_or_null(record.energy.eval_joules)},
          {"net_energy_joules", json_or_null(record.energy.net_joules)},
          {"energy_uncertainty_joules", json_or_null(record.energy.uncertainty_joules)},
          {"average_watts", json_or_null(record.energy.average_watts)},
          {"joules_per_sample", json_or_null(record.energy.joules_per_sample)},
          {"run_energy_joules", json_or_null(record.energy.run_joules)}};
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
  record.energy = {.train_joules = number_at(object, "energy_joules"),
                   .eval_joules = number_at(object, "eval_energy_joules"),
                   .net_joules = number_at(object, "net_energy_joules"),
                   .uncertainty_joules = number_at(object, "energy_uncertainty_joules"),
                   .average_watts = number_at(object, "average_watts"),
                   .joules_per_sample = number_at(object, "joules_per_sample"),
                   .run_joules = number_at(object, "run_energy_joules")};
  record.straggler = straggler_at(object);
  return record;
}

}  // namespace dtrain::train
