"""`compare` and its result: metrics with errors, paired differences, rankings, reweighting, files."""
