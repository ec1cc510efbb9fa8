// Laying out plain text for a terminal: wrapping, colours, bars. Knows nothing of reports.
#pragma once

#include <string>
#include <string_view>

namespace mlgrade::terminal {

enum class Style { kPlain, kBold, kDim, kGood, kHalf, kBad };

// Number of columns that UTF-8 text takes (wide characters count two, combining marks none).
int columns(std::string_view text);

// Fills lines up to a width. Words longer than a line are left whole.
class Text {
 public:
  Text(int width, bool color) : width_(width), color_(color) {}

  // `first` starts the first line, later lines start with as many blanks as `first` is wide plus `hang`.
  void paragraph(std::string_view first, std::string_view body, int hang = 0, Style style = Style::kPlain);
  void line(std::string_view text = "") { out_ += std::string(text) + "\n"; }
  std::string styled(std::string_view text, Style style) const;

  int width() const { return width_; }
  std::string take() { return std::move(out_); }

 private:
  int width_;
  bool color_;
  std::string out_;
};

std::string padded(std::string_view text, int width);  // with blanks on the right, never cut
std::string padded_left(std::string_view text, int width);
std::string bar(double value, double full, int width, bool unicode);
// As a sentence of its own: a plain first word gets a capital; a path, a name in code or a number stays as it
// is.
std::string begun(std::string_view text);
std::string number(double value);  // 0, 0.5, 2.33: as few decimals as needed, two at most

}  // namespace mlgrade::terminal
