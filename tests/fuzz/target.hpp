// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// A fuzz target gives bytes to one reader of files, as the product would. Every input must end in one
// of two ways: the reader takes it, or throws one InputError or UsageError. Anything else (another
// exception, a crash, a hang, a leak, memory out of proportion) is a finding.
//
// Each target is one file here that defines read_input(). It is built twice: with libFuzzer, which
// invents inputs (libfuzzer_entry.cpp), and as an ordinary test of the inputs in corpus/<target>
// (corpus_test.cpp).

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

namespace dtrain::fuzz {

using Bytes = std::span<const std::byte>;

/// The target: reads, or throws what the reader throws.
void read_input(Bytes bytes);

enum class Outcome { accepted, refused };

/// Runs the target. Throws what is a finding.
Outcome try_input(Bytes bytes);

// For targets:

/// A file of this name in memory that holds `bytes`; the next call with the name replaces it.
std::filesystem::path as_file(const std::string& name, Bytes bytes);

/// An input that stands for two files: two bytes, little-endian, say how long the first one is.
std::pair<Bytes, Bytes> as_two(Bytes bytes);

inline std::string as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace dtrain::fuzz
