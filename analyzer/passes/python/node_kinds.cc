// Which node types of the Python grammar are kept, and as what.
#include "analyzer/passes/python/node_kinds.h"

namespace mlgrade {
namespace {

using Keep = KindRule::Keep;

KindRule node(PyNode kind, std::string_view type, Keep keep = Keep::kNode) {
  return {static_cast<uint16_t>(kind), type, true, keep};
}

KindRule leaf(PyNode kind, std::string_view type) { return node(kind, type, Keep::kLeaf); }

KindRule drop(std::string_view type) { return node(PyNode::kUnknown, type, Keep::kDrop); }

KindRule token(PyNode kind, std::string_view type) {
  return {static_cast<uint16_t>(kind), type, false, Keep::kLeaf};
}

NodeKinds build() {
  using P = PyNode;
  return NodeKinds(Grammar::kPython, {
                                         node(P::kExpressionStatement, "expression_statement"),
                                         node(P::kImport, "import_statement"),
                                         node(P::kImportFrom, "import_from_statement"),
                                         node(P::kImportFuture, "future_import_statement"),
                                         node(P::kPrint, "print_statement"),
                                         node(P::kExec, "exec_statement"),
                                         node(P::kAssert, "assert_statement"),
                                         node(P::kReturn, "return_statement"),
                                         node(P::kDelete, "delete_statement"),
                                         node(P::kRaise, "raise_statement"),
                                         leaf(P::kPass, "pass_statement"),
                                         leaf(P::kBreak, "break_statement"),
                                         leaf(P::kContinue, "continue_statement"),
                                         leaf(P::kGlobal, "global_statement"),
                                         leaf(P::kGlobal, "nonlocal_statement"),
                                         node(P::kTypeAlias, "type_alias_statement"),
                                         node(P::kIf, "if_statement"),
                                         node(P::kFor, "for_statement"),
                                         node(P::kWhile, "while_statement"),
                                         node(P::kTry, "try_statement"),
                                         node(P::kWith, "with_statement"),
                                         node(P::kMatch, "match_statement"),
                                         node(P::kFunction, "function_definition"),
                                         node(P::kClass, "class_definition"),
                                         node(P::kDecorated, "decorated_definition"),
                                         node(P::kModule, "module"),
                                         node(P::kBlock, "block"),
                                         node(P::kElif, "elif_clause"),
                                         node(P::kElse, "else_clause"),
                                         node(P::kExcept, "except_clause"),
                                         node(P::kFinally, "finally_clause"),
                                         node(P::kCase, "case_clause"),
                                         leaf(P::kCasePattern, "case_pattern"),
                                         node(P::kWithClause, "with_clause"),
                                         node(P::kWithItem, "with_item"),
                                         node(P::kDecorator, "decorator"),
                                         node(P::kParameters, "parameters"),
                                         node(P::kLambdaParameters, "lambda_parameters"),
                                         node(P::kTypedParameter, "typed_parameter"),
                                         node(P::kDefaultParameter, "default_parameter"),
                                         node(P::kTypedDefaultParameter, "typed_default_parameter"),
                                         node(P::kListSplatPattern, "list_splat_pattern"),
                                         node(P::kDictSplatPattern, "dictionary_splat_pattern"),
                                         leaf(P::kUnknown, "keyword_separator"),
                                         leaf(P::kUnknown, "positional_separator"),
                                         node(P::kTypeParameter, "type_parameter"),
                                         node(P::kType, "type"),
                                         node(P::kGenericType, "generic_type"),
                                         node(P::kUnionType, "union_type"),
                                         node(P::kMemberType, "member_type"),
                                         node(P::kArgumentList, "argument_list"),
                                         node(P::kKeywordArgument, "keyword_argument"),
                                         node(P::kListSplat, "list_splat"),
                                         node(P::kDictSplat, "dictionary_splat"),
                                         node(P::kAliasedImport, "aliased_import"),
                                         node(P::kRelativeImport, "relative_import"),
                                         leaf(P::kImportPrefix, "import_prefix"),
                                         leaf(P::kWildcard, "wildcard_import"),
                                         leaf(P::kDottedName, "dotted_name"),
                                         leaf(P::kIdentifier, "identifier"),
                                         node(P::kAttribute, "attribute"),
                                         node(P::kSubscript, "subscript"),
                                         node(P::kSlice, "slice"),
                                         node(P::kCall, "call"),
                                         node(P::kString, "string", Keep::kUnquoted),
                                         node(P::kConcatenatedString, "concatenated_string"),
                                         node(P::kInterpolation, "interpolation"),
                                         node(P::kInterpolation, "format_expression"),
                                         drop("comment"),
                                         drop("line_continuation"),
                                         drop("string_start"),
                                         drop("string_content"),
                                         drop("string_end"),
                                         drop("type_conversion"),
                                         leaf(P::kInteger, "integer"),
                                         leaf(P::kFloat, "float"),
                                         leaf(P::kTrue, "true"),
                                         leaf(P::kFalse, "false"),
                                         leaf(P::kNone, "none"),
                                         leaf(P::kEllipsis, "ellipsis"),
                                         node(P::kList, "list"),
                                         node(P::kTuple, "tuple"),
                                         node(P::kSet, "set"),
                                         node(P::kExpressionList, "expression_list"),
                                         node(P::kPatternList, "pattern_list"),
                                         node(P::kTuplePattern, "tuple_pattern"),
                                         node(P::kListPattern, "list_pattern"),
                                         node(P::kDictionary, "dictionary"),
                                         node(P::kPair, "pair"),
                                         node(P::kComprehension, "list_comprehension"),
                                         node(P::kComprehension, "set_comprehension"),
                                         node(P::kComprehension, "dictionary_comprehension"),
                                         node(P::kComprehension, "generator_expression"),
                                         node(P::kForIn, "for_in_clause"),
                                         node(P::kIfClause, "if_clause"),
                                         node(P::kParenthesized, "parenthesized_expression"),
                                         node(P::kConditional, "conditional_expression"),
                                         node(P::kLambda, "lambda"),
                                         node(P::kAwait, "await"),
                                         node(P::kYield, "yield"),
                                         node(P::kNamedExpression, "named_expression"),
                                         node(P::kAsPattern, "as_pattern"),
                                         node(P::kAsTarget, "as_pattern_target"),
                                         node(P::kAssignment, "assignment"),
                                         node(P::kAugmented, "augmented_assignment"),
                                         node(P::kNot, "not_operator"),
                                         node(P::kBoolean, "boolean_operator"),
                                         node(P::kBinary, "binary_operator"),
                                         node(P::kUnary, "unary_operator"),
                                         node(P::kComparison, "comparison_operator"),
                                         token(P::kAsyncToken, "async"),
                                         token(P::kFromToken, "from"),
                                         token(P::kLess, "<"),
                                         token(P::kLessEqual, "<="),
                                         token(P::kGreater, ">"),
                                         token(P::kGreaterEqual, ">="),
                                         token(P::kEqual, "=="),
                                         token(P::kNotEqual, "!="),
                                         token(P::kNotEqual, "<>"),
                                         token(P::kIn, "in"),
                                         token(P::kNotIn, "not in"),
                                         token(P::kIs, "is"),
                                         token(P::kIsNot, "is not"),
                                         token(P::kPlus, "+"),
                                         token(P::kMinus, "-"),
                                         token(P::kTimes, "*"),
                                         token(P::kOver, "/"),
                                         token(P::kPercent, "%"),
                                         token(P::kAmpersand, "&"),
                                         token(P::kBar, "|"),
                                         token(P::kTilde, "~"),
                                         token(P::kShiftLeft, "<<"),
                                         token(P::kShiftRight, ">>"),
                                     });
}

}  // namespace

const NodeKinds& python_kinds() {
  static const NodeKinds kinds = build();
  return kinds;
}

}  // namespace mlgrade
