// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

// Products of matrices by cuBLASLt, planned once per shape. Matrices are row-major here, as everywhere
// in dtrain; cuBLAS counts by columns, so it computes the transposed product.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "kernels/cuda/device.hpp"
#include "kernels/elements.hpp"

namespace dtrain::kernels::cuda {

/// What happens to the product on its way to memory.
enum class MatmulEpilogue {
  none,
  relu,
  bias,  ///< plus bias[column]
  bias_relu,
  left_sums  ///< beside the product: bias[row] = the sum of that row of the left matrix
};

/// out(rows, columns) = left * right, over `inner` products each.
struct MatmulSpec {
  std::int64_t rows = 0, columns = 0, inner = 0;
  bool left_transposed = false;   ///< left is (inner, rows) in memory, not (rows, inner)
  bool right_transposed = false;  ///< right is (columns, inner) in memory, not (inner, columns)
  MatmulEpilogue epilogue = MatmulEpilogue::none;
  ElementType type = ElementType::float32;      ///< of left and right; sums are float32
  ElementType out_type = ElementType::float32;  ///< of out; the bias's too
};

class Matmul {
 public:
  /// Null where cuBLASLt has no algorithm for the spec: not every epilogue goes with every type.
  static std::unique_ptr<Matmul> try_make(CudaDevice&, const MatmulSpec&);
  ~Matmul();
  Matmul(const Matmul&) = delete;
  Matmul& operator=(const Matmul&) = delete;

  /// `workspace` of run(), at a multiple of 256 (kernels/cuda/scratch.hpp).
  std::size_t workspace_bytes() const { return algorithm_.workspaceSize; }
  void run(const void* left, const void* right, float* bias, void* out, void* workspace,
           Stream& stream);

 private:
  Matmul(CudaDevice&, const MatmulSpec&);
  bool find_algorithm();

  CudaDevice& device_;
  const bool fuses_;
  cublasLtMatmulDesc_t operation_ = nullptr;
  cublasLtMatrixLayout_t left_ = nullptr, right_ = nullptr, out_ = nullptr;
  cublasLtMatmulHeuristicResult_t algorithm_{};
  const float* bias_ = nullptr;  ///< that the operation has been told
};

/// The same; throws Error where there is no algorithm.
std::unique_ptr<Matmul> make_matmul(CudaDevice&, const MatmulSpec&);

}  // namespace dtrain::kernels::cuda
