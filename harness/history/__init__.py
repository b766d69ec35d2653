"""What many runs tell together: what changed, where, since when, and whether it was the device or the lab."""
