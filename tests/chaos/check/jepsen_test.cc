// Jepsen's two notations: what they mean, and what is wrong with bad ones.
#include <doctest/doctest.h>

#include <string>

#include "tests/chaos/check/parsing.h"

namespace lockstep::chaos {
namespace {

std::string log(const std::string& line) { return "INFO  jepsen.util - " + line + "\n"; }

std::string edn(const std::string& operation) { return "{" + operation + "}\n"; }

TEST_CASE("log lines: reads, writes and cas of a register") {
  CHECK(read_as(log("0\t:invoke\t:read\tnil") + log("1\t:invoke\t:write\t4") +
                log("0\t:ok\t:read\tnil") + log("1\t:ok\t:write\t4") +
                log("0\t:invoke\t:cas\t[4 3]") + log("0\t:ok\t:cas\t[4 3]") +
                log("0\t:invoke\t:read\tnil") + log("0\t:ok\t:read\t3")) ==
        "register\n"
        "0-2 client 0  read -> nil\n"
        "1-3 client 1  write \"4\" -> ok\n"
        "4-5 client 0  cas \"4\" \"3\" -> ok\n"
        "6-7 client 0  read -> \"3\"\n");
}

TEST_CASE("log lines: a failed cas has compared, other failures did not happen, info is open") {
  CHECK(read_as(log("0\t:invoke\t:cas\t[4 3]") + log("0\t:fail\t:cas\t[4 3]") +
                log("0\t:invoke\t:cas\t[5 3]") + log("0\t:fail\t:cas\t[5 3]\t:no-leader") +
                log("0\t:invoke\t:write\t1") + log("0\t:fail\t:write\t1") +
                log("0\t:invoke\t:read\tnil") + log("0\t:fail\t:read\t:timed-out") +
                log("0\t:invoke\t:write\t2") + log("0\t:info\t:write\t:timed-out") +
                log("5\t:invoke\t:write\t3")) ==
        "register\n"
        "0-1 client 0  cas \"4\" \"3\" -> mismatch\n"
        "5- client 0  write \"2\" -> ?\n"
        "6- client 5  write \"3\" -> ?\n");
}

TEST_CASE("log lines: other loggers, the nemesis and carriage returns are passed over") {
  CHECK(read_as("INFO  jepsen.core - Worker 3 starting\n" + log(":nemesis\t:info\t:start\tnil") +
                log("0\t:invoke\t:read\tnil\r") + "WARN something\n") ==
        "register\n0- client 0  read -> ?\n");
}

TEST_CASE("log lines: what is wrong with bad ones") {
  CHECK(read_as(log("0\t:invoke\t:read\tnil") + log("0\t:invoke\t:write\t1")) ==
        "file:2: process 0 invokes `write` while its `read` of line 1 is open; expected its return "
        "first");
  CHECK(read_as(log("3\t:ok\t:read\tnil")) ==
        "file:1: process 3 returns from `read` without an open invocation; expected an invoke "
        "before");
  CHECK(read_as(log("0\t:invoke\t:read\tnil") + log("0\t:ok\t:write\t1")) ==
        "file:2: `write` returns, but the open invocation of line 1 is `read`");
  CHECK(read_as(log("0\t:invoke\t:push\t1")) ==
        "file:1: unknown operation `push` of a register; expected read, write or cas");
  CHECK(read_as(log("0 :invoke :read nil")) ==
        "file:1: expected process, type, operation and value after `jepsen.util - `, with tabs");
  CHECK(read_as(log("0\t:invoke\t:cas\t4")) == "file:1: the value of a cas must be [expected new]");
  CHECK(read_as(log("0\t:invoke\t:write\tnil")) == "file:1: `write` needs a value that is not nil");
  CHECK(read_as(log("0\t:invoke\t:write\t1 2")).starts_with("file:1: a column has more than one"));
  CHECK(read_as(log("0\t:invoke\t\tnil")) == "file:1: a column is empty");
  CHECK(read_as(log("x\t:invoke\t:read\tnil")).starts_with("file:1: the process must be a whole"));
  CHECK(read_as(log("0\t:start\t:read\tnil")).starts_with("file:1: the type must be :invoke"));
  CHECK(read_as(log("0\t:invoke\t:read\tnil") + "java.lang.Exception\n")
            .starts_with("file:2: expected a log line"));
}

TEST_CASE("EDN: the key-value form, where a missing key may read as the empty string") {
  CHECK(read_as(edn(":process 0, :type :invoke, :f :get, :key \"7\", :value nil") +
                edn(":process 0, :type :ok, :f :get, :key \"7\", :value \"\"") +
                edn(":process 1, :type :invoke, :f :append, :key \"7\", :value \"x 0 0 y\"") +
                edn(":process 0, :type :invoke, :f :put, :key \"7\", :value \"a\\tb\"") +
                edn(":process 1, :type :ok, :f :append, :key \"7\", :value \"x 0 0 y\"")) ==
        "kv\n"
        "0-1 client 0  get 7 -> \"\"\n"
        "2-4 client 1  append 7 \"x 0 0 y\" -> ok\n"
        "3- client 0  put 7 \"a\\x09b\" -> ?\n");
}

TEST_CASE("EDN: what a store reads as empty may be absent") {
  const std::string get = edn(":process 0 :type :invoke :f :get :key 1 :value nil");
  for (const std::string value : {"\"\"", "nil"}) {
    const auto parsed =
        parse_history(get + edn(":process 0 :type :ok :f :get :key 1 :value " + value), "file");
    REQUIRE(std::holds_alternative<History>(parsed));
    CHECK(check_linearizability(std::get<History>(parsed)).holds());
  }
}

TEST_CASE("EDN: Jepsen's own form, with tags, comments, a vector around it and a nemesis") {
  CHECK(read_as("[#jepsen.history.Op{:type :invoke, :f :write, :value 3, :process 0, :time 12, "
                ":index 0}\n ; so far\n #_ {:ignored 1}\n"
                "{:type :info, :f :kill, :value {:n1 :killed}, :process :nemesis, :time 13}\n"
                "{:type :ok, :f :write, :value 3, :process 0, :time 14, :index 2}]") ==
        "register\n0-1 client 0  write \"3\" -> ok\n");
}

TEST_CASE("EDN: a workload of independent registers is a key-value history") {
  CHECK(read_as(edn(":process 0 :type :invoke :f :write :value [9 1]") +
                edn(":process 0 :type :ok :f :write :value [9 1]") +
                edn(":process 0 :type :invoke :f :cas :value [9 [1 2]]") +
                edn(":process 0 :type :fail :f :cas :value [9 [1 2]]") +
                edn(":process 1 :type :invoke :f :read :value [9 nil]") +
                edn(":process 1 :type :ok :f :read :value [9 1]")) ==
        "kv\n"
        "0-1 client 0  put 9 \"1\" -> ok\n"
        "2-3 client 0  cas 9 \"1\" \"2\" -> mismatch\n"
        "4-5 client 1  get 9 -> \"1\"\n");
}

TEST_CASE("EDN: a counter") {
  CHECK(read_as(edn(":process 0 :type :invoke :f :add :value -2") +
                edn(":process 0 :type :ok :f :add :value -2") +
                edn(":process 0 :type :invoke :f :read :value nil") +
                edn(":process 0 :type :ok :f :read :value -2")) ==
        "counter\n0-1 client 0  add -2 -> ?\n2-3 client 0  read -> -2\n");
}

TEST_CASE("EDN: what is wrong with bad ones") {
  const std::string invoke = edn(":process 0 :type :invoke :f :write :value 1");
  CHECK(read_as("{:process 0\n :type :invoke") ==
        "file:2: not EDN: the text ends inside a form that began in line 1; expected }");
  CHECK(read_as(invoke + "{:process 0 :type}") ==
        "file:2: not EDN: a map has a key without a value");
  CHECK(read_as(invoke + "]") == "file:2: not EDN: unexpected ]");
  CHECK(read_as("{:process 0 :f :read}") == "file:1: an operation map needs :type");
  CHECK(read_as(invoke + "7") ==
        "file:2: expected an operation map such as {:process 0, :type ...}");
  CHECK(read_as("{:f \"a") == "file:1: not EDN: a string that began in line 1 has no end");
  CHECK(read_as("{:f \"\\q\"}") == "file:1: not EDN: a string has an unknown escape");
  CHECK(read_as("{:f \"\\u12\"}") == "file:1: not EDN: expected four hexadecimal digits after \\u");
  CHECK(read_as("{:f \x01}") == "file:1: not EDN: a control byte stands outside of a string");
  CHECK(read_as(edn(":process 99999999999999999999 :type :invoke :f :read")) ==
        "file:1: the process must be a whole number of at most 64 bits");
  CHECK(read_as(edn(":process 0 :type :invoke :f :add :value 1e99")) ==
        "file:1: `add` needs a whole number of 64 bits");
  CHECK(read_as(edn(":process 0 :type :invoke :f :read :time 1e9")) ==
        "file:1: :time must be a whole number of nanoseconds");
  CHECK(read_as(edn(":process 0 :type :invoke :f :write :value [1]")) ==
        "file:1: expected a number, a string, a keyword or nil");
  CHECK(read_as(edn(":process 0 :type :invoke :f :get :value nil")) == "file:1: `get` needs a key");
  CHECK(read_as(edn(":process 0 :type :invoke :f :get :key 1") +
                edn(":process 0 :type :ok :f :get :key 2 :value nil")) ==
        "file:2: the key differs from that of the invocation of line 1");
  CHECK(read_as(invoke + edn(":process 1 :type :invoke :f :write :value \"1\"")) ==
        "file:2: strings and other values are mixed; expected one or the other");
  CHECK(read_as(edn(":process 0 :type :invoke :f :write :value [1 2]") +
                edn(":process 1 :type :invoke :f :write :value 3"))
            .starts_with("file:2: expected a value [key value]"));
}

TEST_CASE("EDN: very deep nesting is an error, not a crash") {
  for (const std::string opening : {"[", "(", "{", "#_ ", "#{", "#a ", "#_["}) {
    std::string deep = "{:value ";
    for (int level = 0; level < 300'000; ++level) deep += opening;
    CHECK(read_as(deep).starts_with("file:1: not EDN"));
  }
}

}  // namespace
}  // namespace lockstep::chaos
