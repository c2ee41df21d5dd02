// B77: a header that never ends.
#include "/dev/zero"
int honest() { return 1; }
