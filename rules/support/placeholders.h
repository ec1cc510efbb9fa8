// Hosts, accounts and names that stand for something to be filled in.
#pragma once

#include <string_view>

namespace mlgrade {

// The host of nobody that the text speaks of: "https://models.example.com/predict" gives
// "models.example.com". Empty when it speaks of none. Hosts only: `example.csv` and `your_model.py` are none.
std::string_view placeholder_host(std::string_view text);

}  // namespace mlgrade
