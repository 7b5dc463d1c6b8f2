// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/hardware_probe.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/error.hpp"
#include "base/stopwatch.hpp"
#include "measure/fma_loop.hpp"

namespace dtrain::measure {
namespace {

/// STREAM wants arrays of at least four times the last cache.
std::int64_t triad_elements() {
  const std::int64_t cache = std::max<std::int64_t>(sysconf(_SC_LEVEL3_CACHE_SIZE), 0);
  const std::int64_t bytes =
      std::clamp<std::int64_t>(4 * cache, std::int64_t{64} << 20, std::int64_t{256} << 20);
  return bytes / static_cast<std::int64_t>(sizeof(double));
}

}  // namespace

// a[i] = b[i] + s * c[i], the best of a few rounds, 24 bytes an element. Not initialised by new:
// each thread touches first what it will use, which places the pages near it.
double measure_memory_gb_per_s(int threads, int processes) {
  const std::int64_t n = triad_elements() / processes;
  const auto size = static_cast<std::size_t>(n);
  const std::unique_ptr<double[]> a(new double[size]), b(new double[size]), c(new double[size]);
  double *const pa = a.get(), *const pb = b.get(), *const pc = c.get();
#pragma omp parallel for num_threads(threads) schedule(static)
  for (std::int64_t i = 0; i < n; ++i) {
    pa[i] = 0.0;
    pb[i] = 1.0;
    pc[i] = 2.0;
  }
  double best_seconds = INFINITY;
  for (int round = 0; round < 5; ++round) {
    const double scale = 3.0 + round;
    const Stopwatch watch;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (std::int64_t i = 0; i < n; ++i) pa[i] = pb[i] + scale * pc[i];
    best_seconds = std::min(best_seconds, watch.seconds());
    if (pa[n / 2] != 1.0 + 2.0 * scale)
      throw Error("The memory of this machine returned wrong data.");
  }
  return 24.0 * static_cast<double>(n) / best_seconds * 1e-9;
}

double measure_fma_gflops(int threads, double seconds) {
  const FmaLoop loop = fma_loop(kernels::cpu::best_instruction_set());
  constexpr std::int64_t slice = 20000;  // about 0.1 ms: fine enough to stop in time
  double gflops = 0;
#pragma omp parallel num_threads(threads) reduction(+ : gflops)
  {
    float sink = loop.run(slice);  // wakes the core up
    std::int64_t slices = 0;
    const Stopwatch watch;
    double elapsed = 0;
    do {
      sink += loop.run(slice);
      ++slices;
      elapsed = watch.seconds();
    } while (elapsed < seconds);
    if (std::isfinite(sink))
      gflops += static_cast<double>(slices * slice * loop.flops_per_iteration) / elapsed * 1e-9;
  }
  return gflops;
}

double measure_product_gflops(const kernels::Backend& backend, double seconds) {
  constexpr std::int64_t n = 4096;
  constexpr std::size_t bytes = static_cast<std::size_t>(n * n) * sizeof(float);
  kernels::Device& device = *backend.device;
  const auto stream = device.make_stream();
  const kernels::LinearSpec spec{.batch = n,
                                 .input_shape = {n},
                                 .out_features = n,
                                 .has_bias = false,
                                 .pass = kernels::Pass::inference,
                                 .input = kernels::Layout::plain({n, n})};
  const auto product = backend.kernels->make_linear(device, spec);
  const auto input = device.allocate(bytes), output = device.allocate(bytes);
  const auto weight = device.allocate(product->weight_layout().bytes());
  const auto scratch = device.allocate(product->scratch_bytes());
  backend.kernels->fill(n * n, 0.5f, input->floats(), *stream);
  backend.kernels->fill(product->weight_layout().floats(), 0.25f, weight->floats(), *stream);
  const auto run = [&] {
    product->forward({.input = input->floats(),
                      .weight = weight->floats(),
                      .bias = nullptr,
                      .output = output->floats(),
                      .saved = nullptr,
                      .scratch = scratch->data()},
                     *stream);
    stream->synchronize();
  };
  run();
  int runs = 0;
  const Stopwatch watch;
  do {
    run();
    ++runs;
  } while (watch.seconds() < seconds);
  return 2e-9 * static_cast<double>(n * n * n) * runs / watch.seconds();
}

HardwarePeak measure_device_peak(const kernels::Backend& backend) {
  constexpr std::int64_t floats = std::int64_t{1} << 28;  // 1 GiB, beyond any cache
  kernels::Device& device = *backend.device;
  const auto stream = device.make_stream();
  const auto from = device.allocate(floats * sizeof(float));
  const auto to = device.allocate(floats * sizeof(float));
  double best_seconds = INFINITY;
  for (int round = 0; round < 10; ++round) {
    const Stopwatch watch;
    backend.kernels->activation_forward(kernels::Activation::none, floats, from->floats(),
                                        to->floats(), *stream);
    stream->synchronize();
    best_seconds = std::min(best_seconds, watch.seconds());
  }
  return {measure_product_gflops(backend),
          2e-9 * static_cast<double>(floats * sizeof(float)) / best_seconds};
}

HardwarePeak measure_hardware_peak(int threads) {
  return {measure_fma_gflops(threads), measure_memory_gb_per_s(threads)};
}

}  // namespace dtrain::measure
