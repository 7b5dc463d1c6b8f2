// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// A library for LD_PRELOAD that makes calls of the C library fail as a bad disk would. The environment
// says which (failing_writes.hpp sets it):
//
//   FAIL_CALL    write (and pwrite, writev), fsync, close or rename
//   FAIL_PATH    only files whose path holds this text; of a rename, the new name
//   FAIL_AFTER   so many bytes written, or calls made, in this process succeed
//   FAIL_ERRNO   what errno is then
//
// A write that crosses the limit is cut short, as on a full disk; the next one fails. A close that
// fails has closed, as on Linux.

#include <dlfcn.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

bool concerns(const char* call, const std::string& path) {
  const std::string part = setting("FAIL_PATH");
  return setting("FAIL_CALL") == call && !part.empty() && path.find(part) != std::string::npos;
}

std::string path_of(int descriptor) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t length = readlink(link.c_str(), path, sizeof path);
  return length > 0 ? std::string(path, static_cast<std::size_t>(length)) : "";
}

/// Of `wanted` more bytes or calls, how many still succeed. 0 sets errno.
std::size_t allowed(std::size_t wanted) {
  static std::atomic<std::size_t> used = 0;
  const auto limit = static_cast<std::size_t>(std::atoll(setting("FAIL_AFTER").c_str()));
  const std::size_t before = used.fetch_add(wanted);
  const std::size_t left = before < limit ? std::min(wanted, limit - before) : 0;
  if (left == 0) errno = std::atoi(setting("FAIL_ERRNO").c_str());
  return left;
}

template <class F>
F* real(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library names none
extern "C" {

ssize_t write(int descriptor, const void* bytes, std::size_t count) {
  static const auto next = real<ssize_t(int, const void*, std::size_t)>("write");
  if (count > 0 && concerns("write", path_of(descriptor)) && (count = allowed(count)) == 0)
    return -1;
  return next(descriptor, bytes, count);
}

ssize_t pwrite(int descriptor, const void* bytes, std::size_t count, off_t offset) {
  static const auto next = real<ssize_t(int, const void*, std::size_t, off_t)>("pwrite");
  if (count > 0 && concerns("write", path_of(descriptor)) && (count = allowed(count)) == 0)
    return -1;
  return next(descriptor, bytes, count, offset);
}

ssize_t pwrite64(int descriptor, const void* bytes, std::size_t count, off64_t offset) {
  return pwrite(descriptor, bytes, count, offset);
}

ssize_t writev(int descriptor, const struct iovec* parts, int count) {
  static const auto next = real<ssize_t(int, const struct iovec*, int)>("writev");
  if (!concerns("write", path_of(descriptor)) || count == 0) return next(descriptor, parts, count);
  return write(descriptor, parts[0].iov_base, parts[0].iov_len);
}

int fsync(int descriptor) {
  static const auto next = real<int(int)>("fsync");
  return concerns("fsync", path_of(descriptor)) && allowed(1) == 0 ? -1 : next(descriptor);
}

int close(int descriptor) {
  static const auto next = real<int(int)>("close");
  const bool fails = concerns("close", path_of(descriptor)) && allowed(1) == 0;
  const int error = errno;
  const int result = next(descriptor);
  if (!fails) return result;
  errno = error;
  return -1;
}

int rename(const char* from, const char* to) {
  static const auto next = real<int(const char*, const char*)>("rename");
  return concerns("rename", to) && allowed(1) == 0 ? -1 : next(from, to);
}

}  // extern "C"
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
