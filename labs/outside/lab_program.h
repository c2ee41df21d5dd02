// A `lockstep` program that has a lab from outside our tree among its labs. Only the lab's own
// files are compiled; all else is linked from the build tree that the calling program comes from.
#pragma once

#include <filesystem>
#include <string>
#include <variant>

#include "labs/outside/lab_folder.h"

namespace lockstep::labs {

/// Why there is no program.
struct NoProgram {
  bool is_ours = false;  ///< infrastructure, not the lab
  std::string message;
};

/// Builds what changed; gives the program. Writes into the folder's .lockstep/ alone, and a script
/// `lockstep` beside the lab that builds and then calls the program.
std::variant<std::filesystem::path, NoProgram> build_lab_program(const LabFolder& folder,
                                                                 const Toolchain& with);

}  // namespace lockstep::labs
