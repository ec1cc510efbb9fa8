// The badge as an endpoint of shields.io: https://shields.io/badges/endpoint-badge
#include <nlohmann/json.hpp>
#include <string>

#include "reports/badge.h"
#include "reports/report.h"

namespace mlgrade::renderers {
namespace {

std::string render(const Report& report, const RenderOptions&) {
  const nlohmann::ordered_json out = {{"schemaVersion", 1},
                                      {"label", badge::kLabel},
                                      {"message", badge::message(report)},
                                      {"color", badge::color(report)}};
  return out.dump(2) + "\n";
}

}  // namespace

extern const Renderer render_shields;
const Renderer render_shields{.name = "shields",
                              .doc = "the score for a badge that shields.io draws, JSON",
                              .endings = ".shields.json badge.json",
                              .render = render};

}  // namespace mlgrade::renderers
