"""Questions to a log: Ibis tables in, pandas DataFrames out."""
