// The badge as SVG, in the shape that shields.io made usual.
#include <string>
#include <string_view>

#include "reports/badge.h"
#include "reports/escape.h"
#include "reports/report.h"

namespace mlgrade::renderers {
namespace {

// Width of 11 px Verdana in tenths of a pixel, near enough: textLength makes the text fit.
int width_of(std::string_view text) {
  int width = 0;
  for (char c : text) {
    const std::string_view narrow = " .:,'il|";
    width += narrow.find(c) != std::string_view::npos ? 40 : c >= 'A' && c <= 'Z' ? 78 : 67;
  }
  return width;
}

std::string part(int middle, int width, std::string_view text) {
  return "    <text x=\"" + std::to_string(middle) + "\" y=\"140\" transform=\"scale(.1)\" textLength=\"" +
         std::to_string(width) + "\">" + escape::xml(text) + "</text>\n";
}

std::string render(const Report& report, const RenderOptions&) {
  const std::string message = badge::message(report);
  const int label_text = width_of(badge::kLabel);
  const int message_text = width_of(message);
  const int label = label_text / 10 + 10;
  const int whole = label + message_text / 10 + 10;
  std::string title = std::string(badge::kLabel) + ": " + message + ", " + report.band;
  if (!report.accepted.empty()) title += "; accepted findings: " + std::to_string(report.accepted.size());
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + std::to_string(whole) +
                    "\" height=\"20\" role=\"img\" aria-label=\"" + escape::xml(title) + "\">\n  <title>" +
                    escape::xml(title) + "</title>\n";
  out += "  <clipPath id=\"r\"><rect width=\"" + std::to_string(whole) +
         "\" height=\"20\" rx=\"3\"/></clipPath>\n";
  out += "  <g clip-path=\"url(#r)\">\n    <rect width=\"" + std::to_string(label) +
         "\" height=\"20\" fill=\"#444\"/>\n    <rect x=\"" + std::to_string(label) + "\" width=\"" +
         std::to_string(whole - label) + "\" height=\"20\" fill=\"" + badge::color(report) + "\"/>\n  </g>\n";
  out +=
      "  <g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,Geneva,DejaVu Sans,sans-serif\" "
      "font-size=\"110\" aria-hidden=\"true\">\n";
  out += part(label * 5, label_text, badge::kLabel);
  out += part((label + whole) * 5, message_text, message);
  return out + "  </g>\n</svg>\n";
}

}  // namespace

extern const Renderer render_badge;
const Renderer render_badge{
    .name = "badge", .doc = "the score as a badge for a README, SVG", .endings = ".svg", .render = render};

}  // namespace mlgrade::renderers
