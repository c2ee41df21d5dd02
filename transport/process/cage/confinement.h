// The parts of a cage that a process builds around itself before it runs what it does not trust.
#pragma once

#include <string>
#include <vector>

#include "transport/process/cage.pb.h"

namespace lockstep::transport {

/// What is in force, and what could not be had.
struct Account {
  std::vector<std::string> measures;
  std::vector<std::string> lacking;
  bool has_own_user = false;  ///< or was no root to begin with
  bool has_file_rules = false;
  bool has_namespaces = false;

  /// Notes a measure, or why it is lacking. True if there is no reason.
  bool note(std::string measure, const std::string& reason);
};

/// Dies with its parent, sees no descriptor but 0 .. 3, and adopts orphans.
void begin_alone();

/// Own namespaces for processes, network and System V IPC; continues in a child process, whose
/// parent only waits for it. In a user namespace of its own if this process is not root.
void enter_namespaces(Account& account);

/// Gives the writable folder and all in it to the cage's user, if this process is root.
void own_folder(const process::CageSettings& settings);

/// Becomes the user if this process is root, gives all privileges up and takes no new ones.
/// False if that failed, after which nothing may run.
bool drop_privileges(std::uint32_t user, Account& account);

/// The limits that all processes of the cage share. Requires: privileges were dropped.
void limit_all(const process::CageSettings& settings, Account& account);

/// The limits of this process: time, memory, files, stack.
void limit_self(const process::CageSettings& settings);

/// How strong the cage is, 0 .. 3; see docs/isolation.md. `filtered` says that system calls are.
int level_of(const Account& account, bool filtered);

}  // namespace lockstep::transport
