# mlgrade_embed_files(<output.cc>): at build time writes a source that holds the rules' and rubric's YAML, the
# reports' schemas and page parts and the workflows that `mlgrade init` writes, and implements analyzer/base/embedded.h.

function(mlgrade_embed_files output)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
    ${PROJECT_SOURCE_DIR}/rules/*.yaml)
  file(GLOB more CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
    ${PROJECT_SOURCE_DIR}/rubric/*.yaml
    ${PROJECT_SOURCE_DIR}/reports/*.schema.json
    ${PROJECT_SOURCE_DIR}/reports/*.html
    ${PROJECT_SOURCE_DIR}/reports/*.css
    ${PROJECT_SOURCE_DIR}/reports/*.js
    ${PROJECT_SOURCE_DIR}/reports/*.svg
    ${PROJECT_SOURCE_DIR}/.ci/github/*.yml
    ${PROJECT_SOURCE_DIR}/.ci/gitlab/*.yml)
  list(APPEND files ${more})
  list(SORT files COMPARE STRING)

  # Written only when the list changes, so that removing a file makes the source anew and nothing else does.
  set(list_file ${output}.list)
  list(JOIN files "\n" list_text)
  file(CONFIGURE OUTPUT ${list_file} CONTENT "${list_text}\n" @ONLY)

  set(script ${PROJECT_SOURCE_DIR}/cmake/embed_files_script.cmake)
  list(TRANSFORM files PREPEND ${PROJECT_SOURCE_DIR}/)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -D ROOT=${PROJECT_SOURCE_DIR} -D LIST=${list_file} -D OUTPUT=${output} -P ${script}
    DEPENDS ${files} ${list_file} ${script}
    COMMENT "Embedding rules, rubric and report parts"
    VERBATIM)
endfunction()
