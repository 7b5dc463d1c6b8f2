# Objects compiled for an instruction set must not offer weak symbols: the linker could pick them for
# everyone, and a lesser machine would stop with an illegal instruction.
#   cmake -DNM=<nm> -DOBJECTS=<a.o,b.o> -P variants_share_nothing.cmake
string(REPLACE "," ";" objects "${OBJECTS}")
list(FILTER objects INCLUDE REGEX "_avx[^/]*$")
if(NOT objects)
  message("SKIPPED: this architecture has no variants")
endif()
foreach(object IN LISTS objects)
  execute_process(COMMAND ${NM} -C ${object} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]* [WVu] [^\n]*" weak "${symbols}")
  if(weak)
    list(JOIN weak "\n" weak)
    message(FATAL_ERROR "${object} offers weak symbols:\n${weak}")
  endif()
endforeach()
