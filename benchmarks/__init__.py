"""How fast the harness is, against its peers on the same lines, and whether it stays right on a bad one.

`python -m benchmarks` measures (docs/benchmarks.md); `python -m benchmarks.soak` counts calls through a
faulty line.
"""
