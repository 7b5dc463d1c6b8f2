// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// What the cpu backend uses of oneDNN. The API of oneDNN 2 and 3 differs where primitives are
// described: that part is onednn_v2.cpp or onednn_v3.cpp, as CMake finds the library.

#include <dnnl.hpp>
#include <initializer_list>
#include <vector>

#include "kernels/activation.hpp"
#include "kernels/planned_op.hpp"

namespace dtrain::kernels::cpu {

using Descriptor = dnnl::memory::desc;
using Dims = dnnl::memory::dims;

/// A dense row-major float32 value.
Descriptor row_major(const Dims& dims);
/// A float32 value whose layout oneDNN is to choose.
Descriptor any_layout(const Dims& dims);
inline Dims to_dims(const Shape& shape) {
  return {shape.extents().begin(), shape.extents().end()};
}

/// A descriptor taken apart: element (i_0, i_1, …) lies in block (i_a / blocks of axis a), blocks
/// are `strides` apart, and inside a block `inner_blocks` follow each other, outermost first.
struct Blocking {
  Dims dims, padded_dims, strides;
  Dims inner_blocks, inner_axes;
};
Blocking blocking_of(const Descriptor&);

/// `shape` laid out as `descriptor`, which may have other dims with as many elements (a linear
/// weight over an image, groups): plain where it is row-major. No reference to `descriptor` is
/// kept.
Layout make_layout(const Shape& shape, const Descriptor& descriptor);
/// The descriptor in `layout`; a plain layout is row-major over `plain_dims`.
Descriptor descriptor_of(const Layout& layout, const Dims& plain_dims);
inline Descriptor descriptor_of(const Layout& layout) {
  return descriptor_of(layout, to_dims(layout.shape()));
}

/// The CPU and an in-order queue on it: calls have finished when they return.
struct Engine {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
};

/// Byte offsets of pieces of one workspace, each on its own cache line.
class WorkspacePlan {
 public:
  std::size_t add(std::size_t bytes);
  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

inline void* at(void* workspace, std::size_t offset) {
  return static_cast<char*>(workspace) + offset;
}

/// A primitive with its memory arguments made once: run() binds pointers and allocates nothing.
class Primitive {
 public:
  Primitive() = default;
  /// `arguments`: DNNL_ARG_… in the order in which run() takes their pointers.
  Primitive(const Engine&, const dnnl::primitive_desc_base&, std::initializer_list<int> arguments);

  /// A null pointer leaves an argument out.
  void run(Engine&, std::initializer_list<const void*> pointers);

 private:
  dnnl::primitive primitive_;
  std::vector<int> arguments_;
  std::vector<dnnl::memory> memories_;
  std::vector<dnnl_exec_arg_t> call_;
};

/// Copies a value from one layout to another.
class Conversion {
 public:
  Conversion() = default;
  Conversion(const Engine&, const Descriptor& from, const Descriptor& to);
  /// False where the two are the same: run() need not be called.
  bool is_needed() const { return is_needed_; }
  std::size_t scratch_bytes() const { return scratch_bytes_; }
  void run(Engine&, const void* from, void* to, void* scratch);

 private:
  bool is_needed_ = false;
  std::size_t scratch_bytes_ = 0;
  Primitive reorder_;
};

/// y = activation(W x + b) and the gradients of x, W and b. The activation is none or relu.
struct AffineDescriptors {
  Descriptor input, weight, bias, output;  ///< `bias` of zero dimensions: none
};
struct AffinePrimitives {
  dnnl::primitive_desc forward, backward_data, backward_weights;  ///< empty where not asked for
};
/// The layout of an argument (DNNL_ARG_…) of a planned primitive.
Descriptor argument_of(const dnnl::primitive_desc_base&, int argument);

struct ConvolutionGeometry {
  Dims strides, padding_begin, padding_end;
};

/// Direct convolution, so that the choice of algorithm never changes a weight's size. Where layouts
/// are left open each primitive chooses for itself.
AffinePrimitives plan_convolution(const Engine&, const AffineDescriptors&,
                                  const ConvolutionGeometry&, Activation, Pass,
                                  bool needs_input_gradient);
AffinePrimitives plan_inner_product(const Engine&, const AffineDescriptors&, Activation, Pass,
                                    bool needs_input_gradient);

/// What every primitive of ours is planned with: memory for temporaries comes from the caller.
dnnl::primitive_attr make_attributes(Activation = Activation::none);

}  // namespace dtrain::kernels::cpu
