// The shorthand of a Python text has the tree of the text.
#include "analyzer/syntax/python_shorthand.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "analyzer/passes/python/node_kinds.h"
#include "analyzer/syntax/tree.h"
#include "tests/support/places.h"

namespace mlgrade {
namespace {

std::string shown(const SyntaxTree& tree) {
  std::ostringstream out;
  for (const SyntaxNode& node : tree.nodes) {
    out << node.start << '-' << node.end << " row " << node.row << ':' << node.column << '-' << node.end_row
        << " kind " << node.kind << " field " << int{node.field} << " flags " << int{node.flags} << " next "
        << node.next << '\n';
  }
  out << tree.error_nodes << " errors, " << tree.first_error_row << ", too deep " << tree.too_deep;
  return out.str();
}

std::string tree_of(std::string_view text, Reading reading) {
  SyntaxTree tree;
  parse_syntax(python_kinds(), text, tree, reading);
  return shown(tree);
}

void expect_same_tree(std::string_view text) {
  EXPECT_EQ(tree_of(text, Reading::kQuick), tree_of(text, Reading::kAsItStands)) << text;
}

const WordSet& some_keywords() {
  static const WordSet words({"def", "return", "if", "lambda", "in"});
  return words;
}

// The shorthand as tree-sitter reads it: a character for each mark.
std::string read_back(std::string_view text) {
  std::string shorthand;
  if (!shorten_python(text, some_keywords(), shorthand)) return "refused";
  EXPECT_EQ(shorthand.size(), text.size());
  std::string out;
  for (size_t at = 0; at < shorthand.size();) {
    int32_t character = 0;
    const size_t left = shorthand.size() - at;
    const uint32_t width = decode_shorthand(reinterpret_cast<const uint8_t*>(shorthand.data()) + at,
                                            static_cast<uint32_t>(left), &character);
    EXPECT_LE(width, left);
    out += character < 0 || character > 126 ? '?' : static_cast<char>(character);
    at += width;
  }
  return out;
}

TEST(PythonShorthand, NamesAreOneLetterAndKeywordsStay) {
  EXPECT_EQ(read_back("def compute(rows):\n    return rows in limits\n"), "def x(x):\n    return x in x\n");
  EXPECT_EQ(read_back("returns = 1e10 + x0 + 0xFF\n"), "x = 1e10 + x + 0xFF\n");
}

TEST(PythonShorthand, CommentsHaveOneLetterAndEightSpacesAreATab) {
  EXPECT_EQ(read_back("x = 1  # what it's for\n#\n#!\n"), "x = 1  #x\n#\n#!\n");
  EXPECT_EQ(read_back("            x = 1\n                y\n"), "\t    x = 1\n\t\ty\n");
}

TEST(PythonShorthand, StringsOnOneLineAreAnEllipsisWhereTheyStandAlone) {
  EXPECT_EQ(read_back("f('', 'a', \"it's\", '''long one''')\n"), "f('', ..., ..., ...)\n");
  EXPECT_EQ(read_back("f('a' 'bc')\nf('ab'  # why\n  'c')\n"), "f('a' 'x')\nf('x'  #x\n  'c')\n");
  EXPECT_EQ(read_back("f(b'abc', r'a\\'c', f'{ab}c')\n"), "f(b'x', r'x', f'{ab}c')\n");
  EXPECT_EQ(read_back("case 'ab': exec 'ab'\n"), "x 'x': x 'x'\n");
  EXPECT_EQ(read_back("\"\"\"First.\n\n    Then.\n\"\"\"\n"), "\"\"\"x\n\nx\n\"\"\"\n");
  EXPECT_EQ(read_back("a = 'x\\\ny'\n"), "a = 'x\\\ny'\n");
}

TEST(PythonShorthand, RefusesWhatItCannotTell) {
  for (std::string_view text : {"a = 'open\n", "a = '''open\n", "a = `repr`\n", "f'{d['key']}'\n", "'\\"})
    EXPECT_EQ(read_back(text), "refused") << text;
  EXPECT_EQ(read_back(std::string_view("a\0b", 3)), "refused");
  EXPECT_EQ(read_back("# \xff\n"), "refused");
}

TEST(PythonShorthand, LongRunsAreSeveralLetters) {
  EXPECT_EQ(read_back("#" + std::string(600, '-') + "\n"), "#xxx\n");
  EXPECT_EQ(read_back("#" + std::string(256, '-') + "\n"), "#xx\n");
  EXPECT_EQ(read_back("a = '" + std::string(300, '-') + "'\n"), "a = 'xx'\n");
}

TEST(PythonShorthand, TheTreeIsTheSame) {
  for (std::string_view text : {
           "",
           "import os, sys as system\nfrom .. import a\nfrom __future__ import print_function\n",
           "def f(self, *args: \"Type\", key=\"value\", **kwargs) -> \"Result\":\n    \"\"\"One line.\"\"\"\n"
           "    return \"a\" if self.x else \"b\"\n",
           "class A:\n    '''Several\n    lines.'''\n\n    x: \"int\" = 3  # trailing\n    # last\n\n# "
           "outside\n"
           "y = 1\n",
           "x = ('a'\n     'b'  # why\n     \"c\")\nprint \"%s\" % x\nprint >>out, 'x', 'y'\nexec 'code' in "
           "names\n",
           "match command:\n    case \"go\" | \"run\":\n        pass\n    case {\"key\": [x, \"y\"]}:\n"
           "        print(\"k\")\n    case _:\n        pass\n",
           "match = case = type = 'word'\nmatch['a'], case('b'), type(\"c\")\ntype Alias = \"int\"\n",
           "f\"{x!r:>{width}} {d['key']} {{literal}} {'nested'}\" f'{y=}' rf'\\d{z}'\n",
           "x = f\"{d[\"key\"]}\" + \"rest\"\n",
           "b'\\N{x}\\x00' + r'\\' + u'\\u1234' + '\\N{DASH}' + \"\\\"\" + '\\\\'\n",
           "naïve = größe + 日本 + \"日本\" + x日 + f'{naïve}ü'\n",
           "if x:\n\ty = 1\n        z = 2\n\\\n    w = [1,\n                2]\n",
           "'docstring'\n'another'\nx['a':'b'], x['a'].y, {'a': 1, 'b': 'c'}, {'a', 'b'}, 'a'.join('b'), "
           "not'a'\n",
           "assert 'a' in b, 'message'\nraise E('x') from 'y'\nfor c in 'abc': yield 'c'\nlambda: 'x'\n"
           "with open('f') as g, 'h': del d['k']\nawait 'x'\nf(*'ab', **'cd')\n@d('x')\nasync def g(): "
           "pass\n",
           "x = 1\\\n    + 2\nx = 'a\\\nb'\nx = '''a\\\nb'''\r\ny = 2\r\n# end\r\n",
           "def broken(:\n    'text'\n  x = 'open\nclass A(\n",
           "x = 'a'1\ny = 'b' c\nz = 'd'.\n'e' = 3\n",
           "a = [\n    \"one\",\n    \"two\",  # comment with 'quotes' and \"\"\"more\n]\n",
           "if True:\n    pass\n    # of the block\n  # between\n# outside\nelse:\n        None\n",
           "global_name, returned, ifs, _, __future, Truth = False, None, True, 0, 1, 2\n",
       }) {
    expect_same_tree(text);
  }
}

TEST(PythonShorthand, TheTreesOfTheExamplesAreTheSame) {
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source_dir() + "/examples")) {
    if (entry.path().extension() != ".py") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    std::string shorthand;
    EXPECT_TRUE(shorten_python(text, some_keywords(), shorthand)) << entry.path();
    expect_same_tree(text);
    ++files;
  }
  EXPECT_GT(files, 20);
}

}  // namespace
}  // namespace mlgrade
