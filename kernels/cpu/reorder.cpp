// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/reorder.hpp"

#include <cstring>

#include "kernels/cpu/onednn.hpp"
#include "kernels/cpu/planned_ops.hpp"

namespace dtrain::kernels::cpu {

namespace {

/// The dims with which both layouts can be described: those of one that is not plain.
Dims common_dims(const Layout& from, const Layout& to) {
  return blocking_of(descriptor_of(from.is_plain() ? to : from)).dims;
}

class OnednnReorder final : public Reorder {
 public:
  OnednnReorder(const Layout& from, const Layout& to) {
    DTRAIN_ASSERT(from.shape().elements() == to.shape().elements());
    const Dims dims = common_dims(from, to);
    input_layout_ = from;
    output_layout_ = to;
    conversion_ = Conversion(engine_, descriptor_of(from, dims), descriptor_of(to, dims));
    scratch_.resize(conversion_.scratch_bytes());
  }
  void run(const float* input, float* output, Stream&) override {
    if (conversion_.is_needed())
      conversion_.run(engine_, input, output, scratch_.data());
    else
      std::memcpy(output, input, input_layout_.bytes());
  }

 private:
  Engine engine_;
  Conversion conversion_;
  std::vector<char> scratch_;  // run() takes none; a few bytes in most cases
};

}  // namespace

std::unique_ptr<Reorder> make_reorder(Device&, const Layout& from, const Layout& to) {
  return std::make_unique<OnednnReorder>(from, to);
}

}  // namespace dtrain::kernels::cpu
