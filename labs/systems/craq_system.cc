#include "labs/systems/chain_family.h"
#include "labs/systems/registry.h"

namespace lockstep::labs {

chaos::System craq_system() {
  chaos::System system = chain_family(true);
  system.name = "craq";
  system.paper =
      "Terrace, Freedman: Object Storage on CRAQ (USENIX ATC 2009), on a chain of van Renesse and "
      "Schneider (OSDI 2004)";
  system.promise =
      "a linearizable state machine with exactly-once requests that any server may be asked to "
      "read "
      "from, as long as one server of the chain and a majority of the masters run and reach each "
      "other";
  system.machines = {"kv", "counter", "register"};
  system.aims = {{"heads removed", 1}, {"middles removed", 1},  {"tails removed", 1},
                 {"joins", 1},         {"false suspicions", 1}, {"snapshot installs", 1},
                 {"tail reads", 10},   {"clean reads", 10},     {"dirty reads", 10},
                 {"bounded reads", 3}, {"eventual reads", 10}};
  return system;
}

}  // namespace lockstep::labs
