#include "labs/grading/private_tests.h"

#include <fmt/core.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>

#include "chaos/run_description.h"
#include "labs/grading/private_test.pb.h"

namespace lockstep::labs {

namespace fs = std::filesystem;

namespace {

/// Keeps the first complaint, with its place.
class Complaints final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (!first_.empty()) return;
    first_ = fmt::format("line {}, column {}: {}", line + 1, column + 1, message);
  }
  const std::string& first() const { return first_; }

 private:
  std::string first_;
};

std::optional<std::string> problem_with(const Lab& lab, const PrivateTest& test) {
  const auto has_part = [&](const Part& part) { return test.part() == std::string(1, part.id); };
  if (std::none_of(lab.parts.begin(), lab.parts.end(), has_part)) {
    return fmt::format("part: the lab has no part \"{}\"", test.part());
  }
  if (test.name().empty()) return "name: is missing";
  if (lab.find(test.name()) != nullptr) {
    return fmt::format("name: the lab has a test {} already", test.name());
  }
  return std::nullopt;
}

/// A run of the lab's system; the seed is filled in for each.
std::variant<chaos::RunSpec, chaos::DescriptionError> run_of(const chaos::System& system,
                                                             chaos::RunDescription description,
                                                             bool swarm, std::uint64_t seed) {
  if (swarm) description.mutable_plan()->set_storm_ms(1);  // Until it is drawn.
  auto made = chaos::to_spec(description, [&](std::string_view) { return &system; });
  if (auto* spec = std::get_if<chaos::RunSpec>(&made)) {
    if (swarm) {
      spec->plan = chaos::swarm_plan(system, spec->options, spec->nodes, seed);
      spec->workload.think =
          chaos::think_for(spec->workload, std::chrono::milliseconds(spec->plan.storm_ms()));
    }
  }
  return made;
}

std::variant<LabTest, std::string> read_test(const Lab& lab, const fs::path& file) {
  std::ifstream in(file);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in) return fmt::format("{}: cannot be read", file.string());
  PrivateTest given;
  Complaints complaints;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&complaints);
  if (!parser.ParseFromString(text, &given)) {
    return fmt::format("{}: {}", file.string(), complaints.first());
  }
  if (const auto problem = problem_with(lab, given)) {
    return fmt::format("{}: {}", file.string(), *problem);
  }
  const auto tried = run_of(lab.system, given.run(), given.swarm(), 1);
  if (const auto* wrong = std::get_if<chaos::DescriptionError>(&tried)) {
    return fmt::format("{}: run: {}", file.string(), wrong->message);
  }
  LabTest test;
  test.part = given.part().front();
  test.name = given.name();
  test.points = given.points();
  test.promise = given.promise();
  test.source = given.source();
  test.seeds = std::max(1u, given.seeds());
  const auto run = std::make_shared<const chaos::RunDescription>(given.run());
  test.body = [run, swarm = given.swarm()](const chaos::System& system, std::uint64_t seed) {
    return std::get<chaos::RunSpec>(run_of(system, *run, swarm, seed));
  };
  return test;
}

}  // namespace

std::variant<std::vector<LabTest>, std::string> read_private_tests(const Lab& lab,
                                                                   const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".test") files.push_back(entry.path());
  }
  if (error) return fmt::format("{}: {}", folder.string(), error.message());
  std::sort(files.begin(), files.end());
  std::vector<LabTest> tests;
  for (const auto& file : files) {
    auto read = read_test(lab, file);
    if (auto* problem = std::get_if<std::string>(&read)) return *problem;
    tests.push_back(std::move(std::get<LabTest>(read)));
  }
  if (tests.empty()) return fmt::format("{}: there is no file that ends in .test", folder.string());
  return tests;
}

}  // namespace lockstep::labs
