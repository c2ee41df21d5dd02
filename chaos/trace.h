// A run as a file that can be read years later: recorded while it happens, read back without any of
// the types that it was written with.
//
// TraceRecorder watches a cluster and keeps what it sees as encoded records; seal() puts a header
// and a trailer around them, and that is the file. Trace reads such bytes, checks all of them
// first, and decodes payloads by the descriptors inside the file alone. What is printed is printed
// from a Trace, whether it comes from a file or from a run that just ended. Format: docs/traces.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "chaos/simulation.h"
#include "transport/witness.h"

namespace google::protobuf {
class Message;
}

namespace lockstep::chaos {

class RunDescription;
class TraceHeader;
class TraceRecord;
class TraceTrailer;

/// Where a recorder stops; what comes later is counted and left out.
struct TraceLimits {
  std::uint64_t records = 5'000'000;
  std::uint64_t bytes = 512ull << 20;
};

/// Records a run. It changes nothing in it, its digest included.
class TraceRecorder final : public transport::Observer {
 public:
  explicit TraceRecorder(TraceLimits limits = {});
  ~TraceRecorder() override;

  /// Records everything from now on. Requires: called once; the recorder outlives the cluster's
  /// last event, and the cluster outlives its loop's.
  void watch(transport::Cluster& cluster);

  /// What simulate() takes to have its run recorded.
  Attach attach();

  void see(const transport::Witness& witness) override;

  std::uint64_t records() const;
  /// Records that a limit kept out.
  std::uint64_t left_out() const;

  /// The finished trace as the bytes of a file.
  std::string seal(const RunDescription& run, std::string_view replay,
                   const RunResult& result) const;

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

/// A run and its trace.
struct RecordedRun {
  RunResult result;
  std::string trace;
};

/// Runs with a recorder, nodes' log lines included. Requires: what simulate() requires.
RecordedRun record(RunSpec spec, TraceLimits limits = {});

/// Writes the bytes under a temporary name beside `path` and renames that, so that no other reader
/// ever sees half a trace. What went wrong, if anything did; nothing is left behind then.
std::optional<std::string> write_trace(const std::string& path, std::string_view bytes);

/// Why bytes are no trace.
struct TraceError {
  std::string file;
  std::uint64_t offset = 0;  ///< of the first byte that cannot be understood
  std::string message;       ///< what is wrong there, and what was expected

  /// Such as "run.trace: byte 20: ...".
  std::string text() const;
};

/// A trace that was read: correct in every part, except that a payload may not parse.
class Trace {
 public:
  static std::variant<Trace, TraceError> open(const std::string& path);
  /// `name` stands for the file in errors.
  static std::variant<Trace, TraceError> parse(std::string bytes, std::string name);

  Trace(Trace&&) noexcept;
  Trace& operator=(Trace&&) noexcept;
  ~Trace();

  const TraceHeader& header() const;
  const TraceTrailer& trailer() const;

  std::uint64_t size() const;

  /// A record by its number. It is valid until the next call. Requires: 1 <= number <= size().
  const TraceRecord& read(std::uint64_t number);

  /// The payload of the record read last: null if it has none or its bytes do not parse.
  const google::protobuf::Message* payload();
  /// Its bytes; empty without a payload.
  std::string_view payload_bytes();
  /// Full name of its type; empty without a payload.
  std::string_view payload_type() const;

 private:
  class Reader;
  explicit Trace(std::unique_ptr<Reader> reader);
  std::unique_ptr<Reader> reader_;
};

/// True if the bytes begin as a trace does.
bool looks_like_trace(std::string_view bytes);

}  // namespace lockstep::chaos
