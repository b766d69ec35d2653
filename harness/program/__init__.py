"""Call programs: model, text form, wire form and results."""
