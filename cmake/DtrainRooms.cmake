# Rooms are static libraries named dtrain_<room>; a room's CMakeLists.txt lists its sources.

# pass-failed: sanitized loops do not vectorise, and clang would report each `omp simd`.
add_library(dtrain_options INTERFACE)
target_compile_options(dtrain_options INTERFACE
  -Wall -Wextra -Wno-pass-failed $<$<BOOL:${DTRAIN_WERROR}>:-Werror>)
target_compile_definitions(dtrain_options INTERFACE OMPI_SKIP_MPICXX=1)
if(DTRAIN_SANITIZE)
  target_compile_options(dtrain_options INTERFACE
    -fsanitize=${DTRAIN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(dtrain_options INTERFACE -fsanitize=${DTRAIN_SANITIZE})
endif()

set_property(GLOBAL PROPERTY DTRAIN_ROOMS "")

# dtrain_add_room(<name> SOURCES <file>... [ROOMS <lower room>...])
function(dtrain_add_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;ROOMS" ${ARGN})
  add_library(dtrain_${name} STATIC ${ARG_SOURCES})
  target_include_directories(dtrain_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>
    $<INSTALL_INTERFACE:include/dtrain>)
  target_compile_features(dtrain_${name} PUBLIC cxx_std_20)
  target_link_libraries(dtrain_${name} PRIVATE $<BUILD_INTERFACE:dtrain_options>)
  foreach(room IN LISTS ARG_ROOMS)
    target_link_libraries(dtrain_${name} PUBLIC dtrain_${room})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY DTRAIN_ROOMS dtrain_${name})
endfunction()
