"""What is counted: one file a statistic, all of them named in `registry`."""
