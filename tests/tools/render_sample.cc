// Usage: mlgrade_sample plain|hostile|large FORMAT [refused]: writes a report made by hand to standard
// output, for the tests that hand it to other programs.
#include <cstdio>
#include <string>

#include "tests/support/sample_report.h"

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string kind = argv[1];
  const mlgrade::Renderer* renderer = mlgrade::find_renderer_for_test(argv[2]);
  if (renderer == nullptr) return 2;
  mlgrade::RenderOptions options;
  options.refused = argc > 3;
  const mlgrade::Report report = kind == "hostile" ? mlgrade::hostile_report(mlgrade::hostile_text())
                                 : kind == "large" ? mlgrade::large_report(10'000)
                                                   : mlgrade::sample_report();
  const std::string text = renderer->render(report, options);
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
