"""One code on one app: what happened, what to do, and whether the fix holds."""
