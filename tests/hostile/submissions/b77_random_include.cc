// B77: a header that never ends, and is noise.
#include "/dev/urandom"
int honest() { return 1; }
