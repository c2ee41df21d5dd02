// Only there to own the precompiled header that Raft's mutants share.
