"""ceharness: a conformance harness for Windows CE devices."""

__version__ = "0.1.0"
