// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/cuda/convolution_plan.hpp"

#include <array>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "kernels/device/cuda_module.hpp"

namespace dtrain::kernels::cuda {
namespace {

using Extents = std::array<std::int64_t, 4>;

// Names of tensors in a graph.
constexpr std::int64_t input_id = 'x', filter_id = 'w', bias_id = 'b', output_id = 'y';

cudnnDataType_t native(ElementType type) {
  return type == ElementType::float32    ? CUDNN_DATA_FLOAT
         : type == ElementType::bfloat16 ? CUDNN_DATA_BFLOAT16
                                         : CUDNN_DATA_HALF;
}

/// `extents` in the order (N, C, H, W). Virtual tensors live only inside the graph.
Descriptor make_tensor(std::int64_t id, const Extents& extents, ElementType type,
                       bool is_virtual = false) {
  const auto [n, c, h, w] = extents;
  const Extents strides{h * w * c, 1, w * c, c};
  Descriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  tensor.set(CUDNN_ATTR_TENSOR_DATA_TYPE, native(type))
      .set(CUDNN_ATTR_TENSOR_DIMENSIONS, std::span(extents))
      .set(CUDNN_ATTR_TENSOR_STRIDES, std::span(strides))
      .set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id)
      .set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, std::int64_t{16});
  if (is_virtual) tensor.set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, true);
  tensor.finalize();
  return tensor;
}

Descriptor make_convolution(const Conv2dSpec& spec) {
  const std::array<std::int64_t, 2> padding{spec.padding_height, spec.padding_width},
      stride{spec.stride_height, spec.stride_width}, dilation{1, 1};
  const cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
  Descriptor convolution(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  convolution.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, std::int64_t{2})
      .set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT)
      .set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode)
      .set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, std::span(padding))
      .set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, std::span(padding))
      .set(CUDNN_ATTR_CONVOLUTION_DILATIONS, std::span(dilation))
      .set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, std::span(stride))
      .finalize();
  return convolution;
}

/// out = mode(in), or in + addend.
Descriptor make_pointwise(cudnnPointwiseMode_t mode, const Descriptor& in, const Descriptor* addend,
                          const Descriptor& out) {
  Descriptor pointwise(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  pointwise.set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode)
      .set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT)
      .finalize();
  Descriptor operation(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, pointwise)
      .set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, in)
      .set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, out);
  if (addend != nullptr) operation.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *addend);
  operation.finalize();
  return operation;
}

struct GraphTensors {
  Descriptor input, filter, output;
};

GraphTensors make_tensors(const Conv2dSpec& spec, ElementType type, bool output_is_virtual) {
  const auto extents = [](const Shape& shape) {
    return Extents{shape[0], shape[1], shape[2], shape[3]};
  };
  return {make_tensor(input_id, extents(spec.input_shape()), type),
          make_tensor(filter_id, extents(spec.weight_shape()), type),
          output_is_virtual
              ? make_tensor('c', extents(spec.output_shape()), ElementType::float32, true)
              : make_tensor(output_id, extents(spec.output_shape()), type)};
}

Descriptor forward_operation(const GraphTensors& t, const Descriptor& convolution) {
  Descriptor operation(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, convolution)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, t.input)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, t.filter)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, t.output)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, 1.0f)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, 0.0f)
      .finalize();
  return operation;
}

Descriptor backward_data_operation(const GraphTensors& t, const Descriptor& convolution) {
  Descriptor operation(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC, convolution)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, t.input)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, t.filter)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, t.output)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, 1.0f)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA, 0.0f)
      .finalize();
  return operation;
}

Descriptor backward_filter_operation(const GraphTensors& t, const Descriptor& convolution) {
  Descriptor operation(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR);
  operation.set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC, convolution)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, t.input)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW, t.filter)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY, t.output)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, 1.0f)
      .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA, 0.0f)
      .finalize();
  return operation;
}

bool adds_bias(ConvolutionPart part) {
  return part == ConvolutionPart::forward_bias || part == ConvolutionPart::forward_bias_relu;
}

bool applies_relu(ConvolutionPart part) {
  return part == ConvolutionPart::forward_relu || part == ConvolutionPart::forward_bias_relu;
}

/// Appends what follows a forward convolution, which ends in `convolved`.
void append_epilogue(std::vector<Descriptor>& operations, const Conv2dSpec& spec, ElementType type,
                     ConvolutionPart part, const Descriptor& convolved) {
  const Shape shape = spec.output_shape();
  const Extents extents{shape[0], shape[1], shape[2], shape[3]};
  const Descriptor output = make_tensor(output_id, extents, type);
  if (!adds_bias(part)) {
    operations.push_back(make_pointwise(CUDNN_POINTWISE_RELU_FWD, convolved, nullptr, output));
    return;
  }
  const Descriptor bias = make_tensor(bias_id, {1, spec.out_channels, 1, 1}, type);
  if (!applies_relu(part)) {
    operations.push_back(make_pointwise(CUDNN_POINTWISE_ADD, convolved, &bias, output));
    return;
  }
  const Descriptor sum = make_tensor('s', extents, ElementType::float32, /*is_virtual=*/true);
  operations.push_back(make_pointwise(CUDNN_POINTWISE_ADD, convolved, &bias, sum));
  operations.push_back(make_pointwise(CUDNN_POINTWISE_RELU_FWD, sum, nullptr, output));
}

Descriptor make_graph(const Conv2dSpec& spec, ElementType type, ConvolutionPart part) {
  const bool is_fused = adds_bias(part) || applies_relu(part);
  const GraphTensors tensors = make_tensors(spec, type, is_fused);
  const Descriptor convolution = make_convolution(spec);
  std::vector<Descriptor> operations;
  if (part == ConvolutionPart::backward_data)
    operations.push_back(backward_data_operation(tensors, convolution));
  else if (part == ConvolutionPart::backward_filter)
    operations.push_back(backward_filter_operation(tensors, convolution));
  else
    operations.push_back(forward_operation(tensors, convolution));
  if (is_fused) append_epilogue(operations, spec, type, part, tensors.output);

  std::vector<cudnnBackendDescriptor_t> raw;
  raw.reserve(operations.size());
  for (const Descriptor& operation : operations) raw.push_back(operation.get());
  Descriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  graph
      .set(CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, std::ssize(raw),
           raw.data())
      .finalize();
  return graph;
}

const char* to_string(ConvolutionPart part) {
  switch (part) {
    case ConvolutionPart::forward:
      return "forward";
    case ConvolutionPart::forward_bias:
      return "forward with bias";
    case ConvolutionPart::forward_relu:
      return "forward with ReLU";
    case ConvolutionPart::forward_bias_relu:
      return "forward with bias and ReLU";
    case ConvolutionPart::backward_data:
      return "backward-data";
    case ConvolutionPart::backward_filter:
      return "backward-filter";
  }
  return "";
}

std::string describe(const Conv2dSpec& spec, ConvolutionPart part) {
  return fmt::format("{} of {} by {}, stride {}x{}, padding {}x{}", to_string(part),
                     spec.input_shape().to_string(), spec.weight_shape().to_string(),
                     spec.stride_height, spec.stride_width, spec.padding_height,
                     spec.padding_width);
}

}  // namespace

DeviceProperties::DeviceProperties(Descriptor descriptor)
    : descriptor_(std::make_shared<Descriptor>(std::move(descriptor))) {}

DeviceProperties DeviceProperties::of(cudnnHandle_t handle) {
  Descriptor properties(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  properties.set(CUDNN_ATTR_DEVICEPROP_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle).finalize();
  return DeviceProperties(std::move(properties));
}

DeviceProperties DeviceProperties::from_json(const std::string& json) {
  Descriptor properties(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  properties
      .set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, std::ssize(json),
           json.data())
      .finalize();
  return DeviceProperties(std::move(properties));
}

ConvolutionPlan::ConvolutionPlan(Descriptor plan, bool has_bias)
    : plan_(std::move(plan)), has_bias_(has_bias) {
  std::int64_t count = 0, bytes = 0;
  check(cudnnBackendGetAttribute(plan_.get(), CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE,
                                 CUDNN_TYPE_INT64, 1, &count, &bytes),
        "the workspace of a convolution");
  workspace_bytes_ = static_cast<std::size_t>(bytes);
}

void ConvolutionRun::run(cudnnHandle_t handle, const ConvolutionTensors& tensors, void* workspace) {
  if (!bound_ || !(tensors == tensors_) || workspace != workspace_) {
    const std::array<std::int64_t, 4> ids{input_id, filter_id, output_id, bias_id};
    const std::array<void*, 4> pointers{tensors.input, tensors.filter, tensors.output,
                                        tensors.bias};
    const std::int64_t count = plan_->has_bias() ? 4 : 3;
    bound_.reset();
    bound_.emplace(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    bound_->set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, count, ids.data())
        .set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, count, pointers.data())
        .set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace)
        .finalize();
    tensors_ = tensors;
    workspace_ = workspace;
  }
  check(cudnnBackendExecute(handle, plan_->descriptor().get(), bound_->get()),
        "cudnnBackendExecute");
}

ConvolutionPlanner::ConvolutionPlanner(DeviceProperties properties, const ConvolutionLimits& limits)
    : properties_(std::move(properties)), limits_(limits) {}

std::shared_ptr<const ConvolutionPlan> ConvolutionPlanner::plan(const Conv2dSpec& spec,
                                                                ConvolutionPart part) {
  auto result = try_plan(spec, part);
  if (!result)
    throw Error(fmt::format(
        "cuDNN {} has no engine{} for this convolution: {}. Use --device cpu, or other shapes",
        cudnn_version_text(static_cast<int>(cudnnGetVersion())),
        limits_.deterministic ? " that gives the same bits every time" : "", describe(spec, part)));
  return result;
}

std::shared_ptr<const ConvolutionPlan> ConvolutionPlanner::try_plan(const Conv2dSpec& spec,
                                                                    ConvolutionPart part) {
  const auto [entry, is_new] = plans_.try_emplace(describe(spec, part));
  if (!is_new) return entry->second;
  const Descriptor graph = make_graph(spec, limits_.type, part);
  for (const auto heuristics : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    auto plan = first_plan(graph, heuristics);
    if (!plan) continue;
    entry->second = std::make_shared<ConvolutionPlan>(std::move(*plan), adds_bias(part));
    break;
  }
  return entry->second;
}

std::optional<Descriptor> ConvolutionPlanner::first_plan(const Descriptor& graph,
                                                         cudnnBackendHeurMode_t mode) const {
  Descriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph)
      .set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode)
      .set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, properties_.descriptor());
  if (!heuristics.try_finalize()) return std::nullopt;

  std::int64_t proposed = 0;
  check(cudnnBackendGetAttribute(heuristics.get(), CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                 CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, &proposed, nullptr),
        "cuDNN's heuristics");
  std::vector<Descriptor> configurations;
  std::vector<cudnnBackendDescriptor_t> raw;
  for (std::int64_t i = 0; i < proposed; ++i)
    raw.push_back(configurations.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR).get());
  std::int64_t given = 0;
  check(cudnnBackendGetAttribute(heuristics.get(), CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                 CUDNN_TYPE_BACKEND_DESCRIPTOR, proposed, &given, raw.data()),
        "cuDNN's heuristics");
  for (std::int64_t i = 0; i < given; ++i) {
    const Descriptor& configuration = configurations[static_cast<std::size_t>(i)];
    if (!is_allowed(configuration)) continue;
    Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration)
        .set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, properties_.descriptor());
    if (plan.try_finalize()) return plan;
  }
  return std::nullopt;
}

bool ConvolutionPlanner::is_allowed(const Descriptor& configuration) const {
  const Descriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  cudnnBackendDescriptor_t raw = engine.get();
  std::int64_t count = 0;
  check(cudnnBackendGetAttribute(configuration.get(), CUDNN_ATTR_ENGINECFG_ENGINE,
                                 CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &count, &raw),
        "the engine of a convolution");
  std::array<cudnnBackendNumericalNote_t, CUDNN_NUMERICAL_NOTE_TYPE_COUNT> notes{};
  check(
      cudnnBackendGetAttribute(engine.get(), CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
                               CUDNN_TYPE_NUMERICAL_NOTE, std::ssize(notes), &count, notes.data()),
      "the numerical notes of a convolution's engine");
  for (std::int64_t i = 0; i < count; ++i) switch (notes[static_cast<std::size_t>(i)]) {
      case CUDNN_NUMERICAL_NOTE_TENSOR_CORE:  // float32 goes there as TF32
      case CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS:
        if (limits_.type == ElementType::float32 && !limits_.tf32) return false;
        break;
      case CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC:
        if (limits_.deterministic) return false;
        break;
      case CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION:
      case CUDNN_NUMERICAL_NOTE_FFT:  // these lose digits
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4:
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6:
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13:
        return false;
      default:
        break;
    }
  return true;
}

}  // namespace dtrain::kernels::cuda
