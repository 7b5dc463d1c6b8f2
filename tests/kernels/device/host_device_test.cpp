// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "base/error.hpp"
#include "kernels/device/device.hpp"

namespace dtrain::kernels {
namespace {

TEST(HostDevice, MemoryIsZeroedAndAligned) {
  const auto device = make_host_device();
  for (const std::size_t bytes : {0u, 1u, 63u, 65u, 4096u, 1u << 20, (1u << 20) + 1, 5000000u}) {
    for (int again = 0; again < 2; ++again) {  // the second time memory may be used already
      const auto memory = device->allocate(bytes);
      EXPECT_EQ(memory->bytes(), bytes);
      const std::size_t alignment = bytes >= (1u << 20) ? 4096 : 64;
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory->data()) % alignment, 0u) << bytes;
      auto* data = static_cast<unsigned char*>(memory->data());
      for (std::size_t i = 0; i < bytes; ++i) ASSERT_EQ(data[i], 0) << i << " of " << bytes;
      std::memset(data, 0xFF, bytes);
    }
  }
}

TEST(HostDevice, TooMuchMemoryIsAnError) {
  try {
    make_host_device()->allocate(std::size_t{1} << 60);
    FAIL() << "got an exabyte";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("not enough memory"), std::string::npos);
  }
}

TEST(HostDevice, CopiesThereAndBack) {
  const auto device = make_host_device();
  const auto stream = device->make_stream();
  const std::vector<int> values{1, 2, 3};
  std::vector<int> back(3);
  const auto memory = device->allocate(sizeof(int) * 3);
  device->copy_to_device(memory->data(), values.data(), sizeof(int) * 3, *stream);
  device->copy_to_host(back.data(), memory->data(), sizeof(int) * 3, *stream);
  stream->synchronize();
  EXPECT_EQ(back, values);
  device->copy_to_host(nullptr, nullptr, 0, *stream);
}

TEST(HostDevice, NameEndsWithTheInstructionSet) {
  EXPECT_NE(make_host_device()->name().find(", "), std::string::npos);
}

}  // namespace
}  // namespace dtrain::kernels
