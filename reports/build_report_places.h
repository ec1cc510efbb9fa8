// Spans -> paths, lines, notebook cells and the text of the line. Used by build_report only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "reports/build_report.h"

namespace mlgrade {

// Reads each file once, and only those that some place lies in.
class Places {
 public:
  explicit Places(const ReportInput& input) : input_(input) {}

  ReportPlace place(const Span& span);
  ReportPlace place_with_code(const Span& span);  // with the lines around it
  ReportLink link(const Link& link) { return {place(link.span), printable(link.what)}; }
  std::vector<ReportLink> chain(const std::vector<Link>& links);
  std::vector<ReportLink> chain_with_code(const std::vector<Link>& links);

 private:
  struct File {
    std::unique_ptr<SourceFile> source;  // null if it cannot be read
    std::vector<size_t> starts;          // of its lines, in bytes

    std::string_view line(uint32_t number) const;  // from 1; empty beyond the end
    uint32_t cell(uint32_t number) const;          // 0: none
  };

  const File& file(FileId id);

  const ReportInput& input_;
  std::map<FileId, File> files_;
};

}  // namespace mlgrade
