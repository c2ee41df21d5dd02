// B74: reads a file of the grader's by including it; the compiler's complaint would quote it.
#include HIDDEN
int main() {}
