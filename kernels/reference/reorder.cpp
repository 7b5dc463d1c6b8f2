// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <algorithm>

#include "kernels/reference/ops.hpp"

namespace dtrain::kernels::reference {
namespace {

/// The reference knows plain layouts only, so that a reorder is a copy.
class ReferenceReorder final : public Reorder {
 public:
  ReferenceReorder(const Layout& from, const Layout& to) {
    DTRAIN_ASSERT(from.is_plain() && to.is_plain());
    DTRAIN_ASSERT(from.shape().elements() == to.shape().elements());
    input_layout_ = from;
    output_layout_ = to;
  }
  void run(const float* input, float* output, Stream&) override {
    std::copy_n(input, input_layout_.floats(), output);
  }
};

}  // namespace

std::unique_ptr<Reorder> make_reorder(Device&, const Layout& from, const Layout& to) {
  return std::make_unique<ReferenceReorder>(from, to);
}

}  // namespace dtrain::kernels::reference
