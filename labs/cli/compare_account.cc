#include "labs/cli/compare_account.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "labs/cli/account.h"

namespace lockstep::labs {

using chaos::Judgement;
using transport::Duration;

namespace {

/// Rows of cells; the first column is their title.
class Table {
 public:
  explicit Table(std::vector<std::string> head) { add(std::move(head)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  std::string text() const {
    std::string text;
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t at = 0; at < row.size(); ++at) {
        line += fmt::format("{:<{}}  ", row[at], width(at));
      }
      text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return text;
  }

 private:
  std::size_t width(std::size_t column) const {
    std::size_t width = 0;
    for (const auto& row : rows_) width = std::max(width, row[column].size());
    return width;
  }

  std::vector<std::vector<std::string>> rows_;
};

template <class Cell>
void add_row(Table& table, std::string title, const std::vector<Compared>& columns, Cell cell) {
  std::vector<std::string> row{std::move(title)};
  for (const auto& column : columns) row.push_back(cell(column));
  table.add(std::move(row));
}

std::string hundredths(std::uint64_t milli) {
  return fmt::format("{}.{:02}", milli / 1000, milli % 1000 / 10);
}

bool is_within_a_tenth(std::int64_t measured, std::int64_t expected) {
  return std::abs(measured - expected) * 10 <= std::abs(expected);
}

/// "8.02 of 2n - 2 = 8", with a mark where that is not within a tenth.
std::string beside(std::string measured, const std::string& formula, const std::string& value,
                   bool is_met) {
  return fmt::format("{} ({} = {}{})", measured, formula, value, is_met ? "" : ": MISSED");
}

std::string messages_cell(const Compared& column) {
  const std::string measured = hundredths(column.measured.write.messages_milli);
  if (!column.cost) return measured;
  const auto& formula = column.cost->messages;
  return beside(measured, to_string(formula), std::to_string(formula.at(column.quiet.nodes)),
                meets(column.quiet, formula, column.measured.write.messages_milli));
}

std::string latency_cell(const Compared& column, const chaos::Steps* formula, Duration latency) {
  const std::string measured = duration_text(latency);
  if (formula == nullptr) return measured;
  const auto& quiet = column.quiet;
  return beside(measured, to_string(*formula),
                duration_text(formula->at(quiet.nodes, quiet.delay, quiet.sync)),
                meets(quiet, *formula, latency));
}

const chaos::Steps* formula_of(const Compared& column, const std::string& level) {
  if (!column.cost) return nullptr;
  for (const auto& read : column.cost->reads) {
    if (read.level == level) return &read.steps;
  }
  return nullptr;
}

/// Every way to read that some column has, in the order in which they first appear.
std::vector<std::string> levels_of(const std::vector<Compared>& columns) {
  std::vector<std::string> levels;
  for (const auto& column : columns) {
    for (const auto& read : column.measured.reads) {
      if (std::find(levels.begin(), levels.end(), read.level) == levels.end()) {
        levels.push_back(read.level);
      }
    }
  }
  return levels;
}

std::string read_cell(const Compared& column, const std::string& level) {
  for (const auto& read : column.measured.reads) {
    if (read.level == level) return latency_cell(column, formula_of(column, level), read.latency);
  }
  return "-";
}

std::vector<std::string> head(std::string title, const std::vector<Compared>& columns) {
  std::vector<std::string> head{std::move(title)};
  for (const auto& column : columns) head.push_back(column.name);
  return head;
}

std::string quiet_table(const std::vector<Compared>& columns) {
  Table table(head("nothing goes wrong", columns));
  add_row(table, "  nodes for f crashes", columns,
          [](const Compared& column) { return column.cost ? column.cost->nodes : "?"; });
  add_row(table, "  messages per write", columns, messages_cell);
  add_row(table, "  bytes per write", columns,
          [](const Compared& column) { return std::to_string(column.measured.write.bytes); });
  add_row(table, "  fsyncs per write", columns,
          [](const Compared& column) { return hundredths(column.measured.write.syncs_milli); });
  add_row(table, "  a write takes", columns, [](const Compared& column) {
    return latency_cell(column, column.cost ? &column.cost->write : nullptr,
                        column.measured.write.latency);
  });
  for (const auto& level : levels_of(columns)) {
    add_row(table, level.empty() ? "  a read takes" : "  a read takes: " + level, columns,
            [&](const Compared& column) { return read_cell(column, level); });
  }
  return table.text();
}

std::string stormy_table(const std::vector<Compared>& columns) {
  Table table(head("under the same faults", columns));
  const auto row = [&](const char* title, auto cell) { add_row(table, title, columns, cell); };
  row("  verdict",
      [](const Compared& column) { return std::string(name_of(column.stormy.judgement)); });
  const auto of = [](const Compared& column) -> const chaos::Statistics& {
    return column.stormy.statistics;
  };
  row("  operations", [&](const Compared& column) { return std::to_string(of(column).completed); });
  row("  messages per operation", [&](const Compared& column) {
    return hundredths(of(column).messages_per_operation_milli());
  });
  row("  bytes per operation", [&](const Compared& column) {
    return std::to_string(of(column).bytes_per_operation_milli() / 1000);
  });
  row("  fsyncs per operation",
      [&](const Compared& column) { return hundredths(of(column).syncs_per_operation_milli()); });
  row("  latency, median",
      [&](const Compared& column) { return duration_text(of(column).latency_p50); });
  row("  latency, 99 of 100",
      [&](const Compared& column) { return duration_text(of(column).latency_p99); });
  return table.text();
}

std::string outage_cell(const chaos::Outage& outage) {
  if (outage.judgement != Judgement::Holds) return std::string(name_of(outage.judgement));
  return fmt::format("{} / {}", duration_text(outage.writes), duration_text(outage.reads));
}

std::string outage_table(const std::vector<Compared>& columns) {
  Table table(head("no answer in time (writes / reads)", columns));
  for (std::size_t at = 0; at < columns.front().outages.size(); ++at) {
    add_row(table, "  " + std::string(columns.front().outages[at].fault), columns,
            [&](const Compared& column) { return outage_cell(column.outages[at]); });
  }
  return table.text();
}

nlohmann::json json_of(const chaos::OperationCost& cost) {
  return {{"messages_milli", cost.messages_milli},
          {"bytes", cost.bytes},
          {"fsyncs_milli", cost.syncs_milli},
          {"latency_ns", cost.latency.count()}};
}

nlohmann::json json_of(const Compared& column) {
  nlohmann::json json{{"name", column.name},
                      {"system", column.system->name},
                      {"as_promised", is_as_promised(column)},
                      {"write", json_of(column.measured.write)},
                      {"reads", nlohmann::json::array()},
                      {"outages", nlohmann::json::array()}};
  const auto& quiet = column.quiet;
  if (column.cost) {
    json["formula"] = {
        {"nodes", column.cost->nodes},
        {"messages", to_string(column.cost->messages)},
        {"messages_value", column.cost->messages.at(quiet.nodes)},
        {"write", to_string(column.cost->write)},
        {"write_ns", column.cost->write.at(quiet.nodes, quiet.delay, quiet.sync).count()}};
  }
  for (const auto& read : column.measured.reads) {
    auto entry = json_of(read);
    entry["level"] = read.level;
    if (const auto* formula = formula_of(column, read.level)) {
      entry["formula"] = to_string(*formula);
    }
    json["reads"].push_back(std::move(entry));
  }
  const auto& statistics = column.stormy.statistics;
  json["storm"] = {{"verdict", name_of(column.stormy.judgement)},
                   {"operations", statistics.completed},
                   {"messages_milli", statistics.messages_per_operation_milli()},
                   {"bytes_milli", statistics.bytes_per_operation_milli()},
                   {"fsyncs_milli", statistics.syncs_per_operation_milli()},
                   {"latency_p50_ns", statistics.latency_p50.count()},
                   {"latency_p99_ns", statistics.latency_p99.count()}};
  for (const auto& outage : column.outages) {
    json["outages"].push_back({{"fault", outage.fault},
                               {"verdict", name_of(outage.judgement)},
                               {"writes_ns", outage.writes.count()},
                               {"reads_ns", outage.reads.count()}});
  }
  return json;
}

}  // namespace

bool meets(const chaos::QuietRun& quiet, const chaos::Linear& formula,
           std::uint64_t messages_milli) {
  return is_within_a_tenth(static_cast<std::int64_t>(messages_milli),
                           formula.at(quiet.nodes) * 1000);
}

bool meets(const chaos::QuietRun& quiet, const chaos::Steps& formula, Duration latency) {
  return is_within_a_tenth(latency.count(),
                           formula.at(quiet.nodes, quiet.delay, quiet.sync).count());
}

bool is_as_promised(const Compared& column) {
  if (column.stormy.judgement != Judgement::Holds) return false;
  const bool holds =
      std::all_of(column.outages.begin(), column.outages.end(),
                  [](const chaos::Outage& outage) { return outage.judgement == Judgement::Holds; });
  if (!holds || !column.cost) return holds;
  if (!meets(column.quiet, column.cost->messages, column.measured.write.messages_milli) ||
      !meets(column.quiet, column.cost->write, column.measured.write.latency)) {
    return false;
  }
  return std::all_of(column.measured.reads.begin(), column.measured.reads.end(),
                     [&](const chaos::OperationCost& read) {
                       const auto* formula = formula_of(column, read.level);
                       return formula == nullptr || meets(column.quiet, *formula, read.latency);
                     });
}

std::string comparison(const std::vector<Compared>& columns) {
  const auto& quiet = columns.front().quiet;
  return fmt::format(
      "{} nodes; without faults one client beside the leader, a message takes d = {}, a stable "
      "write s = {}\n\n{}\n{}\n{}",
      quiet.nodes, duration_text(quiet.delay), duration_text(quiet.sync), quiet_table(columns),
      stormy_table(columns), outage_table(columns));
}

nlohmann::json comparison_json(const std::vector<Compared>& columns) {
  const auto& quiet = columns.front().quiet;
  nlohmann::json json{{"nodes", quiet.nodes},
                      {"delay_ns", quiet.delay.count()},
                      {"sync_ns", quiet.sync.count()},
                      {"systems", nlohmann::json::array()}};
  for (const auto& column : columns) json["systems"].push_back(json_of(column));
  return json;
}

}  // namespace lockstep::labs
