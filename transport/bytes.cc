#include "transport/bytes.h"

#include <memory>
#include <vector>

namespace lockstep::transport {

// A cell that once held a snapshot would keep that much memory for every small record after it.
static constexpr std::size_t kLargestKept = 256;

struct Bytes::Pool {
  // Never destroyed: bytes may outlive any static object. It stays reachable.
  static std::vector<std::unique_ptr<Cell>>& free_cells() {
    static auto* const cells = new std::vector<std::unique_ptr<Cell>>;
    return *cells;
  }
};

Bytes::Bytes(std::string value) : Bytes(take()) { cell_->value = std::move(value); }

Bytes::Cell* Bytes::take() {
  auto& cells = Pool::free_cells();
  if (cells.empty()) return new Cell;
  Cell* const cell = cells.back().release();
  cells.pop_back();
  return cell;
}

void Bytes::recycle(Cell* cell) {
  std::unique_ptr<Cell> owned(cell);
  if (cell->value.capacity() > kLargestKept) return;
  cell->value.clear();
  Pool::free_cells().push_back(std::move(owned));
}

}  // namespace lockstep::transport
