"""Bench hosts and serial ports for the tests of links over SSH."""

from tests.links.bench import bench, port, start_bench, way

__all__ = ["bench", "port", "start_bench", "way"]
