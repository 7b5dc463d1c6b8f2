# `cmake --install`: the dtrain binary, and the rooms below launch as a library. A consumer says
#   find_package(dtrain REQUIRED)
#   target_link_libraries(app PRIVATE dtrain::dtrain)
# and includes headers as dtrain itself does: "train/trainer.hpp", "kernels/backend.hpp".
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/dtrain)

get_property(rooms GLOBAL PROPERTY DTRAIN_ROOMS)
list(REMOVE_ITEM rooms dtrain_launch)
add_library(dtrain_library INTERFACE)
add_library(dtrain::dtrain ALIAS dtrain_library)
set_target_properties(dtrain_library PROPERTIES EXPORT_NAME dtrain)
target_link_libraries(dtrain_library INTERFACE ${rooms})

install(TARGETS dtrain RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS dtrain_library ${rooms} EXPORT dtrain ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT dtrain NAMESPACE dtrain:: FILE dtrainTargets.cmake DESTINATION ${package_folder})
install(DIRECTORY src/ kernels comm datasets DESTINATION include/dtrain
        FILES_MATCHING PATTERN "*.hpp" PATTERN "cuda" EXCLUDE)

configure_package_config_file(cmake/dtrainConfig.cmake.in "${PROJECT_BINARY_DIR}/dtrainConfig.cmake"
  INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file("${PROJECT_BINARY_DIR}/dtrainConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/dtrainConfig.cmake" "${PROJECT_BINARY_DIR}/dtrainConfigVersion.cmake"
  cmake/DtrainDependencies.cmake DESTINATION ${package_folder})
install(FILES README.md LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
