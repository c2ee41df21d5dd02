// The program as its user meets it: what it prints where, and its exit codes.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace fs = std::filesystem;

namespace {

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// An empty folder of its own, gone afterwards.
class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "lockstep-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const fs::path& path() const { return path_; }

  fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }

  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(path_), fs::directory_iterator()));
  }

  Outcome run(const std::string& arguments) const {
    Folder output;
    const auto out = output.path() / "out";
    const auto err = output.path() / "err";
    const std::string command = "cd '" + path_.string() + "' && '" LOCKSTEP_PROGRAM "' " +
                                arguments + " >'" + out.string() + "' 2>'" + err.string() + "'";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, contents(out), contents(err)};
  }

 private:
  fs::path path_;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a run ends with a verdict, a digest and the command that repeats it") {
  const Folder folder;
  const auto first = folder.run("run raft --ops 200");
  CHECK(first.code == 0);
  CHECK(has(first.out, "Verdict: HOLDS"));
  CHECK(has(first.out, "What was injected"));
  CHECK(has(first.out, "Who led"));
  CHECK(has(first.out, "again: ./lockstep run raft --seed 1 --ops 200"));
  CHECK(first.err.empty());
  CHECK(folder.run("run raft --seed 1 --ops 200").out == first.out);
  CHECK(folder.run("run raft --seed 1 --ops 200 --wire").out == first.out);
  CHECK(folder.run("run raft --seed 1 --ops 200 --check").out == first.out);
  CHECK(folder.run("run raft --seed 1 --ops 200 --child-processes").out == first.out);
  CHECK(folder.files() == 0);
}

TEST_CASE("a broken register is wrong: exit 1, a witness, and a smaller plan that repeats it") {
  const Folder folder;
  const auto many =
      folder.run("run abd --option write_back=off --seeds 1..200 --stop-at-first --shrink");
  CHECK(many.code == 1);
  CHECK(has(many.out, "linearizability"));
  CHECK(has(many.out, "Verdict: WRONG"));
  const auto at = many.out.rfind("again: ./lockstep ");
  REQUIRE(at != std::string::npos);
  const auto begin = at + std::string("again: ./lockstep ").size();
  const auto again = many.out.substr(begin, many.out.find('\n', begin) - begin);
  const auto repeated = folder.run(again);
  CHECK(repeated.code == 1);
  const auto digest = many.out.rfind("  digest ");
  CHECK(has(repeated.out, many.out.substr(digest, many.out.find('\n', digest) - digest)));
}

TEST_CASE("many seeds: statistics, coverage, and the same digest with any number of workers") {
  const Folder folder;
  const auto two = folder.run("run raft --ops 100 --seeds 1..20 --workers 2");
  const auto five = folder.run("run raft --ops 100 --seeds 1..20 --workers 5");
  CHECK(has(two.out, "Verdict: 20 seeds"));
  CHECK(two.out == five.out);
  CHECK(two.err.empty());
  const auto json = folder.run("run raft --ops 100 --seeds 1..20 --json");
  CHECK(has(json.out, "\"holds\":"));
}

TEST_CASE("systems are listed with promise and options") {
  const Folder folder;
  const auto systems = folder.run("systems");
  CHECK(systems.code == 0);
  CHECK(has(systems.out, "abd"));
  CHECK(has(systems.out, "write_back"));
}

TEST_CASE("systems stand side by side, with what they cost beside what they should") {
  const Folder folder;
  const auto tables = folder.run("compare raft raft:read=log abd --nodes 3 --operations 20");
  CHECK(tables.code == 0);
  CHECK(has(tables.out, "(2n - 2 = 4)"));
  CHECK(has(tables.out, "crash of the leader"));
  CHECK_FALSE(has(tables.out, "MISSED"));
  CHECK(folder.run("compare raft raft:read=log abd --nodes 3 --operations 20").out == tables.out);
  const auto json = folder.run("compare raft --nodes 3 --operations 20 --json");
  CHECK(has(json.out, "\"as_promised\": true"));
  // A register whose readers do not write back breaks its promise under some faults.
  const auto broken = folder.run("compare abd:write_back=off --seed 49");
  CHECK(broken.code == 1);
  CHECK(has(broken.out, "wrong"));
}

TEST_CASE("every command has help with an example") {
  const Folder folder;
  for (const char* command : {"", "run", "check", "compare", "replay"}) {
    const auto help = folder.run(std::string(command) + " --help");
    CAPTURE(command);
    CHECK(help.code == 0);
    CHECK(has(help.out, "lockstep "));
    CHECK(has(help.out, "Example"));
  }
}

TEST_CASE("wrong usage: exit 2, what was expected, nothing written") {
  const Folder folder;
  const auto plan = folder.write("bad.plan", "storm_ms: 1000\nfault {\n  at_mss: 5\n}\n");
  const auto beyond =
      folder.write("beyond.plan", "storm_ms: 1000 fault { at_ms: 5 bit_rot { node { id: 1 } } }");
  const auto outside =
      folder.write("outside.plan", "storm_ms: 1000 fault { at_ms: 5 crash { node { id: 9 } } }");
  const struct {
    std::string arguments;
    std::string says;
  } cases[] = {
      {"", "subcommand"},
      {"frobnicate", "frobnicate"},
      {"run", "system"},
      {"run raftt", "did you mean \"raft\"?"},
      {"run zookeeper", "abd, chain"},
      {"run raft --nodes 0", "--nodes"},
      {"run raft --nodes many", "--nodes"},
      {"run raft --seed -1", "--seed"},
      {"run raft --think 5", "0ms..70ms"},
      {"run raft --seeds 9..1", "1..1000"},
      {"run raft --seeds 1-9", "1..1000"},
      {"run raft --workload queue", "queue"},
      {"run abd --workload kv", "does not replicate \"kv\""},
      {"run raft --option heartbeet=5ms", "did you mean \"heartbeat\"?"},
      {"run raft --option heartbeat=5", "heartbeat"},
      {"run raft --option heartbeat", "name=value"},
      {"run raft --faults nowhere.plan", "nowhere.plan: cannot be read"},
      {"run raft --faults bad.plan", "bad.plan:3:"},
      {"run raft --faults beyond.plan", "--beyond-promise"},
      {"run raft --faults outside.plan", "9"},
      {"run raft --frobnicate", "--frobnicate"},
      {"check", "files"},
      {"check --consistency eventual x", "causally-convergent"},
      {"compare", "systems"},
      {"compare raft zookeeper", "zookeeper"},
      {"compare raft:reed=log", "did you mean \"read\"?"},
      {"compare raft --delay 5", "one duration"},
      {"compare raft --delay 1ms..2ms", "one duration"},
      {"compare raft --sync 1us", "100us"},
      {"compare raft --faults nowhere.plan", "nowhere.plan: cannot be read"},
      {"check nowhere.edn", "nowhere.edn"},
  };
  for (const auto& wrong : cases) {
    CAPTURE(wrong.arguments);
    const auto outcome = folder.run(wrong.arguments);
    CHECK(outcome.code == 2);
    CHECK_MESSAGE(has(outcome.err, wrong.says), outcome.err);
    CHECK(outcome.out.empty());
  }
  CHECK(folder.files() == 3);
}

TEST_CASE("beyond its promise Raft may fail, and the verdict says that it was to be expected") {
  const Folder folder;
  std::string plan = "storm_ms: 3000\n";
  for (int node = 1; node <= 5; ++node) {
    plan += "fault { at_ms: 500 for_ms: 1000 lost_fsync { node { id: " + std::to_string(node) +
            " } } }\n";
  }
  folder.write("lies.plan", plan);
  const auto outcome = folder.run("run raft --faults lies.plan --beyond-promise --seed 3");
  CHECK(outcome.code == 1);
  CHECK(has(outcome.out, "This was to be expected"));
}

TEST_CASE("check judges causal consistency, and convergence, with the chain that refutes it") {
  const Folder folder;
  const auto event = [](int process, const char* type, const char* rest) {
    return "{\"process\":" + std::to_string(process) + ",\"type\":\"" + type + "\"," + rest + "}\n";
  };
  std::string text = "{\"lockstep_history\":1,\"machine\":\"kv\"}\n";
  const auto put = [&](int process, const std::string& value) {
    text += event(process, "invoke", ("\"f\":\"put\",\"key\":\"x\",\"value\":" + value).c_str());
    text += event(process, "ok", "\"f\":\"put\"");
  };
  const auto get = [&](int process, const std::string& value) {
    text += event(process, "invoke", "\"f\":\"get\",\"key\":\"x\"");
    text += event(process, "ok", ("\"f\":\"get\",\"value\":" + value).c_str());
  };
  put(1, "1"), put(2, "2"), get(3, "1"), get(3, "2"), get(4, "2"), get(4, "1");
  folder.write("apart.jsonl", text);
  get(4, "null");
  folder.write("back.jsonl", text);
  CHECK(folder.run("check apart.jsonl").code == 1);
  const auto causal = folder.run("check --consistency causal apart.jsonl");
  CHECK(causal.code == 0);
  CHECK(has(causal.out, "apart.jsonl: causal (6 operations"));
  const auto convergent = folder.run("check --consistency causally-convergent apart.jsonl");
  CHECK(convergent.code == 1);
  CHECK(has(convergent.out, "CyclicCF"));
  const auto back = folder.run("check --consistency causal back.jsonl");
  CHECK(back.code == 1);
  CHECK(has(back.out, "not causal"));
  CHECK(has(back.out, "WriteCOInitRead"));
}

TEST_CASE("check tells linearizable histories from others, and names what it cannot read") {
  const Folder folder;
  const std::string write =
      "{:process 0, :type :invoke, :f :write, :value 1}\n"
      "{:process 0, :type :ok, :f :write, :value 1}\n"
      "{:process 1, :type :invoke, :f :read, :value nil}\n";
  folder.write("good.edn", write + "{:process 1, :type :ok, :f :read, :value 1}\n");
  folder.write("bad.edn", write + "{:process 1, :type :ok, :f :read, :value 2}\n");
  folder.write("orphan.edn", "{:process 0, :type :ok, :f :write, :value 1}\n");
  folder.write("empty.edn", "");
  const auto good = folder.run("check good.edn");
  CHECK(good.code == 0);
  CHECK(has(good.out, "good.edn: linearizable"));
  const auto bad = folder.run("check good.edn bad.edn");
  CHECK(bad.code == 1);
  CHECK(has(bad.out, "bad.edn: not linearizable"));
  const auto orphan = folder.run("check orphan.edn bad.edn");
  CHECK(orphan.code == 2);
  CHECK(has(orphan.err, "orphan.edn:1:"));
  const auto empty = folder.run("check empty.edn");
  CHECK(empty.code == 2);
  CHECK(has(empty.err, "empty.edn"));
}
