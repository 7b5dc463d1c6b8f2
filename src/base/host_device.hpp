// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// The one file that may look at __CUDACC__: functors shared by the CPU loop and the GPU launcher are
// marked DTRAIN_HOST_DEVICE, so that tests without a GPU run the arithmetic that the GPU runs.

#ifdef __CUDACC__
#define DTRAIN_HOST_DEVICE __host__ __device__
#else
#define DTRAIN_HOST_DEVICE
#endif

// For small functions that are also compiled once per instruction set: never a copy of their own, which
// the linker might pick for a machine that cannot run it.
#define DTRAIN_FUNCTOR [[gnu::always_inline]] DTRAIN_HOST_DEVICE inline
