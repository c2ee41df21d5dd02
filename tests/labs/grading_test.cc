// What a grade is made of: seeds, messages, records and private tests.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "consensus/raft/raft.pb.h"
#include "labs/grading/grade.h"
#include "labs/grading/messages.h"
#include "labs/grading/private_tests.h"
#include "labs/grading/seeds.h"

namespace lockstep::tests {
namespace {

namespace fs = std::filesystem;
using consensus::raft::Message;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;

TEST_CASE("seeds depend on key, lab, version, test and number, and on nothing else") {
  const std::string key(32, 'k');
  const auto seeds = labs::grading_seeds(key, "raft", "1", "A.first_leader", 100);
  CHECK(seeds == labs::grading_seeds(key, "raft", "1", "A.first_leader", 100));
  CHECK(std::set(seeds.begin(), seeds.end()).size() == 100);
  const auto prefix = labs::grading_seeds(key, "raft", "1", "A.first_leader", 3);
  CHECK(std::vector(seeds.begin(), seeds.begin() + 3) == prefix);
  CHECK(seeds != labs::grading_seeds(key + "k", "raft", "1", "A.first_leader", 100));
  CHECK(seeds != labs::grading_seeds(key, "raft", "2", "A.first_leader", 100));
  CHECK(seeds != labs::grading_seeds(key, "raf", "t1", "A.first_leader", 100));
  CHECK(seeds != labs::grading_seeds(key, "raft", "1", "A.first_leade", 100));
}

TEST_CASE("a lab's own messages leave the numbers from 1000 on to students") {
  CHECK_FALSE(labs::taken_number(*Message::descriptor()));
  FileDescriptorProto file;
  Message::descriptor()->file()->CopyTo(&file);
  auto* field = file.mutable_message_type(0)->add_field();
  field->set_name("late");
  field->set_number(labs::kOwnFieldsFrom);
  field->set_type(FieldDescriptorProto::TYPE_UINT64);
  field->set_label(FieldDescriptorProto::LABEL_OPTIONAL);
  google::protobuf::DescriptorPool pool;
  const auto* built = pool.BuildFile(file);
  REQUIRE(built != nullptr);
  const auto problem = labs::taken_number(*built->message_type(0));
  REQUIRE(problem.has_value());
  CHECK(problem->find(".late has the number 1000") != std::string::npos);
}

TEST_CASE("without a key the seeds are those of the public suite") {
  CHECK(labs::grading_seeds("", "raft", "1", "x", 3) == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(labs::key_name("") == "none");
  CHECK(labs::key_name("some secret of a term").size() == 8);
}

/// The lab's own messages as a student's, in another package, changed by `change`.
template <class Change>
std::optional<std::string> difference_after(Change change) {
  FileDescriptorProto file;
  Message::descriptor()->file()->CopyTo(&file);
  std::string text = file.SerializeAsString();
  const std::string from = "lockstep.consensus.raft";
  const std::string to = "lockstep.studenttt.raft";
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;) {
    text.replace(at, from.size(), to);
  }
  file.ParseFromString(text);
  change(file);
  FileDescriptorSet set;
  *set.add_file() = file;
  return labs::difference(set.SerializeAsString(), *Message::descriptor());
}

FieldDescriptorProto& field(FileDescriptorProto& file, const std::string& message, int number) {
  for (auto& candidate : *file.mutable_message_type()) {
    if (candidate.name() != message) continue;
    for (auto& field : *candidate.mutable_field()) {
      if (field.number() == number) return field;
    }
  }
  throw std::logic_error("no such field");
}

TEST_CASE("messages may say more than the lab's, never less or otherwise") {
  CHECK_FALSE(difference_after([](FileDescriptorProto&) {}).has_value());
  CHECK_FALSE(difference_after([](FileDescriptorProto& file) {
                auto& own = *file.mutable_message_type(1)->add_field();
                own = field(file, "RequestVote", 1);
                own.set_name("mine");
                own.set_number(1000);
              }).has_value());
  CHECK(difference_after([](FileDescriptorProto& file) {
          field(file, "RequestVote", 1).set_number(1001);
        }).value() == "RequestVote.term = 1 is missing");
  CHECK(difference_after([](FileDescriptorProto& file) {
          field(file, "RequestVote", 1).set_type(FieldDescriptorProto::TYPE_INT64);
        }).value() == "RequestVote.term = 1 is a int64, expected a uint64");
  CHECK(difference_after([](FileDescriptorProto& file) {
          field(file, "VoteReply", 2).set_name("yes");
        }).value() == "VoteReply.granted = 2 is called yes");
  CHECK(difference_after([](FileDescriptorProto& file) {
          auto& own = *file.mutable_message_type(1)->add_field();
          own = field(file, "RequestVote", 1);
          own.set_name("mine");
          own.set_number(999);
        }).value() == "RequestVote.mine has the number 999: fields of your own begin at 1000");
  CHECK(labs::difference("\xff\xff", *Message::descriptor()).has_value());
  CHECK(labs::difference("", *Message::descriptor()).value() == "there is no message Message");
}

labs::Grade example() {
  labs::Grade grade;
  grade.lab = "raft";
  grade.version = "1";
  grade.key = "none";
  grade.is_built = true;
  labs::TestGrade passed{.name = "A.x", .part = 'A', .points = 3, .earned = 3};
  labs::TestGrade failed{.name = "B.y", .part = 'B', .points = 4};
  failed.finding.verdict = labs::Verdict::Nondeterministic;
  failed.finding.happened = "\x1b[31m \xff not UTF-8 \"quoted\" </script>";
  failed.failing_seed = 7;
  failed.digests = {1, 0xfedcba9876543210};
  labs::TestGrade on_top{.name = "G.z", .part = 'G', .points = 5, .earned = 5};
  on_top.is_optional = true;
  grade.tests = {passed, failed, on_top};
  return grade;
}

TEST_CASE("a grade is valid JSON, whatever a submission printed, and reads back") {
  const std::string text = labs::to_json(example());
  const auto read = labs::read_grade(text);
  REQUIRE(std::holds_alternative<labs::Grade>(read));
  const auto& grade = std::get<labs::Grade>(read);
  CHECK(grade.earned() == 3);
  CHECK(grade.points() == 7);
  CHECK(grade.optional_earned() == 5);
  CHECK(grade.optional_points() == 5);
  CHECK_FALSE(grade.is_infrastructure());
  CHECK(grade.tests[1].finding.verdict == labs::Verdict::Nondeterministic);
  CHECK(grade.tests[1].failing_seed == 7);
  CHECK(grade.tests[1].digests == example().tests[1].digests);
  CHECK(labs::to_json(grade) == text);
}

TEST_CASE("what is no grade is refused") {
  for (const char* text :
       {"", "[]", "{\"schema\": \"other\"}", "{\"schema\": \"lockstep/grade/v1\"}"}) {
    CHECK(std::holds_alternative<std::string>(labs::read_grade(text)));
  }
}

TEST_CASE("a failure of ours is no failure of the submission") {
  auto grade = example();
  grade.tests[1].finding.verdict = labs::Verdict::Infrastructure;
  CHECK(grade.is_infrastructure());
  CHECK_FALSE(labs::costs_points(labs::Verdict::Infrastructure));
  CHECK(labs::costs_points(labs::Verdict::Stuck));
}

class PrivateFolder {
 public:
  PrivateFolder() {
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~PrivateFolder() { fs::remove_all(root_); }

  std::variant<std::vector<labs::LabTest>, std::string> read(const std::string& text) const {
    std::ofstream(root_ / "one.test") << text;
    return labs::read_private_tests(*labs::find_lab("raft"), root_);
  }
  std::string problem(const std::string& text) const {
    const auto answer = read(text);
    return std::holds_alternative<std::string>(answer) ? std::get<std::string>(answer) : "";
  }

 private:
  fs::path root_ = fs::temp_directory_path() / "lockstep_private_tests";
};

TEST_CASE("private tests are read from an instructor's folder") {
  const PrivateFolder folder;
  const auto read =
      folder.read("part: \"C\" name: \"storm\" points: 5 seeds: 2 swarm: true run { nodes: 3 }");
  if (const auto* problem = std::get_if<std::string>(&read)) FAIL(*problem);
  const auto& test = std::get<std::vector<labs::LabTest>>(read).front();
  CHECK(full_name(test) == "C.storm");
  const auto& body = std::get<labs::Property>(test.body);
  const auto& system = labs::find_lab("raft")->system;
  CHECK(body(system, 1).nodes == 3);
  CHECK(to_text(body(system, 1).plan) != to_text(body(system, 2).plan));
  CHECK(to_text(body(system, 1).plan) == to_text(body(system, 1).plan));
}

TEST_CASE("a private test that is wrong is refused with its file and what was expected") {
  const PrivateFolder folder;
  CHECK(folder.problem("part: \"C\"\nnome: \"x\"").find("one.test: line 2") != std::string::npos);
  CHECK(folder.problem("part: \"Q\" name: \"x\"").find("no part \"Q\"") != std::string::npos);
  CHECK(folder.problem("part: \"A\" name: \"first_leader\"").find("already") != std::string::npos);
  CHECK(folder.problem("part: \"A\"").find("name: is missing") != std::string::npos);
  CHECK(folder.problem("part: \"A\" name: \"x\" run { nodes: 99 }").find("too many") !=
        std::string::npos);
}

}  // namespace
}  // namespace lockstep::tests
