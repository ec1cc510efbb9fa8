// The level of automation from items and from what starts training and delivery.
#include "rubric/level.h"

#include <algorithm>

namespace mlgrade {
namespace {

// "DATA-1 has 0.5 of 1"; empty where it has the full point.
std::string lacks(const Scorecard& card, std::string_view id) {
  const auto found = std::find_if(card.items.begin(), card.items.end(),
                                  [&](const ItemScore& item) { return item.item->id == id; });
  if (found == card.items.end()) return std::string(id) + " is not scored";
  if (found->points >= 1 && found->status == Status::kAutomated) return "";
  return std::string(id) + " (" + found->item->title + ") has " + (found->points > 0 ? "0.5" : "0") + " of 1";
}

void add(std::string& list, const std::string& one) {
  if (one.empty()) return;
  if (!list.empty()) list += "; ";
  list += one;
}

}  // namespace

Level level_of(const Scorecard& card, const LevelFacts& facts) {
  Level out;
  std::string to_one;
  if (facts.training.empty()) {
    add(to_one, "nothing here trains a model");
  } else if (!facts.trains_itself) {
    add(to_one, "only a person starts the training, " + facts.training);
  }
  add(to_one, lacks(card, "DATA-1"));
  add(to_one, lacks(card, "INFRA-4"));
  if (!to_one.empty()) {
    out.why = facts.trains_itself
                  ? "the training starts by itself, but not all that level 1 asks for is there"
              : facts.training.empty() ? "nothing here trains a model"
                                       : "models are trained and released by hand";
    out.next = to_one;
    return out;
  }
  out.level = 1;
  const std::string trains =
      facts.training + " starts by itself, its data are checked and its quality gates the release";
  std::string to_two;
  add(to_two, lacks(card, "PROC-1"));
  if (!facts.delivers_on_change)
    add(to_two, "no change to the code builds and deploys the pipeline by itself");
  out.why = trains;
  out.next = to_two;
  if (!to_two.empty()) return out;
  out.level = 2;
  out.why = trains + "; a change is tested and delivered by CI: " + facts.delivery;
  return out;
}

}  // namespace mlgrade
