// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/formats/image_file.hpp"

#include <png.h>

#include <algorithm>
#include <cctype>
#include <csetjmp>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "datasets/formats/input_file.hpp"

namespace dtrain::datasets {
namespace {

/// (H, W, C) as image files have it to (C, H, W).
Image to_planes(std::span<const std::byte> interleaved, std::int64_t channels, std::int64_t height,
                std::int64_t width) {
  Image image{{channels, height, width}, std::vector<std::byte>(interleaved.size())};
  const auto pixels = static_cast<std::size_t>(height * width);
  const auto depth = static_cast<std::size_t>(channels);
  for (std::size_t pixel = 0; pixel < pixels; ++pixel)
    for (std::size_t c = 0; c < depth; ++c)
      image.planes[c * pixels + pixel] = interleaved[pixel * depth + c];
  return image;
}

// ---- PNG

/// What libpng's callbacks share with the reader. libpng leaves by longjmp, so nothing on the way
/// may have a destructor; all state lies here.
struct PngState {
  std::span<const std::byte> left;
  std::string error;
  std::vector<std::byte> rows;
  std::vector<png_bytep> row_pointers;
  std::int64_t channels = 0, height = 0, width = 0;
};

void png_fail(png_structp png, png_const_charp message) {
  static_cast<PngState*>(png_get_error_ptr(png))->error = message;
  png_longjmp(png, 1);
}

void png_take(png_structp png, png_bytep out, std::size_t count) {
  auto* state = static_cast<PngState*>(png_get_io_ptr(png));
  if (count > state->left.size()) png_error(png, "is truncated");
  std::copy_n(reinterpret_cast<png_const_bytep>(state->left.data()), count, out);
  state->left = state->left.subspan(count);
}

void allocate_rows(PngState& state, std::size_t row_bytes) {
  state.rows.resize(row_bytes * static_cast<std::size_t>(state.height));
  for (std::int64_t y = 0; y < state.height; ++y)
    state.row_pointers.push_back(reinterpret_cast<png_bytep>(state.rows.data()) +
                                 static_cast<std::size_t>(y) * row_bytes);
}

/// False when libpng gave up; state.error then says why.
bool decode_png(png_structp png, png_infop info, PngState& state, std::size_t file_bytes) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_read_fn(png, &state, png_take);
  png_read_info(png, info);
  state.height = png_get_image_height(png, info);
  state.width = png_get_image_width(png, info);
  // Deflate makes at most 1032 bytes out of one, and a byte holds at most 8 pixels.
  if (static_cast<double>(state.height) * static_cast<double>(state.width) >
      1100.0 * 8 * static_cast<double>(file_bytes))
    png_error(png, "claims more pixels than its bytes can hold");
  png_set_expand(png);
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  state.channels = png_get_channels(png, info);
  allocate_rows(state, png_get_rowbytes(png, info));
  png_read_image(png, state.row_pointers.data());
  png_read_end(png, nullptr);
  return true;
}

Image read_png(InputFile& file) {
  const std::vector<std::byte> bytes = file.read_rest();
  PngState state;
  state.left = bytes;
  struct Reader {
    png_structp png = nullptr;
    png_infop info = nullptr;
    ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
  } reader;
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &state, png_fail,
                                      [](png_structp, png_const_charp) {});
  if (reader.png != nullptr) reader.info = png_create_info_struct(reader.png);
  if (reader.info == nullptr) throw std::bad_alloc();
  if (!decode_png(reader.png, reader.info, state, bytes.size())) file.fail("PNG: " + state.error);
  return to_planes(state.rows, state.channels, state.height, state.width);
}

// ---- PPM and PGM: "P6", width, height and the largest value as text, one white space, then the
// values.

/// The next number; comments from # to the line's end are white space. Takes one character beyond
/// it.
std::int64_t read_number(InputFile& file, std::int64_t most) {
  const auto next = [&] {
    std::byte byte;
    file.read_exactly({&byte, 1});
    return std::to_integer<unsigned char>(byte);
  };
  unsigned char c = next();
  while (std::isspace(c) != 0 || c == '#') {
    if (c == '#')
      while (c != '\n') c = next();
    c = next();
  }
  std::int64_t number = 0;
  std::byte byte{c};
  do {
    if (std::isdigit(std::to_integer<unsigned char>(byte)) == 0)
      file.fail("holds no number where one was expected");
    number = number * 10 + (std::to_integer<std::int64_t>(byte) - '0');
    if (number > most) file.fail(fmt::format("holds a number above {}", most));
  } while (file.read({&byte, 1}) == 1 && std::isspace(std::to_integer<unsigned char>(byte)) == 0);
  return number;
}

Image read_netpbm(InputFile& file) {
  std::byte magic[2];
  file.read_exactly(magic);
  const char kind = static_cast<char>(magic[1]);
  if (magic[0] != std::byte{'P'} || (kind != '2' && kind != '3' && kind != '5' && kind != '6'))
    file.fail("is neither PGM (P2, P5) nor PPM (P3, P6)");
  const std::int64_t channels = kind == '3' || kind == '6' ? 3 : 1;
  constexpr std::int64_t largest_extent = 1 << 20;
  const std::int64_t width = read_number(file, largest_extent);
  const std::int64_t height = read_number(file, largest_extent);
  const std::int64_t largest = read_number(file, 65535);
  const std::int64_t count = channels * width * height;
  if (count == 0 || largest == 0) file.fail("has an extent of 0");

  const auto scale = [&](std::int64_t value) {
    if (value > largest) file.fail(fmt::format("has the value {} above its own limit", value));
    return static_cast<std::byte>((value * 255 + largest / 2) / largest);
  };
  std::vector<std::byte> values;
  if (kind == '2' || kind == '3') {
    for (std::int64_t i = 0; i < count; ++i) values.push_back(scale(read_number(file, 65535)));
  } else if (largest < 256) {
    values = file.read_vector(static_cast<std::uint64_t>(count));
    for (std::byte& value : values) value = scale(std::to_integer<std::int64_t>(value));
  } else {  // two bytes each, big-endian
    const auto wide = file.read_vector(static_cast<std::uint64_t>(count) * 2);
    for (std::size_t i = 0; i < wide.size(); i += 2)
      values.push_back(scale(std::to_integer<std::int64_t>(wide[i]) * 256 +
                             std::to_integer<std::int64_t>(wide[i + 1])));
  }
  return to_planes(values, channels, height, width);
}

std::string extension(const std::filesystem::path& file) {
  std::string text = file.extension().string();
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

bool is_image_name(const std::filesystem::path& file) {
  const std::string kind = extension(file);
  return kind == ".png" || kind == ".ppm" || kind == ".pgm";
}

Image read_image(const std::filesystem::path& path) {
  InputFile file(path);
  return extension(path) == ".png" ? read_png(file) : read_netpbm(file);
}

}  // namespace dtrain::datasets
