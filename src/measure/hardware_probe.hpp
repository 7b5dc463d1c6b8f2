// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

#include <cstdint>

#include "kernels/backend.hpp"

namespace dtrain::measure {

/// What this machine can do, measured now, with the calling process's OpenMP threads.
struct HardwarePeak {
  double fma_gflops = 0;       ///< fp32 multiply-adds, 2 FLOPs each, widest vectors
  double memory_gb_per_s = 0;  ///< STREAM triad, arrays beyond the last cache (J. McCalpin)
};
HardwarePeak measure_hardware_peak(int threads);

/// The memory bandwidth alone. `processes` of this machine measure theirs at the same time: what each
/// uses is smaller then, and the sum is the machine's.
double measure_memory_gb_per_s(int threads, int processes = 1);

/// The fp32 peak alone (a few milliseconds), for measuring beside something.
double measure_fma_gflops(int threads, double seconds = 0.1);

/// What a device with memory of its own can do: fma_gflops of a large matrix product, which is what the
/// device's library reaches, and memory_gb_per_s of a copy, bytes read and written.
HardwarePeak measure_device_peak(const kernels::Backend& backend);
/// The former alone.
double measure_product_gflops(const kernels::Backend& backend, double seconds = 0.1);

/// Largest resident memory of this process so far, bytes; 0 where the system does not say.
std::int64_t peak_rss_bytes();
/// Resident memory of this process now, bytes; 0 where the system does not say.
std::int64_t rss_bytes();
/// The letter of proc(5), such as R (runs), S (sleeps), T (stopped), Z (dead); 0: there is no such
/// process. Of the main thread, which is the process's first.
char process_state(int pid);
/// Since the operating system started this process, in steps of 10 ms.
double seconds_since_process_start();

}  // namespace dtrain::measure
