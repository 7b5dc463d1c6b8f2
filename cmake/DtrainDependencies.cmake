# What dtrain stands on. docs/dependencies.md says what each does and why. Everything that is missing
# is collected in DTRAIN_MISSING, so that one message names it all. The package file of an installed
# dtrain reads this file too, so that a consumer finds what dtrain was built with.

set(DTRAIN_MISSING "")

# dtrain_require(<apt package> <found>...): notes the apt package when one of the variables is false.
macro(dtrain_require apt_package)
  foreach(found ${ARGN})
    if(NOT ${found})
      list(APPEND DTRAIN_MISSING ${apt_package})
    endif()
  endforeach()
endmacro()

# dtrain_find_library(<target> <header> <library> <apt package>): an imported target for a library
# whose CMake package is missing or asks for more than the library needs (Debian's oneDNN package
# file wants OpenCL's headers).
function(dtrain_find_library target header library apt_package)
  string(MAKE_C_IDENTIFIER "${library}" id)
  find_path(${id}_INCLUDE_DIR ${header})
  find_library(${id}_LIBRARY ${library})
  mark_as_advanced(${id}_INCLUDE_DIR ${id}_LIBRARY)
  if(NOT ${id}_INCLUDE_DIR OR NOT ${id}_LIBRARY)
    set(DTRAIN_MISSING ${DTRAIN_MISSING} ${apt_package} PARENT_SCOPE)
  elseif(NOT TARGET ${target})
    add_library(${target} UNKNOWN IMPORTED GLOBAL)
    set_target_properties(${target} PROPERTIES
      IMPORTED_LOCATION "${${id}_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${${id}_INCLUDE_DIR}")
  endif()
endfunction()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads QUIET)
set(MPI_CXX_SKIP_MPICXX ON)
find_package(MPI QUIET COMPONENTS CXX)
find_package(OpenMP QUIET COMPONENTS CXX)
find_package(HDF5 QUIET COMPONENTS C)
find_package(ZLIB QUIET)
find_package(PNG QUIET)
find_package(fmt CONFIG QUIET)
find_package(nlohmann_json CONFIG QUIET)
find_package(CLI11 CONFIG QUIET)
dtrain_require(build-essential Threads_FOUND OpenMP_CXX_FOUND)
dtrain_require(libopenmpi-dev MPI_CXX_FOUND)
dtrain_require(libhdf5-dev HDF5_FOUND)
dtrain_require(zlib1g-dev ZLIB_FOUND)
dtrain_require(libpng-dev PNG_FOUND)
dtrain_require(libfmt-dev fmt_FOUND)
dtrain_require(nlohmann-json3-dev nlohmann_json_FOUND)
dtrain_require(libcli11-dev CLI11_FOUND)
dtrain_find_library(xxHash::xxhash xxhash.h xxhash libxxhash-dev)
dtrain_find_library(oneDNN::oneDNN dnnl.hpp dnnl libdnnl-dev)

if(dnnl_INCLUDE_DIR)
  # oneDNN 2 and 3 describe primitives differently; kernels/cpu chooses one file by this variable.
  file(STRINGS "${dnnl_INCLUDE_DIR}/oneapi/dnnl/dnnl_version.h" DTRAIN_ONEDNN_MAJOR
       REGEX "^#define DNNL_VERSION_MAJOR +[0-9]+")
  string(REGEX REPLACE "[^0-9]" "" DTRAIN_ONEDNN_MAJOR "${DTRAIN_ONEDNN_MAJOR}")
  if(NOT DTRAIN_ONEDNN_MAJOR MATCHES "^[23]$")
    list(APPEND DTRAIN_MISSING libdnnl-dev)
  endif()
endif()

list(REMOVE_DUPLICATES DTRAIN_MISSING)
list(JOIN DTRAIN_MISSING " " DTRAIN_MISSING_PACKAGES)
string(CONCAT DTRAIN_MISSING_MESSAGE
  "dtrain: libraries are missing. On Debian or Ubuntu: apt-get install ${DTRAIN_MISSING_PACKAGES}\n"
  "Elsewhere load the modules or Spack packages of the same names (a C++20 compiler with OpenMP, "
  "openmpi, hdf5, onednn 2 or 3, fmt, nlohmann-json, cli11, xxhash, libpng, zlib) and put their "
  "prefixes on CMAKE_PREFIX_PATH.")
