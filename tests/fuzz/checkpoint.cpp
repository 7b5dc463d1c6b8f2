// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "train/checkpoint.hpp"

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "nn/model.hpp"
#include "tests/fuzz/beneath_hdf5.hpp"
#include "tests/fuzz/target.hpp"
#include "train/seal.hpp"

/// A checkpoint as it is, which its seal must refuse unless it is whole, and sealed again, which
/// leads to what lies behind the seal.
void dtrain::fuzz::read_input(Bytes bytes) {
  std::vector<std::byte> sealed(bytes.begin(), bytes.end());
  sealed.resize(std::max(sealed.size(), train::seal_bytes));
  train::seal(sealed);
  const bool whole =
      sealed.size() == bytes.size() && std::equal(bytes.begin(), bytes.end(), sealed.begin());
  if (!whole) {
    bool refused = false;
    try {
      train::check_seal(bytes, "damaged.h5");
    } catch (const InputError&) {
      refused = true;
    }
    if (!refused) throw std::logic_error("a damaged checkpoint passes its seal");
  }
  // dtrain trusts a seal. Here one lies over damage, on which HDF5 itself may crash.
  if (crashes_beneath_hdf5([&] { train::decode(sealed, "sealed.h5"); })) return;
  const train::Checkpoint checkpoint = train::decode(sealed, "sealed.h5");
  // As eval and predict go on.
  if (checkpoint.data.sample_shape.rank() == 3)
    nn::Model::parse(
        checkpoint.model_text, checkpoint.model_name,
        {checkpoint.data.sample_shape, static_cast<std::int64_t>(checkpoint.data.classes.size())});
}
