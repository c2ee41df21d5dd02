// B74: learns whether a file of the grader's can be read.
#if __has_include(HIDDEN)
#error the grader's file can be seen
#endif
int honest() { return 1; }
