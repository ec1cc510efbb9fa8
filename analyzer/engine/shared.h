// What several rules need and work out from facts, graph and catalogue alone: made once in a run, by the
// first rule that asks.
//
//   const AbilityMap& abilities = shared<AbilityMap>(in);   // see rule.h
//
// Rules run side by side, so what is kept must be safe to read from several threads.
#pragma once

#include <map>
#include <memory>
#include <mutex>

namespace mlgrade {

class SharedValues {
 public:
  // The value of this type, made by T(input) the first time; others that ask meanwhile wait. Its constructor
  // may ask for values of other types, and must not run tasks of its own: these could ask for what it makes.
  template <typename T, typename Input>
  const T& get(const Input& input) const {
    Slot& slot = slot_of(&kKey<T>);
    std::call_once(slot.once, [&] { slot.value = std::make_shared<const T>(input); });
    return *static_cast<const T*>(slot.value.get());
  }

 private:
  struct Slot {
    std::once_flag once;
    std::shared_ptr<const void> value;
  };

  // Its address stands for the type.
  template <typename T>
  static inline const char kKey = 0;

  Slot& slot_of(const void* key) const {
    const std::lock_guard lock(mutex_);
    return slots_[key];  // stays where it is
  }

  mutable std::mutex mutex_;
  mutable std::map<const void*, Slot> slots_;
};

}  // namespace mlgrade
