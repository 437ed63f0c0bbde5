"""Answers for an assistant: questions to a log as typed values, and the server that puts them."""
