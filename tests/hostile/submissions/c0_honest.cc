// C0: an honest file, which has to compile.
#include <map>
#include <string>
#include <vector>

std::map<std::string, std::vector<int>> honest() { return {{"one", {1}}}; }
