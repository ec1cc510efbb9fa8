// The little that is known about names that the repository does not define.
#pragma once

#include <string>
#include <string_view>

namespace mlgrade::passes {

bool is_builtin(std::string_view name);       // print, open, ValueError, ...
bool is_builtin_type(std::string_view name);  // str, dict, ...: calling it makes an instance of that name

// True if the last component of a canonical name looks like a class: "sklearn.svm.SVC", "str".
bool is_class_name(std::string_view name);

// True for annotations and bases that tell nothing about members: typing.Any, typing.Generic, abc.ABC,
// object.
bool is_bare_type(std::string_view name);

// True for base classes that say of an object only that it can be fitted: sklearn.base.BaseEstimator.
bool is_any_estimator(std::string_view name);

// The canonical name of what calling `name` gives (rules of naming: analyzer/ARCHITECTURE.md is the place to
// look). `instance`: `name` is an object, not a class or function. Sets `is_instance` for a result to speak
// of as an object.
std::string call_result_name(std::string_view name, bool instance, bool& is_instance);

// Attributes of a project function or class that pass a call on to it: f.remote(x), task.delay(x),
// flow.submit(x).
bool passes_call_on(std::string_view attribute);

}  // namespace mlgrade::passes
