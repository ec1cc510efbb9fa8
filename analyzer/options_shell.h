// What shells and manual pages need to know of the command line, made from the option definitions themselves.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace mlgrade {

// "bash", "zsh", "fish": a completion; "man": the manual page, in the macros of man(7).
const std::vector<std::string>& shell_texts();
std::string shell_text(CLI::App& app, const std::string& what);

}  // namespace mlgrade
