// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "hdf5/file.hpp"

#include <system_error>

#include "base/assert.hpp"
#include "base/error.hpp"
#include "hdf5/library.hpp"

namespace dtrain::hdf5 {
namespace {

enum class Where { disk, memory };

/// How a file is accessed, before anything is known of it.
Identifier access_properties(Where where, FileContext::Mode mode) {
  Identifier access(H5Pcreate(H5P_FILE_ACCESS));
  const bool writing = mode == FileContext::Mode::write;
  // A writer's file is whole once it is closed, so closing must not wait for forgotten handles.
  H5Pset_fclose_degree(access.get(), writing ? H5F_CLOSE_SEMI : H5F_CLOSE_WEAK);
  // From 1.10 on all headers and chunk indexes carry checksums; but H5Fget_file_image (seen
  // in 1.10.8) spoils that of the superblock, so files in memory use the oldest format, which has
  // none.
  H5Pset_libver_bounds(access.get(), where == Where::disk ? H5F_LIBVER_V110 : H5F_LIBVER_EARLIEST,
                       H5F_LIBVER_LATEST);
  // Files are written under a temporary name and renamed, so locks (which some cluster file systems
  // lack) would guard nothing.
  H5Pset_file_locking(access.get(), false, true);
  // Without a cache for chunks a write that the disk refuses fails at once, not when handles close.
  if (writing) H5Pset_cache(access.get(), 0, 521, 0, 0);
  if (where == Where::memory) H5Pset_fapl_core(access.get(), std::size_t{1} << 20, false);
  return access;
}

/// What HDF5 knows a file in memory by: it refuses the name of a file on disk, and takes two files
/// of one name for the same. Call with the lock held.
std::string memory_file_name() {
  static std::int64_t count = 0;
  return fmt::format("/dev/null/{}", ++count);  // nothing can be below /dev/null
}

/// No time stamps: the same content gives the same bytes.
void make_reproducible(const Identifier& creation_properties) {
  H5Pset_obj_track_times(creation_properties.get(), false);
}

}  // namespace

std::string Group::child_path(const std::string& name) const {
  return path_ == "/" ? "/" + name : path_ + "/" + name;
}

bool Group::contains(const std::string& name) const {
  const LibraryLock lock;
  return H5Lexists(id_.get(), name.c_str(), H5P_DEFAULT) > 0;
}

std::vector<std::string> Group::names() const {
  const LibraryLock lock;
  const std::string what = "cannot list its members";
  const auto collect = [](hid_t, const char* name, const H5L_info_t*, void* list) -> herr_t {
    static_cast<std::vector<std::string>*>(list)->emplace_back(name);
    return 0;
  };
  const Identifier properties(check(H5Gget_create_plist(id_.get()), what));
  unsigned order = 0;
  check(H5Pget_link_creation_order(properties.get(), &order), what);
  const H5_index_t index =
      (order & H5P_CRT_ORDER_TRACKED) != 0 ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
  std::vector<std::string> names;
  check(H5Literate(id_.get(), index, H5_ITER_INC, nullptr, collect, &names), what);
  return names;
}

Group Group::group(const std::string& name) const {
  const LibraryLock lock;
  if (!contains(name)) fail("group '" + name + "' is missing");
  return Group(Identifier(check(H5Gopen2(id_.get(), name.c_str(), H5P_DEFAULT),
                                "cannot open group '" + name + "'")),
               file_, child_path(name));
}

Dataset Group::dataset(const std::string& name) const {
  const LibraryLock lock;
  if (!contains(name)) fail("array '" + name + "' is missing");
  return Dataset(Identifier(check(H5Dopen2(id_.get(), name.c_str(), H5P_DEFAULT),
                                  "cannot open array '" + name + "'")),
                 file_, child_path(name));
}

Group Group::create_group(const std::string& name) {
  const LibraryLock lock;
  const Identifier properties(H5Pcreate(H5P_GROUP_CREATE));
  make_reproducible(properties);
  H5Pset_link_creation_order(properties.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  return Group(Identifier(check(
                   H5Gcreate2(id_.get(), name.c_str(), H5P_DEFAULT, properties.get(), H5P_DEFAULT),
                   "cannot create group '" + name + "'")),
               file_, child_path(name));
}

Dataset Group::create_dataset(const std::string& name, ElementType type,
                              const std::vector<std::int64_t>& extents, Storage storage) {
  DTRAIN_ASSERT(storage.chunk_rows > 0 || !storage.fletcher32);
  const LibraryLock lock;
  const std::string what = "cannot create array '" + name + "'";
  std::vector<hsize_t> sizes(extents.begin(), extents.end());
  const Identifier space(check(
      extents.empty() ? H5Screate(H5S_SCALAR)
                      : H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr),
      what));
  const Identifier properties(H5Pcreate(H5P_DATASET_CREATE));
  make_reproducible(properties);
  H5Pset_fill_time(properties.get(), H5D_FILL_TIME_NEVER);
  if (storage.chunk_rows > 0) {
    sizes.at(0) = static_cast<hsize_t>(storage.chunk_rows);
    check(H5Pset_chunk(properties.get(), static_cast<int>(sizes.size()), sizes.data()), what);
    if (storage.fletcher32) check(H5Pset_fletcher32(properties.get()), what);
  }
  return Dataset(
      Identifier(check(H5Dcreate2(id_.get(), name.c_str(), native_type(type), space.get(),
                                  H5P_DEFAULT, properties.get(), H5P_DEFAULT),
                       what)),
      file_, child_path(name));
}

void Group::write_string(const std::string& name, const std::string& text) {
  const LibraryLock lock;
  const std::string what = "cannot write text '" + name + "'";
  const Identifier type = fixed_string_type(text.size());
  const Identifier space(check(H5Screate(H5S_SCALAR), what));
  const Identifier properties(H5Pcreate(H5P_DATASET_CREATE));
  make_reproducible(properties);
  const Identifier dataset(check(H5Dcreate2(id_.get(), name.c_str(), type.get(), space.get(),
                                            H5P_DEFAULT, properties.get(), H5P_DEFAULT),
                                 what));
  check(H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.c_str()), what);
}

File File::create_with(std::int64_t access, const std::string& path, const std::string& name,
                       std::int64_t user_block_bytes) {
  auto context = std::make_shared<FileContext>(FileContext{name, FileContext::Mode::write, 0});
  const auto check_created = [&](std::int64_t result) {
    if (result < 0) throw_failure(*context, "/", "cannot create the file: " + library_reason());
    return result;
  };
  const Identifier creation(check_created(H5Pcreate(H5P_FILE_CREATE)));
  check_created(H5Pset_userblock(creation.get(), static_cast<hsize_t>(user_block_bytes)));
  make_reproducible(creation);
  H5Pset_link_creation_order(creation.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  Identifier file(check_created(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.get(), access)));
  Identifier root(check_created(H5Gopen2(file.get(), "/", H5P_DEFAULT)));
  File created(std::move(root), std::move(file), std::move(context));
  created.user_block_bytes_ = user_block_bytes;
  return created;
}

File File::open_with(std::int64_t access, const std::string& path, const std::string& name,
                     std::int64_t bytes) {
  auto context = std::make_shared<FileContext>(FileContext{name, FileContext::Mode::read, bytes});
  Identifier file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access));
  Identifier root(file.get() < 0 ? -1 : H5Gopen2(file.get(), "/", H5P_DEFAULT));
  if (root.get() < 0)
    throw_failure(*context, "/", "cannot be opened as an HDF5 file: " + library_reason());
  return File(std::move(root), std::move(file), std::move(context));
}

File File::create(const std::filesystem::path& file, std::int64_t user_block_bytes) {
  const LibraryLock lock;
  return create_with(access_properties(Where::disk, FileContext::Mode::write).get(), file.string(),
                     file.string(), user_block_bytes);
}

File File::create_in_memory(const std::string& name, std::int64_t user_block_bytes) {
  const LibraryLock lock;
  return create_with(access_properties(Where::memory, FileContext::Mode::write).get(),
                     memory_file_name(), name, user_block_bytes);
}

File File::open(const std::filesystem::path& file) {
  const LibraryLock lock;
  std::error_code error;
  const auto bytes = std::filesystem::file_size(file, error);
  if (error) throw InputError(fmt::format("{}: {}", file.string(), error.message()));
  return open_with(access_properties(Where::disk, FileContext::Mode::read).get(), file.string(),
                   file.string(), static_cast<std::int64_t>(bytes));
}

File File::open_image(const std::string& name, std::span<const std::byte> bytes) {
  const LibraryLock lock;
  const Identifier access = access_properties(Where::memory, FileContext::Mode::read);
  // HDF5 copies the bytes; it takes a pointer to non-const because a callback might not.
  H5Pset_file_image(access.get(), const_cast<std::byte*>(bytes.data()), bytes.size());
  return open_with(access.get(), memory_file_name(), name, static_cast<std::int64_t>(bytes.size()));
}

std::vector<std::byte> File::image() const {
  const LibraryLock lock;
  const std::string what = "cannot take the file's image";
  check(H5Fflush(file_id_.get(), H5F_SCOPE_GLOBAL), what);
  const std::int64_t bytes = check(H5Fget_file_image(file_id_.get(), nullptr, 0), what);
  // HDF5 leaves the user block out.
  std::vector<std::byte> image(static_cast<std::size_t>(user_block_bytes_ + bytes));
  check(H5Fget_file_image(file_id_.get(), image.data() + user_block_bytes_,
                          static_cast<std::size_t>(bytes)),
        what);
  return image;
}

void File::close() {
  const LibraryLock lock;
  check(H5Fflush(file_id_.get(), H5F_SCOPE_GLOBAL), "cannot write the file");
  id_.reset();
  if (!file_id_.reset()) fail("cannot close the file: " + library_reason());
}

}  // namespace dtrain::hdf5
