// A user of the lab exactly_once in a directed test: makes one request after the other at one
// client node, and knows what each has to give.
#pragma once

#include <cstdint>
#include <string>

#include "labs/exercise/stage.h"

namespace lockstep::labs {

class Caller {
 public:
  /// Requires: the stage outlives the caller.
  Caller(Stage& stage, transport::NodeId node)
      : stage_(stage), client_(stage.world().new_client()), node_(node) {}

  /// Makes the next request and waits for its reply; stuck if none comes within `patience`.
  Stage::Task<std::string> call(std::string command,
                                transport::Duration patience = std::chrono::seconds(2));

  /// Commands of the key-value machine; get gives "absent" for a key that is not there.
  Stage::Task<> append(std::string key, std::string value);
  Stage::Task<> put(std::string key, std::string value);
  Stage::Task<std::string> get(std::string key);
  /// Wrong unless the key has this value.
  Stage::Task<> expect(std::string key, std::string value, std::string promised);

  /// Makes the next request and does not wait.
  void begin(const std::string& command);

  transport::ClientId client() const { return client_; }

 private:
  chaos::Scenario::Fill next(const std::string& command);

  Stage& stage_;
  transport::ClientId client_;
  transport::NodeId node_;
  std::uint64_t sequence_ = 0;
};

}  // namespace lockstep::labs
