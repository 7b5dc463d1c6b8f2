// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "datasets/read_images.hpp"

#include "base/error.hpp"
#include "datasets/formats/idx_file.hpp"
#include "datasets/formats/image_file.hpp"
#include "datasets/image_array.hpp"
#include "hdf5/file.hpp"

namespace dtrain::datasets {
namespace {

Images read_hdf5(const std::filesystem::path& path) {
  const hdf5::File file = hdf5::File::open(path);
  const ImageArray array(file.contains("images") ? file.dataset("images")
                                                 : file.group("test").dataset("images"));
  return {array.sample_shape(), array.type(), array.read_all()};
}

Images read_idx_images(const std::filesystem::path& path) {
  IdxArray array = read_idx(path);
  if (array.extents.size() != 3)
    throw InputError(fmt::format("{}: holds labels, not images", array.file));
  return {{1, array.extents[1], array.extents[2]}, SampleType::uint8, std::move(array.elements)};
}

}  // namespace

bool is_hdf5_name(const std::filesystem::path& file) {
  return file.extension() == ".h5" || file.extension() == ".hdf5";
}

Images read_images(const std::filesystem::path& path) {
  if (is_hdf5_name(path)) return read_hdf5(path);
  if (!is_image_name(path)) return read_idx_images(path);
  Image image = read_image(path);
  return {image.shape, SampleType::uint8, std::move(image.planes)};
}

}  // namespace dtrain::datasets
