// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/cuda/matmul.hpp"

#include "base/error.hpp"

namespace dtrain::kernels::cuda {
namespace {

/// cuBLAS's advice for Hopper.
constexpr std::size_t largest_workspace = std::size_t{32} << 20;
/// Of memory in arenas and workspaces (kernels/planned_op.hpp).
constexpr std::uint32_t alignment = 64;
/// In place of a bias until its address is known: only the alignment matters to the search.
alignas(alignment) constexpr float somewhere = 0;

cublasLtEpilogue_t native(MatmulEpilogue epilogue) {
  switch (epilogue) {
    case MatmulEpilogue::none:
      return CUBLASLT_EPILOGUE_DEFAULT;
    case MatmulEpilogue::relu:
      return CUBLASLT_EPILOGUE_RELU;
    case MatmulEpilogue::bias:
      return CUBLASLT_EPILOGUE_BIAS;
    case MatmulEpilogue::bias_relu:
      return CUBLASLT_EPILOGUE_RELU_BIAS;
    case MatmulEpilogue::left_sums:
      return CUBLASLT_EPILOGUE_BGRADB;
  }
  return CUBLASLT_EPILOGUE_DEFAULT;
}

bool has_bias(MatmulEpilogue epilogue) {
  return epilogue != MatmulEpilogue::none && epilogue != MatmulEpilogue::relu;
}

cudaDataType_t native(ElementType type) {
  return type == ElementType::float32    ? CUDA_R_32F
         : type == ElementType::bfloat16 ? CUDA_R_16BF
                                         : CUDA_R_16F;
}

/// A row-major (rows, columns) matrix is, to cuBLAS, its transpose.
cublasLtMatrixLayout_t make_layout(ElementType type, std::int64_t rows, std::int64_t columns) {
  cublasLtMatrixLayout_t layout = nullptr;
  check(cublasLtMatrixLayoutCreate(&layout, native(type), static_cast<std::uint64_t>(columns),
                                   static_cast<std::uint64_t>(rows), columns),
        "cublasLtMatrixLayoutCreate");
  return layout;
}

template <class T>
void set(cublasLtMatmulDesc_t operation, cublasLtMatmulDescAttributes_t name, const T& value) {
  check(cublasLtMatmulDescSetAttribute(operation, name, &value, sizeof value),
        "cublasLtMatmulDescSetAttribute");
}

/// Owns a preference for as long as the search takes.
class Preference {
 public:
  Preference() {
    check(cublasLtMatmulPreferenceCreate(&handle_), "cublasLtMatmulPreferenceCreate");
  }
  ~Preference() { cublasLtMatmulPreferenceDestroy(handle_); }
  Preference(const Preference&) = delete;
  Preference& operator=(const Preference&) = delete;
  template <class T>
  void set(cublasLtMatmulPreferenceAttributes_t name, const T& value) {
    check(cublasLtMatmulPreferenceSetAttribute(handle_, name, &value, sizeof value),
          "cublasLtMatmulPreferenceSetAttribute");
  }
  cublasLtMatmulPreference_t get() const { return handle_; }

 private:
  cublasLtMatmulPreference_t handle_ = nullptr;
};

}  // namespace

// out^T (columns, rows) = right^T * left^T: cuBLAS's A is our right, its B our left.
Matmul::Matmul(CudaDevice& device, const MatmulSpec& spec)
    : device_(device), fuses_(spec.epilogue != MatmulEpilogue::none) {
  check(cublasLtMatmulDescCreate(
            &operation_, device.options().tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F,
            CUDA_R_32F),
        "cublasLtMatmulDescCreate");
  set(operation_, CUBLASLT_MATMUL_DESC_TRANSA, spec.right_transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(operation_, CUBLASLT_MATMUL_DESC_TRANSB, spec.left_transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(operation_, CUBLASLT_MATMUL_DESC_EPILOGUE, native(spec.epilogue));
  if (has_bias(spec.epilogue)) {
    bias_ = &somewhere;
    set(operation_, CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias_);
  }
  left_ = spec.left_transposed ? make_layout(spec.type, spec.inner, spec.rows)
                               : make_layout(spec.type, spec.rows, spec.inner);
  right_ = spec.right_transposed ? make_layout(spec.type, spec.columns, spec.inner)
                                 : make_layout(spec.type, spec.inner, spec.columns);
  out_ = make_layout(spec.out_type, spec.rows, spec.columns);
}

Matmul::~Matmul() {
  for (cublasLtMatrixLayout_t layout : {left_, right_, out_})
    if (layout != nullptr) cublasLtMatrixLayoutDestroy(layout);
  if (operation_ != nullptr) cublasLtMatmulDescDestroy(operation_);
}

bool Matmul::find_algorithm() {
  Preference preference;
  preference.set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, largest_workspace);
  for (const auto name :
       {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
    preference.set(name, alignment);
  int found = 0;
  const cublasStatus_t status =
      cublasLtMatmulAlgoGetHeuristic(device_.cublas(), operation_, right_, left_, out_, out_,
                                     preference.get(), 1, &algorithm_, &found);
  if (status == CUBLAS_STATUS_NOT_SUPPORTED) return false;
  // Some epilogues that go with other types only are told so.
  if (status == CUBLAS_STATUS_INVALID_VALUE && fuses_) return false;
  check(status, "cublasLtMatmulAlgoGetHeuristic");
  return found == 1 && algorithm_.state == CUBLAS_STATUS_SUCCESS;
}

void Matmul::run(const void* left, const void* right, float* bias, void* out, void* workspace,
                 Stream& stream) {
  if (bias_ != nullptr && bias != bias_) {
    set(operation_, CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
    bias_ = bias;
  }
  const float one = 1.0f, zero = 0.0f;
  check(cublasLtMatmul(device_.cublas(), operation_, &one, right, right_, left, left_, &zero, out,
                       out_, out, out_, &algorithm_.algo, workspace, algorithm_.workspaceSize,
                       raw(stream)),
        "cublasLtMatmul");
}

std::unique_ptr<Matmul> Matmul::try_make(CudaDevice& device, const MatmulSpec& spec) {
  std::unique_ptr<Matmul> result(new Matmul(device, spec));
  return result->find_algorithm() ? std::move(result) : nullptr;
}

std::unique_ptr<Matmul> make_matmul(CudaDevice& device, const MatmulSpec& spec) {
  auto result = Matmul::try_make(device, spec);
  if (!result)
    throw Error(
        fmt::format("cuBLAS has no algorithm for a product of {}x{} by {}x{}. Use --device cpu, or "
                    "other shapes",
                    spec.rows, spec.inner, spec.inner, spec.columns));
  return result;
}

}  // namespace dtrain::kernels::cuda
