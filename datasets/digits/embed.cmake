# Writes OUTPUT, a C++ file that holds the bytes of INPUT.
file(READ "${INPUT}" bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
file(WRITE "${OUTPUT}" "// Made by datasets/digits/embed.cmake.
#include \"datasets/digits/digits.hpp\"

namespace dtrain::datasets {

std::span<const std::byte> digits_archive() {
  static constexpr unsigned char bytes[] = {${bytes}};
  return std::as_bytes(std::span(bytes));
}

}  // namespace dtrain::datasets
")
