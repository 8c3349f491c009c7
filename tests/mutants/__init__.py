"""One patch for each mechanism, which takes it out; the test named in the patch's first line must then fail."""
