# Sets DTRAIN_HAS_CUDA: whether the CUDA module (libdtrain_cuda.so) is built. dtrain itself never links
# CUDA: it opens the module at run time, on ranks that are to use a GPU. The module needs nvcc, cuBLAS,
# cuDNN 9 and NCCL 2; clusters and Python wheels install the latter without CMake packages.

set(DTRAIN_HAS_CUDA OFF)
set(DTRAIN_CUDA_ABSENT "")
if(NOT DTRAIN_CUDA)
  return()
endif()

include(CheckLanguage)
check_language(CUDA)
if(CMAKE_CUDA_COMPILER)
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80-real 90)
  endif()
  enable_language(CUDA)
  find_package(CUDAToolkit QUIET)
  set(DTRAIN_CUDA_HINTS ${CUDAToolkit_LIBRARY_ROOT} ${CUDAToolkit_TARGET_DIR} ENV CUDA_HOME)
  foreach(library cublasLt cudnn nccl)
    find_path(${library}_INCLUDE_DIR ${library}.h HINTS ${DTRAIN_CUDA_HINTS} PATH_SUFFIXES include)
    find_library(${library}_LIBRARY NAMES ${library} lib${library}.so.13 lib${library}.so.12 lib${library}.so.9 lib${library}.so.2
                 HINTS ${DTRAIN_CUDA_HINTS} PATH_SUFFIXES lib lib64)
    mark_as_advanced(${library}_INCLUDE_DIR ${library}_LIBRARY)
    if(NOT ${library}_INCLUDE_DIR OR NOT ${library}_LIBRARY)
      string(APPEND DTRAIN_CUDA_ABSENT " ${library}")
    else()
      add_library(dtrain_${library} UNKNOWN IMPORTED)
      set_target_properties(dtrain_${library} PROPERTIES IMPORTED_LOCATION "${${library}_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${${library}_INCLUDE_DIR}")
    endif()
  endforeach()
else()
  set(DTRAIN_CUDA_ABSENT " nvcc")
endif()

if(NOT DTRAIN_CUDA_ABSENT)
  set(DTRAIN_HAS_CUDA ON)
elseif(DTRAIN_CUDA STREQUAL "AUTO")
  message(STATUS "CUDA module: not built, not found:${DTRAIN_CUDA_ABSENT}")
else()
  message(FATAL_ERROR "dtrain: DTRAIN_CUDA=ON, but not found:${DTRAIN_CUDA_ABSENT}. Load the CUDA, cuDNN "
    "and NCCL modules, or put their prefixes on CMAKE_PREFIX_PATH.")
endif()

# CMake before 3.25.2 does not know that nvcc 12 and later take C++20.
if(DTRAIN_HAS_CUDA AND NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
  set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
  set(CMAKE_CUDA20_COMPILE_FEATURES cuda_std_20)
  list(APPEND CMAKE_CUDA_COMPILE_FEATURES cuda_std_20)
endif()
