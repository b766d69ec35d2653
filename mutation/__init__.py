"""Is the suite worth anything? Devices with something wrong, and what of it the suites notice.

trials      what is tried, and what has to become of it: quirks.toml, family.toml, variants.toml
running     one run of the suites on one device, as `ceharness run` makes it
judging     caught, survived, misattributed
session     many runs at a time, Ctrl-C
results     what is printed and written
"""
