// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/device/cuda_module.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "kernels/backend.hpp"

namespace dtrain::kernels {
namespace {

constexpr const char* built_module = DTRAIN_CUDA_MODULE;  // empty where none was built

TEST(CudaModule, SaysWhyAFileCannotBeOpened) {
  try {
    const CudaModule module("/nonexistent/libdtrain_cuda.so");
    FAIL() << "opened a module that does not exist";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("/nonexistent/libdtrain_cuda.so"), std::string::npos)
        << error.what();
  }
}

TEST(CudaModule, SaysHowToGetOneWhenTheBinaryHasNone) {
  // This test's own folder holds no module.
  try {
    CudaModule::open();
    FAIL() << "found a module beside the test";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "no CUDA module found (build with -DDTRAIN_CUDA=ON)");
  }
}

TEST(CudaModule, ReportsLibrariesAndDevicesOrWhyThereAreNone) {
  if (*built_module == '\0') GTEST_SKIP() << "built without the CUDA module";
  const CudaReport report = CudaModule(built_module).report();
  EXPECT_GE(report.runtime_version, 12000);
  EXPECT_GE(report.cudnn_version, 90000);
  EXPECT_GE(report.nccl_version, 20000);
  if (report.devices == 0) {
    EXPECT_STRNE(report.problem, "");
    EXPECT_EQ(report.code_architecture, 0);
  } else {
    EXPECT_GE(report.code_architecture, 80) << report.problem;
  }
}

// A backend, or one message that says what is missing and what to do.
TEST(CudaModule, MakesABackendOrSaysWhyNot) {
  if (*built_module == '\0') GTEST_SKIP() << "built without the CUDA module";
  const CudaModule module(built_module);
  if (module.report().devices > 0) {
    const auto backend = module.make_backend({});
    EXPECT_EQ(backend->name, "cuda");
    EXPECT_NE(backend->device->unique_name(), "");
    return;
  }
  try {
    module.make_backend({});
    FAIL() << "made a backend without a GPU";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::failed);
    const std::string message = error.what();
    EXPECT_NE(message.find("no GPU can be used"), std::string::npos) << message;
    EXPECT_NE(message.find("--device cpu"), std::string::npos) << message;
  }
}

TEST(CudaModule, IsThereForAllThatOpenIt) {
  if (*built_module == '\0') GTEST_SKIP() << "built without the CUDA module";
  const CudaModule first(built_module);
  const void* entry = first.entry("dtrain_cuda_backend");
  { const CudaModule second(built_module); }
  EXPECT_EQ(CudaModule(built_module).entry("dtrain_cuda_backend"), entry);
  EXPECT_NE(first.entry("dtrain_nccl_collective"), nullptr);
}

TEST(CudaModule, RefusesAModuleOfAnotherBuild) {
  if (*built_module == '\0') GTEST_SKIP() << "built without the CUDA module";
  EXPECT_THROW(CudaModule(built_module).entry("dtrain_no_such_entry"), Error);
}

TEST(CudaModule, WritesVersionsAsTheirMakersDo) {
  EXPECT_EQ(cuda_version_text(12040), "12.4");
  EXPECT_EQ(cudnn_version_text(91900), "9.19.0");
  EXPECT_EQ(nccl_version_text(22809), "2.28.9");
}

}  // namespace
}  // namespace dtrain::kernels
