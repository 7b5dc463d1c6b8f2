// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/metrics_writer.hpp"

#include <fmt/format.h>

#include <fstream>

#include "train/json.hpp"

namespace dtrain::train {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view csv_header =
    "epoch,step,train_loss,train_accuracy,validation_loss,validation_accuracy,test_loss,"
    "test_accuracy,train_seconds,eval_seconds,samples_per_second,energy_joules,eval_energy_joules,"
    "net_energy_joules,energy_uncertainty_joules,average_watts,joules_per_sample,"
    "run_energy_joules\n";

std::string csv_row(const EpochRecord& record) {
  const auto cell = [](const std::optional<double>& value) {
    return value ? fmt::format("{}", *value) : "";
  };
  const EpochEnergy& energy = record.energy;
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", record.epoch,
                     record.step, record.train_loss, cell(record.train_accuracy),
                     cell(record.validation_loss), cell(record.validation_accuracy),
                     record.test_loss, cell(record.test_accuracy), record.train_seconds,
                     record.eval_seconds, record.samples_per_second, cell(energy.train_joules),
                     cell(energy.eval_joules), cell(energy.net_joules),
                     cell(energy.uncertainty_joules), cell(energy.average_watts),
                     cell(energy.joules_per_sample), cell(energy.run_joules));
}

std::string epoch_line(const EpochRecord& record) {
  Json line{{"event", "epoch"}};
  line.update(to_json(record));
  return to_text(line) + "\n";
}

/// Rewrites both files with what happened up to the checkpoint; a fresh run keeps nothing. Returns
/// the epochs that stay.
std::vector<EpochRecord> cut_back(const fs::path& folder, const std::optional<Progress>& resumed) {
  std::string jsonl, csv(csv_header);
  std::vector<EpochRecord> epochs;
  std::ifstream lines(folder / "metrics.jsonl");
  for (std::string line; resumed && std::getline(lines, line);) {
    try {
      const Json object = Json::parse(line);
      if (object.at("event") == "epoch") {
        const EpochRecord record = epoch_from_json(object);
        if (record.epoch > resumed->epoch) continue;
        epochs.push_back(record);
        csv += csv_row(record);
      } else if (object.at("step").get<std::int64_t>() > resumed->step) {
        continue;
      }
    } catch (const Json::exception&) {  // torn by a crash, or changed by hand
      continue;
    }
    jsonl += line + "\n";
  }
  write_file(folder / "metrics.jsonl", jsonl);
  write_file(folder / "epochs.csv", csv);
  return epochs;
}

}  // namespace

MetricsWriter::MetricsWriter(const fs::path& folder, const std::optional<Progress>& resumed)
    : earlier_epochs_(cut_back(folder, resumed)),
      jsonl_(folder / "metrics.jsonl"),
      csv_(folder / "epochs.csv") {}

void MetricsWriter::on_step(const StepRecord& record) {
  if (!schedule_.is_due(record)) return;
  // By hand, as it is on the path of every step; all numbers here are finite.
  const auto& phase = record.time.phase_ms;
  jsonl_.append(fmt::format(
      R"({{"event":"step","step":{},"epoch":{},"samples":{},"loss":{},"accuracy":{},"learning_rate":{},)"
      R"("samples_per_second":{:.1f},"step_ms":{:.4f},"data_ms":{:.4f},"forward_ms":{:.4f},)"
      R"("backward_ms":{:.4f},"comm_exposed_ms":{:.4f},"optimizer_ms":{:.4f}}})"
      "\n",
      record.step, record.epoch, record.samples_done, record.loss,
      record.accuracy ? fmt::format("{}", *record.accuracy) : "null", record.learning_rate,
      record.samples_per_second, record.time.total_ms, phase[0], phase[1], phase[2], phase[3],
      phase[4]));
}

void MetricsWriter::on_skip(const SkippedStep& skipped) {
  const Json line{{"event", "skip"},
                  {"step", skipped.step},
                  {"epoch", skipped.epoch},
                  {"reason", skipped.reason}};
  jsonl_.append(to_text(line) + "\n");
  jsonl_.flush();
}

void MetricsWriter::on_epoch(const EpochRecord& record) {
  jsonl_.append(epoch_line(record));
  csv_.append(csv_row(record));
  jsonl_.flush();
  csv_.flush();
}

void MetricsWriter::on_checkpoint(const std::string&, std::int64_t) {
  jsonl_.flush();
}

}  // namespace dtrain::train
