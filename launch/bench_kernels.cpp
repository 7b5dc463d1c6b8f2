// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// dtrain bench kernels: each layer of the shipped models at its own shape, alone, forward and
// backward, and the elementwise functions on arrays beyond the caches; beside the FMA peak and the
// memory bandwidth measured in the same run.

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>

#include "base/cores.hpp"
#include "launch/bench.hpp"
#include "launch/binding.hpp"
#include "launch/command_line.hpp"
#include "launch/console.hpp"
#include "measure/hardware_probe.hpp"
#include "nn/layer_registry.hpp"
#include "train/json.hpp"

namespace dtrain::launch {
namespace {

using kernels::Backend;
using kernels::Layout;

/// One measured call. Either it computes (flops) or it moves memory (bytes that it must touch).
struct Measured {
  std::string op, where;
  double seconds = 0, flops = 0, bytes = 0;
};

/// A layer with memory of its own for everything that it touches.
class LayerBench {
 public:
  LayerBench(const nn::Model& model, const nn::LayerSpec& spec, std::int64_t batch,
             const Backend& backend)
      : backend_(backend),
        spec_(spec),
        stream_(backend.device->make_stream()),
        ids_(static_cast<std::size_t>(batch)) {
    std::iota(ids_.begin(), ids_.end(), 0);
    nn::LayerPlan plan{.backend = backend,
                       .spec = spec,
                       .batch = batch,
                       .pass = kernels::Pass::training,
                       .inputs = {},
                       .needs_input_gradient = true,
                       .fused = kernels::Activation::none,
                       .parameters = {}};
    for (const int input : spec.inputs) {
      const Shape& shape = input < 0 ? model.input().sample_shape
                                     : model.layers()[static_cast<std::size_t>(input)].output_shape;
      plan.inputs.push_back(Layout::plain(shape.with_batch(batch)));
      plan.needs_input_gradient = plan.needs_input_gradient && input >= 0;
    }
    // Again with the layouts that it wants, as its neighbours in a network would give them.
    const auto& type = nn::layer_type(spec.type);
    const auto first = type.make(plan);
    for (std::size_t i = 0; i < plan.inputs.size(); ++i)
      plan.inputs[i] = first->input_layout(static_cast<int>(i));
    layer_ = type.make(plan);

    for (std::size_t i = 0; i < plan.inputs.size(); ++i) {
      const Layout layout = layer_->input_layout(static_cast<int>(i));
      inputs_.push_back(array(layout.bytes(), 0.5f));
      input_gradients_.push_back(plan.needs_input_gradient ? array(layout.bytes(), 0) : nullptr);
      bytes_ += static_cast<double>(layout.bytes());
    }
    const std::size_t output_bytes = layer_->output_layout().bytes();
    output_ = array(output_bytes, 0);
    output_gradient_ = array(output_bytes, 1e-3f);
    bytes_ += static_cast<double>(output_bytes);
    for (const Layout& layout : layer_->parameter_layouts())
      parameters_.push_back({array(layout.bytes(), 0.01f), array(layout.bytes(), 0)});
    saved_ = array(layer_->saved_bytes(), 0);
    scratch_ = array(layer_->scratch_bytes(), 0);
    // Backward computes the weights' gradient and, where it is wanted, the input's.
    forward_flops_ = 2.0 * static_cast<double>(spec.forward_madds * batch);
    backward_flops_ = forward_flops_ * (plan.needs_input_gradient ? 2 : 1);
    context_.sample_ids = ids_;
  }

  std::vector<Measured> run(const std::string& model, double window) {
    const std::string where = fmt::format("{} {}", model, spec_.name);
    const double forward = seconds_per_call([&] { this->forward(); }, window);
    std::vector<Measured> rows{
        {spec_.type, fmt::format("{} forward", where), forward, forward_flops_, bytes_}};
    const bool has_backward = !parameters_.empty() || input_gradients_[0] != nullptr;
    if (has_backward && !layer_->shares_output_gradient()) {
      const double backward = seconds_per_call([&] { this->backward(); }, window);
      rows.push_back(
          {spec_.type, fmt::format("{} backward", where), backward, backward_flops_, bytes_});
    }
    return rows;
  }

 private:
  float* array(std::size_t bytes, float value) {
    if (bytes == 0) return nullptr;
    memory_.push_back(backend_.device->allocate(bytes));
    float* data = memory_.back()->floats();
    if (value != 0)
      backend_.kernels->fill(static_cast<std::int64_t>(bytes / sizeof(float)), value, data,
                             *stream_);
    return data;
  }
  void forward() {
    layer_->forward({.inputs = inputs_,
                     .output = output_,
                     .parameters = parameters_,
                     .saved = saved_,
                     .scratch = scratch_,
                     .context = context_,
                     .stream = *stream_});
    stream_->synchronize();
  }
  void backward() {
    layer_->backward({.inputs = inputs_,
                      .output = output_,
                      .output_gradient = output_gradient_,
                      .input_gradients = input_gradients_,
                      .parameters = parameters_,
                      .saved = saved_,
                      .scratch = scratch_,
                      .context = context_,
                      .stream = *stream_});
    stream_->synchronize();
  }

  const Backend& backend_;
  const nn::LayerSpec& spec_;
  std::unique_ptr<kernels::Stream> stream_;
  std::unique_ptr<nn::Layer> layer_;
  std::vector<std::unique_ptr<kernels::Allocation>> memory_;
  std::vector<const float*> inputs_;
  std::vector<float*> input_gradients_;
  std::vector<nn::ParameterView> parameters_;
  float *output_ = nullptr, *output_gradient_ = nullptr;
  void *saved_ = nullptr, *scratch_ = nullptr;
  std::vector<std::int64_t> ids_;
  nn::StepContext context_;
  double forward_flops_ = 0, backward_flops_ = 0, bytes_ = 0;
};

/// Layers that differ in type, attributes or shapes; the first model that has one gives it its
/// name.
std::vector<Measured> measure_layers(const std::vector<std::string>& models, std::int64_t batch,
                                     const Backend& backend, double window) {
  std::vector<Measured> rows;
  std::set<std::string> seen;
  for (const std::string& name : models) {
    const auto model = nn::Model::load(name, nn::reference_input(name));
    for (const nn::LayerSpec& spec : model.layers()) {
      if (nn::layer_type(spec.type).make == nullptr) continue;
      std::string key =
          fmt::format("{} {} {}", spec.type, spec.attributes.dump(), spec.output_shape.to_string());
      for (const int input : spec.inputs)
        key += input < 0
                   ? std::string(" first")
                   : fmt::format(
                         " {}",
                         model.layers()[static_cast<std::size_t>(input)].output_shape.to_string());
      if (!seen.insert(key).second) continue;
      for (auto& row : LayerBench(model, spec, batch, backend).run(model.name(), window))
        rows.push_back(std::move(row));
    }
  }
  return rows;
}

/// Functions over flat arrays, with the bytes that each must read and write per element.
std::vector<Measured> measure_functions(const Backend& backend, double window) {
  constexpr std::int64_t count = std::int64_t{1} << 24;
  constexpr double float_bytes = sizeof(float);
  const auto stream = backend.device->make_stream();
  std::vector<std::unique_ptr<kernels::Allocation>> arrays;
  for (int i = 0; i < 4; ++i) {
    arrays.push_back(backend.device->allocate(count * sizeof(float)));
    backend.kernels->fill(count, 0.01f, arrays.back()->floats(), *stream);
  }
  float *a = arrays[0]->floats(), *b = arrays[1]->floats(), *c = arrays[2]->floats(),
        *d = arrays[3]->floats();
  const auto& table = *backend.kernels;

  std::vector<Measured> rows;
  const auto add = [&](const std::string& name, double floats_per_element,
                       const std::function<void()>& call) {
    const double seconds = seconds_per_call(
        [&] {
          call();
          stream->synchronize();
        },
        window);
    rows.push_back({name, "16M floats", seconds, 0, floats_per_element * float_bytes * count});
  };
  add("fill", 1, [&] { table.fill(count, 0.01f, a, *stream); });
  add("add", 3, [&] { table.add(kernels::AddActivation::none, count, a, b, c, *stream); });
  add("add_scaled", 3, [&] { table.add_scaled(count, 1e-6f, a, b, *stream); });
  add("sum_of_squares", 1, [&] { table.sum_of_squares(count, a, *stream); });
  add("find_non_finite", 1, [&] { table.find_non_finite(count, a, *stream); });
  add("gelu", 2,
      [&] { table.activation_forward(kernels::Activation::gelu, count, a, b, *stream); });
  add("sigmoid", 2,
      [&] { table.activation_forward(kernels::Activation::sigmoid, count, a, b, *stream); });
  add("tanh", 2,
      [&] { table.activation_forward(kernels::Activation::tanh, count, a, b, *stream); });
  add("float_to_bf16", 1.5,
      [&] { table.float_to_bf16(count, a, reinterpret_cast<std::uint16_t*>(b), *stream); });
  kernels::SgdArgs sgd;
  sgd.count = count, sgd.learning_rate = 1e-6f, sgd.momentum = 0.9f;
  sgd.value = a, sgd.gradient = b, sgd.velocity = c;
  add("sgd_update", 5, [&] { table.sgd_update(sgd, *stream); });
  kernels::AdamArgs adam;
  adam.count = count, adam.learning_rate = 1e-6f;
  adam.value = a, adam.gradient = b, adam.first_moment = c, adam.second_moment = d;
  add("adam_update", 7, [&] { table.adam_update(adam, *stream); });
  return rows;
}

struct Rates {
  bool computes = false;
  double rate = 0, fraction = 0;  ///< GFLOP/s or GB/s, and its share of the measured limit
};

Rates rates_of(const Measured& row, const measure::HardwarePeak& peak) {
  if (row.flops > 0) {
    const double gflops = row.flops / row.seconds * 1e-9;
    return {true, gflops, gflops / peak.fma_gflops};
  }
  const double gigabytes = row.bytes / row.seconds * 1e-9;
  return {false, gigabytes, gigabytes / peak.memory_gb_per_s};
}

void print_json(const std::vector<Measured>& rows, const measure::HardwarePeak& peak, int threads,
                std::int64_t batch) {
  for (const Measured& row : rows) {
    const Rates rates = rates_of(row, peak);
    using Json = train::Json;
    const Json json{{"op", row.op},
                    {"where", row.where},
                    {"batch", batch},
                    {"threads", threads},
                    {"microseconds", 1e6 * row.seconds},
                    {"gflops", rates.computes ? Json(rates.rate) : Json(nullptr)},
                    {"gb_per_s", rates.computes ? Json(nullptr) : Json(rates.rate)},
                    {"peak_gflops", peak.fma_gflops},
                    {"memory_gb_per_s", peak.memory_gb_per_s},
                    {"fraction", rates.fraction}};
    fmt::print("{}\n", train::to_text(json));
  }
}

void print_table(const std::vector<Measured>& rows, const measure::HardwarePeak& peak) {
  Table table({"op", "where", "time", "rate", "of the limit"},
              {Table::Align::left, Table::Align::left});
  for (const Measured& row : rows) {
    const Rates rates = rates_of(row, peak);
    table.add_row({row.op, row.where, fmt::format("{:.1f} us", 1e6 * row.seconds),
                   fmt::format("{:.1f} {}", rates.rate, rates.computes ? "GFLOP/s" : "GB/s   "),
                   fmt::format("{:.0f} %", 100 * rates.fraction)});
  }
  fmt::print(
      "{}\nMeasured limits: {:.0f} GFLOP/s (FMA; a GPU: a large product), {:.1f} GB/s (memory; "
      "arrays that stay in a cache "
      "go "
      "beyond it).\n",
      table.text(), peak.fma_gflops, peak.memory_gb_per_s);
}

}  // namespace

ExitCode run_bench_kernels(Arguments arguments, Session& session) {
  std::string model = "all", device = "auto";
  std::int64_t batch = 64, threads = 0;
  double window = 0.02;
  bool json = false;
  auto parser =
      make_parser("bench kernels",
                  "Time layers at the shapes of the shipped models, and elementwise functions.");
  parser->add_option("--model", model, "layers of this model only; all: every shipped model's")
      ->type_name("NAME")
      ->capture_default_str();
  parser->add_option("--batch", batch, "samples")
      ->type_name("N")
      ->check(integer_in(1, 1 << 20))
      ->capture_default_str();
  parser->add_option("--threads", threads, "OpenMP threads (default: the cores it may run on)")
      ->type_name("N")
      ->check(integer_in(1, 4096));
  parser->add_option("--device", device, "auto, cpu or cuda")
      ->type_name("NAME")
      ->capture_default_str();
  parser->add_option("--seconds", window, "length of each of the three windows of a call")
      ->type_name("X")
      ->check(number_in(0.0001, 60))
      ->capture_default_str();
  parser->add_flag("--json", json, "print one JSON object per call");
  if (!parse(*parser, arguments, session) || !session.is_root()) return ExitCode::done;

  const int thread_count = threads > 0 ? static_cast<int>(threads) : available_cores();
  const auto backend = make_backend(pick_device(device, 0, 1), {.threads = thread_count});
  const auto measure_peak = [&] {
    return backend->device->is_host() ? measure::measure_hardware_peak(thread_count)
                                      : measure::measure_device_peak(*backend);
  };
  const auto before = measure_peak();
  const auto models = model == "all" ? nn::builtin_model_names() : std::vector{model};
  auto rows = measure_layers(models, batch, *backend, window);
  for (auto& row : measure_functions(*backend, window)) rows.push_back(std::move(row));
  // The better of before and after: the machine may have been busy with other things.
  const auto after = measure_peak();
  const measure::HardwarePeak peak{std::max(before.fma_gflops, after.fma_gflops),
                                   std::max(before.memory_gb_per_s, after.memory_gb_per_s)};
  if (json)
    print_json(rows, peak, thread_count, batch);
  else
    print_table(rows, peak);
  return ExitCode::done;
}

}  // namespace dtrain::launch
