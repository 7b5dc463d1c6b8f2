# Writes OUTPUT, a C++ file that holds the text of the file STYLE.
file(READ "${STYLE}" text)
file(WRITE "${OUTPUT}" "// Made by embed_style.cmake from launch/report/page.css.
#include \"launch/report/page.hpp\"

namespace dtrain::launch {

std::string_view page_style() {
  return R\"css(${text})css\";
}

}  // namespace dtrain::launch
")
