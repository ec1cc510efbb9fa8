// The functions of Go's templates, of sprig and of Helm that need nothing from outside of the chart.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <unordered_map>

#include "analyzer/passes/charts/expressions.h"
#include "analyzer/passes/charts/values.h"

namespace mlgrade::charts {
namespace {

using Arguments = std::vector<DataNode>;

const DataNode& at(const Arguments& a, size_t i) {
  static const DataNode none;
  return i < a.size() ? a[i] : none;
}
const DataNode& last(const Arguments& a) { return at(a, a.empty() ? 0 : a.size() - 1); }
std::string text(const Arguments& a, size_t i) { return show(at(a, i)); }
double number(const Arguments& a, size_t i) {
  const DataNode& value = at(a, i);
  return plain_value(value.text).as_number().value_or(0);
}

std::string indented(const std::string& text, size_t spaces) {
  constexpr size_t kMost = 200;
  const std::string pad(std::min(spaces, kMost), ' ');
  std::string out = pad;
  for (char c : text) {
    out += c;
    if (c == '\n') out += pad;
  }
  return out;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  if (from.empty()) return text;
  std::string out;
  size_t begin = 0;
  for (size_t found = text.find(from); found != text.npos; found = text.find(from, begin)) {
    out += text.substr(begin, found - begin) + to;
    begin = found + from.size();
  }
  return out + text.substr(begin);
}

std::string trimmed(const std::string& text, const char* what) {
  const size_t begin = text.find_first_not_of(what);
  return begin == text.npos ? "" : text.substr(begin, text.find_last_not_of(what) - begin + 1);
}

std::string cased(std::string text, int (*change)(int)) {
  for (char& c : text) c = static_cast<char>(change(static_cast<unsigned char>(c)));
  return text;
}

// %s, %d, %v, %q and %%; a width is left off.
std::string formatted(const Arguments& a) {
  const std::string format = text(a, 0);
  std::string out;
  size_t next = 1;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 >= format.size()) {
      out += format[i];
      continue;
    }
    ++i;
    while (i < format.size() && std::string_view("0123456789.+-#").find(format[i]) != std::string_view::npos)
      ++i;
    if (i >= format.size()) break;
    if (format[i] == '%') {
      out += '%';
    } else if (format[i] == 'q') {
      out += "\"" + text(a, next++) + "\"";
    } else {
      out += text(a, next++);
    }
  }
  return out;
}

bool equal(const DataNode& a, const DataNode& b) {
  if (a.kind != b.kind) return false;
  if (a.is_scalar()) return a.text == b.text;
  return show(a) == show(b);
}

int compared(const DataNode& a, const DataNode& b) {
  const auto x = plain_value(a.text).as_number(), y = plain_value(b.text).as_number();
  if (x && y) return *x < *y ? -1 : *x > *y ? 1 : 0;
  return a.text.compare(b.text) < 0 ? -1 : a.text == b.text ? 0 : 1;
}

DataNode list_of(Arguments items) {
  DataNode out;
  out.kind = DataNode::Kind::kSequence;
  out.items = std::move(items);
  return out;
}

DataNode dict_of(const Arguments& a) {
  DataNode out;
  out.kind = DataNode::Kind::kMapping;
  for (size_t i = 0; i + 1 < a.size(); i += 2) set_key(out, show(a[i]), a[i + 1]);
  return out;
}

DataNode indexed(const Arguments& a) {
  DataNode value = at(a, 0);
  for (size_t i = 1; i < a.size(); ++i) {
    DataNode next;
    if (value.is_sequence()) {
      const auto place = static_cast<size_t>(number(a, i));
      if (place < value.items.size()) next = value.items[place];
    } else if (const DataNode* found = value.find(show(a[i]))) {
      next = *found;
    }
    value = std::move(next);
  }
  return value;
}

DataNode split_list(const std::string& separator, const std::string& text) {
  Arguments parts;
  size_t begin = 0;
  for (size_t found = text.find(separator); found != text.npos && !separator.empty();
       found = text.find(separator, begin)) {
    parts.push_back(text_value(text.substr(begin, found - begin)));
    begin = found + separator.size();
  }
  parts.push_back(text_value(text.substr(begin)));
  return list_of(std::move(parts));
}

DataNode keys_of(const DataNode& mapping) {
  Arguments keys;
  for (const auto& [key, value] : mapping.entries) keys.push_back(text_value(key));
  return list_of(std::move(keys));
}

bool contains_item(const DataNode& list, const DataNode& item) {
  return std::any_of(list.items.begin(), list.items.end(),
                     [&](const DataNode& one) { return equal(one, item); });
}

DataNode joined(const DataNode& list, const std::string& separator) {
  std::string out;
  for (size_t i = 0; i < list.items.size(); ++i) out += (i == 0 ? "" : separator) + show(list.items[i]);
  return text_value(out);
}

bool is_kind(const std::string& kind, const DataNode& value) {
  if (kind == "map") return value.is_mapping();
  if (kind == "slice") return value.is_sequence();
  if (kind == "invalid") return value.is_null();
  if (kind == "bool") return value.is_scalar() && value.as_bool().has_value();
  if (kind == "string")
    return value.is_scalar() && (value.quoted || (!value.as_bool() && !value.as_number()));
  return value.is_scalar() && !value.quoted && value.as_number().has_value();
}

using Function = DataNode (*)(const Arguments&, Host&);

const std::unordered_map<std::string_view, Function>& text_functions() {
  static const std::unordered_map<std::string_view, Function> table = {
      {"quote",
       [](const Arguments& a, Host&) {
         return plain_value(formatted(
             {text_value("%q"), text_value(replaced(replaced(text(a, 0), "\\", "\\\\"), "\"", "\\\""))}));
       }},
      {"squote",
       [](const Arguments& a, Host&) { return plain_value("'" + replaced(text(a, 0), "'", "''") + "'"); }},
      {"toYaml", [](const Arguments& a, Host&) { return text_value(to_yaml(at(a, 0))); }},
      {"toString", [](const Arguments& a, Host&) { return text_value(text(a, 0)); }},
      {"indent",
       [](const Arguments& a, Host&) {
         return text_value(indented(show(last(a)), static_cast<size_t>(number(a, 0))));
       }},
      {"nindent",
       [](const Arguments& a, Host&) {
         return text_value("\n" + indented(show(last(a)), static_cast<size_t>(number(a, 0))));
       }},
      {"printf", [](const Arguments& a, Host&) { return text_value(formatted(a)); }},
      {"print",
       [](const Arguments& a, Host&) {
         std::string out;
         for (const DataNode& one : a) out += show(one);
         return text_value(out);
       }},
      {"trim", [](const Arguments& a, Host&) { return text_value(trimmed(text(a, 0), " \t\r\n")); }},
      {"trimAll",
       [](const Arguments& a, Host&) { return text_value(trimmed(text(a, 1), text(a, 0).c_str())); }},
      {"trimSuffix",
       [](const Arguments& a, Host&) {
         std::string value = text(a, 1);
         const std::string end = text(a, 0);
         if (value.ends_with(end)) value.resize(value.size() - end.size());
         return text_value(value);
       }},
      {"trimPrefix",
       [](const Arguments& a, Host&) {
         const std::string value = text(a, 1), begin = text(a, 0);
         return text_value(value.starts_with(begin) ? value.substr(begin.size()) : value);
       }},
      {"trunc",
       [](const Arguments& a, Host&) {
         const double length = number(a, 0);
         const std::string value = text(a, 1);
         return text_value(length < 0 ? value : value.substr(0, static_cast<size_t>(length)));
       }},
      {"replace",
       [](const Arguments& a, Host&) { return text_value(replaced(text(a, 2), text(a, 0), text(a, 1))); }},
      {"lower", [](const Arguments& a, Host&) { return text_value(cased(text(a, 0), std::tolower)); }},
      {"upper", [](const Arguments& a, Host&) { return text_value(cased(text(a, 0), std::toupper)); }},
      {"title", [](const Arguments& a, Host&) { return text_value(text(a, 0)); }},
      {"contains", [](const Arguments& a,
                      Host&) { return bool_value(text(a, 1).find(text(a, 0)) != std::string::npos); }},
      {"hasPrefix", [](const Arguments& a, Host&) { return bool_value(text(a, 1).starts_with(text(a, 0))); }},
      {"hasSuffix", [](const Arguments& a, Host&) { return bool_value(text(a, 1).ends_with(text(a, 0))); }},
      {"splitList", [](const Arguments& a, Host&) { return split_list(text(a, 0), text(a, 1)); }},
      {"join", [](const Arguments& a, Host&) { return joined(at(a, 1), text(a, 0)); }},
      // What differs from run to run, or says nothing about what runs, is a word that stands for it.
      {"sha256sum", [](const Arguments&, Host&) { return text_value("checksum"); }},
      {"b64enc", [](const Arguments&, Host&) { return text_value("encoded"); }},
      {"randAlphaNum", [](const Arguments&, Host&) { return text_value("random"); }},
      {"now", [](const Arguments&, Host&) { return text_value("now"); }},
      {"date", [](const Arguments&, Host&) { return text_value("date"); }},
      {"uuidv4", [](const Arguments&, Host&) { return text_value("uuid"); }},
  };
  return table;
}

const std::unordered_map<std::string_view, Function>& logic_functions() {
  static const std::unordered_map<std::string_view, Function> table = {
      {"default",
       [](const Arguments& a, Host&) { return a.size() > 1 && is_truthy(a[1]) ? a[1] : at(a, 0); }},
      {"coalesce",
       [](const Arguments& a, Host&) {
         for (const DataNode& one : a) {
           if (is_truthy(one)) return one;
         }
         return DataNode{};
       }},
      {"ternary", [](const Arguments& a, Host&) { return is_truthy(at(a, 2)) ? at(a, 0) : at(a, 1); }},
      {"empty", [](const Arguments& a, Host&) { return bool_value(!is_truthy(at(a, 0))); }},
      {"not", [](const Arguments& a, Host&) { return bool_value(!is_truthy(at(a, 0))); }},
      {"and",
       [](const Arguments& a, Host&) {
         for (const DataNode& one : a) {
           if (!is_truthy(one)) return one;
         }
         return last(a);
       }},
      {"or",
       [](const Arguments& a, Host&) {
         for (const DataNode& one : a) {
           if (is_truthy(one)) return one;
         }
         return last(a);
       }},
      {"eq",
       [](const Arguments& a, Host&) {
         for (size_t i = 1; i < a.size(); ++i) {
           if (equal(a[0], a[i])) return bool_value(true);
         }
         return bool_value(false);
       }},
      {"ne", [](const Arguments& a, Host&) { return bool_value(!equal(at(a, 0), at(a, 1))); }},
      {"lt", [](const Arguments& a, Host&) { return bool_value(compared(at(a, 0), at(a, 1)) < 0); }},
      {"le", [](const Arguments& a, Host&) { return bool_value(compared(at(a, 0), at(a, 1)) <= 0); }},
      {"gt", [](const Arguments& a, Host&) { return bool_value(compared(at(a, 0), at(a, 1)) > 0); }},
      {"ge", [](const Arguments& a, Host&) { return bool_value(compared(at(a, 0), at(a, 1)) >= 0); }},
      {"kindIs", [](const Arguments& a, Host&) { return bool_value(is_kind(text(a, 0), at(a, 1))); }},
      {"typeIs", [](const Arguments& a, Host&) { return bool_value(is_kind(text(a, 0), at(a, 1))); }},
      {"hasKey", [](const Arguments& a, Host&) { return bool_value(at(a, 0).find(text(a, 1)) != nullptr); }},
      {"has", [](const Arguments& a, Host&) { return bool_value(contains_item(at(a, 1), at(a, 0))); }},
      {"lookup", [](const Arguments&, Host&) { return DataNode{}; }},  // as `helm template` has it
      {"required",
       [](const Arguments& a, Host&) -> DataNode {
         if (at(a, 1).is_null()) throw NotRendered{"needs a value that has no default"};
         return a[1];
       }},
      {"fail",
       [](const Arguments& a, Host&) -> DataNode {
         throw NotRendered{"fails with its default values: " + text(a, 0)};
       }},
      // Charts ask for an old enough or a new enough cluster: a current one.
      {"semverCompare",
       [](const Arguments& a, Host&) { return bool_value(text(a, 0).find('<') == std::string::npos); }},
  };
  return table;
}

const std::unordered_map<std::string_view, Function>& data_functions() {
  static const std::unordered_map<std::string_view, Function> table = {
      {"list", [](const Arguments& a, Host&) { return list_of(a); }},
      {"tuple", [](const Arguments& a, Host&) { return list_of(a); }},
      {"dict", [](const Arguments& a, Host&) { return dict_of(a); }},
      {"get", [](const Arguments& a, Host&) { return indexed(a); }},
      {"index", [](const Arguments& a, Host&) { return indexed(a); }},
      {"keys", [](const Arguments& a, Host&) { return keys_of(at(a, 0)); }},
      {"sortAlpha",
       [](const Arguments& a, Host&) {
         DataNode list = at(a, 0);
         std::stable_sort(list.items.begin(), list.items.end(),
                          [](const DataNode& x, const DataNode& y) { return show(x) < show(y); });
         return list;
       }},
      {"append",
       [](const Arguments& a, Host&) {
         DataNode list = at(a, 0);
         list.kind = DataNode::Kind::kSequence;
         list.items.push_back(at(a, 1));
         return list;
       }},
      {"concat",
       [](const Arguments& a, Host&) {
         DataNode list = list_of({});
         for (const DataNode& one : a)
           list.items.insert(list.items.end(), one.items.begin(), one.items.end());
         return list;
       }},
      {"first", [](const Arguments& a,
                   Host&) { return at(a, 0).items.empty() ? DataNode{} : at(a, 0).items.front(); }},
      {"last",
       [](const Arguments& a, Host&) { return at(a, 0).items.empty() ? DataNode{} : at(a, 0).items.back(); }},
      {"len",
       [](const Arguments& a, Host&) {
         const DataNode& value = at(a, 0);
         return number_value(static_cast<double>(
             value.is_scalar() ? value.text.size() : value.items.size() + value.entries.size()));
       }},
      {"merge",
       [](const Arguments& a, Host&) {
         DataNode out = at(a, 0);
         for (size_t i = 1; i < a.size(); ++i) out = merged(a[i], out);
         return out;
       }},
      {"mergeOverwrite",
       [](const Arguments& a, Host&) {
         DataNode out = at(a, 0);
         for (size_t i = 1; i < a.size(); ++i) out = merged(out, a[i]);
         return out;
       }},
      {"deepCopy", [](const Arguments& a, Host&) { return at(a, 0); }},
      {"int", [](const Arguments& a,
                 Host&) { return number_value(static_cast<double>(static_cast<long long>(number(a, 0)))); }},
      {"int64",
       [](const Arguments& a, Host&) {
         return number_value(static_cast<double>(static_cast<long long>(number(a, 0))));
       }},
      {"float64", [](const Arguments& a, Host&) { return number_value(number(a, 0)); }},
      {"add",
       [](const Arguments& a, Host&) {
         double sum = 0;
         for (size_t i = 0; i < a.size(); ++i) sum += number(a, i);
         return number_value(sum);
       }},
      {"add1", [](const Arguments& a, Host&) { return number_value(number(a, 0) + 1); }},
      {"sub", [](const Arguments& a, Host&) { return number_value(number(a, 0) - number(a, 1)); }},
      {"mul",
       [](const Arguments& a, Host&) {
         double product = 1;
         for (size_t i = 0; i < a.size(); ++i) product *= number(a, i);
         return number_value(product);
       }},
      {"div",
       [](const Arguments& a, Host&) {
         const double by = number(a, 1);
         return number_value(by == 0 ? 0 : static_cast<double>(static_cast<long long>(number(a, 0) / by)));
       }},
      {"include",
       [](const Arguments& a, Host& host) { return text_value(host.include(text(a, 0), at(a, 1))); }},
      {"tpl", [](const Arguments& a, Host& host) { return text_value(host.tpl(text(a, 0), at(a, 1))); }},
  };
  return table;
}

}  // namespace

std::optional<DataNode> call_function(std::string_view name, const Arguments& arguments, Host& host) {
  for (const auto* table : {&text_functions(), &logic_functions(), &data_functions()}) {
    const auto found = table->find(name);
    if (found != table->end()) return found->second(arguments, host);
  }
  return std::nullopt;
}

}  // namespace mlgrade::charts
