// B83: asks the compiler for what only its command line may: the pragmas change nothing outside.
#pragma GCC optimize("-fplugin=/tmp/lockstep_hostile_plugin.so")
#pragma GCC dependency "/etc/shadow"
int honest() { return 1; }
