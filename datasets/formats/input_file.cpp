// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/formats/input_file.hpp"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>

#include "base/error.hpp"

namespace dtrain::datasets {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 16;
constexpr std::size_t growth_bytes = std::size_t{1} << 22;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

class InputFile::Impl {
 public:
  explicit Impl(const std::filesystem::path& file) : name(file.string()) {
    std::error_code error;
    if (std::filesystem::is_directory(file, error)) fail("is a folder");
    stream_.reset(std::fopen(name.c_str(), "rb"));
    if (stream_ == nullptr) fail(std::strerror(errno));
    buffer_.resize(buffer_bytes);
    detect_compression();
  }
  Impl(std::string file, std::span<const std::byte> bytes)
      : name(std::move(file)), available_(bytes) {
    detect_compression();
  }
  ~Impl() {
    if (compressed_) inflateEnd(&inflate_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[noreturn]] void fail(const std::string& what) const {
    throw InputError(fmt::format("{}: {}", name, what));
  }

  std::size_t read(std::span<std::byte> bytes) {
    std::size_t done = 0;
    while (done < bytes.size() && !ended_)
      done += compressed_ ? read_compressed(bytes.subspan(done)) : read_plain(bytes.subspan(done));
    return done;
  }

  const std::string name;

 private:
  void detect_compression() {
    if (!refill() || available_.size() < 2 || available_[0] != std::byte{0x1f} ||
        available_[1] != std::byte{0x8b})
      return;
    constexpr int largest_window = 15, gzip_wrapper = 16;
    if (inflateInit2(&inflate_, largest_window + gzip_wrapper) != Z_OK) throw std::bad_alloc();
    compressed_ = true;
  }

  /// Makes available_ non-empty; false at the end of the file.
  bool refill() {
    if (!available_.empty()) return true;
    if (stream_ == nullptr) return false;
    const std::size_t count = std::fread(buffer_.data(), 1, buffer_.size(), stream_.get());
    if (count == 0 && std::ferror(stream_.get()) != 0) fail(std::strerror(errno));
    available_ = std::span(buffer_).first(count);
    return count > 0;
  }

  std::size_t read_plain(std::span<std::byte> bytes) {
    if (!refill()) {
      ended_ = true;
      return 0;
    }
    const std::size_t count = std::min(bytes.size(), available_.size());
    std::memcpy(bytes.data(), available_.data(), count);
    available_ = available_.subspan(count);
    return count;
  }

  std::size_t read_compressed(std::span<std::byte> bytes) {
    if (!refill()) fail("is truncated: the gzip data has no end");
    constexpr std::size_t most = std::numeric_limits<uInt>::max();
    // zlib promises not to write through next_in.
    inflate_.next_in =
        reinterpret_cast<Bytef*>(const_cast<std::byte*>(available_.data()));  // NOLINT
    inflate_.avail_in = static_cast<uInt>(std::min(available_.size(), most));
    const uInt offered = inflate_.avail_in;
    inflate_.next_out = reinterpret_cast<Bytef*>(bytes.data());
    inflate_.avail_out = static_cast<uInt>(std::min(bytes.size(), most));
    const uInt room = inflate_.avail_out;
    const int status = inflate(&inflate_, Z_NO_FLUSH);
    available_ = available_.subspan(offered - inflate_.avail_in);
    if (status != Z_OK && status != Z_STREAM_END)
      fail(fmt::format("the gzip data is damaged ({})",
                       inflate_.msg != nullptr ? inflate_.msg : "unexpected end"));
    if (status == Z_STREAM_END) {  // the end, or another gzip member
      if (!refill()) {
        ended_ = true;
      } else if (available_[0] != std::byte{0x1f}) {
        fail("other bytes follow the gzip data");
      } else {
        inflateReset(&inflate_);
      }
    }
    return room - inflate_.avail_out;
  }

  std::unique_ptr<std::FILE, CloseFile> stream_;
  std::vector<std::byte> buffer_;
  std::span<const std::byte> available_;  ///< read from the file, not yet consumed
  bool compressed_ = false;
  bool ended_ = false;
  z_stream inflate_{};
};

InputFile::InputFile(const std::filesystem::path& file) : impl_(std::make_unique<Impl>(file)) {}
InputFile::InputFile(std::string name, std::span<const std::byte> bytes)
    : impl_(std::make_unique<Impl>(std::move(name), bytes)) {}
InputFile::~InputFile() = default;
InputFile::InputFile(InputFile&&) noexcept = default;

const std::string& InputFile::name() const {
  return impl_->name;
}
void InputFile::fail(const std::string& what) const {
  impl_->fail(what);
}
std::size_t InputFile::read(std::span<std::byte> bytes) {
  return impl_->read(bytes);
}

void InputFile::read_exactly(std::span<std::byte> bytes) {
  const std::size_t count = read(bytes);
  if (count != bytes.size())
    fail(fmt::format("is truncated: {} bytes are missing", bytes.size() - count));
}

std::vector<std::byte> InputFile::read_vector(std::uint64_t count) {
  std::vector<std::byte> bytes;
  while (bytes.size() < count) {
    const std::size_t done = bytes.size();
    const auto piece = std::min<std::uint64_t>(count - done, std::max(done, growth_bytes));
    bytes.resize(done + static_cast<std::size_t>(piece));
    read_exactly(std::span(bytes).subspan(done));
  }
  return bytes;
}

std::vector<std::byte> InputFile::read_rest() {
  std::vector<std::byte> bytes;
  std::size_t done = 0;
  do {
    bytes.resize(done + std::max(done, buffer_bytes));
    done += read(std::span(bytes).subspan(done));
  } while (done == bytes.size());
  bytes.resize(done);
  return bytes;
}

void InputFile::expect_end() {
  std::byte extra;
  if (read({&extra, 1}) != 0) fail("holds more bytes than it should");
}

}  // namespace dtrain::datasets
