// A submission between its arrival and its first run: only the files that it lists, copied to an
// empty folder, and built there by our build file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "labs/exercise/lab.h"
#include "labs/workspace/workspace.h"

namespace lockstep::labs {

/// The most that the listed files of a submission may have together.
inline constexpr std::uintmax_t kSubmissionBytesMax = 4u << 20;

/// Why the messages of a folder that was built are not the lab's; nothing if they are, perhaps with
/// more fields (grading/messages.h).
std::optional<std::string> message_problem(const Lab& lab, const Workspace& built);

/// Why the lab's own messages leave students no numbers for theirs; nothing if they do.
std::optional<std::string> own_numbers_problem(const Lab& lab);

class BuiltSubmission {
 public:
  /// Copies, builds in a cage, and checks the messages. The submission's folder is only read. What
  /// is the same in `like` is not built again; only for submissions of one and the same author, who
  /// could otherwise build something into another's.
  BuiltSubmission(const Lab& lab, const Workspace& submission, const Toolchain& with,
                  int required_isolation, const BuiltSubmission* like = nullptr);
  /// Removes what was built.
  ~BuiltSubmission();
  BuiltSubmission(const BuiltSubmission&) = delete;
  BuiltSubmission& operator=(const BuiltSubmission&) = delete;

  bool is_built() const { return is_built_; }
  /// Why it was rejected, or what the compiler warned of.
  const std::string& output() const { return output_; }
  /// A failure of ours; empty if there is none.
  const std::string& problem() const { return problem_; }
  /// The library of nodes. Requires: is_built().
  std::string module() const { return copy_.node_module(); }
  /// SHA-256 over names and contents, in hex digits.
  const std::string& digest() const { return digest_; }

 private:
  bool copy_files(const Workspace& submission);
  void take_results_of(const BuiltSubmission& like);

  Workspace copy_;
  bool is_built_ = false;
  std::string output_;
  std::string problem_;
  std::string digest_;
};

}  // namespace lockstep::labs
