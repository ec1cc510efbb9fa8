// File paths that code builds from literals, constants, settings and joins, as far as they can be told.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// "b.c" of "a/b.c".
std::string_view file_name(std::string_view path);

// The texts that an argument may stand for or is put together from: its own literals, and those of the names
// in it, followed through assignments, imported constants and fields of settings. Without leading "./" and
// "{}/".
std::set<std::string> texts_of(const FactStore& facts, uint32_t module, uint32_t function, const PyArg& arg);
// The same for all arguments of a call.
std::set<std::string> texts_of(const FactStore& facts, uint32_t module, const PyCall& call);

// "models/latest/model.joblib": the text names a file of a model by its ending.
bool is_model_file(std::string_view text);

// One of the texts names the path, its end, or the folder that it lies in, at least two components of it.
bool names_path(const std::set<std::string>& texts, std::string_view path);

}  // namespace mlgrade
