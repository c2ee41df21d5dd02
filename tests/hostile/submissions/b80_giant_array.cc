// B80: an object file larger than any disk quota.
char giant[1ul << 33] = {1};
