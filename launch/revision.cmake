# cmake -DSOURCE=<folder> -DTEMPLATE=<revision.hpp.in> -DOUTPUT=<revision.hpp> -P revision.cmake
execute_process(COMMAND git -C "${SOURCE}" describe --always --dirty --abbrev=12
  OUTPUT_VARIABLE revision ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
configure_file("${TEMPLATE}" "${OUTPUT}" @ONLY)
