"""What the benchmarks' web servers serve: the portal with one page more, and the bare view it is compared with."""
