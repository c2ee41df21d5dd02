// Attacks on files: the hidden tests, the results, other submissions, the grader itself.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "tests/hostile/attacks.h"

namespace lockstep::tests {
namespace {

bool reads(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY);
  if (file < 0) return false;
  char byte = 0;
  const bool got = read(file, &byte, 1) == 1;
  close(file);
  return got;
}

bool lists(const std::string& path) {
  DIR* folder = opendir(path.c_str());
  if (folder == nullptr) return false;
  closedir(folder);
  return true;
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

std::string read_hidden(const Target& target) {
  Attempts attempts;
  attempts("canary", reads(target.canary));
  attempts("indirectly", reads("/proc/self/root" + target.canary));
  attempts("passwd", reads("/etc/passwd"));
  attempts("shadow", reads("/etc/shadow"));
  attempts("link", symlink(target.canary.c_str(), "/tmp/lockstep_hostile_link") == 0);
  attempts("hard link", link(target.canary.c_str(), "/tmp/lockstep_hostile_link") == 0);
  return attempts.answer();
}

std::string read_processes(const Target& target) {
  Attempts attempts;
  const auto referee = std::to_string(target.referee);
  for (const std::string& process :
       {std::string("1"), std::to_string(getppid()), referee, std::string("self")}) {
    for (const char* file :
         {"environ", "mem", "cmdline", "maps", "fd/0", "stat", "root/etc/passwd"}) {
      const std::string path = "/proc/" + process + "/" + file;
      attempts(path, reads(path));
    }
  }
  return attempts.answer();
}

std::string list_folders(const Target& target) {
  Attempts attempts;
  for (const std::string& folder :
       {std::string("/"), std::string("/tmp"), std::string("/root"), std::string("/home"),
        std::string("/proc"), std::string("/proc/self/fd"), std::string("."),
        folder_of(target.canary), folder_of(target.results)}) {
    attempts(folder, lists(folder));
  }
  return attempts.answer();
}

std::string overwrite_results(const Target& target) {
  Attempts attempts;
  const char* path = target.results.c_str();
  const std::string other = target.results + ".other";
  attempts("write", open(path, O_WRONLY) >= 0);
  attempts("truncate", open(path, O_RDONLY | O_TRUNC) >= 0);
  attempts("append", open(path, O_RDWR | O_APPEND) >= 0);
  attempts("truncate by name", truncate(path, 0) == 0);
  attempts("rename", rename(path, other.c_str()) == 0);
  attempts("unlink", unlink(path) == 0);
  attempts("chmod", chmod(path, 0777) == 0);
  attempts("chown", chown(path, getuid(), getgid()) == 0);
  attempts("create", open(other.c_str(), O_WRONLY | O_CREAT, 0666) >= 0);
  attempts("folder", mkdir(other.c_str(), 0777) == 0);
  attempts("fifo", mkfifo(other.c_str(), 0666) == 0);
  attempts("device", mknod(other.c_str(), S_IFCHR | 0666, 0x103) == 0);
  attempts("upwards",
           open("../../../../../../../../tmp/lockstep_hostile", O_WRONLY | O_CREAT, 0666) >= 0);
  return attempts.answer();
}

/// The library that this code came from, the program that runs it, and whatever starts next.
std::string modify_harness(const Target&) {
  Attempts attempts;
  Dl_info own{};
  if (dladdr(reinterpret_cast<void*>(&folder_of), &own) != 0 && own.dli_fname != nullptr) {
    attempts("module", open(own.dli_fname, O_RDWR) >= 0);
    attempts("module removed", unlink(own.dli_fname) == 0);
  }
  attempts("program", open("/proc/self/exe", O_RDWR) >= 0);
  for (const char* path : {"/etc/ld.so.preload", "/root/.bashrc", "/usr/local/bin/g++",
                           "/etc/profile.d/hostile.sh", "/etc/cron.d/hostile"}) {
    attempts(path, open(path, O_WRONLY | O_CREAT, 0755) >= 0);
  }
  return attempts.answer();
}

std::string fill_disk(const Target&) {
  Attempts attempts;
  for (const char* path : {"./fill", "/tmp/lockstep_hostile_fill", "/dev/shm/lockstep_hostile_fill",
                           "/var/tmp/lockstep_hostile_fill"}) {
    const int file = open(path, O_WRONLY | O_CREAT, 0666);
    attempts(path, file >= 0 && ftruncate(file, 10'000'000'000) == 0);
  }
  attempts("unnamed", open("/tmp", O_TMPFILE | O_RDWR, 0600) >= 0);
  return attempts.answer();
}

/// Descriptors beyond the five that a node is given.
std::string inherited(const Target&) {
  Attempts attempts;
  constexpr int kGiven = 5;
  for (int descriptor = kGiven; descriptor < 1024; ++descriptor) {
    attempts(std::to_string(descriptor), fcntl(descriptor, F_GETFD) >= 0);
  }
  return attempts.answer();
}

std::string environment(const Target&) {
  Attempts attempts;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    attempts(*entry, true);
  }
  return attempts.answer();
}

}  // namespace

Attacks attacks_on_files() {
  return {{"S31_read_hidden", read_hidden},       {"S32_read_processes", read_processes},
          {"S33_list_folders", list_folders},     {"S35_overwrite_results", overwrite_results},
          {"S36_modify_harness", modify_harness}, {"S45_fill_disk", fill_disk},
          {"S70_inherited", inherited},           {"S70_environment", environment}};
}

}  // namespace lockstep::tests
