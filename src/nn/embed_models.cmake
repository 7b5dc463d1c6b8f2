# Writes OUTPUT, a C++ file that holds the text of every file in MODELS under its name without ".json".
set(rows "")
foreach(file IN LISTS MODELS)
  get_filename_component(name "${file}" NAME_WE)
  file(READ "${file}" text)
  string(APPEND rows "    {\"${name}\", R\"json(${text})json\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "// Made by embed_models.cmake from src/nn/models.
#include \"nn/builtin_models.hpp\"

namespace dtrain::nn {

std::span<const BuiltinModel> builtin_models() {
  static constexpr BuiltinModel models[] = {
${rows}  };
  return models;
}

}  // namespace dtrain::nn
")
