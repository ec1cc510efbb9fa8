// tree-sitter's core as this program uses it: the sources of its package, with two pieces put in their place
// before they are included.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// A parser and its trees stay with the thread that made them, so that counting who holds a node needs no
// atomic operations.
#define TREE_SITTER_ATOMIC_H_

static inline size_t atomic_load(const volatile size_t* value) { return *value; }

static inline uint32_t atomic_inc(volatile uint32_t* value) {
  const uint32_t made = *value + 1;
  *value = made;
  return made;
}

static inline uint32_t atomic_dec(volatile uint32_t* value) {
  const uint32_t made = *value - 1;
  *value = made;
  return made;
}

// Most parse states keep what they do as a list that is searched for the symbol. The same few thousand pairs
// of a state and a symbol are asked for over and over, so each thread remembers those of late.
#define ts_language_lookup ts_language_search
#include <language.h>
#undef ts_language_lookup

enum { kRememberedBits = 13 };

// Each line: state, symbol and, in the last 16 bits, their value; 0: none.
static _Thread_local struct {
  const TSLanguage* language;
  uint64_t lines[1 << kRememberedBits];
} remembered;

static inline uint16_t ts_language_lookup(const TSLanguage* self, TSStateId state, TSSymbol symbol) {
  if (state < self->large_state_count) return ts_language_search(self, state, symbol);
  if (remembered.language != self) {
    memset(remembered.lines, 0, sizeof(remembered.lines));
    remembered.language = self;
  }
  const uint64_t key = (uint64_t)state << 16 | symbol;  // not 0: these states are not the first
  uint64_t* line = &remembered.lines[key * 0x9e3779b97f4a7c15u >> (64 - kRememberedBits)];
  if (*line >> 16 != key) *line = key << 16 | ts_language_search(self, state, symbol);
  return (uint16_t)*line;
}

#include <lib.c>
