#include <fmt/core.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>

#include <algorithm>
#include <vector>

#include "chaos/trace.h"
#include "chaos/trace.pb.h"
#include "chaos/trace_format.h"
#include "transport/check.h"

namespace lockstep::chaos {

using google::protobuf::Descriptor;
using google::protobuf::Message;

namespace {

/// Keeps the first complaint about the descriptors in a file.
class Complaint final : public google::protobuf::DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string& file, const std::string& element, const Message*, ErrorLocation,
                const std::string& message) override {
    if (text.empty()) text = fmt::format("{}: {}: {}", file, element, message);
  }
  void AddWarning(const std::string&, const std::string&, const Message*, ErrorLocation,
                  const std::string&) override {}

  std::string text;
};

bool parse_message(std::string_view bytes, Message& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace

class Trace::Reader {
 public:
  Reader(std::string bytes, std::string name) : bytes_(std::move(bytes)), name_(std::move(name)) {}

  /// Nothing if all is well.
  std::optional<TraceError> load() {
    // What is wrong is said by our own error.
    const google::protobuf::LogSilencer silent;
    FrameReader frames(bytes_);
    if (const auto error = frames.begin(); !error.message.empty()) return wrong(error);
    auto first = frames.next();
    if (const auto* error = std::get_if<FrameError>(&first)) return wrong(*error);
    if (auto error = load_header(std::get<Frame>(first))) return error;
    for (;;) {
      auto next = frames.next();
      if (const auto* error = std::get_if<FrameError>(&next)) return wrong(*error);
      const auto& frame = std::get<Frame>(next);
      if (frame.kind == FrameKind::Trailer) return load_trailer(frame, frames);
      if (frame.kind == FrameKind::Header) {
        return wrong({frame.offset, "a second header, expected a record or the trailer"});
      }
      if (auto error = load_record(frame)) return error;
    }
  }

  const TraceHeader& header() const { return header_; }
  const TraceTrailer& trailer() const { return trailer_; }
  std::uint64_t size() const { return frames_.size(); }

  const TraceRecord& read(std::uint64_t number) {
    parse_record(number, record_);
    return record_;
  }

  std::string_view payload_bytes() {
    if (record_.payload_of() == 0) return record_.payload();
    parse_record(record_.payload_of(), holder_);
    return holder_.payload();
  }

  std::string_view payload_type() const {
    if (record_.type() == 0) return {};
    return header_.type(static_cast<int>(record_.type()) - 1);
  }

  const Message* payload() {
    if (record_.type() == 0) return nullptr;
    auto& message = messages_[record_.type() - 1];
    return parse_message(payload_bytes(), *message) ? message.get() : nullptr;
  }

 private:
  TraceError wrong(const FrameError& error) const { return {name_, error.offset, error.message}; }

  std::optional<TraceError> load_header(const Frame& frame) {
    if (frame.kind != FrameKind::Header) {
      return wrong({frame.offset, "expected the header before any record"});
    }
    if (!parse_message(frame.content, header_)) {
      return wrong({frame.offset, "the header does not parse, expected a TraceHeader"});
    }
    google::protobuf::FileDescriptorSet types;
    if (!parse_message(header_.types(), types)) {
      return wrong({frame.offset, "the header's types do not parse, expected a FileDescriptorSet"});
    }
    for (const auto& file : types.file()) {
      Complaint complaint;
      if (pool_.BuildFileCollectingErrors(file, &complaint) == nullptr) {
        return wrong({frame.offset, "the header's types do not fit together: " + complaint.text});
      }
    }
    for (const auto& type : header_.type()) {
      const Descriptor* descriptor = pool_.FindMessageTypeByName(type);
      if (descriptor == nullptr) {
        return wrong({frame.offset, fmt::format("the header's types lack the payload type {}, "
                                                "expected its descriptor",
                                                type)});
      }
      messages_.emplace_back(factory_.GetPrototype(descriptor)->New());
    }
    return {};
  }

  std::optional<TraceError> load_record(const Frame& frame) {
    if (!parse_message(frame.content, record_)) {
      return wrong({frame.offset, "the record does not parse, expected a TraceRecord"});
    }
    if (const auto problem = problem_with_record(); !problem.empty()) {
      return wrong({frame.offset, problem});
    }
    frames_.push_back(frame.content);
    holds_payload_.push_back(record_.type() != 0 && record_.payload_of() == 0);
    return {};
  }

  /// Everything that a record points to is there.
  std::string problem_with_record() const {
    const auto outside = [](std::string_view what, std::uint64_t position, int size) {
      return fmt::format("the record names {} {}, expected at most {}", what, position, size);
    };
    if (!TraceRecord::Kind_IsValid(record_.kind()) || record_.kind() == TraceRecord::UNSPECIFIED) {
      return fmt::format("a record of kind {}, expected a known kind",
                         static_cast<int>(record_.kind()));
    }
    const auto below = [](std::uint64_t position, int size) {
      return position <= static_cast<std::uint64_t>(size);
    };
    if (!below(record_.type(), header_.type_size())) {
      return outside("type", record_.type(), header_.type_size());
    }
    if (!below(record_.claim(), header_.claim_kind_size())) {
      return outside("claim kind", record_.claim(), header_.claim_kind_size());
    }
    if (record_.kind() == TraceRecord::OBSERVED && record_.claim() == 0) {
      return "an OBSERVED record without a claim, expected one";
    }
    for (const auto& change : record_.change()) {
      if (change.field() == 0 || !below(change.field(), header_.field_size())) {
        return outside("field", change.field(), header_.field_size());
      }
    }
    const auto holder = record_.payload_of();
    if (holder != 0 && (holder > frames_.size() || !holds_payload_[holder - 1])) {
      return fmt::format(
          "the record names the payload of record {}, expected an earlier record "
          "that has one",
          holder);
    }
    return {};
  }

  std::optional<TraceError> load_trailer(const Frame& frame, const FrameReader& frames) {
    if (!parse_message(frame.content, trailer_)) {
      return wrong({frame.offset, "the trailer does not parse, expected a TraceTrailer"});
    }
    if (trailer_.records() != frames_.size()) {
      return wrong({frame.offset, fmt::format("the trailer counts {} records, but there are {}",
                                              trailer_.records(), frames_.size())});
    }
    if (!frames.at_end()) {
      return wrong({frames.offset(), "bytes after the trailer, expected the end of the file"});
    }
    return {};
  }

  void parse_record(std::uint64_t number, TraceRecord& record) const {
    LOCKSTEP_CHECK(number >= 1 && number <= frames_.size());
    LOCKSTEP_CHECK(parse_message(frames_[number - 1], record));
  }

  std::string bytes_;
  std::string name_;
  TraceHeader header_;
  TraceTrailer trailer_;
  std::vector<std::string_view> frames_;  ///< records, still encoded, in bytes_
  std::vector<bool> holds_payload_;
  TraceRecord record_;
  TraceRecord holder_;
  // In this order: messages go before the factory, and that before the pool.
  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_;
  std::vector<std::unique_ptr<Message>> messages_;  ///< one for each payload type, reused
};

Trace::Trace(std::unique_ptr<Reader> reader) : reader_(std::move(reader)) {}
Trace::Trace(Trace&&) noexcept = default;
Trace& Trace::operator=(Trace&&) noexcept = default;
Trace::~Trace() = default;

std::variant<Trace, TraceError> Trace::parse(std::string bytes, std::string name) {
  auto reader = std::make_unique<Reader>(std::move(bytes), std::move(name));
  if (auto error = reader->load()) return *std::move(error);
  return Trace(std::move(reader));
}

const TraceHeader& Trace::header() const { return reader_->header(); }
const TraceTrailer& Trace::trailer() const { return reader_->trailer(); }
std::uint64_t Trace::size() const { return reader_->size(); }
const TraceRecord& Trace::read(std::uint64_t number) { return reader_->read(number); }
const Message* Trace::payload() { return reader_->payload(); }
std::string_view Trace::payload_bytes() { return reader_->payload_bytes(); }
std::string_view Trace::payload_type() const { return reader_->payload_type(); }

}  // namespace lockstep::chaos
