# What dtrain stands on. docs/dependencies.md says what each does and why.

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
set(MPI_CXX_SKIP_MPICXX ON)
find_package(MPI REQUIRED COMPONENTS CXX)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(HDF5 REQUIRED COMPONENTS C)
find_package(ZLIB REQUIRED)
find_package(PNG REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)


# dtrain_find_library(<target> <header> <library>): an imported target for a library whose CMake
# package is missing or asks for more than its library does (Debian's oneDNN wants OpenCL's headers).
function(dtrain_find_library target header library)
  string(MAKE_C_IDENTIFIER "${library}" id)
  find_path(${id}_INCLUDE_DIR ${header} REQUIRED)
  find_library(${id}_LIBRARY ${library} REQUIRED)
  add_library(${target} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION "${${id}_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${${id}_INCLUDE_DIR}")
endfunction()
dtrain_find_library(xxHash::xxhash xxhash.h xxhash)
dtrain_find_library(oneDNN::oneDNN dnnl.hpp dnnl)
