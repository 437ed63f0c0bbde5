"""A source opened as one table of events, and the engines that answer questions to it."""
