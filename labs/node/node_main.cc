// The program that a submission becomes: it hosts the nodes that its world asks for.
#include "labs/node/lab_node.h"
#include "transport/process/node_program.h"

int main(int argc, char** argv) {
  return lockstep::transport::node_program(lockstep::labs::make_node_of, argc, argv);
}
