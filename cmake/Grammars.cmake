# The tree-sitter core and one static library for each grammar of MLGRADE_GRAMMARS, all from node_modules,
# bundled as mlgrade_grammars. Always optimized (they dominate the scan), never warned about.

set(node_modules ${PROJECT_SOURCE_DIR}/node_modules)
set(tree_sitter_lib ${node_modules}/tree-sitter/vendor/tree-sitter/lib)
if(NOT EXISTS ${tree_sitter_lib}/src/lib.c)
  message(FATAL_ERROR "node_modules has no tree-sitter core: run .ci/install.sh (or: npm ci --ignore-scripts)")
endif()

# tree_sitter_core is tuned for this program; tree_sitter_plain is the core as it comes, which the benchmarks
# measure against and nothing else is built with.
add_library(tree_sitter_core STATIC ${PROJECT_SOURCE_DIR}/analyzer/syntax/tree_sitter_core.c)
add_library(tree_sitter_plain STATIC EXCLUDE_FROM_ALL ${tree_sitter_lib}/src/lib.c)
foreach(core tree_sitter_core tree_sitter_plain)
  target_include_directories(${core} SYSTEM PUBLIC ${tree_sitter_lib}/include)
  target_include_directories(${core} PRIVATE ${tree_sitter_lib}/src)
  target_compile_definitions(${core} PRIVATE _POSIX_C_SOURCE=200112L _DEFAULT_SOURCE)
  target_compile_options(${core} PRIVATE -std=c11 -O2 -w)
endforeach()

add_library(mlgrade_grammars INTERFACE)
target_link_libraries(mlgrade_grammars INTERFACE tree_sitter_core)

foreach(grammar IN LISTS MLGRADE_GRAMMARS)
  set(source_dir ${node_modules}/tree-sitter-${grammar}/src)
  if(NOT EXISTS ${source_dir}/parser.c)
    set(source_dir ${node_modules}/@tree-sitter-grammars/tree-sitter-${grammar}/src)
  endif()
  set(sources ${source_dir}/parser.c)
  if(EXISTS ${source_dir}/scanner.c)
    list(APPEND sources ${source_dir}/scanner.c)
  endif()
  add_library(tree_sitter_${grammar} STATIC ${sources})
  target_include_directories(tree_sitter_${grammar} PRIVATE ${source_dir})
  target_compile_options(tree_sitter_${grammar} PRIVATE -std=c11 -O2 -w)
  # Scanners take their memory from where the core does.
  target_compile_definitions(tree_sitter_${grammar} PRIVATE TREE_SITTER_REUSE_ALLOCATOR)
  target_link_libraries(mlgrade_grammars INTERFACE tree_sitter_${grammar} tree_sitter_core)
endforeach()
