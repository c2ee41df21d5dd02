#include <doctest/doctest.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "tests/chaos/trace/samples.h"

namespace lockstep::chaos {
namespace {

struct TemporaryFolder {
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "trace_test_XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
  }
  std::filesystem::path path;
};

TEST_CASE("a trace reads back what happened, in order") {
  Trace trace = read_back(small_trace());
  CHECK(trace.header().run().system() == "abd");
  CHECK(trace.header().node_size() == 3);
  CHECK(trace.trailer().records() == trace.size());
  CHECK(trace.trailer().left_out() == 0);
  std::set<int> kinds;
  std::uint64_t last = 0;
  for (std::uint64_t number = 1; number <= trace.size(); ++number) {
    const auto& record = trace.read(number);
    CHECK(record.at_ns() >= last);
    last = record.at_ns();
    kinds.insert(record.kind());
  }
  for (const auto kind :
       {TraceRecord::STARTED, TraceRecord::CRASHED, TraceRecord::SENT, TraceRecord::DELIVERED,
        TraceRecord::REQUESTED, TraceRecord::REPLIED, TraceRecord::STORED, TraceRecord::STATE}) {
    CAPTURE(kind);
    CHECK(kinds.contains(kind));
  }
}

TEST_CASE("payloads are decoded by the file's own descriptors, not by linked-in types") {
  Trace trace = read_back(small_trace());
  std::size_t decoded = 0;
  for (std::uint64_t number = 1; number <= trace.size(); ++number) {
    if (trace.read(number).type() == 0) continue;
    const auto* payload = trace.payload();
    REQUIRE(payload != nullptr);
    CHECK(payload->GetDescriptor()->full_name() == trace.payload_type());
    CHECK(payload->GetDescriptor()->file()->pool() !=
          google::protobuf::DescriptorPool::generated_pool());
    CHECK(payload->SerializeAsString() == trace.payload_bytes());
    ++decoded;
  }
  CHECK(decoded > 10);
}

TEST_CASE("recording changes nothing in the run") {
  CHECK(read_back(small_trace()).trailer().digest() == small_digest());
  for (const std::string system : {"abd", "raft"}) {
    const RunSpec spec = run_of(system, 3);
    CHECK(record(spec).result.digest == simulate(spec).digest);
  }
}

TEST_CASE("the same run gives the same file, byte for byte") {
  CHECK(record(run_of("raft", 5)).trace == record(run_of("raft", 5)).trace);
  CHECK(record(run_of("raft", 5)).trace != record(run_of("raft", 6)).trace);
}

TEST_CASE("the last handler's change of state is recorded as well") {
  Trace trace = read_back(small_trace());
  std::uint64_t handlers = 0;
  std::string operations;
  for (std::uint64_t number = 1; number <= trace.size(); ++number) {
    const auto& record = trace.read(number);
    if (record.kind() == TraceRecord::DELIVERED) ++handlers;
    if (record.kind() != TraceRecord::STATE || record.node() != 2) continue;
    for (const auto& change : record.change()) {
      const auto& field = trace.header().field(static_cast<int>(change.field()) - 1);
      if (field == "operations") operations = change.after();
    }
  }
  CHECK(handlers > 0);
  CHECK(operations == "0");  // the read at n2 was the last operation, and it ended
}

TEST_CASE("log lines of nodes are recorded") {
  const auto run = record(run_of("raft", 1));
  CHECK(lines_with(printed(run.trace), "> leads term").size() >= 1);
}

TEST_CASE("a recorder stops at its limit and the trailer says how much is missing") {
  const Trace whole = read_back(small_trace());
  const Trace part = read_back(small_trace({10, 1 << 20}));
  CHECK(part.size() == 10);
  CHECK(part.trailer().left_out() > 0);
  CHECK(part.trailer().left_out() < whole.size());
  const Trace by_bytes = read_back(small_trace({1000, 100}));
  CHECK(by_bytes.size() < whole.size());
  CHECK(by_bytes.trailer().left_out() > 0);
  CHECK(lines_with(printed(small_trace({10, 1 << 20})), "limit was reached").size() == 1);
}

TEST_CASE("a payload that occurs again is kept once") {
  Trace trace = read_back(small_trace());
  std::set<std::string> kept;
  std::size_t again = 0;
  for (std::uint64_t number = 1; number <= trace.size(); ++number) {
    const auto& record = trace.read(number);
    if (record.type() == 0) continue;
    if (record.payload_of() != 0) {
      ++again;
      continue;
    }
    CHECK(kept.insert(std::string(trace.payload_type()) + record.payload()).second);
  }
  CHECK(again > kept.size());
}

TEST_CASE("a file is written whole or not at all") {
  const TemporaryFolder folder;
  const std::string path = folder.path / "run.trace";
  CHECK(write_trace(path, small_trace()) == std::nullopt);
  CHECK(folder.files() == 1);
  auto opened = Trace::open(path);
  REQUIRE(std::holds_alternative<Trace>(opened));
  CHECK(printed(std::get<Trace>(opened)) == printed(small_trace()));

  const auto problem = write_trace(folder.path / "nowhere" / "run.trace", "x");
  REQUIRE(problem.has_value());
  CHECK(problem->find("nowhere") != std::string::npos);
  std::filesystem::create_directory(folder.path / "taken");
  std::ofstream(folder.path / "taken" / "file") << "x";
  CHECK(write_trace(folder.path / "taken", "x").has_value());
  CHECK(folder.files() == 2);
}

}  // namespace
}  // namespace lockstep::chaos
