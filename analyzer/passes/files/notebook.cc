// Notebooks: which cells were run, what their outputs show, and where they stand in the virtual Python text.
#include "analyzer/repo/notebook.h"

#include "analyzer/passes/pass.h"

namespace mlgrade::passes {
namespace {

bool wants_notebook(const FileFact& file) { return file.language == Language::kNotebook; }

void read_cells(const SourceFile& file, FileFacts& out) {
  Notebook notebook;
  notebook.file = file.id;
  const ParsedNotebook whole = parse_notebook(file.raw);
  notebook.language = Name(whole.language);
  for (const ParsedCell& parsed : whole.cells) {
    NotebookCell cell;
    cell.code = parsed.code;
    cell.execution_count = parsed.execution_count;
    cell.has_output = parsed.has_output;
    cell.has_error = parsed.has_error;
    cell.has_number = parsed.has_number;
    cell.has_image = parsed.has_image;
    notebook.cells.push_back(cell);
  }
  uint32_t virtual_line = 0;
  const CellLine* last = nullptr;
  for (const CellLine& line : file.cell_lines) {
    ++virtual_line;
    // The empty line behind a cell repeats the cell's last line; it is not part of it.
    const bool separator = last && last->cell == line.cell && last->line == line.line;
    last = &line;
    if (separator || line.cell == 0 || line.cell > notebook.cells.size()) continue;
    NotebookCell& cell = notebook.cells[line.cell - 1];
    if (cell.first_line == 0) cell.first_line = virtual_line;
    cell.last_line = virtual_line;
  }
  out.notebooks.push_back(std::move(notebook));
}

}  // namespace

extern const FilePass notebook;
const FilePass notebook = {
    .name = "notebook",
    .doc = "cells of notebooks: execution counts, outputs, errors",
    .wants = wants_notebook,
    .run = read_cells,
};

}  // namespace mlgrade::passes
