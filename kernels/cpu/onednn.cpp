// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/cpu/onednn.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kernels/backend.hpp"

namespace dtrain::kernels::cpu {

namespace {

class DescribedLayout final : public LayoutDescription {
 public:
  explicit DescribedLayout(const Descriptor& descriptor) : descriptor_(descriptor) {
    const Blocking b = blocking_of(descriptor);
    name_ = fmt::format("dims {} padded {} strides {} blocks {} of axes {}", fmt::join(b.dims, "x"),
                        fmt::join(b.padded_dims, "x"), fmt::join(b.strides, ","),
                        fmt::join(b.inner_blocks, ","), fmt::join(b.inner_axes, ","));
  }
  std::size_t bytes() const override { return descriptor_.get_size(); }
  std::string name() const override { return name_; }
  const Descriptor& descriptor() const { return descriptor_; }

 private:
  Descriptor descriptor_;
  std::string name_;
};

/// Is element i at address i? So it is with a block of the last axis whose extent is not 1, too.
bool is_row_major(const Blocking& b) {
  if (b.padded_dims != b.dims || b.inner_blocks.size() > 1) return false;
  std::int64_t stride = 1;
  for (std::size_t axis = b.dims.size(); axis-- > 0;) {
    std::int64_t extent = b.dims[axis];
    if (!b.inner_blocks.empty() && b.inner_axes[0] == static_cast<std::int64_t>(axis)) {
      if (stride != 1) return false;
      stride = b.inner_blocks[0];
      extent /= stride;
    }
    if (extent != 1 && b.strides[axis] != stride) return false;
    stride *= extent;
  }
  return true;
}

}  // namespace

Descriptor row_major(const Dims& dims) {
  Dims strides(dims.size());
  std::int64_t stride = 1;
  for (std::size_t axis = dims.size(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= dims[axis];
  }
  return {dims, dnnl::memory::data_type::f32, strides};
}

Descriptor any_layout(const Dims& dims) {
  return {dims, dnnl::memory::data_type::f32, dnnl::memory::format_tag::any};
}

Layout make_layout(const Shape& shape, const Descriptor& descriptor) {
  if (is_row_major(blocking_of(descriptor))) return Layout::plain(shape);
  return {shape, std::make_shared<DescribedLayout>(descriptor)};
}

Descriptor descriptor_of(const Layout& layout, const Dims& plain_dims) {
  if (layout.is_plain()) return row_major(plain_dims);
  const auto* described = dynamic_cast<const DescribedLayout*>(layout.description());
  DTRAIN_ASSERT(described != nullptr);  // another backend's layout
  return described->descriptor();
}

Descriptor argument_of(const dnnl::primitive_desc_base& primitive, int argument) {
  return primitive.query_md(dnnl::query::exec_arg_md, argument);
}

std::size_t WorkspacePlan::add(std::size_t bytes) {
  constexpr std::size_t line = 64;
  const std::size_t offset = bytes_;
  bytes_ += (bytes + line - 1) / line * line;
  return offset;
}

Primitive::Primitive(const Engine& on, const dnnl::primitive_desc_base& description,
                     std::initializer_list<int> arguments)
    : primitive_(description.get()), arguments_(arguments) {
  for (int argument : arguments)
    memories_.push_back(
        dnnl::memory(argument_of(description, argument), on.engine, DNNL_MEMORY_NONE));
  call_.reserve(arguments_.size());
}

void Primitive::run(Engine& on, std::initializer_list<const void*> pointers) {
  DTRAIN_ASSERT(pointers.size() == arguments_.size());
  call_.clear();
  auto pointer = pointers.begin();
  for (std::size_t i = 0; i < arguments_.size(); ++i, ++pointer) {
    if (*pointer == nullptr) continue;
    memories_[i].set_data_handle(const_cast<void*>(*pointer));
    call_.push_back({arguments_[i], memories_[i].get()});
  }
  dnnl::error::wrap_c_api(dnnl_primitive_execute(primitive_.get(), on.stream.get(),
                                                 static_cast<int>(call_.size()), call_.data()),
                          "could not execute a oneDNN primitive");
}

Conversion::Conversion(const Engine& on, const Descriptor& from, const Descriptor& to)
    : is_needed_(from != to) {
  if (!is_needed_) return;
  const dnnl::reorder::primitive_desc reorder(on.engine, from, on.engine, to, make_attributes());
  scratch_bytes_ = reorder.scratchpad_desc().get_size();
  reorder_ = Primitive(on, reorder, {DNNL_ARG_FROM, DNNL_ARG_TO, DNNL_ARG_SCRATCHPAD});
}

void Conversion::run(Engine& on, const void* from, void* to, void* scratch) {
  reorder_.run(on, {from, to, scratch_bytes_ == 0 ? nullptr : scratch});
}

}  // namespace dtrain::kernels::cpu

namespace dtrain::kernels {

std::string onednn_version() {
  const dnnl_version_t* linked = ::dnnl_version();
  return fmt::format("{}.{}.{}", linked->major, linked->minor, linked->patch);
}

}  // namespace dtrain::kernels
