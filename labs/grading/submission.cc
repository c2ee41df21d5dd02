#include "labs/grading/submission.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <memory>

#include "labs/grading/caged_build.h"
#include "labs/grading/messages.h"
#include "transport/envelope.h"
#include "transport/process/remote.h"

namespace lockstep::labs {

namespace fs = std::filesystem;

namespace {

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// SHA-256 of a sequence of texts, each with its length.
class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
  }
  void add(const std::string& text) {
    const std::string length = std::to_string(text.size()) + ":";
    EVP_DigestUpdate(context_.get(), length.data(), length.size());
    EVP_DigestUpdate(context_.get(), text.data(), text.size());
  }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), code.data(), &size);
    std::string text;
    for (unsigned at = 0; at < size; ++at) text += fmt::format("{:02x}", code[at]);
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

fs::path new_folder() {
  std::string name = (fs::temp_directory_path() / "lockstep-grade-XXXXXX").string();
  return mkdtemp(name.data()) == nullptr ? fs::path() : fs::path(name);
}

/// An empty message of the lab's own.
transport::Envelope message_of(const Lab& lab) {
  const auto& machine = *statemachine::find_machine(lab.system.machines.front());
  const auto made = lab.system.make_node({}, machine);
  return std::get<std::shared_ptr<transport::Node>>(made)->parse({});
}

}  // namespace

std::optional<std::string> message_problem(const Lab& lab, const Workspace& built) {
  const auto own = message_of(lab);
  // Encoded lists that stand one after the other are one list.
  std::string descriptors;
  for (const auto& proto : built.messages) {
    const std::string stem = proto.substr(0, proto.rfind('.'));
    descriptors += read(built.output() / "generated" / (stem + ".descriptors"));
  }
  const auto problem = difference(descriptors, *own.message().GetDescriptor());
  if (!problem) return std::nullopt;
  return fmt::format("the messages are not those of the lab: {} ({})", *problem,
                     fmt::join(built.messages, ", "));
}

std::optional<std::string> own_numbers_problem(const Lab& lab) {
  const auto own = message_of(lab);
  return taken_number(*own.message().GetDescriptor());
}

BuiltSubmission::BuiltSubmission(const Lab& lab, const Workspace& submission, const Toolchain& with,
                                 int required_isolation, const BuiltSubmission* like)
    : copy_(submission) {
  copy_.root = new_folder();
  if (copy_.root.empty()) {
    problem_ = fmt::format("no folder can be made in {}", fs::temp_directory_path().string());
    return;
  }
  if (!copy_files(submission)) return;
  if (like != nullptr) take_results_of(*like);
  auto built = build_caged(copy_, with, required_isolation);
  if (auto* problem = std::get_if<std::string>(&built)) {
    problem_ = std::move(*problem);
    return;
  }
  const auto& result = std::get<BuildResult>(built);
  is_built_ = result.succeeded && is_plain_file(copy_.node_module());
  output_ = result.output;
  if (!is_built_) return;
  if (const auto wrong = message_problem(lab, copy_)) {
    is_built_ = false;
    output_ = *wrong + "\n";
  }
}

BuiltSubmission::~BuiltSubmission() {
  std::error_code ignored;
  if (!copy_.root.empty()) fs::remove_all(copy_.root, ignored);
}

bool BuiltSubmission::copy_files(const Workspace& submission) {
  Digest digest;
  std::uintmax_t bytes = 0;
  for (const auto& name : submission.submitted()) {
    std::error_code error;
    bytes += fs::file_size(submission.root / name, error);
    if (bytes > kSubmissionBytesMax) {
      output_ = fmt::format("the files have more than {} MiB together; {} is one too many\n",
                            kSubmissionBytesMax >> 20, name);
      return false;
    }
    const std::string content = read(submission.root / name);
    digest.add(name);
    digest.add(content);
    if (!(std::ofstream(copy_.root / name, std::ios::binary) << content << std::flush)) {
      problem_ = fmt::format("{} cannot be copied", name);
    }
  }
  digest_ = digest.hex();
  return problem_.empty();
}

// Ninja goes by times: results keep theirs, and files that have not changed get those of the
// others.
void BuiltSubmission::take_results_of(const BuiltSubmission& like) {
  std::error_code error;
  fs::copy(like.copy_.output(), copy_.output(), fs::copy_options::recursive, error);
  for (const auto& entry : fs::recursive_directory_iterator(like.copy_.output(), error)) {
    const fs::path copy = copy_.output() / entry.path().lexically_relative(like.copy_.output());
    fs::last_write_time(copy, entry.last_write_time(), error);
    fs::permissions(copy, fs::perms::all, error);
  }
  for (const auto& name : copy_.submitted()) {
    const fs::path before = like.copy_.root / name;
    if (!fs::exists(before, error) || read(before) != read(copy_.root / name)) continue;
    fs::last_write_time(copy_.root / name, fs::last_write_time(before, error), error);
  }
}

}  // namespace lockstep::labs
