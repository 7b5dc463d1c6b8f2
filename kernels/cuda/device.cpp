// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/cuda/device.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "kernels/cuda/probe.hpp"

namespace dtrain::kernels::cuda {
namespace {

class CudaAllocation final : public Allocation {
 public:
  CudaAllocation(void* data, std::size_t bytes) : Allocation(data, bytes) {}
  ~CudaAllocation() override { cudaFree(data()); }
};

class RegisteredMemory final : public PinnedMemory {
 public:
  RegisteredMemory(void* host, std::size_t bytes) : host_(bytes > 0 ? host : nullptr) {
    if (host_ != nullptr)
      check(cudaHostRegister(host_, bytes, cudaHostRegisterPortable), "cudaHostRegister");
  }
  ~RegisteredMemory() override {
    if (host_ != nullptr) cudaHostUnregister(host_);
  }
  RegisteredMemory(const RegisteredMemory&) = delete;
  RegisteredMemory& operator=(const RegisteredMemory&) = delete;

 private:
  void* host_;
};

class CudaGraph final : public Recording {
 public:
  explicit CudaGraph(cudaGraphExec_t executable) : executable_(executable) {}
  ~CudaGraph() override { cudaGraphExecDestroy(executable_); }
  CudaGraph(const CudaGraph&) = delete;
  CudaGraph& operator=(const CudaGraph&) = delete;
  void replay(Stream& stream) override {
    check(cudaGraphLaunch(executable_, raw(stream)), "cudaGraphLaunch");
  }

 private:
  cudaGraphExec_t executable_;
};

int device_count() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaErrorInsufficientDriver) {
    int driver = 0, runtime = 0;
    cudaDriverGetVersion(&driver);
    cudaRuntimeGetVersion(&runtime);
    if (driver == 0)
      throw Error(
          "no GPU can be used: dtrain's CUDA module needs an NVIDIA driver, and this machine has "
          "none. Use --device cpu");
    throw Error(fmt::format(
        "no GPU can be used: the NVIDIA driver serves CUDA {}, dtrain's CUDA module needs {}. "
        "Install a newer driver, or use --device cpu",
        cuda_version_text(driver), cuda_version_text(runtime)));
  }
  if (status != cudaSuccess || count == 0)
    throw Error(
        fmt::format("no GPU can be used: CUDA says \"{}\". Look at CUDA_VISIBLE_DEVICES "
                    "and nvidia-smi, or use --device cpu",
                    status != cudaSuccess ? cudaGetErrorString(status) : "there is no device"));
  return count;
}

}  // namespace

CudaDevice::CudaDevice(const CudaOptions& options)
    : options_(options), ordinal_(options.ordinal % device_count()) {
  activate();
  check(cudaGetDeviceProperties(&properties_, ordinal_), "cudaGetDeviceProperties");
  int architecture = 0;
  check(probe_code_architecture(&architecture), "a first kernel");
}

CudaDevice::~CudaDevice() {
  cudaSetDevice(ordinal_);
  convolutions_.reset();  // plans hold code that cuDNN has loaded for its handle
  if (cudnn_ != nullptr) cudnnDestroy(cudnn_);
  if (cublas_ != nullptr) cublasLtDestroy(cublas_);
}

// CUDA's current device is each thread's own.
void CudaDevice::activate() const {
  check(cudaSetDevice(ordinal_), "cudaSetDevice");
}

std::string CudaDevice::name() const {
  return properties_.name;
}

std::string CudaDevice::unique_name() const {
  std::string text;
  for (const char byte : properties_.uuid.bytes)
    text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

std::size_t CudaDevice::free_bytes() const {
  activate();
  std::size_t free = 0, total = 0;
  check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
  return free;
}

std::unique_ptr<Allocation> CudaDevice::allocate(std::size_t bytes) {
  activate();
  const std::size_t size = std::max<std::size_t>(bytes, 64);
  void* data = nullptr;
  const cudaError_t status = cudaMalloc(&data, size);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // it is told here
    throw Error(
        fmt::format("not enough GPU memory for {:.1f} MB, {:.1f} MB are free: use a smaller batch, "
                    "--micro-batch or more GPUs",
                    static_cast<double>(bytes) / 1e6, static_cast<double>(free_bytes()) / 1e6));
  }
  check(status, "cudaMalloc");
  auto allocation = std::make_unique<CudaAllocation>(data, bytes);
  check(cudaMemset(data, 0, size), "cudaMemset");
  check(cudaStreamSynchronize(nullptr), "cudaStreamSynchronize");  // our streams do not wait for it
  return allocation;
}

std::unique_ptr<Stream> CudaDevice::make_stream(StreamPriority priority) {
  return std::make_unique<CudaStream>(ordinal_, priority);
}

std::unique_ptr<Event> CudaDevice::make_event() {
  activate();
  return std::make_unique<CudaEvent>();
}

std::unique_ptr<PinnedMemory> CudaDevice::pin(void* host, std::size_t bytes) {
  activate();
  return std::make_unique<RegisteredMemory>(host, bytes);
}

void CudaDevice::copy_to_device(void* device, const void* host, std::size_t bytes, Stream& stream) {
  static_cast<CudaStream&>(stream).upload(device, host, bytes);
}

void CudaDevice::copy_to_host(void* host, const void* device, std::size_t bytes, Stream& stream) {
  if (bytes == 0) return;
  start_copy_to_host(host, device, bytes, stream);
  stream.synchronize();
}

void CudaDevice::start_copy_to_device(void* device, const void* host, std::size_t bytes,
                                      Stream& stream) {
  activate();
  check(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, raw(stream)),
        "cudaMemcpyAsync");
}

void CudaDevice::start_copy_to_host(void* host, const void* device, std::size_t bytes,
                                    Stream& stream) {
  activate();
  check(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, raw(stream)),
        "cudaMemcpyAsync");
}

std::unique_ptr<Recording> CudaDevice::record(Stream& stream, const std::function<void()>& issue) {
  activate();
  check(cudaStreamBeginCapture(raw(stream), cudaStreamCaptureModeThreadLocal),
        "cudaStreamBeginCapture");
  bool is_issued = true;
  try {
    issue();
  } catch (const Error&) {
    is_issued = false;  // something that cannot be captured: it is issued again, and then told
  }
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  is_issued = cudaStreamEndCapture(raw(stream), &graph) == cudaSuccess && is_issued;
  if (is_issued && cudaGraphInstantiate(&executable, graph, 0) != cudaSuccess) executable = nullptr;
  if (graph != nullptr) cudaGraphDestroy(graph);
  cudaGetLastError();  // told by returning nothing
  return executable != nullptr ? std::make_unique<CudaGraph>(executable) : nullptr;
}

cudnnHandle_t CudaDevice::cudnn() {
  if (cudnn_ == nullptr) {
    activate();
    check(cudnnCreate(&cudnn_), "cudnnCreate");
  }
  return cudnn_;
}

ConvolutionPlanner& CudaDevice::convolutions() {
  if (!convolutions_)
    convolutions_ = std::make_unique<ConvolutionPlanner>(
        DeviceProperties::of(cudnn()),
        ConvolutionLimits{
            .type = options_.type, .tf32 = options_.tf32, .deterministic = options_.deterministic});
  return *convolutions_;
}

cublasLtHandle_t CudaDevice::cublas() {
  if (cublas_ == nullptr) {
    activate();
    check(cublasLtCreate(&cublas_), "cublasLtCreate");
  }
  return cublas_;
}

}  // namespace dtrain::kernels::cuda
