// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "nn/layers/layers.hpp"

namespace dtrain::nn {
namespace {

class ReorderLayer : public Layer {
 public:
  ReorderLayer(const kernels::Backend& backend, const kernels::Layout& from,
               const kernels::Layout& to, kernels::Pass pass)
      : from_(from), to_(to), forward_(backend.kernels->make_reorder(*backend.device, from, to)) {
    if (pass == kernels::Pass::training)
      backward_ = backend.kernels->make_reorder(*backend.device, to, from);
  }

  kernels::Layout input_layout(int) const override { return from_; }
  kernels::Layout output_layout() const override { return to_; }
  bool needs_input() const override { return false; }
  bool needs_output() const override { return false; }

  void forward(const ForwardArgs& args) override {
    forward_->run(args.inputs[0], args.output, args.stream);
  }
  void backward(const BackwardArgs& args) override {
    backward_->run(args.output_gradient, args.input_gradients[0], args.stream);
  }

 private:
  kernels::Layout from_, to_;
  std::unique_ptr<kernels::Reorder> forward_, backward_;
};

}  // namespace

std::unique_ptr<Layer> make_reorder_layer(const kernels::Backend& backend,
                                          const kernels::Layout& from, const kernels::Layout& to,
                                          kernels::Pass pass) {
  return std::make_unique<ReorderLayer>(backend, from, to, pass);
}

}  // namespace dtrain::nn
