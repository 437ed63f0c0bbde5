"""What every room may use: faults, times, text, files, an object store."""
