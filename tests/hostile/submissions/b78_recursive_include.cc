// B78: includes itself, twice at each level.
#include __FILE__
#include __FILE__
int honest() { return 1; }
