"""Benchmarks beside their physical limits: `./script/bench`. How to read them is in docs/benchmarks.md."""
